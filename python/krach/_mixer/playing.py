"""The session on a sound device: position, counters, silence."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple

from krach import _audition
from krach._entrance import entrance
from krach._mixer import words
from krach._mixer.words import Musical

if TYPE_CHECKING:
    from krach._mixer.facts import Forecast, Format, Request

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
    """What is asked of a device, checked."""
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
        """What the next bars will sound like, with the changes of the open batch. Nothing is heard of it.

        Errors: KR0904 for bars that are not positive, KR0908 where the device does not play.

        >>> _ = kr.node("kick", synths.kick) @ (kr.hit() * 4)
        >>> soon = kr.preview(bars=1)
        >>> soon["sound"].shape, soon["offence"]
        ((2, 96000), None)
        """
        return self._session.preview(bars)

    @entrance
    def panic(self) -> None:
        """Silence within 10 ms: ends all patterns and automation, closes all gates, cuts all tails.

        >>> kr.panic()
        """
        self._session.panic()

    def stats(self) -> dict[str, float]:
        """Counters: late blocks and events, load of the processor, limited samples, peaks of the nodes.

        `load` is the part of the time that the sound needs, `latency` is in seconds, `peak` is the largest
        sample of the master since the last call, `peak/bass` that of a node. Empty while nothing plays.

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
        return self._session.news()

    @property
    def pending(self) -> dict[float, list[str]]:
        """The changes that wait for their bar, by its number; `undo` takes them back unheard."""
        return dict(self._session.pending())
