"""What krach says when something cannot be meant: one exception family, one table from code to class."""

from __future__ import annotations

import linecache
from collections.abc import Sequence
from typing import NamedTuple

_DRAWN_COLUMNS = 2_000
"""Longer lines are not shown: nobody reads them."""


class Place(NamedTuple):
    """A range of a source text: lines and columns from 1, columns in characters, the end exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


class Label(NamedTuple):
    """A further place that explains an error: "here because"."""

    place: Place
    text: str


class Error(Exception):
    """Anything krach refuses, with a stable `code` (`krach explain KR0107` prints its page) and the user's
    line.

    `message` says what is wrong, `help` what to try; `file`, `line`, `column`, `end_line` and `end_column`
    are where (`None` if nowhere), `labels` further places, `further` what else is wrong with the same text.
    An `except ValueError`, `TypeError` or `RuntimeError` also catches the kinds that are one.
    """

    def __init__(
        self,
        code: str,
        message: str,
        place: Place | None = None,
        labels: Sequence[Label] = (),
        help: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.file, self.line, self.column, self.end_line, self.end_column = place or (None,) * 5
        self.labels = tuple(labels)
        self.help = tuple(help)
        self.further: tuple[Error, ...] = ()

    @property
    def place(self) -> Place | None:
        """Where, as one value."""
        if self.file is None or self.line is None or self.column is None:
            return None
        end_line = self.line if self.end_line is None else self.end_line
        end_column = self.column if self.end_column is None else self.end_column
        return Place(self.file, self.line, self.column, end_line, end_column)

    def located(self, place: Place | None) -> Error:
        """Itself, at that place if it had none."""
        if self.file is None and place is not None:
            self.file, self.line, self.column, self.end_line, self.end_column = place
        return self

    def with_further(self, errors: Sequence[Error]) -> Error:
        """Itself, knowing what else is wrong; each becomes a note below the traceback."""
        self.further = tuple(errors)
        for other in errors:
            at = "" if other.file is None else f"{other.file}:{other.line}:{other.column}: "
            self.add_note(f"also {at}{other.message} [{other.code}]")
        return self

    def __str__(self) -> str:
        helps = "".join(f"\n  help: {text}" for text in self.help)
        return f"{self.message} [{self.code}]{helps}"

    def __reduce__(self) -> tuple[object, ...]:
        return error, (self.code, self.message, self.place, self.labels, self.help)


class InvalidValue(Error, ValueError):
    """A value of the right kind that cannot be meant: out of range, not finite, unknown."""


class InvalidType(Error, TypeError):
    """A value of the wrong kind."""


class InvalidUse(Error, RuntimeError):
    """A thing used where it means nothing, such as `krs` outside a DSP function."""


class InvalidSyntax(Error, SyntaxError):
    """Text that cannot be read; Python draws a caret at its place."""

    def located(self, place: Place | None) -> Error:
        """Itself, at that place if it had none."""
        super().located(place)
        self.msg = f"{self.message} [{self.code}]"
        # Python shows the message of a syntax error and its notes, and nothing else.
        noted = getattr(self, "__notes__", [])
        for text in self.help:
            if (note := f"help: {text}") not in noted:
                self.add_note(note)
        self.filename, self.lineno, self.offset = self.file, self.line, self.column
        self.end_lineno, self.end_offset = self.end_line, self.end_column
        line = linecache.getline(self.file, self.line) if self.file and self.line else None
        self.text = line if line and len(line) <= _DRAWN_COLUMNS else None
        return self


class FaustError(InvalidSyntax, ValueError):
    """Faust text that is well formed but means nothing: an undefined name, sides that do not fit, a delay
    without bound. Its place is in the Faust text.
    """


class FaustSyntaxError(FaustError):
    """Text that is not Faust."""


class UnknownInstrument(Error, KeyError):
    """A name that a library does not have."""


_CLASSES: dict[str, type[Error]] = {
    "KR0101": InvalidUse,
    "KR0102": InvalidType,
    "KR0103": InvalidValue,
    "KR0104": InvalidType,
    "KR0105": InvalidType,
    "KR0106": InvalidUse,
    "KR0107": InvalidValue,
    "KR0108": InvalidValue,
    "KR0109": InvalidValue,
    "KR0110": InvalidValue,
    "KR0111": InvalidValue,
    "KR0112": InvalidType,
    "KR0113": InvalidValue,
    "KR0114": InvalidType,
    "KR0116": InvalidValue,
    "KR0118": InvalidValue,
    "KR0119": InvalidType,
    "KR0201": InvalidSyntax,
    "KR0301": FaustSyntaxError,
    **{f"KR03{number:02}": FaustError for number in range(2, 20)},
    "KR0401": InvalidValue,
    "KR0402": InvalidValue,
    "KR0403": InvalidValue,
    "KR0404": InvalidValue,
    "KR0405": InvalidValue,
    "KR0406": InvalidValue,
    "KR0407": InvalidValue,
    "KR0408": InvalidValue,
    "KR0411": InvalidUse,
    "KR0412": InvalidUse,
    "KR0704": UnknownInstrument,
}


def error(
    code: str,
    message: str,
    place: tuple[str, int, int, int, int] | None = None,
    labels: Sequence[tuple[tuple[str, int, int, int, int], str]] = (),
    help: Sequence[str] = (),
) -> Error:
    """The exception of that code."""
    located = None if place is None else Place(*place)
    made = _CLASSES.get(code, Error)(
        code, message, located, [Label(Place(*where), text) for where, text in labels], help
    )
    return made.located(located)
