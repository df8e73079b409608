"""The errors and warnings of krach: one family of exceptions, one class for each kind of code."""

from __future__ import annotations

import linecache
from collections.abc import Sequence
from typing import NamedTuple

from krach import _krach

_DRAWN_COLUMNS = 2_000
"""Longer lines are not shown below an error."""


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
    """An error of krach, with a stable `code` (`krach explain KR0107` prints its page) and the user's line.

    `message` names the fault, `help` is a list of remedies. `file`, `line`, `column`, `end_line` and
    `end_column` are the place (`None` without one), `labels` are further places, `further` are other errors
    in the same text. Its subclasses are also the `ValueError`, `TypeError`, `RuntimeError`, `SyntaxError` or
    `KeyError` of Python.
    """

    def __init__(
        self,
        code: str,
        message: str,
        place: Place | None = None,
        labels: Sequence[Label] = (),
        help: Sequence[str] = (),
    ) -> None:
        self.message = _krach.readable(message)
        super().__init__(self.message)
        self.code = code
        self.file, self.line, self.column, self.end_line, self.end_column = place or (None,) * 5
        self.labels = tuple(labels)
        self.help = tuple(map(_krach.readable, help))
        self.further: tuple[Error, ...] = ()

    @property
    def place(self) -> Place | None:
        """The place as one value."""
        if self.file is None or self.line is None or self.column is None:
            return None
        end_line = self.line if self.end_line is None else self.end_line
        end_column = self.column if self.end_column is None else self.end_column
        return Place(self.file, self.line, self.column, end_line, end_column)

    def located(self, place: Place | None) -> Error:
        """Sets the place if there is none yet, and returns the error itself."""
        if self.file is None and place is not None:
            self.file, self.line, self.column, self.end_line, self.end_column = place
        return self

    def with_further(self, errors: Sequence[Error]) -> Error:
        """Adds other errors of the same text; each becomes a note below the traceback."""
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
    """A value that cannot be used: out of range, not finite, unknown."""


class InvalidType(Error, TypeError):
    """A value of the wrong type."""


class InvalidUse(Error, RuntimeError):
    """A call in a place where it has no meaning, such as `krs.saw` outside a DSP function."""


class InvalidSyntax(Error, SyntaxError):
    """Text that cannot be read; Python draws a caret at its place."""

    def located(self, place: Place | None) -> Error:
        """Sets the place if there is none yet, and returns the error itself."""
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
    """Faust text that can be read but has no meaning: an undefined name, inputs and outputs that do not fit,
    a delay without a longest time. Its place is in the Faust text.
    """


class FaustSyntaxError(FaustError):
    """Text that is not Faust."""


class UnknownInstrument(Error, KeyError):
    """A name that a library does not have."""


class UnknownNode(Error, KeyError):
    """A name that no node of the mixer has."""


class UnusedInput(UserWarning):
    """An audio input of a DSP function that nothing reads (KR0120)."""


class NotFinite(RuntimeWarning):
    """Samples of a rendering that are infinite or not a number (KR0410)."""


class UnknownName(UserWarning):
    """A statement of the mixer that names no node and no control: it is skipped, and all else goes on.

    `kr.strict = True` makes it an error, KR0901, KR0404 or KR0906.
    """


class OutOfRange(UserWarning):
    """A value outside the range of its control, which sounds as the nearest end; notes whose pitch no control
    hears; a loud gain.
    """


class NoDevice(UserWarning):
    """No sound device plays, so the session stays silent (KR0503)."""


class DamagedLibrary(UserWarning):
    """Only the programs of a library's file could be read: its instruments sound, their sources are lost."""


_PUBLIC = (
    Error,
    InvalidValue,
    InvalidType,
    InvalidUse,
    InvalidSyntax,
    FaustError,
    FaustSyntaxError,
    UnknownInstrument,
    UnknownNode,
)
for _class in (*_PUBLIC, UnusedInput, NotFinite, UnknownName, OutOfRange, NoDevice, DamagedLibrary):
    _class.__module__ = "krach"  # as users import them, and as tracebacks name them

_KINDS: dict[str, type[Error]] = {kind.__name__: kind for kind in _PUBLIC}
_CLASSES = {code: _KINDS[kind] for code, kind in _krach.error_kinds}


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
