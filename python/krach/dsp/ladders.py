"""The ladder filter of Moog's synthesizers."""

from __future__ import annotations

from krach._function import library
from krach._signal import Signal, SignalLike
from krach.dsp.core import feedback
from krach.dsp.maths import tanh
from krach.dsp.ranges import hertz, warped, within


def ladder(sig: SignalLike, freq: SignalLike, resonance: SignalLike = 0, drive: SignalLike = 1) -> Signal:
    """Ladder low-pass: four poles, 24 dB per octave above `freq`; `resonance` 1 is where it sings by itself.

    `freq` is in Hz, held within 0 and 0.49 of the sample rate; `resonance` within 0..1.2; `drive` within
    0.01..100 is how hard the input meets the tanh in front of the poles, which bounds what it sings (the
    level outside stays). The loop without delay is solved for its linear part: V. Zavalishin, "The Art of VA
    Filter Design", rev. 2.1.2, 2018, chapter 5.

    >>> krs.transpile(lambda x: krs.ladder(x, 1000)).render(3 / 48000, inputs=[[0.1]]).round(7)
    array([[1.40e-06, 1.07e-05, 3.96e-05]], dtype=float32)
    """
    return _ladder(sig, hertz(freq), within(resonance, 0, 1.2), within(drive, 0.01, 100))


@library
def _ladder(sig: SignalLike, freq: SignalLike, resonance: SignalLike, drive: SignalLike) -> Signal:
    g = warped(freq)
    share = g / (1 + g)
    keep = 1 / (1 + g)
    amount = 4 * resonance

    def step(states: tuple[Signal, ...]) -> tuple[list[Signal], list[Signal]]:
        a, b, c, d = states
        held = keep * (share * (share * (share * a + b) + c) + d)
        loop = (sig * drive - amount * held) / (1 + amount * share**4)
        y: Signal = tanh(loop)
        after: list[Signal] = []
        for state in states:
            moved = share * (y - state)
            y = state + moved
            after.append(y + moved)
        return [y], after

    (out,) = feedback(step, n=4)
    return out / drive
