"""Runs lines as if they were typed."""

from __future__ import annotations

import ast
import linecache
from itertools import count
from typing import Any

_numbers = count(1)


def run(text: str, names: dict[str, Any]) -> None:
    """Shows some lines as at a prompt, runs them, and shows the value of the last."""
    first, *more = text.splitlines()
    print("\n".join([f">>> {first}", *[f"... {line}" for line in more]]), flush=True)
    name = f"<line {next(_numbers)}>"
    linecache.cache[name] = (len(text), None, [f"{line}\n" for line in text.splitlines()], name)
    *before, last = ast.parse(text, name).body
    exec(compile(ast.Module(before, []), name, "exec"), names)
    if not isinstance(last, ast.Expr):
        exec(compile(ast.Module([last], []), name, "exec"), names)
    elif (value := eval(compile(ast.Expression(last.value), name, "eval"), names)) is not None:
        print(repr(value))
