"""Keyboards, knobs and other machines: MIDI and OSC of a mixer."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, NamedTuple, cast

from krach import _place
from krach._entrance import entrance
from krach._errors import Error, NoDevice, error
from krach._mixer import words
from krach._mixer.nodes import Nodes
from krach._mixer.outlets import MidiClock, MidiInput, Outlet, ends, whole
from krach._mixer.words import statement
from krach.node_types import dsp

if TYPE_CHECKING:
    from krach._mixer.handle import NodeHandle
    from krach.mixer import Mixer


class MidiMap(NamedTuple):
    """A controller that turns a path. `channel` 0 hears every channel."""

    cc: int
    path: str
    lo: float
    hi: float
    channel: int


def _silence() -> float:
    return 0.0


class Hands(Nodes):
    """MIDI and OSC of a mixer."""

    __slots__ = ()

    @statement
    def midi_map(
        self, cc: int, path: str | NodeHandle, lo: float = 0.0, hi: float = 1.0, channel: int = 0
    ) -> None:
        """Lets a MIDI controller turn a path from `lo` to `hi`: a control, a gain, a send, `master`, `tempo`.

        `cc` is the number of the controller, 0..127. `channel` is 1..16, or 0 for every channel. The knob
        takes over where it meets the present value, so nothing jumps; until then `kr.log` says where the
        knob and the value are. The first map opens the first MIDI input, if none is heard yet.

        Errors: KR0904 for a number out of range. A path that does not exist is the warning
        `krach.UnknownName`.

        >>> _ = kr.node("bass", synths.acid)
        >>> kr.midi_map(74, "bass/cutoff", 200, 4000)
        >>> kr.midi_maps
        [MidiMap(cc=74, path='bass/cutoff', lo=200.0, hi=4000.0, channel=0)]
        """
        where = words.name("a path", path)
        controller, heard = whole("`cc`", cc, 0, 127), whole("`channel`", channel, 0, 16)
        low, high = words.number("`lo`", lo), words.number("`hi`", hi)
        if not (isfinite(low) and isfinite(high)):
            raise error("KR0904", f"a range is finite, not {low:g}..{high:g}")
        self._session.ports().midi_map(controller, where, (low, high), heard)
        self._hear_midi()

    @statement
    def midi_learn(self, path: str | NodeHandle, lo: float | None = None, hi: float | None = None) -> None:
        """Lets the MIDI controller that moves next turn a path from `lo` to `hi`.

        Without ends it is the range of the control. `kr.log` says which controller it became.

        >>> _ = kr.node("bass", synths.acid)
        >>> kr.midi_learn("bass/cutoff")
        """
        where = words.name("a path", path)
        self._session.value(where)
        self._session.ports().midi_learn(where, ends(cast("Mixer", self), where, lo, hi))
        self._hear_midi()

    @entrance
    def midi_unmap(self, path: str | NodeHandle) -> int:
        """Ends all maps of controllers to a path. The answer is the number of them.

        >>> kr.midi_unmap("bass/cutoff")
        0
        """
        return self._session.ports().midi_unmap(words.name("a path", path))

    @property
    def midi_maps(self) -> list[MidiMap]:
        """The controllers that turn paths, in the order in which they were mapped."""
        return [MidiMap(*row) for row in self._session.ports().midi_maps()]

    @entrance
    def midi_in(self, port: str | None = None) -> MidiInput:
        """Hears a MIDI input: its keys play a node by `kr.midi_in("keystep") >> bass`, its knobs turn maps.

        `port` is a part of the name of a port, the first port by default. Before the sound starts, and
        off-line, no port is opened. Errors: KR0503 without such a port.

        >>> bass = kr.node("bass", synths.acid)
        >>> kr.midi_in("keystep") >> bass
        Node('bass', acid, gain=0.50)
        """
        asked = None if port is None else words.name("a port", port)
        if self._session.now() is None:
            return MidiInput(self._session, asked or "", None)
        name, number = self._session.ports().midi_in(asked)
        return MidiInput(self._session, name, number)

    @entrance
    def midi_out(
        self, port: str | None = None, name: str = "midi", channel: int = 1, *, clock: bool = False
    ) -> Outlet:
        """A MIDI output that patterns play on: `synth = kr.midi_out("digitone"); synth @ kr.seq("A1", "C2")`.

        `port` is a part of the name of a port, the first port by default; one port is open at a time. `name`
        is the silent node that holds the pattern, `channel` is 1..16. With `clock` the port hears 24 pulses a
        beat. Off-line no port is opened. Errors: KR0503 without such a port.

        >>> synth = kr.midi_out("digitone", "synth", channel=2)
        >>> synth @ "A1 C2"
        Outlet('synth', 'digitone, channel 2')
        """
        heard = whole("`channel`", channel, 1, 16)
        asked = None if port is None else words.name("a port", port)
        self.node(name, dsp(_silence), out=None)
        target = asked or ""
        if self._session.now() is not None:
            target = self._session.ports().midi_out(asked, words.flag("`clock`", clock))
        return Outlet(cast("Mixer", self), name, target, heard)

    @entrance
    def midi_clock(self, port: str | None = None) -> MidiClock:
        """Follows the MIDI clock of another machine: its tempo, and after its start its beat in the bar.

        Nothing jumps: the tempo is up to a tenth higher or lower until both are on the same beat. When the
        other machine stops, the music plays on. `port` is a part of the name of a port, the first port by
        default. Before the sound starts, and off-line, no port is opened. Errors: KR0503 without such a port.

        >>> clock = kr.midi_clock("digitakt")
        >>> clock
        MidiClock('digitakt', no pulses)
        >>> clock.stop()
        """
        asked = None if port is None else words.name("a port", port)
        if self._session.now() is None:
            return MidiClock(self._session, asked or "")
        return MidiClock(self._session, self._session.ports().midi_clock(asked))

    @entrance
    def osc_out(self, target: str, name: str = "osc") -> Outlet:
        """An OSC address, `"host:port"`, that patterns of `krp.osc` are sent to, 20 ms ahead with time tags.

        `name` is the silent node that holds the pattern. Errors: KR0503 for an address that is none.

        >>> lights = kr.osc_out("127.0.0.1:9000", "lights")
        >>> lights @ (krp.osc("/flash", 1.0) * 4)
        Outlet('lights', '127.0.0.1:9000')
        """
        address = words.name("an address", target)
        self.node(name, dsp(_silence), out=None)
        if self._session.now() is not None:
            self._session.ports().osc_out(address)
        return Outlet(cast("Mixer", self), name, address, None)

    @entrance
    def osc_in(self, port: int = 57120) -> int:
        """Hears OSC from programs on this machine, and returns the port; 0 takes a free one.

        `/krach/bass/cutoff 800` sets a path, and `/dirt/play` plays nodes as SuperDirt would: `s` names the
        node. Errors: KR0503 for a port that is taken.

        >>> kr.osc_in(0) > 0
        True
        """
        return self._session.ports().osc_in(whole("`port`", port, 0, 65535))

    def _hear_midi(self) -> None:
        """Opens the first MIDI input, once there is sound and if none is heard; without one, a warning."""
        ports = self._session.ports()
        if self._session.now() is None or ports.midi_inputs():
            return
        try:
            ports.midi_in()
        except Error as missing:
            _place.warn(f"{missing}\n  help: the map waits; kr.midi_in() hears a port", NoDevice)
