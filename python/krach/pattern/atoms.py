"""Atoms: single values of patterns for controls, MIDI ports and OSC."""

from __future__ import annotations

from krach import _krach, _place
from krach._entrance import entrance
from krach._errors import error
from krach._krach import Pattern


@entrance
def midi_note(
    pitch: str | int,
    vel: int = 100,
    channel: int = 0,
    duration: float = 1.0,
    *,
    velocity: int | None = None,
) -> Pattern:
    """A note of a MIDI port: `pitch` by name or number (60 is C4), `vel` 0–127, `channel` 0–15.

    `duration` is in cycles, not in steps. `velocity` is another name for `vel`. Raises
    KR0802 for values out of range.

    >>> midi_note(60, vel=80, channel=9, duration=0.25)
    Pattern(C4)
    """
    if velocity is not None and vel != 100:
        raise error("KR0802", "`vel` and `velocity` are the same: give one of them", _place.user_place())
    level = vel if velocity is None else velocity
    return _krach.pattern_midi_note(pitch, level, channel, duration, _place.user_place())


@entrance
def cc(controller: int, value: int, channel: int = 0) -> Pattern:
    """A MIDI control change: `controller` and `value` 0–127, `channel` 0–15. Raises KR0802 out of range.

    >>> cc(74, 64)
    Pattern(cc(74,64))
    """
    return _krach.pattern_cc(controller, value, channel, _place.user_place())


@entrance
def osc(address: str, *args: float | str) -> Pattern:
    """An OSC message. Floats, whole numbers and texts become its arguments. Raises KR0805 for others.

    >>> osc("/light/1", 0.5, "red")
    Pattern(osc(/light/1))
    """
    return _krach.pattern_osc(address, args, _place.user_place())


@entrance
def ctrl(label: str, value: float) -> Pattern:
    """Sets the control `label` of the node that plays the pattern. A `label` with `/` is a whole path.

    Raises KR0802 for a value that is not finite.

    >>> (ctrl("cutoff", 400) + ctrl("cutoff", 1200)).over(2)
    Pattern((cutoff=400, cutoff=1200) /2)
    """
    return _krach.pattern_ctrl(label, value, _place.user_place())


@entrance
def freeze(pat: Pattern) -> Pattern:
    """The whole cycle of `pat` as one event: `thin`, `mask`, `reverse` and `struct` keep it together.

    >>> from krach.pattern import seq
    >>> len((freeze(seq("C4", "E4")) * 2).thin(1.0).query())
    0
    """
    return _krach.pattern_freeze(pat)
