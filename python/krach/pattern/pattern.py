"""`Pattern`, and the names that the original keeps beside it."""

from krach._krach import Pattern
from krach.pattern.atoms import cc, ctrl, freeze, midi_note, osc
from krach.pattern.builders import rest

__all__ = ["Pattern", "cc", "ctrl", "freeze", "midi_note", "osc", "rest"]
