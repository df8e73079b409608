"""Controls, and the smoothing that keeps their steps from being heard."""

from __future__ import annotations

from krach._function import between, library
from krach._signal import Signal, SignalLike
from krach._trace import current, describe
from krach.dsp.core import feedback, sr
from krach.dsp.maths import exp, max_

_PLAYED = {"freq", "pitch", "note", "key", "vel", "velocity", "gain"}
_GATES = {"gate", "trig", "trigger"}


def is_gate(name: str) -> bool:
    """Whether a control of that name starts notes."""
    return not _GATES.isdisjoint(name.rsplit("/", 1)[-1].lower().split("_"))


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
    if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise trace.error("KR0109", f"a control's name is a text, not {describe(name)}")
    init, lo, hi, step = [trace.finite(f"control `{name}`", value) for value in (init, lo, hi, step)]
    word = name.rsplit("/", 1)[-1]
    gate = is_gate(name)
    button = gate and (init, lo, hi) == (0, 0, 1)
    raw = trace.signal(trace.builder.control(name, init, lo, hi, step, button))
    if smooth is None:
        smooth = not gate and word not in _PLAYED
    seconds = between("smooth", smooth, 0, 3600)
    if seconds == 0:
        return raw
    # From its start: a smoother at rest is at 0.
    moved = raw - init if init else raw
    moving = smoo(moved) if smooth is True else _smooth(moved, 1000 * seconds)
    return init + moving if init else moving


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
