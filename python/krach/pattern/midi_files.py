"""MIDI files: patterns out, and patterns from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike

from krach import _krach, _place
from krach._arguments import path as file_path
from krach._entrance import entrance
from krach._krach import Pattern


@dataclass(frozen=True)
class MidiFile:
    """The notes of a MIDI file. A bar of the file is a cycle."""

    bpm: float
    """The first tempo of the file, in beats (quarter notes) per minute."""
    meter: tuple[int, int]
    """The first meter: `(7, 8)` is 7/8."""
    cycles: int
    """The number of bars, up to the end of the last note. Each pattern begins again after them."""
    parts: dict[str, Pattern]
    """A pattern for each track, and for each channel of a track that has several."""


@entrance
def read_midi(path: str | PathLike[str]) -> MidiFile:
    """Reads a MIDI file (`.mid`, up to 64 MB): notes with their velocities; no controllers or bends.

    Times are exact. A gate that would end where the next note of its part begins ends 1/32 earlier, so that
    the next note begins anew. Errors: KR0501 if it is no MIDI file.

    >>> import krach.pattern as krp
    >>> write_midi("riff.mid", {"bass": krp.seq("A2", "A2", None, "C3")}, cycles=1)
    >>> file = read_midi("riff.mid")
    >>> file.bpm, file.meter, list(file.parts)
    (120.0, (4, 4), ['bass'])
    """
    bpm, meter, cycles, parts = _krach.pattern_read_midi(file_path("KR0501", path), _place.user_place())
    named: dict[str, Pattern] = {}
    for name, pattern in parts:
        unique, number = name, 2
        while unique in named:
            unique, number = f"{name} {number}", number + 1
        named[unique] = pattern
    return MidiFile(bpm, meter, cycles, named)


@entrance
def write_midi(
    path: str | PathLike[str],
    parts: Pattern | Mapping[str, Pattern],
    *,
    cycles: int = 4,
    bpm: float = 120.0,
    meter: tuple[int, int] = (4, 4),
    seed: int = 0,
) -> None:
    """Writes the first `cycles` bars of patterns as a MIDI file, a track for each name.

    Pitches in Hz become the nearest MIDI number, hits C4 (60); velocity 1 is 127. Control values and messages
    other than notes are left out. `bpm` is 4–6000. Times are rounded to 1/960 of a beat.
    `pattern.to_midi(path)` does the same for one pattern.

    Errors: KR0502 if the file cannot be written, KR0802 for values out of range.

    >>> import krach.pattern as krp
    >>> write_midi("beat.mid", {"kick": krp.hit() * 4, "bass": krp.seq("A1", "C2")}, bpm=128)
    """
    named = {"pattern": parts} if isinstance(parts, Pattern) else parts
    _krach.pattern_write_midi(path, list(named.items()), cycles, bpm, meter, seed)


__all__ = ["MidiFile", "read_midi", "write_midi"]
