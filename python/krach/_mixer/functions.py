"""The functions of an exported session: those whose text alone makes the same sound."""

from __future__ import annotations

import ast
import textwrap
from typing import Any

from krach import dsp as krs
from krach import pattern as krp
from krach._definition import DspDef, transpile
from krach.ir.module import ModuleIr

_TAKEN = frozenset({"json", "kr", "krp", "krs", "SCENES", "SESSION", "name", "scene", "node", "function"})
"""Names that the file itself uses."""


class Functions:
    """The texts of functions, each under a name of its own."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    @property
    def text(self) -> str:
        """All of them, as lines of a Python file."""
        return "\n\n".join(["", *self._texts.values(), ""]) if self._texts else ""

    def named(self, module: ModuleIr) -> dict[str, Any]:
        """The dictionary of a module, with the names of functions in the place of programs."""
        parts = module.to_dict()
        for node, row in zip(module.nodes, parts.get("nodes", []), strict=True):
            if isinstance(node.source, DspDef) and (name := self._name(node.source)) is not None:
                row["source"] = {"function": name, "precision": node.source.precision}
        return parts

    def _name(self, sound: DspDef) -> str | None:
        """The name of the function that makes a sound; `None` if its text alone does not."""
        if sound.fn is None or not sound.source:
            return None
        text = textwrap.dedent(sound.source).strip()
        name = _defined(text)
        if name is None or name in _TAKEN or self._texts.get(name, text) != text:
            return None
        if name not in self._texts and not _makes(text, name, sound):
            return None
        self._texts[name] = text
        return name


def _defined(text: str) -> str | None:
    """The name that a text defines, if it is one plain function."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    plain = len(body) == 1 and isinstance(body[0], ast.FunctionDef) and not body[0].decorator_list
    return body[0].name if plain and isinstance(body[0], ast.FunctionDef) else None


def _makes(text: str, name: str, sound: DspDef) -> bool:
    names: dict[str, Any] = {"krs": krs, "krp": krp}
    try:
        exec(compile(text, "<export>", "exec", dont_inherit=True), names)
        again = transpile(names[name], precision=sound.precision)
    except Exception:  # a name of the function's own file is missing here
        return False
    return again.program == sound.program and again.program.name == sound.program.name
