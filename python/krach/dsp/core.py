"""Controls, memory, choice: the primitives that everything else is written with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from krach._library import finite, library, whole
from krach._signal import Signal, SignalLike
from krach._trace import Trace, current, describe
from krach.dsp.maths import exp, max_

MAX_DELAY = 1 << 28  # samples
_PLAYED = {"freq", "pitch", "note", "key", "vel", "velocity", "gain"}
_GATES = {"gate", "trig", "trigger"}


def control(
    name: str,
    init: float,
    lo: float,
    hi: float,
    step: float = 0.001,
    *,
    smooth: bool | float | None = None,
) -> Signal:
    """A parameter that is turned from outside: by name, within `lo..hi`, starting at `init`.

    Unless told otherwise it is smoothed by a one-pole of 22.7 ms that starts at `init`; never by default
    those that play notes: one of whose words is `gate`, `trig` or `trigger`, and `freq`, `pitch`, `note`,
    `key`, `vel`, `velocity`, `gain`. `smooth=False` switches it off, `smooth=0.1` takes 100 ms. `step` is
    advice to widgets; values are not quantised. The same control may be declared again with the same values.

    Errors: KR0107 unless `lo <= init <= hi`, KR0108 for another control of that name, KR0109 for a bad name.

    >>> krs.transpile(lambda: krs.control("cutoff", 800, 100, 8000)).control_defaults
    {'cutoff': 800.0}
    """
    trace = current()
    trace.locate()
    if not isinstance(name, str):
        raise trace.error("KR0109", f"a control's name is a text, not {describe(name)}")
    numbers = [trace.number(value) for value in (init, lo, hi, step)]
    last_words = name.lower().rsplit("/", 1)[-1].split("_")
    is_gate = not _GATES.isdisjoint(last_words)
    button = is_gate and numbers[:3] == [0.0, 0.0, 1.0]
    raw = trace.signal(trace.builder.control(name, *numbers, button))
    if smooth is None or smooth is True:
        if smooth is None and (is_gate or name.rsplit("/", 1)[-1] in _PLAYED):
            return raw
        return numbers[0] + smoo(raw - numbers[0])
    seconds = finite("smooth", smooth, 0.0, 3600.0)
    if seconds == 0.0:
        return raw
    return numbers[0] + _smooth(raw - numbers[0], 1000 * seconds)


def sr() -> Signal:
    """The sample rate in Hz.

    >>> krs.transpile(lambda: krs.sr()).render(0.0001, sample_rate=44100)[0, 0]
    np.float32(44100.0)
    """
    trace = current()
    trace.locate()
    return trace.signal(trace.builder.sample_rate())


def sample_rate() -> Signal:
    """The same as `krs.sr()`."""
    return sr()


def mem(sig: SignalLike) -> Signal:
    """The sample before; 0 at first (Faust's `sig'`).

    >>> krs.transpile(lambda x: krs.mem(x)).render(3 / 48000, inputs=[[1, 2, 3]])
    array([[0., 1., 2.]], dtype=float32)
    """
    trace = current()
    trace.locate()
    return trace.signal(trace.builder.mem(trace.node(sig)))


def unit_delay(sig: SignalLike) -> Signal:
    """The same as `krs.mem(sig)`."""
    return mem(sig)


def delay(sig: SignalLike, n: SignalLike, max_delay: int | None = None) -> Signal:
    """The signal of `n` samples ago, 0 before it began; `n` is truncated and may change (Faust's `sig @ n`).

    `n` is clamped to `0..max_delay` samples. Without `max_delay` the bound is what can be proved about `n`:
    that of a constant, of a control, of arithmetic with them. `krs.fdelay` interpolates between samples.

    Errors: KR0110 if no bound is provable, KR0111 if `n` is always negative, KR0113 for a bad `max_delay`.

    >>> krs.transpile(lambda x: krs.delay(x, 2)).render(4 / 48000, inputs=[[1, 2, 3, 4]])
    array([[0., 0., 1., 2.]], dtype=float32)
    """
    trace = current()
    trace.locate()
    bound = None if max_delay is None else whole("max_delay", max_delay, 0, MAX_DELAY)
    return trace.signal(trace.builder.delay(trace.node(sig), trace.node(n), bound))


def select2(sel: SignalLike, when_zero: SignalLike, when_one: SignalLike) -> Signal:
    """`when_zero` where `sel`, truncated to an int, is 0, else `when_one`; both are always computed.

    >>> krs.transpile(lambda x: krs.select2(x > 0, -1, 1)).render(2 / 48000, inputs=[[0.5, -0.5]])
    array([[ 1., -1.]], dtype=float32)
    """
    return current().apply("select", sel, when_zero, when_one)


Body: TypeAlias = Callable[[Signal], "SignalLike | tuple[SignalLike, SignalLike]"]


def feedback(body: Body) -> Signal:
    """A loop through one sample of delay: `body` is called once with its own result of the sample before.

    `body(fb)` returns the signal that is heard and fed back, or a pair `(output, fed_back)`. It may use `fb`
    any number of times, or never, and any signal of the functions around it.

    Errors: KR0112 when `body` is not a function or returns something else.

    >>> leak = krs.transpile(lambda x: krs.feedback(lambda fb: x + fb * 0.5))
    >>> leak.render(3 / 48000, inputs=[[1, 0, 0]])
    array([[1.  , 0.5 , 0.25]], dtype=float32)
    """
    trace = current()
    trace.locate()
    if not callable(body):
        raise trace.error("KR0112", f"feedback wants a function of one Signal, got {describe(body)}")
    register = trace.builder.register()
    try:
        result = body(trace.signal(trace.builder.read(register)))
        output, fed_back = _pair(trace, body, result)
    except BaseException:
        trace.builder.write(register, trace.builder.real(0.0))  # the trace stays whole for who catches this
        raise
    trace.builder.write(register, fed_back)
    return trace.signal(output)


def _pair(trace: Trace, body: object, result: object) -> tuple[int, int]:
    """Output and fed-back node of what a feedback body returned."""
    if isinstance(result, (tuple, list)):
        values: list[object] = [*result]
        if len(values) == 2 and not any(isinstance(value, (tuple, list)) for value in values):
            return trace.node(values[0]), trace.node(values[1])
    elif result is not None:
        node = trace.node(result)
        return node, node
    got = "None" if result is None else f"a {type(result).__name__}"
    if isinstance(result, (tuple, list)):
        got += f" of {len(values)}"
    raise trace.error(
        "KR0112",
        f"a feedback body returned {got}",
        help="return one Signal, or a pair (output, fed_back)",
    )


@library
def smoo(sig: SignalLike) -> Signal:
    """Smooths steps by a one-pole low-pass with a time constant of 22.7 ms (Faust's `si.smoo`)."""
    pole = 1 - 44.1 / sr()
    return feedback(lambda before: (1 - pole) * sig + pole * before)


@library
def smooth(sig: SignalLike, time_ms: SignalLike = 10) -> Signal:
    """Smooths steps by a one-pole low-pass that has gone 63 % of the way after `time_ms` milliseconds.

    With 0 or less the signal passes as it is. y = (1-p) x + p y', p = exp(-1 / (time · sample rate)).

    >>> krs.transpile(lambda: krs.smooth(1, 10)).render(0.01)[0, -1] > 0.632
    np.True_
    """
    pole = exp(-1000 / (max_(time_ms, 1e-6) * sr()))
    return feedback(lambda before: (1 - pole) * sig + pole * before)


_smooth = smooth  # `control` has a parameter of that name
