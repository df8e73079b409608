"""Nodes: declared, declared again, removed, looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import EllipsisType
from typing import TYPE_CHECKING, Any, cast

from krach import _place
from krach._definition import DspDef
from krach._entrance import entrance
from krach._errors import UnknownName, error
from krach._mixer import words
from krach._mixer.facts import NodeFacts
from krach._mixer.handle import NodeHandle
from krach._mixer.sources import Source, resolve, text_of
from krach._mixer.step import Step
from krach._mixer.words import Musical, statement
from krach._trace import describe
from krach.node_types import Node, dsp

if TYPE_CHECKING:
    from krach.mixer import Mixer

Outlet = str | tuple[int, ...] | None
"""Where a node sounds: "master", a node, channels of the device from 1, or `None`: into its routes only."""


class Nodes(Musical):
    """Nodes of a mixer."""

    __slots__ = ()

    @entrance
    def node(
        self,
        name: str,
        source: Source,
        gain: float | str = 0.5,
        count: int = 1,
        *,
        pan: float | None = None,
        out: Outlet | EllipsisType = ...,
        **init: float,
    ) -> NodeHandle:
        """Declares a node, or puts a new sound in its place: a source, or an effect if it has audio inputs.

        `source` is a DSP function, a DspDef, another node, the path of a `.dsp` file, or an instrument of a
        library: `"kit.krlib:kick"`. `gain` is linear, or a text: `"-6dB"`. `count` is the number of notes at
        once, 1..256. `pan` is -1 (left) to 1 (right). `out` is `"master"`, another node, channels of the
        device such as `(3, 4)`, or `None`: then the node is heard through its routes only. Other keywords
        set controls. `drums/kick` is the node `kick` of the group `drums`.

        Declared again, a node keeps its pattern, its routes, its mutes and the controls that were set. A
        faulty function raises, and the old sound plays on.

        Errors: KR0902 for a bad name, KR0404 for a control that the sound does not have, KR0904 for a bad
        gain or count, KR0909 for a wrong type, and those of `krs.transpile`.

        >>> kr.node("bass", synths.acid, gain=0.3, cutoff=900)
        Node('bass', acid, gain=0.30)
        >>> kr.node("verb", fx.hall, gain="-12dB").gain()
        0.251188643150958
        """
        return self._declare(name, resolve(self._session, source), gain, count, init, pan, out)

    @entrance
    def voice(
        self, name: str, source: Source, gain: float | str = 0.5, count: int = 1, **init: float
    ) -> NodeHandle:
        """As `node`, for a source: KR0903 for a sound with audio inputs.

        >>> kr.voice("pad", synths.glass, count=4)
        Node('pad', glass, gain=0.50, count=4)
        """
        sound = resolve(self._session, source)
        if sound.num_inputs:
            message = f"`{sound.name}` has audio inputs, so it is an effect"
            raise error("KR0903", message, help=[f'write kr.bus("{name}", …)'])
        return self._declare(name, sound, gain, count, init, None, ...)

    @entrance
    def bus(self, name: str, source: Source, gain: float | str = 0.5, **init: float) -> NodeHandle:
        """As `node`, for an effect: KR0903 for a sound that has no audio inputs.

        >>> kr.bus("verb", fx.hall)
        Node('verb', hall, gain=0.50)
        """
        sound = resolve(self._session, source)
        if not sound.num_inputs:
            message = f"`{sound.name}` has no audio inputs, so it is no effect"
            raise error("KR0903", message, help=["give its function a parameter: def verb(inp): …"])
        return self._declare(name, sound, gain, 1, init, None, ...)

    @entrance
    def input(self, name: str = "mic", channel: int = 0, gain: float | str = 0.5) -> NodeHandle:
        """A node that is heard from an input of the sound device; `channel` counts from 0.

        Off-line, and on a device without inputs, it is silent.

        >>> kr.input("mic") >> kr.bus("verb", fx.hall)
        Node('verb', hall, gain=0.50)
        """
        name = words.name("a node's name", name)
        whole = words.number("a channel", channel)
        if not (whole.is_integer() and 0 <= whole < 256):
            raise error("KR0904", f"a channel is a whole number from 0 to 255, not {describe(channel)}")
        self._session.declare_input(name, int(whole), words.level("a gain", gain))
        return self._handle(name)

    def _handle(self, name: str) -> NodeHandle:
        return NodeHandle(cast("Mixer", self), name)

    def _declare(
        self,
        name: str,
        sound: DspDef,
        gain: float | str,
        count: int,
        init: dict[str, float],
        pan: float | None,
        out: Outlet | EllipsisType,
    ) -> NodeHandle:
        session, name = self._session, words.name("a node's name", name)
        values = [(control, words.number(f"`{control}`", value)) for control, value in init.items()]
        level = words.loud(f"`{name}/gain`", words.level("a gain", gain))
        with Step(session):
            lost = session.declare(name, sound.program, sound.precision, level, count, values, text_of(sound))
            if pan is not None:
                session.set(f"{name}/pan", words.number("a pan", pan))
            if out is not ...:
                session.out(name, outlet(out))
        for control, value in values:
            words.within(f"{name}/{control}", value, session.range(f"{name}/{control}"))
        words.wake(session)
        for control in lost:
            _place.warn(f"`{name}` has no control `{control}` any more: its value is gone", UnknownName)
        return self._handle(name)

    @statement
    def remove(self, name: str | NodeHandle) -> None:
        """Removes a node or a group, its patterns, and its routes in both directions.

        >>> kr.node("drums/kick", synths.kick), kr.node("drums/hat", synths.hat)
        (Node('drums/kick', kick, gain=0.50), Node('drums/hat', hat, gain=0.50))
        >>> kr.remove("drums")
        >>> kr.nodes
        {}
        """
        self._session.remove(words.name("a node", name))

    @staticmethod
    def dsp(fn: Callable[..., object], source: str = "") -> DspDef:
        """Traces a DSP function once, for use in several nodes; also a decorator.

        >>> kr.dsp(lambda x: x * 0.5)
        <DspDef sound: 1 in, 1 out>
        """
        return dsp(fn, source)

    @property
    def nodes(self) -> dict[str, NodeHandle]:
        """All nodes by name, in order.

        >>> _ = kr.node("verb", fx.hall), kr.node("bass", synths.acid)
        >>> list(kr.nodes), list(kr.sources), list(kr.effects)
        (['bass', 'verb'], ['bass'], ['verb'])
        """
        return {name: self._handle(name) for name in self._session.nodes()}

    @property
    def sources(self) -> dict[str, NodeHandle]:
        """The nodes without audio inputs."""
        return {name: node for name, node in self.nodes.items() if not node.is_effect}

    @property
    def effects(self) -> dict[str, NodeHandle]:
        """The nodes with audio inputs."""
        return {name: node for name, node in self.nodes.items() if node.is_effect}

    @property
    def node_data(self) -> dict[str, Node]:
        """The facts of all nodes, each as a `krach.node_types.Node`."""
        return {name: _facts(name, found) for name, found in self._rows()}

    def _rows(self) -> Iterator[tuple[str, NodeFacts]]:
        for name in self._session.nodes():
            if (found := self._session.node(name)) is not None:
                yield name, found

    def get_node(self, name: str) -> Node | None:
        """The facts of a node, `None` if there is no node of that name.

        >>> _ = kr.node("bass", synths.acid, gain=0.3)
        >>> kr.get_node("bass").gain, kr.get_node("base")
        (0.3, None)
        """
        found = self._session.node(words.name("a node", name))
        return None if found is None else _facts(name, found)

    @property
    def node_controls(self) -> dict[str, tuple[str, ...]]:
        """The names of the controls of each kind of node: `"faust:bass"` is the sound of the node `bass`."""
        return {f"faust:{name}": tuple(c.name for c in facts["controls"]) for name, facts in self._rows()}

    @entrance
    def __getitem__(self, path: str) -> Any:
        """`kr["bass"]` is a node, `kr["bass/cutoff"]` a value; KR0901, a `KeyError`, for other names."""
        session, path = self._session, words.name("a path", path)
        kind, names = session.named(path)
        if kind == "node":
            return self._handle(names[0])
        if kind == "group":
            raise error("KR0901", f"`{path}` is a group", help=[f'its nodes are kr["{names[0]}"] …'])
        return session.sounding(path)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._session.nodes()

    def __iter__(self) -> Iterator[str]:
        return iter(self._session.nodes())

    def _ipython_key_completions_(self) -> list[str]:
        paths = [f"{name}/{c.name}" for name, facts in self._rows() for c in facts["controls"]]
        return [*self._session.nodes(), *paths]


def outlet(out: object) -> str | list[int] | None:
    """Where a node sounds, checked for its type."""
    if out is None:
        return None
    if isinstance(out, str) or hasattr(out, "name"):
        return words.name("an output", cast("str", out))
    try:
        channels = [int(channel) for channel in cast("Iterable[int]", out)]
    except (TypeError, ValueError, OverflowError):
        channels = [-1]
    if all(0 <= channel < 256 for channel in channels):
        return channels
    remedy = 'write "master", the name of a node, channels such as (3, 4), or None'
    raise error("KR0909", f"an output is a name or channels, not {describe(out)}", help=[remedy])


def _facts(name: str, facts: NodeFacts) -> Node:
    ranges = {control.name: (control.lo, control.hi) for control in facts["controls"]}
    return Node(
        type_id=f"faust:{name}" if facts["program"] is not None else "adc_input",
        gain=facts["gain"],
        controls=tuple(ranges),
        num_inputs=len(facts["inputs"]),
        count=facts["count"],
        init=tuple(sorted(facts["values"].items())),
        control_ranges=ranges,
        control_defaults={control.name: control.init for control in facts["controls"]},
    )
