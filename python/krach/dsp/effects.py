"""Effects made of delays. All are mono in, mono out; pan or call them twice for stereo."""

from __future__ import annotations

from krach._function import library, whole
from krach._signal import Signal, SignalLike
from krach._trace import current
from krach.dsp.core import MAX_DELAY, delay, feedback, mem, sr
from krach.dsp.maths import floor, max_, min_
from krach.dsp.oscillators import sine_osc
from krach.dsp.ranges import within

# The tunings of Freeverb (Jezar at Dreampoint, 2000, public domain), in samples at 44.1 kHz.
_COMBS = (1116, 1188, 1277, 1356, 1422, 1491, 1557, 1617)
_ALLPASSES = (556, 441, 341, 225)
_SPREAD = 0.5
_LOUDEST = 0.99  # of what goes round again: a louder echo would grow for ever


@library
def fdelay(sig: SignalLike, n: SignalLike, max_delay: int | None = None) -> Signal:
    """The signal of `n` samples ago, on the straight line between the two samples next to it.

    `n` is clamped to `0..max_delay`; without `max_delay` the bound is the one proved for `n`.

    Errors: KR0110 if no bound is provable, KR0111 if `n` is always negative, KR0113 for a bad `max_delay`.

    >>> krs.transpile(lambda x: krs.fdelay(x, 1.25)).render(4 / 48000, inputs=[[1, 0, 0, 0]])
    array([[0.  , 0.75, 0.25, 0.  ]], dtype=float32)
    """
    trace = current()
    if max_delay is not None:
        bound = whole("max_delay", max_delay, 0, MAX_DELAY - 1)
        n = min_(n, bound)
    if trace.builder.interval(trace.node(n))[1] < 0:
        return delay(sig, n)  # refuses, in the words for whole samples
    late = max_(n, 0)
    whole_samples = floor(late)
    between = late - whole_samples
    return delay(sig, whole_samples) * (1 - between) + delay(sig, whole_samples + 1) * between


@library
def echo(sig: SignalLike, delay_ms: SignalLike, feedback_amt: SignalLike = 0.5) -> Signal:
    """Repeats the signal every `delay_ms` milliseconds, each time `feedback_amt` as loud.

    `feedback_amt` is held within -0.99..0.99.

    The time may be a control; it is interpolated, so that turning it bends the pitch like a tape.

    Errors: KR0110 if no bound for `delay_ms` is provable.

    >>> krs.transpile(lambda x: krs.echo(x, 1)).render(0.01, inputs=[[1]])[0, [0, 48, 96]]
    array([1.  , 0.5 , 0.25], dtype=float32)
    """
    samples = max_(delay_ms * sr() / 1000 - 1, 0)  # one sample of the way round is the loop's own
    again = within(feedback_amt, -_LOUDEST, _LOUDEST)
    return feedback(lambda before: sig + again * fdelay(before, samples))


@library
def chorus(sig: SignalLike, rate: SignalLike = 1, depth: SignalLike = 0.002) -> Signal:
    """The signal and a copy of it that is 15 ms late, give or take `depth` seconds, `rate` times a second.

    `depth` is held within 0..0.015 s.

    >>> krs.transpile(lambda x: krs.chorus(x)).render(1.0, inputs=[[1]]).shape
    (1, 48000)
    """
    sway = min_(max_(depth, 0), 0.015)
    late = fdelay(sig, (0.015 + sway * sine_osc(rate)) * sr())
    return (sig + late) / 2


@library
def flanger(
    sig: SignalLike, rate: SignalLike = 0.2, depth: SignalLike = 0.005, feedback_amt: SignalLike = 0.7
) -> Signal:
    """The signal and a copy of it that moves between 0 and `depth` seconds late, `rate` times a second, fed
    back.

    `depth` is held within 0..0.05 s, `feedback_amt` within -0.99..0.99.

    >>> krs.transpile(lambda x: krs.flanger(x)).render(1.0, inputs=[[1]]).shape
    (1, 48000)
    """
    sweep = min_(max_(depth, 0), 0.05) * (1 + sine_osc(rate)) / 2 * sr()
    again = within(feedback_amt, -_LOUDEST, _LOUDEST)
    late = feedback(lambda before: fdelay(sig + again * before, sweep))
    return (sig + late) / 2


def reverb(
    sig: SignalLike,
    room: SignalLike = 0.5,
    damping: SignalLike = 0.5,
    *,
    room_size: SignalLike | None = None,
) -> Signal:
    """A room, all wet: Freeverb in mono. `room` 0..1 is how long it rings, `damping` 0..1 how dull it gets.

    Eight low-pass feedback combs side by side, then four all-pass combs: Schroeder (1962) and Moorer (1979)
    in the tuning of Jezar's Freeverb; J. O. Smith, "Physical Audio Signal Processing", 2010, "Freeverb".
    `room` is held within 0..0.99, `damping` within 0..1. `room_size` is another name of `room`.
    `stereo_reverb` is wider and takes its time in seconds.

    >>> krs.transpile(lambda x: krs.reverb(x)).render(0.03, inputs=[[1]])[0, [1213, 1214]]
    array([0.    , 0.0625], dtype=float32)
    """
    size = within(room if room_size is None else room_size, 0, _LOUDEST)
    return _reverb(sig, size, within(damping, 0, 1))


@library
def _reverb(sig: SignalLike, room: SignalLike, damping: SignalLike) -> Signal:
    first, *others = [_comb(sig, length, room, damping) for length in _COMBS]
    y = sum(others, first)
    for length in _ALLPASSES:
        y = _allpass(y, min_(_scaled(length) - 1, 1024), room)
    return y


def _scaled(samples: int) -> Signal:
    """A tuning at the present sample rate."""
    return floor(samples / 44100 * sr()) + _SPREAD


def _comb(sig: SignalLike, length: int, room: SignalLike, damping: SignalLike) -> Signal:
    """A delay that hears itself, duller with every turn."""
    samples = _scaled(length) - 1

    def turn(before: Signal) -> Signal:
        dull = feedback(lambda held: (1 - damping) * before + damping * held)
        return delay(sig + room * dull, samples)

    return mem(feedback(turn))


def _allpass(sig: SignalLike, samples: Signal, gain: SignalLike) -> Signal:
    """Smears in time, and leaves the spectrum alone."""

    def turn(before: Signal) -> tuple[Signal, Signal]:
        now = sig + gain * before
        return before - gain * now, delay(now, samples)

    return feedback(turn)
