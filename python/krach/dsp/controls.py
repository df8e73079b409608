"""Controls, and the smoothing that keeps their steps from being heard."""

from __future__ import annotations

from collections.abc import Sequence

from krach import _krach
from krach._arguments import choice, is_text, listed
from krach._function import between, library
from krach._signal import Signal, SignalLike
from krach._trace import Trace, current, describe
from krach.dsp.core import feedback, mem, sr
from krach.dsp.maths import exp, max_


def control(
    name: str,
    init: float,
    lo: float,
    hi: float,
    step: float = 0.001,
    *,
    smooth: bool | float | None = None,
    unit: str = "",
    scale: str = "",
    choices: Sequence[str] = (),
    toggle: bool = False,
) -> Signal:
    """A parameter that is turned from outside: by name, within `lo..hi`, starting at `init`.

    By default it is smoothed by a one-pole of 22.7 ms, which starts settled at the value that the sound or
    the voice is born with: only later changes glide. Controls that play notes are never smoothed by default:
    those with a word `gate`, `trig` or `trigger`, and `freq`, `pitch`, `note`, `key`, `vel`, `velocity`,
    `gain`. `smooth=False` switches it off, `smooth=0.1` takes 100 ms. `step` is advice to widgets; values are
    not quantised. The same control may be declared again with the same values.

    Its face on a panel: `unit="Hz"`; `scale="log"` or `"exp"` for how far a knob turns; `toggle=True` for a
    switch of 0 and 1; `choices=["sine", "saw"]` for a menu whose values are 0, 1, … in this order. Switches
    and menus are not smoothed. All of it is in `DspDef.controls` and in the printed Faust. Faust's checkboxes
    start at 0, so a toggle that starts at 1 is printed as a number box from 0 to 1.

    Errors: KR0107 unless `lo <= init <= hi`, KR0108 for another control of that name, KR0109 for a bad name,
    KR0113 for another scale, a toggle that is not 0..1 and choices that are not 0..(their number - 1).

    >>> krs.transpile(lambda: krs.control("cutoff", 800, 100, 8000)).control_defaults
    {'cutoff': 800.0}
    """
    trace = current()
    trace.locate()
    if not is_text(name):
        raise trace.error("KR0109", f"a control's name is a text, not {describe(name)}")
    init, lo, hi, step = [trace.finite(f"control `{name}`", value) for value in (init, lo, hi, step)]
    choices = listed("`choices`", choices)
    metadata = _metadata(trace, unit, scale, choices, (lo, hi))
    toggle = choice("`toggle`", toggle, (False, True))
    if toggle and (lo, hi) != (0, 1):
        raise trace.error("KR0113", f"a toggle goes from 0 to 1, not from {lo:g} to {hi:g}")
    declared = _krach.Control(
        name, init, lo, hi, step, metadata=metadata, kind="checkbox" if toggle else "slider"
    )
    button = declared.is_gate and (init, lo, hi) == (0, 0, 1)
    kind = "toggle" if toggle else "button" if button else "slider"
    raw = trace.signal(trace.builder.control(name, init, lo, hi, step, kind, metadata))
    if smooth is None:
        smooth = declared.is_smoothed
    seconds = between("smooth", smooth, 0, 3600)
    if seconds == 0:
        return raw
    # About `init`: a register holds 0 before its first frame, which is then within what can be proved.
    moved = raw - init if init else raw
    moving = _settled(moved) if smooth is True else _settled_in(moved, seconds)
    return init + moving if init else moving


def _metadata(
    trace: Trace, unit: str, scale: str, choices: Sequence[str], bounds: tuple[float, float]
) -> list[tuple[str, str]]:
    """The metadata of a Faust widget, which stand in brackets in its label."""
    scale = choice("`scale`", scale, ("", "log", "exp", "lin"))
    if not all(map(is_text, (unit, *choices))):
        message = "`unit` is a text, `choices` is a list of texts"
        raise trace.error("KR0113", message, help='unit="Hz", choices=["sine", "saw"]')
    if choices and bounds != (0, len(choices) - 1):
        wanted = f"{len(choices)} choices go from 0 to {len(choices) - 1}"
        raise trace.error("KR0113", f"{wanted}, not from {bounds[0]:g} to {bounds[1]:g}")
    if any(sign in text for text in (unit, *choices) for sign in "[]{}':;\n\0"):
        raise trace.error(
            "KR0113", "units and choices hold no brackets, quotes, colons, semicolons or line ends"
        )
    style = ";".join(f"'{text}':{value}" for value, text in enumerate(choices))
    said = {"unit": unit, "scale": scale, "style": f"menu{{{style}}}" if choices else ""}
    return [(key, value) for key, value in said.items() if value]


@library
def _settled(sig: SignalLike) -> Signal:
    """A one-pole of 22.7 ms (Faust's `si.smoo`), but settled at the value of the first sample."""
    pole = (1 - 44.1 / sr()) * mem(1)  # 0 in the first sample: nothing of the past is kept
    return feedback(lambda before: (1 - pole) * sig + pole * before)


@library
def _settled_in(sig: SignalLike, seconds: SignalLike) -> Signal:
    """The same with another time constant."""
    pole = exp(-1 / (max_(seconds, 1e-6) * sr())) * mem(1)
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
