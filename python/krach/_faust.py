"""Faust text in Python: where its libraries are, what a text is called in messages, `krach.faust`."""

from __future__ import annotations

import contextlib
import importlib.util
import linecache
import os
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from krach import _audition, _krach, _place
from krach._audition import Precision
from krach._definition import DspDef
from krach._errors import Error, error
from krach._trace import describe

_LARGEST = 64 << 20
"""Characters of a file; longer ones are no Faust, and some, such as `/dev/zero`, never end."""


class Text(NamedTuple):
    """A Faust text: its name in messages, and where its libraries are looked for first and then."""

    name: str
    text: str
    include: list[str]
    installed: list[str]


@cache
def installed() -> list[str]:
    """The standard libraries of the package cyfaust, the extra `faust`; they are found, not imported."""
    try:
        spec = importlib.util.find_spec("cyfaust")
    except (ImportError, ValueError):
        spec = None
    places = (spec.submodule_search_locations if spec else None) or []
    folders = [os.path.join(place, "resources", "libraries") for place in places]
    return [folder for folder in folders if os.path.isdir(folder)]


def named(what: str, text: str, include: Iterable[str | os.PathLike[str]] = ()) -> Text:
    """The text under a name that tells the user's line, by which tracebacks can show it until `forget`."""
    place = _place.user_place()
    file = place.file if place else ""
    name = f"<{what} in {file}:{place.line}>" if place else f"<{what}>"
    folders = [os.fspath(folder) for folder in include]
    if os.path.isfile(file):
        folders.insert(0, os.path.dirname(os.path.abspath(file)))
    text = text.encode(errors="replace").decode()  # half a surrogate pair is no character
    linecache.cache[name] = (len(text), None, [line + "\n" for line in text.split("\n")], name)
    return Text(name, text, folders, installed())


def is_path(source: str) -> bool:
    """Whether a text names a file rather than being a program."""
    return source.rstrip().endswith(".dsp") and not {"\n", ";"} & set(source)


def _near(path: str) -> list[str]:
    """What a path that leads nowhere may have been meant to be."""
    folder, name = os.path.split(path)
    with contextlib.suppress(OSError, ValueError, TypeError):
        if near := _krach.nearest(name, os.listdir(folder or ".")):
            return [f"did you mean `{os.path.join(folder, near)}`?"]
    return []


def decoded(content: bytes) -> str:
    """Faust is a language of bytes: what is not UTF-8 is read as Latin-1."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def forget(text: Text) -> None:
    """Nothing was wrong with it."""
    linecache.cache.pop(text.name, None)


def faust(
    source: str | os.PathLike[str],
    *,
    name: str | None = None,
    precision: Precision = "single",
    libraries: Iterable[str | os.PathLike[str]] = (),
) -> DspDef:
    """Makes a DspDef of a Faust program: its text, or the path of a `.dsp` file.

    A text that ends in `.dsp`, without a line break or semicolon, is a path, as is anything that is not a
    text. `name` replaces the one that the program declares; `precision` is the arithmetic, "single" or
    "double". Libraries are looked for in the folders `libraries` (the last one first), beside the file, in
    those of the variable `FAUST_LIB_PATH`, in the package cyfaust (the extra `faust`), and in the usual folders of the system.
    `.source` is the text, `.faust` what it means.

    Errors: `krach.FaustSyntaxError` (KR0301) and other kinds of `krach.FaustError`, at their line and column
    in the text; the first is raised, `further` has the others. KR0501 for a file that cannot be read.

    >>> krach.faust("process = *(0.5);", name="half").render(2 / 48000, inputs=[[1, 2]])
    array([[0.5, 1. ]], dtype=float32)
    """
    try:
        arithmetic = _audition.arithmetic(precision)
    except Error as refused:
        raise refused.located(_place.user_place()) from None
    if isinstance(source, str) and not is_path(source):
        text = named("faust", source, libraries)
        program = _krach.faust(text, arithmetic, name)
        forget(text)
        return DspDef(None, program, source=source, precision=arithmetic)
    if not isinstance(source, (str, os.PathLike)):  # pyright: ignore[reportUnnecessaryIsInstance]
        message = f"a Faust text or the path of a file is wanted, not {describe(source)}"
        raise error("KR0114", message, _place.user_place())
    path = os.fspath(source)
    try:
        with open(path, "rb") as file:
            content = file.read(_LARGEST + 1)
    except (OSError, ValueError) as unreadable:
        missing = isinstance(unreadable, FileNotFoundError)
        said = unreadable.strerror if isinstance(unreadable, OSError) else str(unreadable)
        why, near = ("there is no such file", _near(path)) if missing else (said, [])
        raise error("KR0501", f"cannot read `{path}`: {why}", _place.user_place(), help=near) from None
    if len(content) > _LARGEST:
        raise error("KR0501", f"cannot read `{path}`: it is larger than 64 MB", _place.user_place())
    folders = [os.path.dirname(path) or ".", *(os.fspath(folder) for folder in libraries)]
    linecache.checkcache(path)
    text = decoded(content)
    program = _krach.faust(Text(path, text, folders, installed()), arithmetic, name)
    return DspDef(None, program, source=text, precision=arithmetic)
