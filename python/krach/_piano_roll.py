"""A pattern as a picture: time to the right, pitch upwards, one bar for each note."""

from __future__ import annotations

from fractions import Fraction
from html import escape
from math import log2

from krach._krach import Pattern
from krach.pattern.event import Event

_CYCLES = 4
_WIDTH, _ROW, _MOST_ROWS = 600, 12, 24
_MOST_EVENTS = 2_000
_CURVE_POINTS = 150


def rows_of(pattern: Pattern, cycles: int) -> tuple[list[str], list[tuple[int, Fraction, Fraction]]]:
    """The names of the rows from the top; each note with its row, and its start and release in cycles."""
    events = [event for event in pattern.query(0, cycles) if event.part[0] == event.start][:_MOST_EVENTS]
    rows = _rows(events)
    return rows, [(rows.index(_name(event)), event.start, event.release) for event in events]


def svg(pattern: Pattern) -> str:
    """The first four cycles as SVG without any outer resource."""
    events = [event for event in pattern.query(0, _CYCLES) if event.part[0] == event.start][:_MOST_EVENTS]
    rows = _rows(events)
    height = _ROW * min(max(len(rows), 1), _MOST_ROWS) + 4
    bars = "".join(
        f'<path d="M{_WIDTH * cycle // _CYCLES} 0V{height}" stroke="currentColor" opacity="0.2"/>'
        for cycle in range(_CYCLES + 1)
    )
    notes = "".join(
        _note(event, min(rows.index(_name(event)), _MOST_ROWS - 1)) for event in events if event.changes
    )
    return (
        f'<div><svg width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}">'
        f"{bars}{notes}{_curve(pattern, events, height)}</svg><br>"
        f"<small>{escape(str(pattern))}</small></div>"
    )


def pitch_of(event: Event) -> float | None:
    """The pitch of the note as a MIDI number, `None` where it has no pitch."""
    hertz = [value for _, name, value in event.changes if name == "freq"]
    return 69 + 12 * log2(hertz[0] / 440) if hertz else None


def _name(event: Event) -> str:
    return event.sound if pitch_of(event) is not None else event.sound.partition("=")[0]


def _rows(events: list[Event]) -> list[str]:
    """The names of the rows from the top: high notes first, then all that has no pitch."""
    order: dict[str, float] = {}
    for event in events:
        pitch = pitch_of(event)
        order.setdefault(_name(event), float("inf") if pitch is None else -pitch)
    return sorted(order, key=lambda name: (order[name], name))


def _x(time: Fraction) -> float:
    return float(time) * _WIDTH / _CYCLES


def _note(event: Event, row: int) -> str:
    width = max(_x(event.release) - _x(event.start), 2)
    values = {name: value for _, name, value in reversed(event.changes)}
    opacity = 0.3 + 0.7 * min(max(values.get("vel", 1.0), 0.0), 1.0)
    title = f"<title>{escape(event.sound)} at {event.start}</title>"
    return (
        f'<rect x="{_x(event.start):.2f}" y="{row * _ROW + 2}" width="{width:.2f}" height="{_ROW - 2}" '
        f'fill="steelblue" opacity="{opacity:.2f}">{title}</rect>'
    )


def _curve(pattern: Pattern, events: list[Event], height: int) -> str:
    """The line of a control pattern that moves; nothing for notes."""
    if all(event.changes for event in events):
        return ""
    moments = [Fraction(step * _CYCLES, _CURVE_POINTS) for step in range(_CURVE_POINTS)]
    values = [(moment, pattern.at(moment)) for moment in moments]
    known = [value for _, value in values if value is not None]
    if not known:
        return ""
    lo, span = min(known), (max(known) - min(known)) or 1.0
    points = " ".join(
        f"{_x(moment):.1f},{height - 2 - (height - 4) * (value - lo) / span:.1f}"
        for moment, value in values
        if value is not None
    )
    return f'<polyline points="{points}" fill="none" stroke="steelblue"/>'
