"""An error of krach as text for a terminal: its place, its line with carets, its remedies."""

from __future__ import annotations

import linecache

from krach._errors import Error


def drawn(raised: Error) -> str:
    """The lines that the command prints for such an error."""
    at = "" if raised.file is None else f"{raised.file}:{raised.line}:{raised.column}: "
    lines = [f"{at}error[{raised.code}]: {raised.message}", *_line(raised)]
    return "\n".join([*lines, *(f"help: {help}" for help in raised.help)])


def _line(raised: Error) -> list[str]:
    """The user's line, with carets below its part."""
    if raised.place is None:
        return []
    file, line, column, end_line, end_column = raised.place
    linecache.checkcache(file)  # a file that is watched has changed
    text = linecache.getline(file, line).rstrip()
    wide = max(1, (end_column if end_line == line else len(text) + 1) - column)
    return [f"  {text}", f"  {' ' * (column - 1)}{'^' * wide}"] if text else []
