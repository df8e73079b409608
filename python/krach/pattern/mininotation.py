"""Patterns as text: krach's notation and Tidal's. `grammar/mini.ebnf` has the syntax of both."""

from __future__ import annotations

import linecache

from krach import _krach, _place
from krach._entrance import entrance
from krach._errors import Error, Place, error
from krach._krach import Pattern
from krach._trace import describe


@entrance
def p(text: str, *, vel: float | Pattern = 1.0, **params: float | Pattern) -> Pattern:
    """Reads krach's notation: steps of one cycle, with spaces between.

    `x` is a hit, `C4` or `f#3` a note, `60` a MIDI note on a node and a value on a control; `.`, `~` and `-`
    are rests. `[C4 E4]` sounds at once, `<C4 E4>` one per cycle. Behind a step: `*2` two of it, `!` again,
    `@2` twice as long, `?` by chance, `:0.6` velocity, `(3,8)` Euclidean rhythm; `_` prolongs the step
    before. `vel` and keywords are as for `note`.

    Errors: KR0801 at the sign that cannot be read: in the user's file if the text is written there, else in
    the text itself. `further` holds its other mistakes.

    >>> p("x . C4*2 [C4 E4] _")
    Pattern(x, ~, C4, C4, (C4 | E4)@2)
    """
    return _read("krach", "p", text, vel, params)


@entrance
def tidal(text: str, *, vel: float | Pattern = 1.0, **params: float | Pattern) -> Pattern:
    """Reads Tidal's mini-notation as Tidal does: `[a b]` divides a step, `*` and `/` change its speed.

    `c4` is a note, `x` and `t` are hits, and any other word is the gate of a hit: `bd` plays `hit("bd")`.
    Errors are those of `p`.

    >>> tidal("bd [hh hh] <c4 e4>")
    Pattern(bd, (hh, hh), (C4, E4) /2)
    """
    return _read("tidal", "tidal", text, vel, params)


def _read(
    dialect: str, builder: str, text: str, vel: float | Pattern, params: dict[str, float | Pattern]
) -> Pattern:
    place = _place.user_place()
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise error("KR0805", f"`{builder}` reads a text, not {describe(text)}", place)
    name = f"<{builder} in {place.file}:{place.line}>" if place else f"<{builder}>"
    text = text.encode(errors="replace").decode()  # half a surrogate pair is no character
    # Tracebacks show the text while its error is raised.
    linecache.cache[name] = (len(text), None, [line + "\n" for line in text.split("\n")], name)
    try:
        pattern = _krach.pattern_read(dialect, name, text, vel, params, place)
    except Error as wrong:
        for one in (wrong, *wrong.further):
            if one.file == name and place is not None:
                _move(one, place, text)
        raise
    linecache.cache.pop(name, None)
    return pattern


def _move(wrong: Error, user: Place, text: str) -> None:
    """Moves the place of an error from the notation to the user's file, if the notation is written there."""
    start = _place.literal(user, text)
    if start is None or wrong.place is None:
        return
    _, line, column, end_line, end_column = wrong.place
    first, before = start
    wrong.file, wrong.line, wrong.end_line = user.file, first + line - 1, first + end_line - 1
    wrong.column = column + (before if line == 1 else 0)
    wrong.end_column = end_column + (before if end_line == 1 else 0)
    wrong.located(None)  # what Python shows of a syntax error follows
