"""MIDI and OSC, in and out: the way from patterns to other machines, and from keyboards to nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from krach._entrance import entrance
from krach._errors import error
from krach._krach import Pattern, pattern_of_rows
from krach._krach import nearest_midi as key_of
from krach._mixer import words
from krach._trace import describe

if TYPE_CHECKING:
    from krach._krach import Session
    from krach._mixer.handle import NodeHandle
    from krach.mixer import Mixer


class MidiInput:
    """A MIDI input, as `kr.midi_in` returns it: `kr.midi_in("keystep") >> bass` plays a node."""

    __slots__ = ("_name", "_number", "_session")

    def __init__(self, session: Session, name: str, number: int | None) -> None:
        self._session, self._name, self._number = session, name, number

    @property
    def name(self) -> str:
        """The name of the port."""
        return self._name

    @entrance
    def __rshift__(self, node: NodeHandle | str | None) -> Any:
        """Lets the keys play a node, or with `None` none."""
        name = None if node is None else words.name("a node", node)
        if self._number is not None:
            self._session.ports().midi_play(self._number, name)
        return node

    def __repr__(self) -> str:
        return f"MidiInput({self._name!r})"


class MidiClock:
    """The clock of another machine, as `kr.midi_clock` returns it."""

    __slots__ = ("_name", "_session")

    def __init__(self, session: Session, name: str) -> None:
        self._session, self._name = session, name

    @property
    def name(self) -> str:
        """The name of the port."""
        return self._name

    @property
    def tempo(self) -> float | None:
        """The tempo of its pulses in BPM; `None` before half a beat of them, and after `stop`."""
        return self._session.ports().midi_clock_tempo()

    def stop(self) -> None:
        """Ends following it. The tempo stays."""
        self._session.ports().end_midi_clock()

    def __repr__(self) -> str:
        tempo = self.tempo
        return f"MidiClock({self._name!r}, {'no pulses' if tempo is None else f'{tempo:.1f} BPM'})"


class Outlet:
    """A MIDI output or an OSC address, which patterns play on: `synth @ kr.seq("A1", "C2")`."""

    __slots__ = ("_channel", "_mixer", "_name", "_target")

    def __init__(self, mixer: Mixer, name: str, target: str, channel: int | None) -> None:
        self._mixer, self._name, self._target, self._channel = mixer, name, target, channel

    @property
    def name(self) -> str:
        """The name of the silent node whose pattern is sent."""
        return self._name

    @entrance
    def play(self, pattern: Pattern | str | None) -> None:
        """Plays a pattern, or with `None` ends it. On MIDI, notes of a node become notes of the channel."""
        if pattern is None:
            return self.hush()
        found = words.pattern(pattern)
        if self._channel is not None:
            found = midi_pattern(found, self._channel - 1)
        return self._mixer.play(self._name, found)

    @entrance
    def __matmul__(self, pattern: Pattern | str | None) -> Outlet:
        self.play(pattern)
        return self

    def hush(self) -> None:
        """Ends the pattern."""
        self._mixer.hush(self._name)

    def close(self) -> None:
        """Ends the pattern, closes the port or the address, and removes the node."""
        midi = self._channel is not None
        self._mixer._session.ports().close_outputs(midi, not midi)  # pyright: ignore[reportPrivateUsage]
        self._mixer.remove(self._name)

    def __repr__(self) -> str:
        where = self._target if self._channel is None else f"{self._target}, channel {self._channel}"
        return f"Outlet({self._name!r}, {where!r})"


def midi_pattern(pattern: Pattern, channel: int) -> Pattern:
    """The pattern with MIDI notes of a channel, from 0, in the place of the notes of a node.

    A note sounds for half of its step. A hit without a pitch is middle C.
    """
    rows = [_midi_row(row, channel) if row[0] in ("note", "number") else row for row in pattern.rows()]
    return pattern_of_rows(rows)


def _midi_row(row: tuple[Any, ...], channel: int) -> tuple[Any, ...]:
    if row[0] == "number":
        pitch, vel, at = round(row[1]), 1.0, row[-1]
    else:
        _, pitch, _, vel, _, at = row
    key = 60 if pitch is None else pitch if isinstance(pitch, int) else key_of(pitch)
    velocity = round(127 * min(max(vel, 0.0), 1.0)) if isinstance(vel, float) else 100
    return ("midi", min(max(key, 0), 127), velocity, channel, 0.5, at)


def whole(what: str, value: object, lo: int, hi: int) -> int:
    """A whole number from `lo` to `hi`."""
    number = words.number(what, value)
    if number.is_integer() and lo <= number <= hi:
        return int(number)
    raise error("KR0904", f"{what} is a whole number from {lo} to {hi}, not {describe(value)}")


def ends(mixer: Mixer, path: str, lo: float | None, hi: float | None) -> tuple[float, float]:
    """The ends of a knob's range: those given, else those of the control, else 0 and 1."""
    session = mixer._session  # pyright: ignore[reportPrivateUsage]
    low, high = session.range(path) or (0.0, 1.0)
    return (
        low if lo is None else words.number("`lo`", lo),
        high if hi is None else words.number("`hi`", hi),
    )
