"""The events of a pattern, as `Pattern.query` finds them."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from krach._errors import Place


class Event(NamedTuple):
    """Something that a pattern plays. Times are exact, in cycles.

    >>> import krach.pattern as krp
    >>> [(str(event.start), event.sound) for event in krp.seq("C4", None, "E4").query()]
    [('0', 'C4'), ('2/3', 'E4')]
    """

    start: Fraction
    """The beginning of the time that belongs to the event."""
    end: Fraction
    """The end of that time."""
    part: tuple[Fraction, Fraction]
    """The part of it that lies in the query. An event begins in the query if `part[0] == start`."""
    release: Fraction
    """When a note lets its key go."""
    sound: str
    """The value, in a word: `C4`, `x`, `cutoff=1200`."""
    changes: list[tuple[Fraction, str, float]]
    """The controls that the event sets: moment, name, value. A4 has 440 Hz."""
    place: Place | None
    """Where it is written: the bytes of a notation, else the line of Python."""
    line: Place | None
    """The line of Python."""
