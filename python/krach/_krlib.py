"""Libraries of precompiled instruments: files that `krach build` writes."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import Literal, NoReturn

from krach import _krach, _place
from krach._audition import arithmetic
from krach._definition import DspDef
from krach._errors import Error, error
from krach._trace import describe

Trust = Literal["tag", "program", "code"]

_SHOWN = 40


class DamagedLibrary(UserWarning):
    """Of a library's file only the programs could be read: its instruments sound, their sources are lost."""


class Library(Mapping[str, DspDef]):
    """Instruments by name, as `krach.load_library` opens them. But for the list of contents, nothing is read
    before it is wanted.
    """

    def __init__(self, path: str | os.PathLike[str], trust: Trust = "tag") -> None:
        """Opens a file; see `krach.load_library`."""
        self._path = os.fspath(path)
        self._inner = _krach.Library(self._path, trust)
        self._known: dict[str, DspDef | None] = dict.fromkeys(self._inner.names)
        if self._inner.damage is not None:
            place = _place.user_place()
            file, line = (place.file, place.line) if place else ("<unknown>", 1)
            warnings.warn_explicit(self._inner.damage, DamagedLibrary, file, line)

    @property
    def path(self) -> str:
        """The file."""
        return self._path

    def __getitem__(self, name: str) -> DspDef:
        known = self._known.get(name)
        if known is None:
            try:
                program = self._inner.program(name)
                source, faust = self._inner.source(name)
                precision = arithmetic(self._inner.precision(name))
            except Error as refused:
                raise refused.located(_place.user_place()) from None
            function = None if faust else _function(name, self._path)
            known = DspDef(function, program, source=source, precision=precision)
            self._known[name] = known
        return known

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, name: object) -> bool:
        return name in self._known

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._known)

    def __repr__(self) -> str:
        count = len(self._known)
        title = f"<Library {self._path}: {count} instrument{'' if count == 1 else 's'}>"
        rows = [("name", "in", "out", "controls")]
        rows += [
            (name, str(len(inputs)), str(len(outputs)), _visible(", ".join(controls)))
            for name, inputs, outputs, controls, _ in self._inner.rows[:_SHOWN]
        ]
        if count == 0:
            return title
        wide = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = [
            f"{row[0]:<{wide[0]}}  {row[1]:>{wide[1]}}  {row[2]:>{wide[2]}}  {row[3]}".rstrip()
            for row in rows
        ]
        more = [f"… and {count - _SHOWN} more"] if count > _SHOWN else []
        return "\n".join([title, *lines, *more])

    def _repr_html_(self) -> str:
        body = "".join(
            f"<tr><td>{escape(name)}</td><td>{len(inputs)}</td><td>{len(outputs)}</td>"
            f"<td>{escape(', '.join(controls))}</td><td>{escape(doc.partition(chr(10))[0])}</td></tr>"
            for name, inputs, outputs, controls, doc in self._inner.rows
        )
        head = "<tr><th>name</th><th>in</th><th>out</th><th>controls</th><th></th></tr>"
        return f"<div><strong>{escape(self._path)}</strong><table>{head}{body}</table></div>"


def _visible(text: str) -> str:
    """Text without what would command a terminal: libraries may come from strangers."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _function(name: str, path: str) -> Callable[..., NoReturn]:
    """What stands for the function of an instrument: that stayed with its author."""

    def absent(*_: object, **__: object) -> NoReturn:
        raise error(
            "KR0114",
            f"`{name}` comes from `{path}`: its sound is there, its Python function is not",
            _place.user_place(),
            help=["render it, or read its .source, .faust and .program"],
        )

    absent.__name__ = absent.__qualname__ = name
    return absent


def load_library(path: str | os.PathLike[str], *, trust: Trust = "tag") -> Library:
    """Opens a library of instruments: a mapping from names to `krach.DspDef`.

    `trust` decides about the machine code in it. `"tag"`: what you have built yourself, with the secret in
    your state folder, is run; everything else is compiled from the program beside it, which takes some
    milliseconds and sounds the same. `"program"`: no code of the file is run. `"code"`: all of it is run, as
    it is, with all your rights: only for files that you would run as a program.

    A file that has lost its index or its end still gives the programs that are whole, with the warning
    `krach.DamagedLibrary`.

    Errors: KR0501 for a file that cannot be read, KR0701 for one that is no library, KR0702 for one of
    another version, KR0703 for damage. `library["name"]` raises KR0704, a `KeyError`.

    >>> import krach
    >>> krach.load_library("no/such/kit.krlib")
    Traceback (most recent call last):
        ...
    krach._errors.Error: cannot read `no/such/kit.krlib`: there is no such file [KR0501]
    """
    if trust not in ("tag", "program", "code"):
        raise error(
            "KR0113", f'trust is "tag", "program" or "code", not {describe(trust)}', _place.user_place()
        )
    try:
        return Library(path, trust)
    except Error as refused:
        raise refused.located(_place.user_place()) from None
