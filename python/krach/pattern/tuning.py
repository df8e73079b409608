"""Tunings other than twelve equal steps: equal divisions, and the files of Scala."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from math import inf, isfinite, nan
from os import PathLike
from pathlib import Path
from typing import Any, cast, overload

from krach import _krach, _place
from krach._arguments import path as file_path
from krach._audition import whole
from krach._entrance import entrance
from krach._errors import Error, error
from krach._krach import Pattern
from krach._trace import describe, is_number
from krach.pattern import builders, mininotation
from krach.pattern.pitch import mtof, parse_note

_C4 = 261.6255653005986
_KEY = 60
"""The MIDI number of C4."""
_LONGEST = 1 << 16
"""Bytes of a Scala file, and degrees of a tuning."""


@dataclass(frozen=True)
class Tuning:
    """Pitches in Hz by their degree. Make one with `edo` or `scala`.

    `ratios` are the degrees of one period above the root, without the root; the last is the period itself,
    in most tunings 2, the octave. `root` is degree 0 in Hz. Degrees go on above and below.

    >>> round(edo(12, root=440.0)[7], 2)
    659.26
    """

    name: str
    ratios: tuple[float, ...]
    root: float = _C4

    def __len__(self) -> int:
        """The number of degrees in a period."""
        return len(self.ratios)

    @overload
    def __getitem__(self, degree: int) -> float: ...

    @overload
    def __getitem__(self, degree: slice) -> tuple[float, ...]: ...

    @entrance
    def __getitem__(self, degree: int | slice) -> float | tuple[float, ...]:
        """The frequency of a degree in Hz, or of several. KR0802 for a pitch beyond 1 mHz..1 MHz."""
        if isinstance(degree, slice):
            start, step = degree.start or 0, degree.step or 1
            stop = len(self) if degree.stop is None else degree.stop
            return tuple(self._hertz(at) for at in range(start, stop, step))
        return self._hertz(degree)

    def _hertz(self, degree: int) -> float:
        periods, place = divmod(degree, len(self.ratios))
        try:
            hertz = self.root * self.ratios[-1] ** periods * (self.ratios[place - 1] if place else 1)
        except OverflowError:
            hertz = inf
        if not 1e-3 <= hertz <= 1e6:
            raise _refused(f"degree {degree} of {self.name} is no pitch that can be heard")
        return hertz

    @entrance
    def tune(self, pattern: Pattern | str) -> Pattern:
        """The pattern with its notes at the pitches of this tuning, as on a keyboard.

        C4 is degree 0, and each key above it one degree more: names and MIDI numbers change, pitches in Hz
        stay. `pattern` is a Pattern or a text in krach's notation.

        >>> edo(19).tune("C4 C#4 G4")
        Pattern(261.63Hz, 271.35Hz, 337.74Hz)
        """
        found = mininotation.p(pattern) if isinstance(pattern, str) else pattern
        return _krach.pattern_of_rows([self._row(row) for row in found.rows()])

    def _row(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """A row of a pattern, as `Pattern.rows` has it, with a pitch in Hz instead of a key."""
        match row:
            case ("note", int(key), *rest):
                return ("note", self._hertz(key - _KEY), *rest)
            case ("number", float(key), place) if key.is_integer():
                return ("note", self._hertz(int(key) - _KEY), "gate", 1.0, [], place)
            case _:
                return row

    @entrance
    def seq(
        self,
        *degrees: int | Sequence[int] | Pattern | None,
        vel: float | Pattern = 1.0,
        **params: float | Pattern,
    ) -> Pattern:
        """Degrees one after the other in one cycle. A tuple sounds at once, `None` is a rest.

        `vel` and keywords are as for `note`.

        >>> edo(19).seq(0, 5, None, (0, 6, 11))
        Pattern(261.63Hz, 313.98Hz, ~, (261.63Hz | 325.64Hz | 390.81Hz))
        """
        steps: list[Pattern | None] = []
        for degree in degrees:
            if degree is None or isinstance(degree, Pattern):
                steps.append(degree)
            else:
                at_once = degree if isinstance(degree, Sequence) else (degree,)
                steps.append(builders.note(*(self._hertz(one) for one in at_once), vel=vel, **params))
        return builders.seq(*steps)


@entrance
def edo(divisions: int, *, period: float = 2.0, root: float | str | int = "C4") -> Tuning:
    """A period, an octave by default, divided into equal steps: `edo(19)`, or `edo(13, period=3)` by Bohlen
    and Pierce.

    `divisions` is 1–65536. `root` is degree 0: a note's name, a MIDI number (an int), or Hz (a float).
    Errors: KR0802.

    >>> quarter_tones = edo(24)
    >>> round(quarter_tones[1] / quarter_tones[0], 6)
    1.029302
    """
    steps = whole("KR0802", "`divisions`", divisions, _LONGEST)
    if steps == 0:
        raise _refused(f"an octave is divided into 1–{_LONGEST} steps, not {divisions}")
    ratio = _number(period)
    if not (isfinite(ratio) and ratio > 1):
        raise _refused(f"a period is a ratio above 1, such as 2 for the octave, not {describe(period)}")
    name = f"{steps} EDO" if ratio == 2 else f"{steps} steps to {ratio:g}"
    return Tuning(name, tuple(ratio ** (step / steps) for step in range(1, steps + 1)), _root(root))


@entrance
def scala(path: str | PathLike[str], *, root: float | str | int = "C4") -> Tuning:
    """A tuning from a file of Scala (`.scl`), as "Scala scale file format" of 2006 describes it.

    `root` is as for `edo`. Errors: KR0501 for a file that cannot be read, KR0802 for a text that is no such
    file.

    >>> _ = Path("just.scl").write_text("! just.scl\\n!\\nA major triad\\n 3\\n!\\n 5/4\\n 3/2\\n 2/1\\n")
    >>> just = scala("just.scl", root=400.0)
    >>> just.name, just[0:4]
    ('A major triad', (400.0, 500.0, 600.0, 800.0))
    """
    file = Path(file_path("KR0501", path)).expanduser()
    try:
        with file.open("rb") as source:
            text = source.read(_LONGEST + 1)
    except OSError as missing:
        raise error("KR0501", f"cannot read `{file}`: {missing.strerror}", _place.user_place()) from None
    if len(text) > _LONGEST:
        raise _refused(f"`{file}` is no Scala file: it has more than {_LONGEST} bytes")
    lines = enumerate(text.decode("latin-1").splitlines(), 1)
    rows = [(number, line.strip()) for number, line in lines if not line.startswith("!")]
    if len(rows) < 2:
        raise _refused(f"`{file}` is no Scala file: it wants a title, a number of notes, and the notes")
    (_, title), (_, count), *notes = rows
    wanted = int(count.split()[0]) if count.split()[:1] and count.split()[0].isdecimal() else 0
    notes = [row for row in notes if row[1]][:wanted]
    if wanted < 1 or len(notes) < wanted:
        raise _refused(f"`{file}` has {len(notes)} notes, where its count of notes says `{count}`")
    ratios = tuple(_ratio(f"{file}:{number}", note.split()[0]) for number, note in notes)
    if ratios[-1] <= 1:
        raise _refused(f"`{file}` ends with `{notes[-1][1]}`: the last note is the period, above the root")
    return Tuning(title or file.stem, ratios, _root(root))


def _ratio(where: str, note: str) -> float:
    """A note of a Scala file: in cents if it has a point, else a ratio."""
    try:
        ratio = 2 ** (float(note) / 1200) if "." in note else float(Fraction(note))
    except (ValueError, ZeroDivisionError, OverflowError):
        ratio = -1.0
    if not 0 < ratio < inf:
        raise _refused(f"{where}: `{note}` is neither cents, such as 701.955, nor a ratio, such as 3/2")
    return ratio


def _root(root: float | str | int) -> float:
    pitch = parse_note(root) if isinstance(root, str) else root
    hertz = mtof(pitch) if isinstance(pitch, int) else _number(pitch)
    if not (isfinite(hertz) and hertz > 0):
        raise _refused(f"the root is a pitch above 0 Hz, not {describe(root)}")
    return hertz


def _number(value: object) -> float:
    """A number, NaN for every other value."""
    with suppress(TypeError, ValueError, OverflowError):
        return float(cast("float", value)) if is_number(value) else nan
    return nan


def _refused(message: str) -> Error:
    return error("KR0802", message, _place.user_place())


__all__ = ["Tuning", "edo", "scala"]
