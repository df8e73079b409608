"""The session on a sound device: position, counters, silence."""

from __future__ import annotations

import os
from math import inf
from typing import TYPE_CHECKING, Literal, NamedTuple, overload

from krach import _audition
from krach._arguments import path as file_path
from krach._entrance import entrance
from krach._errors import error
from krach._mixer import words
from krach._mixer.take import Recording
from krach._mixer.words import Musical, statement
from krach._trace import describe

if TYPE_CHECKING:
    from krach._mixer.facts import Forecast, Format, Request
    from krach._mixer.handle import NodeHandle

_RATE = 48000
_MINUTES = 10
"""Of a preview at most: it is held in memory as a whole."""
_BITS = ("16", "24", "float")

SILENT = "off"
"""The name of no device: the session is heard by `render` only."""


class Position(NamedTuple):
    """Where the music is. `bar` and `beat` count from 1; `cycle`, `seconds` and `frame` from 0."""

    bar: int
    beat: float
    cycle: float
    tempo: float
    seconds: float
    frame: int


def request(device: str | None, sample_rate: int | None, block: int | None) -> Request:
    """A request to a device, checked."""
    return {
        "device": None if device is None else words.name("a device", device),
        "sample_rate": None if sample_rate is None else _audition.rate(sample_rate),
        "block": None if block is None else _audition.whole("KR0113", "`block`", block, 1 << 16),
        "inputs": 0,
    }


