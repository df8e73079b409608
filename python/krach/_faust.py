"""Faust text in Python: the folders of its libraries, the names of texts in messages, `krach.faust`."""

from __future__ import annotations

import importlib.util
import linecache
import os
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from krach import _audition, _krach, _place
from krach._arguments import listed
from krach._arguments import path as file_path
from krach._audition import Precision
from krach._definition import DspDef
from krach._entrance import entrance
from krach._errors import error
from krach._trace import describe
from krach._transpile import named as named_as


class Text(NamedTuple):
    """A Faust text, its name in messages, and folders of libraries: the user's, then the installed ones."""

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
    """The text under a name with the user's line. Tracebacks can show its lines until `forget`."""
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


def forget(text: Text) -> None:
    """Drops a text without errors from the cache of lines."""
    linecache.cache.pop(text.name, None)


@entrance
def faust(
    source: str | os.PathLike[str],
    *,
    name: str | None = None,
    precision: Precision = "single",
    libraries: Iterable[str | os.PathLike[str]] = (),
) -> DspDef:
    """Makes a DspDef from a Faust program: its text, or the path of a `.dsp` file.

    A text that ends in `.dsp`, without a line break or semicolon, is a path, as is a `pathlib.Path`. `name`
    replaces the declared name; `precision` is "single" or "double". Libraries are looked for in the folders
    `libraries` (the last one first), beside the file, in those of the variable `FAUST_LIB_PATH`, in the
    package cyfaust (the extra `faust`), and in the usual folders of the system.
    `.source` is the text, `.faust` is the program printed as Faust again.

    Errors: `krach.FaustSyntaxError` (KR0301) and other kinds of `krach.FaustError`, at their line and column
    in the text; the first is raised, `further` has the others. KR0501 for a file that cannot be read.

    >>> krach.faust("process = *(0.5);", name="half").render(2 / 48000, inputs=[[1, 2]])
    array([[0.5, 1. ]], dtype=float32)
    """
    chosen, title = _audition.known_precision(precision), named_as(name)
    folders = [file_path("KR0501", folder) for folder in listed("`libraries`", libraries)]
    if isinstance(source, str) and not is_path(source):
        text = named("faust", source, folders)
        program = _krach.faust(text, chosen, title)
        forget(text)
        return DspDef(None, program, source=source, precision=chosen)
    if not isinstance(source, (str, os.PathLike)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise error("KR0114", f"a Faust text or the path of a file is wanted, not {describe(source)}")
    path = file_path("KR0501", source)
    folders.insert(0, os.path.dirname(path) or ".")
    file, content = _krach.read_faust(path)
    linecache.checkcache(file)
    program = _krach.faust(Text(file, content, folders, installed()), chosen, title)
    return DspDef(None, program, source=content, precision=chosen)
