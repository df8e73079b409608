"""`Mixer`: everything that sounds together, and each way to change it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Self, cast

from krach._entrance import entrance
from krach._krach import Session
from krach._mixer.files import Files
from krach._mixer.handle import NodeHandle
from krach._mixer.hands import Hands, MidiMap
from krach._mixer.levels import Levels
from krach._mixer.module_handle import ModuleHandle
from krach._mixer.playing import SILENT, Playing, Position, request
from krach._mixer.render import Rendering
from krach._mixer.routes import Route
from krach._mixer.take import Recording
from krach._mixer.transport import Transport

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Mixer(Files, Levels, Hands, Transport, Playing, Rendering):
    """Nodes, their routes and the patterns that play on them: everything that should sound.

    A Mixer holds nothing but a handle of the session, which is Rust; what it answers is always the present
    state. Each statement is checked before anything changes. A name that does not exist gives the warning
    `krach.UnknownName`, and that statement is skipped; an impossible value raises a `krach.Error`.

    >>> mix = krach.Mixer("off", bpm=128)
    >>> kick = mix.node("kick", synths.kick, gain=0.8)
    >>> kick @ (krp.hit() * 4)
    Node('kick', kick, gain=0.80)
    >>> mix.render(bars=1).shape
    (2, 90000)
    """

    __slots__ = ("_session",)

    @entrance
    def __init__(
        self,
        device: str | None = None,
        sample_rate: int | None = None,
        block: int | None = None,
        bpm: float = 120,
        master: float | str = 0.7,
        threads: int = 1,
        **original: object,
    ) -> None:
        """A session of its own. The first node opens `device`: that is as for `open`, or "off" for none.

        `threads` is the number of processor cores that compute the sound, as in `kr.threads`.
        The variable `KRACH_DEVICE` names the device where `device` does not. The three arguments of the
        original, `session`, `dsp_dir` and `node_controls`, are accepted, by name or in their order, and have
        no effect.
        """
        if unknown := sorted(original.keys() - {"session", "dsp_dir", "node_controls"}):
            raise TypeError(f"Mixer() got an unexpected keyword argument {unknown[0]!r}")
        if isinstance(cast("object", sample_rate), (str, os.PathLike)):
            device = sample_rate = block = None
        asked = request(device, sample_rate, block)
        name = asked["device"] or os.environ.get("KRACH_DEVICE", "").strip()
        self._session = Session(None if name == SILENT else asked)
        if threads != 1:
            self.threads = threads
        if bpm != 120:
            self.tempo = bpm
        if master != 0.7:
            self.master = master

    def __enter__(self) -> Self:
        """`with krach.Mixer() as mix:` closes the device at the end."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Closes the device."""
        self.close()

    def __eq__(self, other: object) -> bool:
        """Whether both have the same session."""
        return self._session is other._session if isinstance(other, Mixer) else NotImplemented

    def __hash__(self) -> int:
        """Equal mixers have equal hashes."""
        return id(self._session)

    def pull(self) -> None:
        """Does nothing: everything that a Mixer answers is the session's own state."""

    @entrance
    def plot(self, axes: Axes | None = None) -> Axes:
        """Draws the nodes and their routes into `axes` of matplotlib, or into new ones.

        >>> kr.node("bass", synths.acid) >> (kr.node("verb", fx.hall), 0.4)
        Node('verb', hall, gain=0.50)
        >>> [text.get_text() for text in kr.plot().texts]
        ['', '0.4', '', '', 'bass', 'verb', 'master']
        """
        from krach import _plots
        from krach._mixer import graph  # only for drawings

        edges = graph.edges(self._session)
        return _plots.graph(axes or _plots.new_axes(), edges, graph.places(edges, self._session.nodes()))

    def _repr_html_(self) -> str:
        """A drawing of the nodes and their routes, and a table of the nodes below it, for notebooks."""
        from krach._mixer.page import table  # only a notebook asks for it

        return table(self)

    def __repr__(self) -> str:
        """One line for each node: its sound, its gain, and whether it is muted."""
        rows = [(name, self._session.node(name)) for name in self._session.nodes()]
        lines = [f"{type(self).__name__}({len(rows)} node{'' if len(rows) == 1 else 's'})"]
        wide = max((len(name) for name, _ in rows), default=0)
        for name, facts in rows:
            if facts is None:
                continue
            program = facts["program"]
            sound = f"input {facts['channel']}" if program is None else program.name
            marks = ["[fx]" if facts["inputs"] else "[src]"]
            marks += ["[muted]"] if facts["muted"] else []
            marks += [f"poly({facts['count']})"] if facts["count"] > 1 else []
            lines.append(f"  {name:.<{wide + 2}} {sound}  gain={facts['gain']:.2f}  {' '.join(marks)}")
        return "\n".join(lines)


__all__ = ["MidiMap", "Mixer", "ModuleHandle", "NodeHandle", "Position", "Recording", "Route"]
