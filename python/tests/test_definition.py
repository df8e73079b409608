"""`DspDef`: what it tells, how it renders, what it refuses, and what is shared between equal ones."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import numpy as np
import pytest

import krach
import krach.dsp as krs
from krach import node_types
from krach._page import preview
from krach.signal import transpile as old_path


def acid(x, amount=0.5):
    """An effect with two controls."""
    gate = krs.control("gate", 0, 0, 1)
    cutoff = krs.control("cutoff", 800, 100, 8000, step=1)
    return krs.lowpass(x, cutoff) * gate * amount


def level(smooth=False):
    return krs.control("level", 0, 0, 1, smooth=smooth)


def test_fields() -> None:
    sound = krs.transpile(acid)
    assert sound.name == "acid"
    assert sound.fn is acid
    assert sound.source.startswith("def acid(x, amount=0.5):")
    assert sound.controls == (
        krach.Control("gate", 0, 0, 1, 0.001, kind="button"),
        krach.Control("cutoff", 800, 100, 8000, 1),
    )
    assert sound.controls[1].hi == 8000
    assert sound.control_ranges == {"gate": (0, 1), "cutoff": (100, 8000)}
    assert sound.control_defaults == {"gate": 0, "cutoff": 800}
    assert (sound.num_inputs, sound.num_outputs) == (1, 1)
    assert sound.graph is sound.program
    assert str(sound.program).startswith('program "acid"')
    assert len(sound.program.optimised()) < len(sound.program)
    assert "fi.svf.lp(min(0.49 * ma.SR, cutoff), 0.7071067811865476)" in sound.faust
    assert sound.compile_ms > 0
    assert repr(sound) == "<DspDef acid: 1 in, 1 out; gate=0 (0..1), cutoff=800 (100..8000)>"


def test_every_path_leads_to_the_same_class() -> None:
    @krs.transpile
    def decorated(x):
        return x

    @node_types.dsp
    def also(x):
        return x

    sounds = [decorated, also, node_types.dsp(acid), old_path.transpile(acid)]
    assert all(type(sound) is krach.DspDef is node_types.DspDef for sound in sounds)
    assert node_types.dsp(acid, source="mine").source == "mine"
    for wrong in ("text", decorated):
        with pytest.raises(TypeError):
            node_types.dsp(wrong)  # type: ignore[arg-type]


def test_it_cannot_be_changed() -> None:
    sound = krs.transpile(acid)
    with pytest.raises(AttributeError):
        sound.name = "other"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        sound._program = None  # type: ignore[assignment]


def test_equal_programs_are_compiled_once_and_keep_their_own_names() -> None:
    def first(x):
        return x * 0.12345

    def second(y):
        return y * 0.12345

    node_types.dsp_cache_clear()
    assert node_types.dsp_cache_info() == {"size": 0, "hits": 0, "misses": 0}
    one, two = krs.transpile(first), krs.transpile(second)
    one.render(0.001)
    two.render(0.001)
    assert node_types.dsp_cache_info() == {"size": 1, "hits": 1, "misses": 1}
    assert (one.name, two.name) == ("first", "second")
    assert (one.fn, two.fn) == (first, second)
    assert "def second" in two.source
    two.render(0.001, sample_rate=44100)
    two.render(0.001, precision="double")
    assert node_types.dsp_cache_info()["size"] == 3


def test_shape_and_format() -> None:
    sound = krs.transpile(lambda x: (x, x * 2))
    heard = sound.render(0.01, 44100, inputs=np.ones(10))
    assert heard.shape == (2, 441)
    assert heard.dtype == np.float32
    assert heard[1, :12].tolist() == [2] * 10 + [0] * 2
    assert sound.render(0.01, dtype="float64").dtype == np.float64
    assert sound.render(0.01, dtype=np.float64).dtype == np.float64  # type: ignore[call-overload]
    for odd in ("float16", None, int, 5):
        with pytest.raises(krach.Error, match=r"dtype is.*KR0113"):
            sound.render(0.01, dtype=odd)  # type: ignore[call-overload]
    assert sound.render(0).shape == (2, 0)
    assert krs.transpile(lambda: 1).render(1.00001).shape == (1, 48000)


def test_inputs_may_be_given_in_many_forms() -> None:
    sound = krs.transpile(lambda x, y: x - y)
    expected = [[1, 2, 3]]
    rows = [[2, 3, 4], [1, 1, 1]]
    for inputs in (
        rows,
        np.array(rows, float),
        tuple(np.array(row, float) for row in rows),
        np.asfortranarray(np.array(rows, float)),
    ):
        assert sound.render(3 / 48000, inputs=inputs).tolist() == expected
    every_other = np.zeros((2, 6))
    every_other[:, ::2] = rows
    assert sound.render(3 / 48000, inputs=every_other[:, ::2]).tolist() == expected


@pytest.mark.parametrize("block", range(1, 40, 7))
def test_events_are_exact_to_the_sample(block: int) -> None:
    sound = krs.transpile(level)
    frames = [0, block, 2 * block + 1, 511, 512, 513]
    events = [(frame, "level", (index + 1) / 10) for index, frame in enumerate(frames)]
    (heard,) = sound.render(600 / 48000, events=reversed(events))
    expected = np.zeros(600, np.float32)
    for frame, _, value in sorted(events):
        expected[frame:] = value
    np.testing.assert_array_equal(heard, expected)


def test_events_of_one_frame_happen_in_order() -> None:
    sound = krs.transpile(level)
    events = [(3, "level", 0.25), (3, "level", 0.75), (9_999_999, "level", 1)]
    assert sound.render(5 / 48000, events=events).tolist() == [[0, 0, 0, 0.75, 0.75]]


def test_values_at_birth_come_both_ways() -> None:
    sound = krs.transpile(lambda: krs.control("seconds", 0, 0, 9, smooth=False) + level())
    assert sound.render(1 / 48000, controls={"seconds": 2}, level=0.5).tolist() == [[2.5]]
    smoothed = krs.transpile(lambda: level(None))
    assert smoothed.render(1 / 48000, level=1)[0, 0] == 1, "a smoothed control starts settled"


REFUSED: list[tuple[str, Callable[[krach.DspDef], object]]] = [
    ("KR0404", lambda s: s.render(0.1, cutof=1)),
    ("KR0404", lambda s: s.render(0.1, events=[(0, "cutof", 1)])),
    ("KR0404", lambda s: s.render(0.1, controls={3: 1})),
    ("KR0405", lambda s: s.render(0.1, cutoff=float("nan"))),
    ("KR0405", lambda s: s.render(0.1, cutoff="loud")),
    ("KR0405", lambda s: s.render(0.1, events=[(0, "cutoff", float("inf"))])),
    ("KR0406", lambda s: s.render(0.1, events=[(-1, "cutoff", 1)])),
    ("KR0406", lambda s: s.render(0.1, events=[(0.5, "cutoff", 1)])),
    ("KR0406", lambda s: s.render(0.1, events=[(0, "cutoff")])),
    ("KR0406", lambda s: s.render(0.1, events=[3])),
    ("KR0406", lambda s: s.render(0.1, events=[("now", "cutoff", 1)])),
    ("KR0407", lambda s: s.render(0.1, inputs=[[1], [2]])),
    ("KR0407", lambda s: s.render(0.1, inputs=np.zeros((1, 2, 3)))),
    ("KR0407", lambda s: s.render(0.1, inputs="text")),
    ("KR0407", lambda s: s.render(0.1, inputs=[[1], [2, 3]])),
    ("KR0407", lambda s: s.render(0.1, inputs=[[[1]]])),
    ("KR0408", lambda s: s.render(-1)),
    ("KR0408", lambda s: s.render(float("nan"))),
    ("KR0408", lambda s: s.render(1e12)),
    ("KR0408", lambda s: s.render(None)),
    ("KR0408", lambda s: s.render(1, frames=2)),
    ("KR0408", lambda s: s.render(frames=-1)),
    ("KR0408", lambda s: s.render(frames=0.5)),
    ("KR0404", lambda s: s.render(0.1, controls=[("gate", 1)])),
    ("KR0405", lambda s: s.render(0.1, controls={"gate": 1}, gate=0)),
    ("KR0113", lambda s: s.render(0.1, seed=-1)),
    ("KR0113", lambda s: s.render(0.1, seed=1 << 32)),
    ("KR0113", lambda s: s.render(0.1, instance=0.5)),
    ("KR0403", lambda s: s.render(0.1, 0)),
    ("KR0403", lambda s: s.render(0.1, 44100.5)),
    ("KR0403", lambda s: s.render(0.1, -48000)),
    ("KR0403", lambda s: s.render(0.1, 10**9)),
    ("KR0403", lambda s: s.render(0.1, "fast")),
    ("KR0113", lambda s: s.render(0.1, precision="quad")),
    ("KR0113", lambda s: krs.transpile(acid, precision="quad")),
]


@pytest.mark.parametrize(("code", "ask"), REFUSED)
def test_what_cannot_be_rendered(code: str, ask: Callable[[krach.DspDef], object]) -> None:
    with pytest.raises(krach.Error) as refused:
        ask(krs.transpile(acid))
    assert refused.value.code == code
    assert isinstance(refused.value, ValueError)
    assert refused.value.file == __file__


def test_a_slip_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(krach.Error, match="did you mean `cutoff`"):
        krs.transpile(acid).render(0.1, cutof=1)


def test_progress_is_told_and_may_break_off() -> None:
    heard: list[float] = []
    krs.transpile(acid).render(1.0, progress=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0

    def enough(part: float) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        krs.transpile(lambda: krs.reverb(krs.white_noise())).render(600, progress=enough)


def test_the_page_stands_alone() -> None:
    for sound in (
        krs.transpile(acid),
        krs.transpile(lambda: krs.pan(krs.saw(100), 0.3)),
        krs.transpile(lambda: 1e9),
    ):
        page = sound._repr_html_()
        assert "<svg" in page
        assert "http" not in page
        encoded = re.search(r'src="data:audio/wav;base64,([^"]+)"', page)
        assert encoded
        assert base64.b64decode(encoded[1])[:4] == b"RIFF"


def test_the_page_opens_every_gate() -> None:
    for name in ("gate", "kick_gate", "hat/Trig"):
        drum = krs.transpile(lambda gate=name: krs.saw(110) * krs.control(gate, 0, 0, 1))
        assert preview(drum).any(), name


def test_pictures() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    stereo = krs.transpile(lambda x, y: (krs.lowpass(x, 1000), y))
    assert len(stereo.plot(0.01).lines) == 2
    held = krs.transpile(lambda: krs.saw(krs.control("freq", 110, 20, 2000)) * krs.control("gate", 0, 0, 1))
    (line,) = held.plot(0.01, notes=[(100, 1000, 60)]).lines
    assert np.flatnonzero(line.get_ydata())[0] >= 100
    assert len(stereo.response(0.1).lines) == 4
    (line,) = krs.transpile(lambda x: krs.lowpass(x, 1000)).response(1.0).lines
    hertz, gain = line.get_xdata(), line.get_ydata()
    assert np.interp(1000, hertz, gain) == pytest.approx(-3.01, abs=0.02)
    (line,) = krs.transpile(lambda: krs.sine_osc(1000)).spectrum(1.0).lines
    assert line.get_ydata()[999] == pytest.approx(0, abs=0.1)
    with pytest.raises(krach.Error, match="KR0407"):
        krs.transpile(lambda: krs.saw(1)).response()
    plt.close("all")


def test_wav_files_are_written_whole(tmp_path) -> None:
    sound = krs.transpile(lambda: krs.saw(100)).render(0.1)
    krach.write_wav(tmp_path / "saw.wav", sound, 48000)
    data = (tmp_path / "saw.wav").read_bytes()
    assert np.array_equal(np.frombuffer(data[-sound.nbytes :], np.float32), sound[0])
    with pytest.raises(krach.Error, match="KR0502"):
        krach.write_wav(tmp_path, sound, 48000)


def test_any_array_of_numbers_is_sound(tmp_path) -> None:
    def written(sound) -> np.ndarray:
        krach.write_wav(tmp_path / "any.wav", sound)
        return np.frombuffer((tmp_path / "any.wav").read_bytes()[-12:], np.float32)

    assert np.array_equal(written([0.25, 0.5, 1]), written(np.array([[0.25, 0.5, 1]], np.float64)))
    for odd in (np.zeros((1, 2, 3)), "la", [[[1]]]):
        with pytest.raises(krach.Error, match="KR0407"):
            krach.write_wav(tmp_path / "any.wav", odd)
    with pytest.raises(krach.Error, match="KR0403"):
        krach.write_wav(tmp_path / "any.wav", [0], 0)
    with pytest.raises(krach.Error, match="KR0407"):
        krach.play("la")