class Playing(Musical):
    """A mixer on a sound device."""

    __slots__ = ()

    @entrance
    def open(
        self, device: str | None = None, sample_rate: int | None = None, block: int | None = None
    ) -> None:
        """Plays on a device, or moves the music there: the first statement does it if nothing else did.

        `device` is a sound system (`pulse`, `jack`, `alsa`), one of its devices, a part of the name of a
        device, or `null`, which has a clock and no loudspeaker. Errors: KR0503 without such a device.

        >>> kr.open("null", block=128)
        >>> kr.device["sample_rate"]
        48000
        >>> kr.close()
        """
        self._session.open(request(device, sample_rate, block))

    @property
    def device(self) -> Format | None:
        """The device that plays, with its rate and block; `None` while nothing plays."""
        return self._session.device()

    @property
    def threads(self) -> int:
        """The number of processor cores that compute the sound, from 1 to 64: 1 by default.

        Nodes that do not feed each other are computed at the same time. The samples are the same for every
        number. A new number holds for renders at once, and for a device when it is opened next.

        Errors: KR0113 for a number below 1 or above 64.

        >>> kr.threads = 2
        >>> kr.threads
        2
        """
        return self._session.threads

    @threads.setter
    @entrance
    def threads(self, threads: int) -> None:
        count = _audition.whole("KR0113", "`threads`", threads, 64)
        if count < 1:
            raise error("KR0113", "`threads` must be 1 or more", help=["1 thread is the default"])
        self._session.threads = count

    @entrance
    def close(self) -> None:
        """Ends the sound and frees the device. Everything else stays, and `open` plays on from bar 1."""
        self._session.close()

    @property
    def now(self) -> Position:
        """Where the music is; bar 1, beat 1 while nothing plays.

        >>> kr.now.bar
        1
        """
        moment = self._session.now()
        if moment is None:
            return Position(1, 1.0, 0.0, self._session.tempo, 0.0, 0)
        frame, cycle, bar, beat, tempo, seconds = moment
        return Position(bar, beat, cycle, tempo, seconds, frame)

    @entrance
    def wait(self, bars: float | None = None) -> None:
        """Waits while the music plays: for `bars` bars, or until Ctrl-C. Without sound it returns at once.

        >>> kr.wait()
        """
        end = inf if bars is None else self.now.cycle + words.number("`bars`", bars)
        while self._session.now() is not None and not self._session.wait(min(end, 1e9), 0.1):
            pass

    @entrance
    def preview(self, bars: float = 4) -> Forecast:
        """The sound of the next bars, with the changes of the open batch. It is computed, not played.

        It is ten minutes long at most.

        Errors: KR0904 for bars that are not positive, KR0408 for too many, KR0908 where the device does not
        play.

        >>> _ = kr.node("kick", synths.kick) @ (kr.hit() * 4)
        >>> soon = kr.preview(bars=1)
        >>> soon["sound"].shape, soon["offence"]
        ((2, 96000), None)
        """
        device = self._session.device()
        rate = _RATE if device is None else device["sample_rate"]
        length = words.number("`bars`", bars)
        if length > 0 and self._session.frames(length, None, rate) > _MINUTES * 60 * rate:
            message = f"cannot preview {length:g} bars: they are longer than ten minutes"
            raise error("KR0408", message, help=["preview fewer bars; kr.render() computes long pieces"])
        return self._session.preview(bars)

    @entrance
    def record(
        self, path: str | os.PathLike[str], stems: bool = False, bits: Literal["16", "24", "float"] = "24"
    ) -> Recording:
        """Records the music from now on, until `.stop()` or the end of its `with` block.

        The file is WAV or FLAC by its ending; `bits` are 24 by default, "16", or "float" (WAV only). With
        `stems` each node of now is a file too: `take-stems/bass.wav` beside `take.wav`. A take of more than
        4 GB goes on in `take-2.wav`; a full disk ends the take, never the music.

        Errors: KR0502 while nothing plays, for a file that exists or cannot be written.

        >>> kr.open("null", block=128)
        >>> _ = kr.node("bass", synths.acid) @ "A1 C2"
        >>> with kr.record("take.wav", stems=True) as rec:
        ...     kr.wait(bars=0.1)
        >>> [file.name for file in rec.stop()]
        ['take.wav', 'bass.wav']
        >>> kr.close()
        """
        target = os.path.expanduser(file_path("KR0502", path))
        if not isinstance(bits, str) or bits not in _BITS:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise error("KR0904", f"bits are 16, 24 or float, not {describe(bits)}")
        return Recording(self._session.record(target, bits, words.flag("`stems`", stems)))

    @overload
    def why(self, node: str | NodeHandle) -> str: ...
    @overload
    def why(self, *, at: float) -> list[str]: ...
    @entrance
    def why(self, node: str | NodeHandle | None = None, *, at: float | None = None) -> str | list[str]:
        """The state of a node, and why it is silent, with the remedy. With `at`, the notes that sound then.

        `at` is in seconds from the start, as `kr.now.seconds`; each note has a line with its node, its begin,
        and the line of Python or the place in the text that it comes from. Errors: KR0901 for a name that no
        node has, KR0904 for a moment that is none.

        >>> _ = kr.node("bass", synths.acid) @ krp.p("A1 . C2 .")
        >>> kr.mute("bass")
        >>> kr.why("bass")
        'playing, gain 0.50, silent because it is muted: kr.unmute("bass")'
        >>> [line.split(",")[0] for line in kr.why(at=1.1)]
        ['bass: C2 since bar 1.5']
        """
        if (node is None) == (at is None):
            raise error("KR0909", 'write kr.why("bass"), or kr.why(at=seconds)')
        if node is not None:
            return self._session.why(words.name("a node", node))
        return self._session.sounding_at(words.number("`at`", at))

    @statement
    def revive(self, name: str | NodeHandle) -> None:
        """Lets a node sound again that was muted because its samples were infinite or it took too long.

        Its tails are cut. `kr.log` says when and why a node was muted.

        >>> _ = kr.node("bass", synths.acid)
        >>> kr.revive("bass")
        """
        self._session.revive(words.name("a node", name))

    @entrance
    def panic(self) -> None:
        """Silence within 10 ms: ends all patterns and automation, closes all gates, cuts all tails.

        >>> kr.panic()
        """
        self._session.panic()

    def stats(self) -> dict[str, float]:
        """Counters: late blocks and events, load of the processor, limited samples, peaks of the nodes.

        `load` is the part of the time that the sound needs, `load/bass` that of a node since the last call,
        `priority` is 1 where the system gave real-time priority, `latency` is in seconds, `peak` is the
        largest sample of the master since the last call, `peak/bass` that of a node. The first call has no
        `load` of nodes yet. Empty while nothing plays.

        >>> kr.stats()
        {}
        """
        found = self._session.stats()
        if found is None:
            return {}
        counters, peaks, master = found
        return {**counters, "peak": master, **{f"peak/{name}": peak for name, peak in peaks.items()}}

    def log(self) -> list[str]:
        """Lines about what happened since the last call: devices, new sounds, faults; the last thousand."""
        return [*self._session.news(), *self._session.ports().moves()]

    @property
    def pending(self) -> dict[float, list[str]]:
        """The changes that wait for their bar, by its number; `undo` takes them back unheard."""
        return dict(self._session.pending())
