"""`krs.wavetable` with a position: no aliasing, the right pitch, and a smooth way from cycle to cycle."""

from __future__ import annotations

import numpy as np
import pytest

import krach
import krach.dsp as krs
from engines import RATE, each_engine, render

LENGTH = 256
PHASE = np.arange(LENGTH) / LENGTH
SAW, SINE = 1 - 2 * PHASE, np.sin(2 * np.pi * PHASE)


def spectrum(sound: np.ndarray) -> np.ndarray:
    """Amplitudes by Hz, of one second."""
    window = np.hanning(len(sound))
    return 2 * abs(np.fft.rfft(sound * window)) / window.sum()


@pytest.mark.parametrize("freq", [110, 997, 3001, 7001])
def test_a_saw_of_a_table_does_not_alias(freq: int) -> None:
    heard = spectrum(render(lambda: krs.wavetable([SAW], krs.phasor(freq), 0), RATE)[0])
    plain = spectrum(render(lambda: krs.table_osc(SAW, freq), RATE)[0])
    apart = np.ones(len(heard), bool)
    for overtone in range(0, RATE // 2, freq):
        apart[max(0, overtone - 4) : overtone + 5] = False
    assert heard[freq] == pytest.approx(2 / np.pi, rel=0.03)
    assert heard[apart].max() < 10 ** (-60 / 20)
    if freq > 900:
        assert plain[apart].max() > 5 * heard[apart].max(), "without copies it does alias"


def test_low_notes_keep_their_overtones() -> None:
    heard = spectrum(render(lambda: krs.wavetable([SAW], krs.phasor(110), 0), RATE)[0])
    for overtone in (2, 10, 40):
        assert heard[110 * overtone] == pytest.approx(2 / np.pi / overtone, rel=0.1)


def test_a_rising_pitch_has_no_steps() -> None:
    def rise() -> krs.Signal:
        freq = 100 * krs.exp2(krs.line(0, 6, 1))
        return krs.wavetable([SINE], krs.phasor(freq), 0)

    heard = render(rise, RATE)[0]
    steps = np.abs(np.diff(heard))
    assert steps.max() < 2 * np.pi * 6400 / RATE * 1.02, "no step is larger than that of the sine"


@each_engine
def test_position_moves_from_cycle_to_cycle(engine: str, precision: str) -> None:
    cycles = [SINE, -SINE, 3 * SINE]

    def at(position: float) -> np.ndarray:
        return render(lambda: krs.wavetable(cycles, krs.phasor(100), position), 960, engine, precision)[0]

    sine = at(0)
    assert np.allclose(at(-1), sine)
    assert np.allclose(at(0.25), 0, atol=1e-6)
    assert np.allclose(at(0.5), -sine, atol=1e-6)
    assert np.allclose(at(0.75), sine, atol=1e-6)
    assert np.allclose(at(9), 3 * sine, atol=1e-6)


def test_many_cycles_lie_beside_the_program() -> None:
    cycles = np.outer(np.linspace(0.1, 1, 64), SINE)
    sound = krs.transpile(lambda: krs.wavetable(cycles, krs.phasor(440), 1))
    assert len(str(sound.program)) < 20_000, "262,144 entries are named by their digest"
    assert abs(sound.render(0.1)).max() == pytest.approx(1, abs=0.01)


def test_odd_tables_are_refused_or_sound() -> None:
    with pytest.raises(krach.Error, match="KR0116"):
        krs.transpile(lambda: krs.wavetable([[0, 1], [1]], 0, 0))
    with pytest.raises(krach.Error, match="KR0116"):
        krs.transpile(lambda: krs.wavetable([], 0, 0))
    with pytest.raises(krach.Error, match="too large"):
        krs.transpile(lambda: krs.wavetable(np.zeros((64, 8192)), 0, 0))
    for cycle in ([1.0], [1, 0], [0, 1, 2]):
        heard = render(lambda cycle=cycle: krs.wavetable(cycle, krs.phasor(999), 0), 480)[0]
        assert np.isfinite(heard).all()
        assert abs(heard).max() <= 3
