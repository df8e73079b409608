"""The graph of a mixer: its nodes in columns, the routes between them, and a drawing of both."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from krach._krach import Session

MASTER = "master"
Edge = tuple[str, str, float]
"""Source, target and level."""
_WIDE, _HIGH, _APART, _BELOW = 110, 24, 60, 14
_MOST_LETTERS = 15
_MOST_NODES = 200


def edges(session: Session) -> list[Edge]:
    """The routes, and the output of each node: the master, another node, or channels of the device."""
    found = [(source, target, level) for source, target, _port, level, _pre in session.routes()]
    for name in session.nodes():
        facts = session.node(name)
        out = None if facts is None else facts["out"]
        if out is not None:
            target = out if isinstance(out, str) else "out " + ", ".join(map(str, out))
            found.append((name, target, 1.0))
    return found


def places(edges: Sequence[Edge], nodes: Collection[str]) -> dict[str, tuple[int, int]]:
    """The column and the row of each node: right of all that it hears, the master and the device last."""
    column = dict.fromkeys(nodes, 0)
    ends = dict.fromkeys([target for _, target, _ in edges if target not in column], 0)
    column.pop(MASTER, None)
    inner = [(source, target) for source, target, _ in edges if target in column]
    for _ in column:  # the longest way to a node has fewer steps than there are nodes
        later = {target: column[source] + 1 for source, target in inner if column[target] <= column[source]}
        if not later:
            break
        column |= later
    last = max(column.values(), default=-1) + 1
    column |= dict.fromkeys([MASTER, *ends], last)
    rows: dict[int, int] = {}
    found: dict[str, tuple[int, int]] = {}
    for name, at in column.items():
        found[name] = (at, rows.get(at, 0))
        rows[at] = rows.get(at, 0) + 1
    return found


def svg(edges: Sequence[Edge], nodes: Mapping[str, bool]) -> str:
    """The drawing, as SVG without any outer resource. `nodes` says which of them are muted."""
    if len(nodes) > _MOST_NODES:
        return ""
    place = places(edges, nodes)
    width = (max(column for column, _ in place.values()) + 1) * (_WIDE + _APART) - _APART + 2
    height = (max(row for _, row in place.values()) + 1) * (_HIGH + _BELOW) + 8
    wires = "".join(_wire(edge, _corner(place[edge[0]]), _corner(place[edge[1]])) for edge in edges)
    boxes = "".join(_box(name, _corner(at), nodes.get(name, False)) for name, at in place.items())
    return (
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="11" fill="currentColor">{wires}{boxes}</svg>'
    )


def _corner(place: tuple[int, int]) -> tuple[int, int]:
    """The upper left corner of a box. Every other column is lower, so that no wire hides behind a box."""
    column, row = place
    return 1 + column * (_WIDE + _APART), 1 + row * (_HIGH + _BELOW) + 6 * (column % 2)


def _wire(edge: Edge, start: tuple[int, int], end: tuple[int, int]) -> str:
    source, target, level = edge
    x, y = start[0] + _WIDE, start[1] + _HIGH // 2
    end_x, end_y = end[0], end[1] + _HIGH // 2
    bend = (end_x - x) / 2
    curve = f"M{x} {y}C{x + bend:g} {y} {end_x - bend:g} {end_y} {end_x} {end_y}"
    middle = f'x="{(x + end_x) / 2:g}" y="{(y + end_y) / 2 - 3:g}"'
    label = "" if level == 1 else f'<text {middle} text-anchor="middle">{level:.2g}</text>'
    return (
        f"<g><title>{escape(source)} → {escape(target)} at {level:g}</title>"
        f'<path d="{curve}" fill="none" stroke="currentColor" opacity="0.6"/>'
        f'<path d="M{end_x - 6} {end_y - 3}l6 3l-6 3z"/>{label}</g>'
    )


def _box(name: str, corner: tuple[int, int], muted: bool) -> str:
    x, y = corner
    short = name if len(name) <= _MOST_LETTERS else name[: _MOST_LETTERS - 1] + "…"
    return (
        f'<g opacity="{0.35 if muted else 1}"><title>{escape(name)}{" (muted)" if muted else ""}</title>'
        f'<rect x="{x}" y="{y}" width="{_WIDE}" height="{_HIGH}" rx="4" fill="none" stroke="steelblue"/>'
        f'<text x="{x + _WIDE // 2}" y="{y + 16}" text-anchor="middle">{escape(short)}</text></g>'
    )
