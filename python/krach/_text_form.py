"""`krach.program`: a sound from the text form of its program."""

from __future__ import annotations

from krach import _audition, _krach
from krach._audition import Precision
from krach._definition import DspDef
from krach._entrance import entrance
from krach._errors import error
from krach._trace import describe


@entrance
def program(text: str, *, precision: Precision | None = None) -> DspDef:
    """Makes a DspDef from the text form of a program, `str(definition.program)`.

    `precision` is "single" or "double"; by default the one that the text was made for, else "single".

    Errors: `krach.InvalidSyntax` (KR0201, KR0202), at its line and column in the text.

    >>> half = krs.transpile(lambda x: x * 0.5)
    >>> krach.program(str(half.program)) == half
    True
    """
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        message = f"the text form of a program is a text, not {describe(text)}"
        raise error("KR0114", message, help=["write krach.program(str(definition.program))"])
    read, made_for = _krach.read_program(text.encode(errors="replace").decode())
    chosen = made_for or "single" if precision is None else precision
    return DspDef(None, read, precision=_audition.known_precision(chosen))
