"""`DspDef.render_many`: each sound is the one that `render` makes, wherever it is rendered."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import krach
import krach.dsp as krs

pytestmark = pytest.mark.filterwarnings("ignore::krach.OutOfRange")
RATE = 48000
EVENTS = [(0, "gate", 1.0), (700, "gate", 0.0), (900, "cutoff", 2000.0)]


def acid() -> krs.Signal:
    freq = krs.control("freq", 55, 20, 2000)
    gate = krs.control("gate", 0, 0, 1)
    cutoff = krs.control("cutoff", 800, 80, 8000)
    env = krs.adsr(0.005, 0.01, 0.3, 0.01, gate)
    return krs.lowpass(krs.saw(freq) + 0.1 * krs.white_noise(), cutoff) * env


def gain_of(x: krs.Signal) -> krs.Signal:
    return krs.echo(x, 5, 0.5) * krs.control("gain", 1, 0, 2)


ACID = krs.transpile(acid)
GAIN = krs.transpile(gain_of)


def singly(sound: krach.DspDef, count: int, own: Callable[[int], dict[str, Any]], **shared: Any) -> Any:
    return np.stack([sound.render(**shared, **own(at)) for at in range(count)])


@given(
    freqs=st.lists(st.floats(0, 4000), min_size=1, max_size=11),
    threads=st.integers(1, 3),
    dtype=st.sampled_from(["float32", "float64"]),
    precision=st.sampled_from(["single", "double"]),
    frames=st.sampled_from([0, 1, 65, 1500]),
)
def test_each_sound_is_that_of_a_single_render(
    freqs: list[float], threads: int, dtype: Any, precision: Any, frames: int
) -> None:
    shared: dict[str, Any] = {"frames": frames, "events": EVENTS, "dtype": dtype, "precision": precision}
    seeds = range(len(freqs))
    many = ACID.render_many({"freq": freqs, "cutoff": 300}, seeds=seeds, threads=threads, **shared)
    alone = singly(
        ACID, len(freqs), lambda at: {"freq": freqs[at], "cutoff": 300, "seed": seeds[at]}, **shared
    )
    assert many.dtype == alone.dtype
    assert np.array_equal(many, alone)


def test_all_sounds_hear_the_same_input() -> None:
    noise = np.random.default_rng(1).uniform(-1, 1, 1000).astype(np.float32)
    many = GAIN.render_many({"gain": np.linspace(0, 3, 9)}, inputs=noise)
    alone = singly(GAIN, 9, lambda at: {"gain": np.linspace(0, 3, 9)[at]}, inputs=noise)
    assert np.array_equal(many, alone)


@pytest.mark.parametrize("effect", [None, GAIN])
def test_notes_are_shared_or_one_list_for_each_sound(effect: krach.DspDef | None) -> None:
    organ = krs.transpile(acid, voices=5, effect=effect)
    lines = [[(0, 200, 60 + at), (100 * at, 300, 64, 0.5)] for at in range(3)] + [[]]
    many = organ.render_many(frames=600, notes=lines)
    assert np.array_equal(many, singly(organ, 4, lambda at: {"notes": lines[at]}, frames=600))
    shared = organ.render_many({"cutoff": [500, 900]}, frames=600, notes=lines[0])
    alone = singly(organ, 2, lambda at: {"cutoff": [500, 900][at]}, frames=600, notes=lines[0])
    assert np.array_equal(shared, alone)
    assert shared.any()


def test_a_file_of_memory_is_filled_in_place(tmp_path: Path) -> None:
    freqs = np.linspace(50, 500, 20)
    out = np.memmap(tmp_path / "sounds", np.float32, "w+", shape=(20, 1, 500))
    filled = ACID.render_many({"freq": freqs}, frames=500, events=EVENTS, out=out)
    assert filled is out
    assert np.array_equal(out, ACID.render_many({"freq": freqs}, frames=500, events=EVENTS))


def test_chunks_are_the_whole_in_parts() -> None:
    freqs = np.linspace(50, 500, 21)
    whole = ACID.render_many({"freq": freqs}, frames=100, events=EVENTS, seeds=range(21))
    chunks = [*ACID.render_many({"freq": freqs}, frames=100, events=EVENTS, seeds=range(21), chunk=8)]
    assert [len(chunk) for chunk in chunks] == [8, 8, 5]
    assert np.array_equal(np.concatenate(chunks), whole)


def test_progress_grows_to_one() -> None:
    for more in ({}, {"executor": ThreadPoolExecutor(1)}):
        heard: list[float] = []
        ACID.render_many({"freq": [50] * 40}, frames=100, progress=heard.append, **more)
        assert heard == sorted(heard)
        assert heard[-1] == 1


def test_what_progress_raises_ends_the_work() -> None:
    def stop(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ACID.render_many({"freq": np.full(4000, 50.0)}, 100, progress=stop, chunk=8).__next__()
    with pytest.raises(KeyboardInterrupt):
        ACID.render_many({"freq": np.full(40, 50.0)}, 100, progress=stop)


def on_an_executor(executor: Any) -> None:
    freqs = np.linspace(50, 500, 150)
    whole = ACID.render_many({"freq": freqs}, frames=200, events=EVENTS)
    again = ACID.render_many({"freq": freqs}, frames=200, events=EVENTS, executor=executor)
    assert np.array_equal(again, whole)
    parts = ACID.render_many({"freq": freqs}, frames=200, events=EVENTS, executor=executor, chunk=60)
    assert np.array_equal(np.concatenate([*parts]), whole)


def test_other_threads_and_processes_make_the_same_sounds() -> None:
    with ThreadPoolExecutor(2) as executor:
        on_an_executor(executor)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as executor:
        on_an_executor(executor)


def test_two_workers_of_dask_make_the_same_sounds() -> None:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        on_an_executor(client)


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        ("KR0404", {"values": {"freqq": [1, 2]}}),
        ("KR0404", {"values": {1: [1, 2]}}),
        ("KR0404", {"values": [1, 2]}),
        ("KR0405", {"values": {"freq": [1, np.nan]}}),
        ("KR0405", {"values": {"freq": [[1, 2]]}}),
        ("KR0405", {"values": {"freq": "loud"}}),
        ("KR0405", {"values": {"freq": [1, 2], "cutoff": [1, 2, 3]}}),
        ("KR0405", {"values": {"freq": [1, 2]}, "seeds": [1, 2, 3]}),
        ("KR0113", {"seeds": [0.5]}),
        ("KR0113", {"seeds": "one"}),
        ("KR0113", {"chunk": -1}),
        ("KR0113", {"threads": "all"}),
        ("KR0113", {"progress": 3}),
        ("KR0113", {"out": [0.0]}),
        ("KR0113", {"out": np.empty((1, 1, 99), np.float32)}),
        ("KR0113", {"out": np.empty((1, 1, 100))}),
        ("KR0113", {"out": np.empty((1, 1, 200), np.float32)[:, :, ::2]}),
        ("KR0113", {"out": np.empty((1, 1, 100), np.float32), "chunk": 1}),
        ("KR0406", {"notes": [[(0, 1)]]}),
        ("KR0407", {"inputs": [[1.0], [2.0]]}),
        ("KR0408", {"frames": -1}),
        ("KR0408", {"frames": None, "seconds": -1}),
        ("KR0408", {"frames": None, "seconds": np.inf}),
        ("KR0408", {"frames": None, "seconds": 1e300}),
        ("KR0403", {"sample_rate": 0.5}),
    ],
)
def test_what_cannot_be_rendered_is_refused(code: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(krach.Error) as refused:
        ACID.render_many(**{"frames": 100, **arguments})
    assert refused.value.code == code


def test_samples_that_are_not_finite_give_one_warning() -> None:
    burst = krs.transpile(lambda: 1 / krs.control("by", 0, 0, 1))
    with pytest.warns(krach.NotFinite, match="100 samples"):
        burst.render_many({"by": [0, 1]}, frames=100)


def test_no_sounds_are_an_empty_array() -> None:
    assert ACID.render_many({"freq": []}, frames=10).shape == (0, 1, 10)
    assert [*ACID.render_many({"freq": []}, frames=10, chunk=4)] == []
