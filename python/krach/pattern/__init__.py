"""Patterns: music as values, written with builders, operators and two notations.

`import krach.pattern as krp`. Time counts cycles (bars) in exact fractions. A pattern never changes:
operators and methods make new ones, and the same pattern gives the same events each time it is asked.

>>> import krach.pattern as krp
>>> (krp.seq("C4", "E4", None, "G4") | krp.hit() * 2).over(2)
Pattern(((C4, E4, ~, G4) | (x, x)) /2)
>>> krp.p("x . x(3,8) [C4 E4]")
Pattern(x, ~, x spread(3,8), (C4 | E4))
"""

from krach.pattern.atoms import cc, ctrl, freeze, midi_note, osc
from krach.pattern.builders import cat, hit, note, rest, seq, stack, struct
from krach.pattern.curves import (
    exp,
    mod_exp,
    mod_ramp,
    mod_ramp_down,
    mod_sine,
    mod_square,
    mod_tri,
    ramp,
    ramp_down,
    rand,
    saw,
    sine,
    square,
    tri,
)
from krach.pattern.event import Event
from krach.pattern.grid import grid
from krach.pattern.harmony import CHORDS, SCALES, Scale, arpeggio, chord, chords, scale
from krach.pattern.midi_files import MidiFile, read_midi, write_midi
from krach.pattern.mininotation import p, tidal
from krach.pattern.pattern import Pattern
from krach.pattern.pitch import NOTES, ftom, mtof, parse_note
from krach.pattern.plot import plot
from krach.pattern.serialize import dict_to_pattern_node, pattern_node_to_dict
from krach.pattern.tuning import Tuning, edo, scala

__all__ = [
    "CHORDS",
    "NOTES",
    "SCALES",
    "Event",
    "MidiFile",
    "Pattern",
    "Scale",
    "Tuning",
    "arpeggio",
    "cat",
    "cc",
    "chord",
    "chords",
    "ctrl",
    "dict_to_pattern_node",
    "edo",
    "exp",
    "freeze",
    "ftom",
    "grid",
    "hit",
    "midi_note",
    "mod_exp",
    "mod_ramp",
    "mod_ramp_down",
    "mod_sine",
    "mod_square",
    "mod_tri",
    "mtof",
    "note",
    "osc",
    "p",
    "parse_note",
    "pattern_node_to_dict",
    "plot",
    "ramp",
    "ramp_down",
    "rand",
    "read_midi",
    "rest",
    "saw",
    "scala",
    "scale",
    "seq",
    "sine",
    "square",
    "stack",
    "struct",
    "tidal",
    "tri",
    "write_midi",
]
