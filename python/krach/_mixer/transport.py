"""The settings of the whole session: tempo, meter, master, limiter, seed, tuning."""

from __future__ import annotations

from os import PathLike

from krach._entrance import entrance
from krach._mixer import words
from krach._mixer.words import Musical
from krach.pattern.tuning import Tuning, scala


class Transport(Musical):
    """The transport of a mixer."""

    __slots__ = ()

    @property
    def tempo(self) -> float:
        """Beats per minute, any number above 0; 120 at the start. A change keeps the position.

        >>> kr.tempo = 128
        >>> kr.tempo
        128.0
        """
        return self._session.tempo

    @tempo.setter
    @entrance
    def tempo(self, bpm: float) -> None:
        self._session.tempo = words.number("tempo", bpm)

    @property
    def meter(self) -> float:
        """Beats in a bar: 4 is 4/4, 3.5 is 7/8. It holds from the next bar on.

        >>> kr.meter = 3.5
        """
        return self._session.meter

    @meter.setter
    @entrance
    def meter(self, beats: float) -> None:
        self._session.meter = beats

    @property
    def master(self) -> float:
        """The gain of the whole, linear or set as "-6dB"; 0.7 at the start.

        >>> kr.master = "-6dB"
        >>> round(kr.master, 3)
        0.501
        """
        return self._session.master

    @master.setter
    @entrance
    def master(self, gain: float | str) -> None:
        self._session.master = words.loud("`master`", words.level("master", gain))

    @property
    def limiter(self) -> bool:
        """Whether the master is limited above -1 dBFS, as at the start; else it clips at 0 dBFS."""
        return self._session.limiter

    @limiter.setter
    @entrance
    def limiter(self, on: bool) -> None:
        self._session.limiter = words.flag("`limiter`", on)

    @property
    def seed(self) -> int:
        """The seed of all chance, 0 at the start: equal seeds play the same, live and off-line."""
        return self._session.seed

    @seed.setter
    @entrance
    def seed(self, seed: int) -> None:
        self._session.seed = seed

    @property
    def tuning(self) -> float | Tuning:
        """The frequency of A4 in Hz, 440 at the start, a `Tuning` such as `kr.edo(19)`, or a Scala file.

        It moves names and MIDI numbers, not pitches in Hz. A number moves all that plays, at once; a Tuning
        holds for patterns that are played from then on, as `Tuning.tune`, and a number ends it. Errors: as
        for `kr.scala`.

        >>> kr.tuning = kr.edo(19)
        >>> kr.node("keys", synths.epiano) @ "C4 G4"
        Node('keys', epiano, gain=0.50)
        >>> kr.slots["keys"].pattern
        Pattern(261.63Hz, 337.74Hz)
        """
        hertz, tuned = self._session.tuning
        return tuned if isinstance(tuned, Tuning) else hertz

    @tuning.setter
    @entrance
    def tuning(self, tuning: float | Tuning | str | PathLike[str]) -> None:
        if isinstance(tuning, (str, PathLike)):
            tuning = scala(tuning)
        self._session.tuning = tuning if isinstance(tuning, Tuning) else words.number("tuning", tuning)

    @property
    def strict(self) -> bool:
        """Whether a name that does not exist is an error; else it is a warning and skips the statement."""
        return self._session.strict

    @strict.setter
    @entrance
    def strict(self, strict: bool) -> None:
        self._session.strict = words.flag("`strict`", strict)
