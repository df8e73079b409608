"""The text of a Python function: the lines that its code was compiled from, or nothing.

A file may change after it was imported. So a text counts only if compiling it gives the function's code
again. All texts of a file that krach has seen are tried, the newest first.
"""

from __future__ import annotations

import ast
import linecache
import os
import time
from collections import deque
from collections.abc import Iterator
from functools import cached_property
from types import CodeType
from typing import Any, cast

from krach._place import unwrapped

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

_STARTED = time.time()
_KEPT = 8  # texts of one file
_seen: dict[str, deque[_Text]] = {}


def source_of(function: object) -> str:
    """The Python text of a function, or "" if the text that it was compiled from is not known.

    A lambda is its own expression, not the line around it.
    """
    plain = unwrapped(function)
    code = getattr(plain, "__code__", None)
    if not isinstance(code, CodeType):
        return ""
    texts = _texts(code.co_filename, getattr(plain, "__globals__", {}))
    return next((text.of(code) for text in texts if text.holds(code)), "")


class _Text:
    """One text of a file."""

    def __init__(self, lines: list[str], unchanged: bool) -> None:
        self.lines = lines
        self._unchanged = unchanged

    @cached_property
    def _tree(self) -> ast.Module:
        try:
            return ast.parse("".join(self.lines))
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # a file that is being edited
            return ast.Module([], [])

    @cached_property
    def _codes(self) -> frozenset[CodeType]:
        try:
            whole = compile(self._tree, "", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return frozenset()
        return frozenset(_nested(whole))

    @cached_property
    def _functions(self) -> dict[int, list[_Function]]:
        """By first line, which is that of the first decorator."""
        found: dict[int, list[_Function]] = {}
        for node in ast.walk(self._tree):
            if isinstance(node, _Function):
                decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
                found.setdefault(min(part.lineno for part in (node, *decorators)), []).append(node)
        return found

    def holds(self, code: CodeType) -> bool:
        """Whether the code was compiled from this text. (pytest and others change code while they import it,
        so a file that is older than this process counts as it is.)
        """
        return self._unchanged or code in self._codes

    def of(self, code: CodeType) -> str:
        """The part of the text that defines a function."""
        for node in self._functions.get(code.co_firstlineno, ()):
            if not isinstance(node, ast.Lambda) and node.name == code.co_name:
                return "".join(self.lines[code.co_firstlineno - 1 : node.end_lineno])
        functions = self._functions.get(code.co_firstlineno, ())
        lambdas = [node for node in functions if isinstance(node, ast.Lambda) and _around(node, code)]
        if code.co_name != "<lambda>" or not lambdas:
            return ""
        innermost = min(lambdas, key=lambda node: _size(node.body))
        return ast.get_source_segment("".join(self.lines), innermost) or ""


def _texts(file: str, scope: dict[str, Any]) -> Iterator[_Text]:
    """The texts of a file: as it is now, then as it was before."""
    texts = _seen.setdefault(file, deque(maxlen=_KEPT))
    _remember(texts, file, linecache.cache.get(file))
    linecache.checkcache(file)
    lines = linecache.getlines(file, scope)
    entry = linecache.cache.get(file)
    if entry is None:  # made by a tool, such as doctest, that answers `getlines` itself
        yield _Text(lines, unchanged=True)
        return
    _remember(texts, file, entry)
    yield from [*texts]


def _remember(texts: deque[_Text], file: str, entry: object) -> None:
    """Keeps a text that `linecache` holds as (size, time of the last change, lines, path)."""
    if not isinstance(entry, tuple) or len(cast("tuple[object, ...]", entry)) != 4:
        return
    _, _, lines, _ = cast("tuple[object, object, list[str], object]", entry)
    if all(known.lines != lines for known in texts):
        texts.appendleft(_Text(lines, _unchanged(file)))


def _unchanged(file: str) -> bool:
    """Whether no file of that name has changed since krach was imported."""
    try:
        times = os.stat(file)
    except (OSError, ValueError):
        return True
    return max(times.st_mtime, times.st_ctime) < _STARTED


def _nested(code: CodeType) -> Iterator[CodeType]:
    waiting = [code]
    while waiting:
        code = waiting.pop()
        yield code
        waiting.extend(const for const in code.co_consts if isinstance(const, CodeType))


def _around(node: ast.Lambda, code: CodeType) -> bool:
    """Whether every instruction of a lambda's code lies in the body of that node."""
    first, last = (node.body.lineno, node.body.col_offset), (node.body.end_lineno, node.body.end_col_offset)
    places = [place for place in code.co_positions() if None not in place and place[3] != 0]
    return all(first <= (line, column) and (end, stop) <= last for line, end, column, stop in places)  # type: ignore[operator]


def _size(node: ast.expr) -> tuple[int, int]:
    """Lines, then columns: a node inside another is smaller."""
    return (node.end_lineno or 0) - node.lineno, (node.end_col_offset or 0) - node.col_offset
