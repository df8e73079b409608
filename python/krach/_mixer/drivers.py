"""Patterns, fades and modulations: they move controls by themselves."""

from __future__ import annotations

from krach import _place
from krach._errors import OutOfRange
from krach._krach import Pattern
from krach._mixer import words
from krach._mixer.facts import At
from krach._mixer.handle import NodeHandle
from krach._mixer.words import Musical, statement
from krach.node_types import SlotState
from krach.pattern.tuning import Tuning


class Drivers(Musical):
    """Patterns and automation of a mixer."""

    __slots__ = ()

    @statement
    def play(
        self,
        target: str | NodeHandle,
        pattern: Pattern | str | None,
        from_zero: bool = False,
        swing: float | None = None,
        *,
        at: At = None,
    ) -> None:
        """Plays a pattern on a node, on each node of a group, or on the path of a control.

        `pattern` is a Pattern, a text in krach's notation, or `None` to end the one that plays. It takes the
        place of what moved that path before. The first pattern starts at once, as bar 1; another node's at
        the next bar; a replacement at once and in phase. `from_zero` starts the pattern's own cycle 0 at the
        next bar. `at` is another moment: "now", "beat", "bar", or the
        number of a bar. `swing` is that of `Pattern.swing`, on a grid of 8.

        A chord on a node that plays one note at a time is the warning `krach.OutOfRange`.
        A control that the node does not have: the warning `krach.UnknownName`, and the old pattern plays on.

        >>> _ = kr.node("bass", synths.acid)
        >>> kr.play("bass", kr.seq("A1", "A1", None, "C2"), swing=0.6)
        >>> kr.play("bass/cutoff", kr.sine(300, 3000).over(4))
        >>> kr.slots["bass"].playing
        True
        """
        path = words.name("a target", target)
        if pattern is None:
            return self._session.hush(path, at)
        found = words.pattern(pattern)
        _, tuned = self._session.tuning
        if isinstance(tuned, Tuning) and self._session.named(path)[0] in ("node", "group"):
            found = tuned.tune(found)
        found = found if swing is None else found.swing(swing)
        self._session.play(path, found, words.flag("`from_zero`", from_zero), at)
        for name, notes in self._session.chords(path):
            _place.warn(f"chord of {notes} on mono node '{name}': declare count={notes}", OutOfRange)
        return words.wake(self._session)

    @statement
    def hush(self, name: str | NodeHandle, *, at: At = None) -> None:
        """Ends the pattern of a node and everything that moves its controls, or the driver of one path.

        Gates close, values stay where they are, and releases and echoes ring on. A group means its nodes.

        >>> kr.node("bass", synths.acid) @ "A1 C2"
        Node('bass', acid, gain=0.50)
        >>> kr.hush("bass")
        >>> kr.slots
        {}
        """
        self._session.hush(words.name("a name", name), at)

    @statement
    def stop(self) -> None:
        """Ends all patterns, fades and modulations, and closes all gates.

        >>> kr.stop()
        """
        self._session.stop()

    @statement
    def fade(
        self,
        path: str | NodeHandle,
        target: float | str,
        bars: float = 4,
        steps_per_bar: int = 4,
        *,
        at: At = None,
    ) -> None:
        """Moves a path in a straight line, from the value that sounds to `target`, over `bars` bars.

        A node means its gain, a group that of each of its nodes; `master`, `tempo` and `bass/verb_send` are
        paths too. `bars` may be a fraction. `steps_per_bar` has no effect: the line is smooth.

        Errors: KR0904 for bars that are not positive.

        >>> _ = kr.node("bass", synths.acid)
        >>> kr.fade("bass/cutoff", 4000, bars=8)
        >>> kr.fade("bass", "-20dB", bars=0.5)
        """
        where = words.name("a path", path)
        self._session.fade(where, self._quantity(where, target), bars, at)

    @statement
    def mod(
        self,
        path: str | NodeHandle,
        shape_or_pattern: str | Pattern,
        lo: float = 0.0,
        hi: float = 1.0,
        bars: float = 1,
    ) -> None:
        """Moves a path between `lo` and `hi` by a shape that repeats every `bars` bars.

        The shapes are "sine", "tri", "ramp", "ramp_down", "square" and "exp". A Pattern plays, stretched over
        `bars`, instead. `kr.hush(path)` ends either.

        Errors: KR0904 for another shape, for bars that are not positive, and for `lo..hi` wholly outside the
        range of the control.

        >>> _ = kr.node("bass", synths.acid)
        >>> kr.mod("bass/cutoff", "sine", 300, 3000, bars=4)
        """
        where = words.name("a path", path)
        if isinstance(shape_or_pattern, Pattern):
            return self._session.play(where, shape_or_pattern.over(bars), True)
        shape = words.name("a shape", shape_or_pattern)
        ends = words.number("`lo`", lo), words.number("`hi`", hi)
        return self._session.modulate(where, shape, ends, bars)

    def pattern(self, target: str | NodeHandle) -> Pattern | None:
        """The pattern that plays a node or a path, or that played it last; `None` if there was none.

        >>> _ = kr.node("bass", synths.acid) @ "A1 C2"
        >>> kr.stop()
        >>> kr.pattern("bass")
        Pattern(A1, C2)
        """
        return self._session.pattern(words.name("a target", target))

    @property
    def slots(self) -> dict[str, SlotState]:
        """The patterns that play, by node or path."""
        rows = self._session.drivers()
        return {row["path"]: SlotState(row["pattern"], True) for row in rows if row["pattern"] is not None}

    @property
    def automations(self) -> dict[str, str]:
        """The fades and modulations that move paths, each as a line of text."""
        return {row["path"]: row["text"] for row in self._session.drivers() if row["kind"] != "pattern"}

    def _quantity(self, path: str, value: float | str) -> float:
        """A number, or, for a gain or a send, decibels."""
        if not isinstance(value, str) or self._session.named(path)[0] == "knob":
            return words.number(f"`{path}`", value)
        return words.level(f"`{path}`", value)
