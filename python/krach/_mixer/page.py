"""A mixer as a drawing and a table, for notebooks."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from krach._mixer import graph

if TYPE_CHECKING:
    from krach._mixer.facts import NodeFacts
    from krach.mixer import Mixer


def table(mixer: Mixer) -> str:
    """The nodes and their routes as a drawing, and a row for each node with its levels and controls."""
    session = mixer._session  # pyright: ignore[reportPrivateUsage]
    nodes = {name: facts for name in session.nodes() if (facts := session.node(name)) is not None}
    rows = "".join(f"<tr>{_cells(name, facts)}</tr>" for name, facts in nodes.items())
    drawing = graph.svg(graph.edges(session), {name: facts["muted"] for name, facts in nodes.items()})
    head = "<tr><th>node</th><th>sound</th><th>gain</th><th>controls</th></tr>"
    title = f"{mixer.tempo:g} BPM, {mixer.meter:g} beats, master {mixer.master:.2f}"
    return f"<div><strong>{title}</strong><br>{drawing}<table>{head}{rows}</table></div>"


def _cells(name: str, facts: NodeFacts) -> str:
    program = facts["program"]
    sound = f"input {facts['channel']}" if program is None else program.name
    values = {control.name: control.init for control in facts["controls"]} | facts["values"]
    shown = ", ".join(f"{control} {value:g}" for control, value in values.items())
    level = "muted" if facts["muted"] else f"{facts['gain']:.2f}"
    return "".join(f"<td>{escape(text)}</td>" for text in (name, sound, level, shown))
