"""Routing: the ways of sound between nodes, and out."""

from __future__ import annotations

from typing import NamedTuple

from krach._arguments import is_text
from krach._errors import error
from krach._mixer import words
from krach._mixer.handle import NodeHandle
from krach._mixer.nodes import Outlet, outlet
from krach._mixer.words import Musical, statement
from krach._trace import describe

_PORTS = 1 << 16
"""More inputs than any sound has."""


class Route(NamedTuple):
    """A route. `level` is linear, `port` an input of the target (`None`: all), `pre` before the gain."""

    source: str
    target: str
    level: float
    port: str | None
    pre: bool


class Routing(Musical):
    """Routes of a mixer."""

    __slots__ = ()

    @statement
    def connect(
        self,
        source: str | NodeHandle,
        target: str | NodeHandle,
        level: float | str = 1.0,
        port: str | int | None = None,
        pre: bool = False,
    ) -> None:
        """Routes a node, or each node of a group, into an effect, at a level: linear, or "-6dB".

        `port` is one input of the effect, by the name of its parameter, as `"in0"` or by number; without, a
        source of one channel goes to all inputs. Behind the gain of the source, or with `pre` before it; a
        mute silences both. Another call with the same port changes the level, which is also the path
        `bass/verb_send`.

        Errors: KR0903 for a circle, for a target without audio inputs, and for an input that it does not
        have; KR0904 for a level that is not finite.

        >>> _ = kr.node("bass", synths.acid), kr.node("verb", fx.hall)
        >>> kr.connect("bass", "verb", level=0.4)
        >>> kr.routing
        [('bass', 'verb', 'send', 0.4)]
        """
        if not (port is None or is_text(port) or (isinstance(port, int) and 0 <= port < _PORTS)):
            raise error("KR0909", f"a port is the name or the number of an input, not {describe(port)}")
        names = words.name("a source", source), words.name("a target", target)
        self._session.connect(*names, words.level("a level", level), port, words.flag("`pre`", pre))

    def send(self, source: str | NodeHandle, target: str | NodeHandle, level: float | str = 0.5) -> None:
        """The same as `connect`, at half the level unless another is given."""
        self.connect(source, target, level)

    def wire(self, source: str | NodeHandle, target: str | NodeHandle, port: str | int = "in0") -> None:
        """The same as `connect` into one input, at full level."""
        self.connect(source, target, 1.0, port)

    @statement
    def unsend(self, source: str | NodeHandle, target: str | NodeHandle) -> None:
        """Ends all routes from a node into another. Without a route nothing happens.

        >>> kr.unsend("bass", "verb")
        """
        self._session.disconnect(words.name("a source", source), words.name("a target", target))

    @statement
    def out(self, name: str | NodeHandle, out: Outlet | NodeHandle = "master") -> None:
        """Sets where a node sounds: "master", a node, channels of the device, or `None`: its routes only.

        >>> bass, drive = kr.node("bass", synths.acid), kr.node("drive", fx.drive)
        >>> kr.out(bass, drive)
        >>> kr.out(bass, (3, 4))
        """
        self._session.out(words.name("a node", name), outlet(out))

    @property
    def routes(self) -> list[Route]:
        """All routes, with everything that `connect` sets."""
        rows = self._session.routes()
        return [Route(source, target, level, port, pre) for source, target, port, level, pre in rows]

    @property
    def routing(self) -> list[tuple[str, str, str, float | str]]:
        """All routes: source, target, then `"send"` and the level, or `"wire"` and the input."""
        rows = self.routes
        sends = [(row.source, row.target, "send", row.level) for row in rows if row.port is None]
        return [*sends, *((row.source, row.target, "wire", row.port) for row in rows if row.port is not None)]
