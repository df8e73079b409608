"""Libraries of precompiled instruments: files that `krach build` writes."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, TypedDict

from krach import _krach, _place
from krach._arguments import choice, is_text, listed
from krach._arguments import path as file_path
from krach._audition import Precision, known_precision, rate
from krach._definition import DspDef, absent, transpile
from krach._entrance import entrance
from krach._errors import DamagedLibrary, error
from krach._krach import Program
from krach._trace import describe

Trust = Literal["tag", "program", "code"]
_TRUSTS: tuple[Trust, ...] = ("tag", "program", "code")

_SHOWN = 40


class Draft(TypedDict):
    """An instrument to be built. `file` and `line` are the place of its function, "" and 0 without one."""

    name: str
    doc: str
    source: str
    faust: bool
    file: str
    line: int
    precision: Precision
    texts: bool
    program: Program


class Library(Mapping[str, DspDef]):
    """Instruments by name, made by `krach.load_library`. Opening reads the list of contents; an instrument
    is read at its first use.
    """

    def __init__(self, path: str | os.PathLike[str], trust: Trust = "tag") -> None:
        """Opens a file; see `krach.load_library`."""
        self._path = os.fspath(path)
        self._trust: Trust = trust
        self._inner = _krach.Library(self._path, trust)
        self._known: dict[str, DspDef | None] = dict.fromkeys(self._inner.names)
        if self._inner.damage is not None:
            _place.warn(self._inner.damage, DamagedLibrary)

    @property
    def path(self) -> str:
        """The file."""
        return self._path

    @entrance
    def __getitem__(self, name: str) -> DspDef:
        known = self._known.get(name)
        if known is None:
            program = self._inner.program(name)
            source, faust = self._inner.source(name)
            precision = known_precision(self._inner.precision(name))
            gone = f"`{name}` comes from `{self._path}`: its sound is there, its Python function is not"
            function = None if faust else absent(name, gone)
            known = DspDef(function, program, source=source, precision=precision)
            self._known[name] = known
        return known

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, name: object) -> bool:
        return name in self._known

    def __reduce__(self) -> tuple[object, ...]:
        return Library, (self._path, self._trust)

    def __copy__(self) -> Library:
        return self

    def __deepcopy__(self, memo: object) -> Library:
        return self

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
        from html import escape

        body = "".join(
            f"<tr><td>{escape(name)}</td><td>{len(inputs)}</td><td>{len(outputs)}</td>"
            f"<td>{escape(', '.join(controls))}</td><td>{escape(doc.partition(chr(10))[0])}</td></tr>"
            for name, inputs, outputs, controls, doc in self._inner.rows
        )
        head = "<tr><th>name</th><th>in</th><th>out</th><th>controls</th><th></th></tr>"
        return f"<div><strong>{escape(self._path)}</strong><table>{head}{body}</table></div>"


def _visible(text: str) -> str:
    """Text without control characters: libraries may come from strangers."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


@entrance
def load_library(path: str | os.PathLike[str], *, trust: Trust = "tag") -> Library:
    """Opens a library of instruments: a mapping from names to `krach.DspDef`.

    `trust` decides about the machine code in it. `"tag"`: code that you have built yourself, signed with the
    secret in your state folder, is run; all other instruments are compiled from their programs, which takes
    some milliseconds and sounds the same. `"program"`: no code of the file is run. `"code"`: all of it is run
    with all your rights: only for files that you would run as a program.

    A file without its index or its end still gives its undamaged programs, with the warning
    `krach.DamagedLibrary`.

    Errors: KR0501 for a file that cannot be read, KR0701 for one that is no library, KR0702 for one of
    another version, KR0703 for damage. `library["name"]` raises KR0704, a `KeyError`.

    >>> import krach
    >>> krach.load_library("no/such/kit.krlib")
    Traceback (most recent call last):
        ...
    krach.Error: cannot read `no/such/kit.krlib`: there is no such file [KR0501]
    """
    return Library(file_path("KR0501", path), choice("trust", trust, _TRUSTS))


@entrance
def build_library(
    instruments: Mapping[str, DspDef | Callable[..., object]],
    path: str | os.PathLike[str],
    *,
    rates: Iterable[int] = (48000,),
    target: Literal["host", "baseline"] = "host",
    texts: bool = True,
) -> Library:
    """Writes instruments with their native code into one file, as `krach build`, and opens it.

    `instruments` are DspDefs or functions of Signals by name: a name has letters, digits and `_`. Their code
    is for the sample rates `rates` in Hz, and for this processor (`target="host"`) or any of its kind
    (`"baseline"`). `texts=False` leaves out their source and their Faust text, so that the file is smaller.
    The same instruments give the same bytes.

    Errors: KR0706 for a bad name, KR0502 for a file that cannot be written, KR0403 for a bad sample rate,
    and the errors of `krs.transpile`.

    >>> krach.build_library({"half": lambda x: x / 2}, "half.krlib")["half"]
    <DspDef half: 1 in, 1 out>
    """
    if not isinstance(instruments, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        message = f"`instruments` is a mapping from names to sounds, not {describe(instruments)}"
        raise error("KR0706", message, help=['write {"kick": kick}'])
    drafts = [_draft(name, sound, texts) for name, sound in instruments.items()]
    place, hertz = file_path("KR0502", path), [rate(one) for one in listed("`rates`", rates)]
    _krach.build_library(drafts, place, hertz, choice("target", target, ("host", "baseline")))
    return Library(place)


def _draft(name: str, sound: DspDef | Callable[..., object], texts: bool) -> Draft:
    if not is_text(name):
        raise error("KR0706", f"the name of an instrument is a text, not {describe(name)}")
    definition = sound if isinstance(sound, DspDef) else transpile(sound, name=name)
    place = _place.definition_place(definition.fn)
    return {
        "name": name,
        "doc": "" if definition.fn is None else inspect.getdoc(definition.fn) or "",
        "source": definition.source,
        "faust": definition.fn is None,
        "file": os.path.basename(place.file) if place else "",
        "line": place.line if place else 0,
        "precision": definition.precision,
        "texts": texts,
        "program": definition.program,
    }
