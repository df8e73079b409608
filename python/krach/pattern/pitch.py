"""Pitches: names, MIDI numbers and frequencies. A4 is 69 and has 440 Hz."""

from __future__ import annotations

from krach import _krach
from krach._entrance import entrance
from krach._krach import parse_note

_LETTERS = ("C", "Cs", "D", "Ds", "E", "F", "Fs", "G", "Gs", "A", "As", "B")

NOTES: dict[str, int] = {
    f"{letter}{octave}": 12 * (octave + 1) + step
    for octave in range(9)
    for step, letter in enumerate(_LETTERS)
}
"""The note names of session files, `C0` to `B8`, sharps with `s`: `NOTES["Cs4"]` is 61."""


@entrance
def mtof(note: int) -> float:
    """The frequency in Hz of a MIDI number 0–127: 440 · 2^((note − 69) / 12). Raises KR0802 out of range.

    >>> mtof(69)
    440.0
    """
    return _krach.midi_frequency(note, 440.0)


@entrance
def ftom(hz: float) -> int:
    """The MIDI number nearest to a frequency, 0 and 127 beyond the ends. Raises KR0802 unless it is positive.

    >>> ftom(450)
    69
    """
    return _krach.nearest_midi(hz)


__all__ = ["NOTES", "ftom", "mtof", "parse_note"]
