"""Where the user is: frames outside this package, and the columns of the call in each."""

from __future__ import annotations

import linecache
import os
import warnings
from collections.abc import Callable
from inspect import currentframe, unwrap
from types import CodeType, FrameType
from typing import cast

from krach._errors import Place

_PACKAGE = os.path.dirname(__file__) + os.sep
_LIBRARY = _PACKAGE + "dsp" + os.sep
_COMMAND = _PACKAGE + "__main__.py"

USER, LIBRARY, MACHINERY = range(3)
_kinds: dict[str, int] = {}


def kind(code: CodeType) -> int:
    """Whose code it is: the user's, a readable library function's (`krach.dsp`), or the tracer's own."""
    file = code.co_filename
    known = _kinds.get(file)
    if known is None:
        inside = file.startswith(_PACKAGE)
        known = _kinds[file] = (LIBRARY if file.startswith(_LIBRARY) else MACHINERY) if inside else USER
    return known


def user_frame() -> FrameType | None:
    """The nearest caller that is not part of this package."""
    frame = currentframe()
    while frame is not None and kind(frame.f_code) != USER:
        # The script of the command itself is no line of the user's.
        frame = None if frame.f_code.co_filename == _COMMAND else frame.f_back
    return frame


def user_place() -> Place | None:
    """The expression that the user's code is evaluating now."""
    frame = user_frame()
    return None if frame is None else place_of(frame.f_code, frame.f_lasti, list(frame.f_code.co_positions()))


def warn(message: str, category: type[Warning]) -> None:
    """Warns at the user's line."""
    place = user_place()
    file, line = (place.file, place.line) if place else ("<unknown>", 1)
    warnings.warn_explicit(message, category, file, line)


def place_of(
    code: CodeType, instruction: int, positions: list[tuple[int | None, int | None, int | None, int | None]]
) -> Place:
    """The source range of one instruction; `positions` are those of its code."""
    line, end_line, column, end_column = positions[instruction // 2] if instruction >= 0 else (None,) * 4
    line = line or code.co_firstlineno
    end_line = end_line or line
    file = code.co_filename
    if column is None or end_column is None:
        return Place(file, line, 1, line, 1)
    return Place(
        file, line, _characters(file, line, column), end_line, _characters(file, end_line, end_column)
    )


def _characters(file: str, line: int, column: int) -> int:
    """A column from 1 in characters, of one from 0 in UTF-8 bytes."""
    text = linecache.getline(file, line)
    if text.isascii():
        return column + 1
    return len(text.encode()[:column].decode(errors="replace")) + 1


def literal(place: Place, text: str) -> tuple[int, int] | None:
    """Where a text is written inside an expression of the user: its line, and the characters before it there.

    `None` if the expression has no such literal, several of them, or one with escapes or several parts.
    """
    import ast

    lines = [linecache.getline(place.file, line) for line in range(place.line, place.end_line + 1)]
    lines[-1] = lines[-1][: place.end_column - 1]
    # An expression that begins at column 0 in parentheses may go over several lines.
    source = "(" + "".join(lines)[place.column - 1 :] + ")"
    try:
        tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = [part for part in ast.walk(tree) if isinstance(part, ast.Constant) and part.value == text]
    written = ast.get_source_segment(source, found[0]) if len(found) == 1 else None
    if written is None:
        return None
    quotes = next((quotes for quotes in ('"""', "'''", '"', "'") if written == quotes + text + quotes), None)
    if quotes is None:
        return None
    line = source.splitlines()[found[0].lineno - 1].encode()[: found[0].col_offset].decode()
    before = len(line) + len(quotes) + (place.column - 2 if found[0].lineno == 1 else 0)
    return place.line + found[0].lineno - 1, before


def unwrapped(function: object) -> object:
    """The function inside its decorators; the outermost one where they wrap each other in a circle."""
    try:
        return unwrap(cast("Callable[..., object]", function))
    except ValueError:
        return function


def definition_place(function: object) -> Place | None:
    """Where a function is defined, inside its decorators: its `def` line."""
    code = getattr(unwrapped(function), "__code__", None)
    if not isinstance(code, CodeType):
        return None
    line = code.co_firstlineno
    for ahead in range(64):
        text = linecache.getline(code.co_filename, line + ahead)
        words = text.split(maxsplit=2)
        if words[:1] == ["def"] or words[:2] == ["async", "def"]:
            column = len(text) - len(text.lstrip()) + 1
            name = text.find(code.co_name) + 1
            return Place(code.co_filename, line + ahead, column, line + ahead, name + len(code.co_name))
    return Place(code.co_filename, line, 1, line, 1)
