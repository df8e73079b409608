"""Values that are set by hand: controls, gains, mutes, solos."""

from __future__ import annotations

from krach._entrance import entrance
from krach._mixer import words
from krach._mixer.drivers import Drivers
from krach._mixer.facts import At
from krach._mixer.handle import NodeHandle
from krach._mixer.words import statement


class Levels(Drivers):
    """Controls, gains, mutes and solos of a mixer."""

    __slots__ = ()

    @statement
    def set(self, path: str | NodeHandle, value: float | str) -> None:
        """Sets a path: a control, `bass/gain`, `bass/pan`, `bass/verb_send`, `master` or `tempo`. A node
        means its gain.

        It ends a fade or a modulation there; a pattern sets the path again at its next event. A value outside
        the range of its control gives the warning `krach.OutOfRange`, and sounds at the end of that range.

        Errors: KR0405 and KR0904 for a value that is not finite or cannot be, KR0909 for a wrong type.

        >>> _ = kr.node("bass", synths.acid)
        >>> kr.set("bass/cutoff", 1200)
        >>> kr["bass/gain"] = "-6dB"
        >>> kr["bass/cutoff"]
        1200.0
        """
        where = words.name("a path", path)
        quantity = self._quantity(where, value)
        kind, names = self._session.named(where)
        if kind == "knob":
            words.within(where, quantity, self._session.range(where))
        elif names != ["tempo"]:
            words.loud(f"`{where}`", quantity)
        self._session.set(where, quantity)

    def __setitem__(self, path: str, value: float | str) -> None:
        self.set(path, value)

    @entrance
    def value(self, path: str | NodeHandle) -> float:
        """The value of a path that sounds now; while nothing plays, the one that was set last.

        Errors: KR0901 and KR0404 for a name that does not exist.

        >>> _ = kr.node("bass", synths.acid, cutoff=700)
        >>> kr.value("bass/cutoff")
        700.0
        """
        return self._session.sounding(words.name("a path", path))

    @entrance
    def get_ctrl(self, node: str | NodeHandle, param: str) -> float:
        """The value that a control of a node was last set to.

        >>> _ = kr.node("bass", synths.acid, cutoff=700)
        >>> kr.get_ctrl("bass", "cutoff")
        700.0
        """
        return self._session.value(f"{words.name('a node', node)}/{words.name('a control', param)}")

    @property
    def ctrl_values(self) -> dict[str, float]:
        """The values of all controls by path: as they were set, or as they start.

        >>> _ = kr.node("tone", lambda: krs.saw(krs.control("freq", 110, 20, 2000)))
        >>> kr.ctrl_values
        {'tone/freq': 110.0}
        """
        found: dict[str, float] = {}
        for name in self._session.nodes():
            if facts := self._session.node(name):
                start = {f"{name}/{control.name}": control.init for control in facts["controls"]}
                found |= start | {f"{name}/{key}": value for key, value in facts["values"].items()}
        return found

    @statement
    def gain(self, name: str | NodeHandle, value: float | str) -> None:
        """Sets the gain of a node, or of each node of a group: 0 or more, linear, or a text such as "-6dB".

        On a muted node it is the gain that `unmute` restores.

        >>> _ = kr.node("bass", synths.acid)
        >>> kr.gain("bass", 0.3)
        """
        who = words.name("a node", name)
        self._session.gain(who, words.loud(f"`{who}/gain`", words.level("a gain", value)))

    @statement
    def mute(self, name: str | NodeHandle, *, at: At = None) -> None:
        """Silences a node or a group, its routes too. Its gain is kept.

        >>> _ = kr.node("bass", synths.acid, gain=0.3)
        >>> kr.mute("bass")
        >>> kr.is_muted("bass"), kr.value("bass/gain")
        (True, 0.3)
        """
        self._session.mute(words.name("a node", name), True, at)

    @statement
    def unmute(self, name: str | NodeHandle, *, at: At = None) -> None:
        """Ends the mute of a node or a group."""
        self._session.mute(words.name("a node", name), False, at)

    @statement
    def solo(self, name: str | NodeHandle, add: bool = False, *, at: At = None) -> None:
        """Silences all nodes but these and those they feed; with `add`, beside those that are soloed.

        >>> kr.node("bass", synths.acid) >> kr.node("verb", fx.hall)
        Node('verb', hall, gain=0.50)
        >>> kr.solo("bass")
        >>> kr.soloed
        ['bass']
        """
        self._session.solo(words.name("a node", name), words.flag("`add`", add), at)

    @statement
    def unsolo(self) -> None:
        """Ends the solo; nodes that were muted stay muted.

        >>> kr.unsolo()
        """
        self._session.unsolo()

    @property
    def soloed(self) -> list[str]:
        """The nodes and groups that are soloed."""
        return self._session.soloed()

    @entrance
    def is_muted(self, name: str | NodeHandle) -> bool:
        """Whether a node is muted by `mute`. Errors: KR0901 for a name that no node has."""
        who = words.name("a node", name)
        facts = self._session.node(who)
        if facts is None:
            self._session.named(who)
        return facts is not None and facts["muted"]
