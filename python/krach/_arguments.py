"""Arguments of any type, checked before they go on: an error names the argument, and what it may be."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from typing import TypeVar, cast

from krach._errors import error
from krach._trace import describe

_T = TypeVar("_T")


def choice(what: str, value: object, options: Collection[_T]) -> _T:
    """One of a few values, of the same type: an array is none of them."""
    for option in options:
        if isinstance(value, type(option)) and value == option:
            return option
    *firsts, last = (f'"{option}"' if isinstance(option, str) else str(option) for option in options)
    raise error("KR0113", f"{what} is {', '.join(firsts)} or {last}, not {describe(value)}")


def path(code: str, value: object) -> str:
    """The path of a file: a text or a `pathlib.Path`."""
    if isinstance(value, (str, bytes, os.PathLike)):
        found = os.fsdecode(cast("str", value))
        if "\0" not in found and is_text(found):
            return found
    raise error(
        code, f"the path of a file is a text or a pathlib.Path, not {describe(cast('object', value))}"
    )


def text(code: str, what: str, value: object) -> str:
    """A text that can be written down."""
    if is_text(value):
        return cast("str", value)
    raise error(code, f"{what} is a text, not {describe(value)}")


def listed(what: str, value: Iterable[_T]) -> list[_T]:
    """A list, or another iterable that is no text."""
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):  # pyright: ignore[reportUnnecessaryIsInstance]
        try:
            return [*value]
        except TypeError:  # of an array without an axis
            pass
    raise error("KR0113", f"{what} is a list, not {describe(value)}")


def is_text(value: object) -> bool:
    """Whether a value is a text that can be written down: half a surrogate pair cannot."""
    return isinstance(value, str) and value == value.encode(errors="replace").decode()
