"""Drum-machine grids: one line of steps per instrument."""

from __future__ import annotations

from collections.abc import Mapping
from typing import overload

from krach import _place
from krach._arguments import text
from krach._entrance import entrance
from krach._errors import Error, error
from krach._krach import Pattern
from krach._trace import describe
from krach.pattern.builders import hit, rest, seq

_VELOCITIES: dict[str, float] = {"X": 1.0, "x": 0.8, "o": 0.4} | {str(n): n / 9 for n in range(1, 10)}
_RESTS = ".-~"
_SPACES = " |"


@overload
def grid(lines: str) -> Pattern: ...


@overload
def grid(lines: Mapping[str, str]) -> dict[str, Pattern]: ...


@entrance
def grid(lines: str | Mapping[str, str]) -> Pattern | dict[str, Pattern]:
    """A line of steps as a pattern of hits that fills one cycle; of several named lines, a pattern each.

    `X` is an accent (velocity 1), `x` a hit (0.8), `o` a soft hit (0.4), a digit 1–9 that many ninths; `.`,
    `-` and `~` rest. Spaces and bar lines `|` only divide. Lines of different lengths share the cycle.
    Errors: KR0802 for another character, with its line and place, and for a line without steps.

    >>> grid("x..x ..x.")
    Pattern(x, ~, ~, x, ~, ~, x, ~)
    >>> list(grid({"kick": "x...x...", "hat": "x.x.x.x."}))
    ['kick', 'hat']
    """
    if isinstance(lines, str):
        return _line(lines, "the grid")
    if not isinstance(lines, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise error("KR0805", f"a grid is a text, or a text for each name, not {describe(lines)}")
    return {name: _line(line, f"the line {name!r}") for name, line in lines.items()}


def _line(line: str, name: str) -> Pattern:
    line = text("KR0805", name, line)
    steps: list[Pattern] = []
    for place, step in enumerate(line, 1):
        if step in _VELOCITIES:
            steps.append(hit(vel=_VELOCITIES[step]))
        elif step in _RESTS:
            steps.append(rest())
        elif step not in _SPACES:
            raise _refused(f"{name} has {step!r} at place {place}")
    if not steps:
        raise _refused(f"{name} has no steps")
    return seq(*steps)


def _refused(message: str) -> Error:
    help = "write `x` for a hit, `X` for an accent, `o` for a soft hit, a digit 1-9, and `.` for a rest"
    return error("KR0802", message, _place.user_place(), help=[help])


__all__ = ["grid"]
