"""Scales, chords and arpeggios, as MIDI numbers for the builders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, TypeAlias, overload

from krach import _krach, _place
from krach._arguments import listed, text
from krach._audition import whole
from krach._entrance import entrance
from krach._errors import error
from krach._krach import Pattern
from krach._trace import describe
from krach.pattern import builders

Degree: TypeAlias = int | Sequence[int] | Pattern | None
"""A step of a melody: a degree, several degrees at once, a pattern, or `None` for a rest."""


_HIGHEST = 127
"""The highest MIDI number."""


def _refused(message: str) -> Exception:
    return error("KR0802", message, _place.user_place())


@dataclass(frozen=True)
class Scale:
    """A scale. Degree 0 is its tonic in `octave`; degrees go on above and below it.

    Make one with `scale`. `scale[2]` is the MIDI number of a degree, `scale[0:5]` are those of several.
    `len(scale)` is the number of degrees in an octave.

    >>> minor = scale("A minor", octave=3)
    >>> minor[0:8]
    (57, 59, 60, 62, 64, 65, 67, 69)
    """

    name: str
    octave: int = 4

    @property
    def steps(self) -> tuple[int, ...]:
        """Semitones of the degrees of one octave above the tonic."""
        return tuple(_krach.scale_steps(self.name, self.octave)[1])

    def __len__(self) -> int:
        """The number of degrees in an octave."""
        return len(self.steps)

    @overload
    def __getitem__(self, degree: int) -> int: ...

    @overload
    def __getitem__(self, degree: slice) -> tuple[int, ...]: ...

    @entrance
    def __getitem__(self, degree: int | slice) -> int | tuple[int, ...]:
        """The MIDI number of a degree, or of several: `scale[0:8]` is the octave of seven degrees."""
        if isinstance(degree, slice):
            start, step = degree.start or 0, degree.step or 1
            stop = len(self) if degree.stop is None else degree.stop
            return tuple(_krach.scale_degree(self.name, self.octave, at) for at in range(start, stop, step))
        return _krach.scale_degree(self.name, self.octave, degree)

    def __iter__(self) -> Iterator[int]:
        """The MIDI numbers of one octave, without the tonic above."""
        return iter(self[: len(self)])

    @entrance
    def chord(self, degree: int = 0, size: int = 3) -> tuple[int, ...]:
        """Every second degree from `degree` upwards: a chord of `size` notes (1–7) of the scale.

        >>> scale("C major").chord(1, 4)
        (62, 65, 69, 72)
        """
        if not 1 <= size <= 7:
            raise _refused(f"a chord of a scale has 1–7 notes, got {size}")
        return tuple(_krach.scale_degree(self.name, self.octave, degree + 2 * at) for at in range(size))

    @entrance
    def seq(self, *degrees: Degree, vel: float | Pattern = 1.0, **params: float | Pattern) -> Pattern:
        """Degrees one after the other in one cycle. A tuple sounds at once, `None` is a rest.

        `vel` and keywords are as for `note`. Errors: KR0802 for a degree beyond the MIDI notes 0–127.

        >>> scale("C minor").seq(0, 2, None, (0, 2, 4))
        Pattern(C4, Ds4, ~, (C4 | Ds4 | G4))
        """
        return builders.seq(*(self._step(degree, vel, params) for degree in degrees))

    def _step(
        self, degree: Degree, vel: float | Pattern, params: dict[str, float | Pattern]
    ) -> Pattern | None:
        if degree is None or isinstance(degree, Pattern):
            return degree
        at_once = degree if isinstance(degree, Sequence) else (degree,)
        return builders.note(*(self[one] for one in at_once), vel=vel, **params)


@entrance
def scale(name: str, octave: int = 4) -> Scale:
    """A scale by name: a tonic and a kind, such as `C minor`, `F# dorian` or `Bb minor pentatonic`.

    A tonic alone is major. `octave` is that of degree 0: C4 is MIDI number 60. `SCALES` lists the kinds.
    Errors: KR0802 for a name that no scale has, with the nearest one.

    >>> scale("D dorian")[0]
    62
    """
    name = text("KR0805", "the name of a scale", name)
    _krach.scale_steps(name, octave)  # raises for a name or an octave that does not exist
    return Scale(name, octave)


@entrance
def chord(name: str, octave: int = 4, inversion: int = 0) -> tuple[int, ...]:
    """The MIDI numbers of a chord, upwards: `note(*chord("Am7"))` plays it.

    A name is a root and a kind: `C`, `Am7`, `F#maj9`, `Bbsus4`, and `C/G` with another bass. The root lies
    in `octave`; `inversion` is the number of lowest notes that move up an octave. `CHORDS` lists the kinds.
    Errors: KR0802 for a name that no chord has.

    >>> chord("Am7", octave=3)
    (57, 60, 64, 67)
    >>> chord("C", inversion=1)
    (64, 67, 72)
    """
    return tuple(_krach.chord_notes(text("KR0805", "the name of a chord", name), octave, inversion))


@entrance
def chords(
    *names: str | None, octave: int = 4, vel: float | Pattern = 1.0, **params: float | Pattern
) -> Pattern:
    """Chords one after the other in one cycle; `None` is a rest.

    >>> chords("Am", "F").over(2)
    Pattern(((A4 | C5 | E5), (F4 | A4 | C5)) /2)
    """
    steps = (
        None if name is None else builders.note(*chord(name, octave), vel=vel, **params) for name in names
    )
    return builders.seq(*steps)


Direction: TypeAlias = Literal["up", "down", "up-down", "down-up"]


@entrance
def arpeggio(notes: Iterable[int], direction: Direction = "up", octaves: int = 1) -> tuple[int, ...]:
    """The notes of a chord one by one, for `seq`: `seq(*arpeggio(chord("Am7"), "up-down"))`.

    `octaves` (1–8) repeats them upwards. `"up-down"` and `"down-up"` turn without playing the turning note
    twice. Errors: KR0802 for a note above 127 when it is played.

    >>> arpeggio(chord("C"), "up-down")
    (60, 64, 67, 64)
    >>> arpeggio(chord("C"), octaves=2)
    (60, 64, 67, 72, 76, 79)
    """
    if not (times := whole("KR0802", "`octaves`", octaves, 8)) >= 1:
        raise _refused(f"`octaves` is 1–8, got {octaves}")
    if not isinstance(direction, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise _refused(f"`direction` is up, down, up-down or down-up, not {describe(direction)}")
    chosen = [whole("KR0802", "a note of an arpeggio", note, _HIGHEST) for note in listed("`notes`", notes)]
    up = tuple(chain.from_iterable((note + 12 * octave for note in chosen) for octave in range(times)))
    match direction:
        case "up":
            return up
        case "down":
            return up[::-1]
        case "up-down":
            return up + up[-2:0:-1]
        case "down-up":
            return up[::-1] + up[1:-1]
        case _:
            raise _refused(f"`direction` is up, down, up-down or down-up, got {direction!r}")


_SCALES, _CHORDS = _krach.harmony_tables()

SCALES: dict[str, tuple[int, ...]] = {name: tuple(steps) for names, steps in _SCALES for name in names}
"""The kinds of scales, and the semitones of their degrees above the tonic."""

CHORDS: dict[str, tuple[int, ...]] = {name: tuple(steps) for names, steps in _CHORDS for name in names}
"""The kinds of chords, as they are written after the root, and the semitones of their notes above it."""

__all__ = ["CHORDS", "SCALES", "Scale", "arpeggio", "chord", "chords", "scale"]
