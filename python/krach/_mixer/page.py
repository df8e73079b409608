"""A mixer as a table, for notebooks."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from krach._mixer.facts import NodeFacts
    from krach.mixer import Mixer


def table(mixer: Mixer) -> str:
    """The nodes with their levels and controls, and the routes below them."""
    session = mixer._session  # pyright: ignore[reportPrivateUsage]
    found = ((name, session.node(name)) for name in session.nodes())
    rows = "".join(f"<tr>{_cells(name, facts)}</tr>" for name, facts in found if facts is not None)
    routes = "".join(
        f"<li>{escape(route.source)} → {escape(route.target)} at {route.level:g}</li>"
        for route in mixer.routes
    )
    head = "<tr><th>node</th><th>sound</th><th>gain</th><th>controls</th></tr>"
    title = f"{mixer.tempo:g} BPM, {mixer.meter:g} beats, master {mixer.master:.2f}"
    return f"<div><strong>{title}</strong><table>{head}{rows}</table><ul>{routes}</ul></div>"


def _cells(name: str, facts: NodeFacts) -> str:
    program = facts["program"]
    sound = f"input {facts['channel']}" if program is None else program.name
    values = {control.name: control.init for control in facts["controls"]} | facts["values"]
    shown = ", ".join(f"{control} {value:g}" for control, value in values.items())
    level = "muted" if facts["muted"] else f"{facts['gain']:.2f}"
    return "".join(f"<td>{escape(text)}</td>" for text in (name, sound, level, shown))
