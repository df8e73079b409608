"""Several changes as one, steps back and forth, and scenes."""

from __future__ import annotations

from krach._entrance import entrance
from krach._errors import error
from krach._mixer import words
from krach._mixer.facts import At
from krach._mixer.step import Step
from krach._mixer.words import Musical
from krach._trace import describe


class Scenes(Musical):
    """Batches, history and scenes of a mixer."""

    __slots__ = ()

    def batch(self) -> Step:
        """`with kr.batch():` makes all changes inside happen together at its end, or none if it raises.

        >>> with kr.batch():
        ...     bass = kr.node("bass", synths.acid)
        ...     bass @ "A1 . C2 ."
        Node('bass', acid, gain=0.50)
        >>> len(kr.history)
        1
        """
        return Step(self._session)

    def at(self, when: At) -> Step:
        """`with kr.at("bar"):` makes all changes inside heard at a moment: "now", "beat", "bar", or a bar.

        >>> _ = kr.node("bass", synths.acid)
        >>> with kr.at(9):
        ...     kr.mute("bass")
        """
        return Step(self._session, at=when)

    @entrance
    def transition(self, bars: float = 4) -> Step:
        """`with kr.transition(bars=4):` turns every value that is set inside into a fade over `bars` bars.

        Controls, gains, pans, sends, master and tempo move, those that a recalled scene changes too; all else
        changes at the end of the block. With 0 bars it is `batch`. Errors: KR0907, a `RuntimeError`, inside
        another transition; KR0904 for bars below 0.

        >>> _ = kr.node("bass", synths.acid)
        >>> with kr.transition(bars=8):
        ...     kr.set("bass/cutoff", 3000)
        >>> list(kr.automations)
        ['bass/cutoff']
        """
        length = words.number("`bars`", bars)
        if not length >= 0:
            raise error("KR0904", f"bars must be a positive number, got {describe(bars)}")
        return Step(self._session, bars if length > 0 else None)

    @entrance
    def undo(self) -> bool:
        """Takes the last change back, or the last batch. Whether there was one.

        >>> kr.tempo = 90
        >>> kr.undo(), kr.tempo
        (True, 120.0)
        >>> kr.redo(), kr.tempo
        (True, 90.0)
        """
        return self._session.undo()

    @entrance
    def redo(self) -> bool:
        """Makes again the change that was undone last. Whether there was one."""
        return self._session.redo()

    @property
    def history(self) -> list[str]:
        """The changes that `undo` takes back, the oldest first, one line each."""
        return ["; ".join(step) for step in self._session.history()]

    def diff(self) -> list[str]:
        """The changes of the open batch, or of the last step, one line each.

        A node of the last step that got other code while it played has one more line: how the new code faded
        in, and which state it kept, began and dropped.

        >>> kr.tempo = 90
        >>> kr.diff()
        ['set tempo to 90']
        """
        return [*self._session.edits(), *self._session.swaps()]

    @entrance
    def save(self, name: str) -> None:
        """Saves everything that should sound as a scene, in the place of an earlier one of that name.

        >>> kr.save("verse")
        >>> kr.scenes
        ['verse']
        """
        self._session.save(words.name("a scene", name))

    @entrance
    def recall(self, name: str, *, at: At = None) -> None:
        """Goes to a scene, at once or at a moment. Nodes and patterns that are the same play on.

        Errors: KR0905, a `ValueError`, for a name that no scene has.

        >>> kr.save("slow")
        >>> kr.tempo = 180
        >>> kr.recall("slow")
        >>> kr.tempo
        120.0
        """
        self._session.recall(words.name("a scene", name), at)

    @property
    def scenes(self) -> list[str]:
        """The names of the scenes, in the order of their first saving."""
        return self._session.scenes
