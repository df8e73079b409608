"""`NodeHandle`: one node, with operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, cast

from krach._definition import DspDef
from krach._entrance import entrance
from krach._errors import error
from krach._krach import Control, Pattern
from krach._mixer import words
from krach._mixer.sources import sound_of
from krach._trace import describe

if TYPE_CHECKING:
    from krach._mixer.facts import NodeFacts
    from krach._mixer.module_handle import ModuleHandle
    from krach._mixer.nodes import Outlet
    from krach.mixer import Mixer

_AT = "`@` binds as tightly as `*`: write k @ (kr.hit() * 4)"


class NodeHandle:
    """A node by its name, as `kr.node` returns it. It follows a node that is declared again.

    `bass >> verb` routes, `bass >> (verb, 0.4)` with a level; `bass @ pattern` plays, `bass @ None` ends;
    `bass @ ("cutoff", pattern)` moves a control; `bass["cutoff"]` is its value, and can be set.

    >>> bass, verb = kr.node("bass", synths.acid), kr.node("verb", fx.hall)
    >>> bass >> (verb, 0.4)
    Node('verb', hall, gain=0.50)
    >>> bass @ "A1 . A1 C2" @ ("cutoff", kr.sine(300, 2000).over(4))
    Node('bass', acid, gain=0.50)
    >>> bass["cutoff"] = 1200
    >>> bass["cutoff"], bass["gain"]
    (1200.0, 0.5)
    """

    __slots__ = ("_mixer", "_name")

    _mixer: Mixer
    _name: str

    def __init__(self, mixer: Mixer, name: str) -> None:
        """Users get handles from `kr.node` and `kr["bass"]`."""
        self._mixer = mixer
        self._name = name

    @property
    def name(self) -> str:
        """The name of the node."""
        return self._name

    def _facts(self) -> NodeFacts | None:
        return self._mixer._session.node(self._name)  # pyright: ignore[reportPrivateUsage]

    @property
    def is_effect(self) -> bool:
        """Whether it has audio inputs."""
        facts = self._facts()
        return facts is not None and bool(facts["inputs"])

    @property
    def sound(self) -> DspDef | None:
        """Its sound; `None` for a removed node, and for an input of the device."""
        return sound_of(self._mixer._session, self._name)  # pyright: ignore[reportPrivateUsage]

    @property
    def faust(self) -> str:
        """Its sound as Faust text, "" if it has none."""
        sound = self.sound
        return "" if sound is None else sound.faust

    @property
    def controls(self) -> tuple[Control, ...]:
        """The controls of its sound, with their ranges."""
        facts = self._facts()
        return () if facts is None else tuple(facts["controls"])

    def _repr_html_(self) -> str:
        """Its controls with their values, and a short listen, for notebooks."""
        from html import escape  # only a notebook asks for it

        from krach._page import page

        facts, sound = self._facts(), self.sound
        if facts is None or sound is None:
            return f"<div><strong>{escape(repr(self))}</strong></div>"
        return page(sound, repr(self), facts["values"])

    def play(self, *what: str | Pattern | None, from_zero: bool = False, swing: float | None = None) -> None:
        """`play(pattern)` plays notes, `play("cutoff", pattern)` moves a control.

        >>> kr.node("bass", synths.acid).play("cutoff", kr.ramp(200, 2000))
        """
        if len(what) == 1:
            self._mixer.play(self, what[0], from_zero=from_zero, swing=swing)
        elif len(what) == 2 and isinstance(what[0], str):
            self._mixer.play(self.path(what[0]), what[1], from_zero=from_zero, swing=swing)
        else:
            self._no_play(what)

    @entrance
    def _no_play(self, what: tuple[object, ...]) -> NoReturn:
        got = ", ".join(describe(part) for part in what)
        raise error("KR0909", f'write play(pattern) or play("cutoff", pattern), not play({got})')

    def pattern(self) -> Pattern | None:
        """The pattern that it plays or played last, `None` if there was none."""
        return self._mixer.pattern(self._name)

    def path(self, param: str) -> str:
        """The path of one of its controls: `bass/cutoff`."""
        return f"{self._name}/{words.name('a control', param)}"

    def set(self, param: str, value: float | str) -> None:
        """Sets a control."""
        self._mixer.set(self.path(param), value)

    def fade(self, param: str, target: float | str, bars: float = 4) -> None:
        """Moves a control to a value over some bars."""
        self._mixer.fade(self.path(param), target, bars)

    def gain(self, value: float | str | None = None) -> float | None:
        """Sets the gain, linear or as "-6dB"; without a value returns it."""
        if value is None:
            return self._mixer.get_ctrl(self._name, "gain")
        return self._mixer.gain(self, value)

    def pan(self, value: float | None = None) -> float | None:
        """Sets the position, -1 left to 1 right; without a value returns it."""
        if value is None:
            return self._mixer.get_ctrl(self._name, "pan")
        return self._mixer.set(self.path("pan"), value)

    def out(self, out: Outlet | NodeHandle = "master") -> None:
        """Sets where it sounds: "master", a node, channels of the device, or `None`: its routes only."""
        self._mixer.out(self, out)

    def mute(self) -> None:
        """Silences it, its routes too."""
        self._mixer.mute(self)

    def unmute(self) -> None:
        """Ends the mute: the gain is as before, or as set meanwhile."""
        self._mixer.unmute(self)

    def solo(self, add: bool = False) -> None:
        """Silences all nodes but this one and those it feeds; with `add`, beside those that are soloed."""
        self._mixer.solo(self, add=add)

    def hush(self) -> None:
        """Ends its patterns, fades and modulations."""
        self._mixer.hush(self)

    def remove(self) -> None:
        """Removes it with its routes and patterns."""
        self._mixer.remove(self)

    def send(self, target: str | NodeHandle, level: float | str = 0.5, **how: Any) -> NodeHandle:
        """Routes it into an effect at a level. `port=` and `pre=` are as for `kr.connect`."""
        self._mixer.connect(self, target, level, **how)
        return self

    def unsend(self, target: str | NodeHandle) -> None:
        """Ends the routes into an effect."""
        self._mixer.unsend(self, target)

    @entrance
    def __rshift__(self, target: object) -> Any:
        level: object = 1.0
        pair = cast("tuple[object, ...]", target) if isinstance(target, tuple) else (target, level)
        if len(pair) != 2:
            raise error("KR0909", f"write `bass >> (verb, 0.4)`, not a tuple of {len(pair)}")
        wanted, level = pair
        found = NodeHandle(self._mixer, wanted) if isinstance(wanted, str) else wanted
        module = found if hasattr(found, "prefix") else None
        if module is not None:
            found = cast("ModuleHandle", module).input
        if not isinstance(found, NodeHandle):
            message = f"`>>` routes into a node, not into {describe(found)}"
            raise error("KR0909", message, help=["write `bass >> verb`, or `bass >> (verb, 0.4)`"])
        self._mixer.connect(self, found, words.level("a level", level))
        return found if module is None else module

    @entrance
    def __matmul__(self, what: object) -> NodeHandle:
        if what is None:
            self.hush()
        elif isinstance(what, tuple):
            pair = cast("tuple[object, ...]", what)
            if len(pair) != 2 or not isinstance(pair[0], str):
                raise error("KR0909", f'write `bass @ ("cutoff", pattern)`, not {describe(pair)}')
            self._mixer.play(self.path(pair[0]), cast("Pattern", pair[1]))
        elif isinstance(what, (Pattern, str)):
            self._mixer.play(self, what)
        else:
            message = f"`@` plays a pattern, not {describe(what)}"
            raise error("KR0909", message, help=['write `bass @ kr.seq("A1", "C2")` or `bass @ "A1 C2"`'])
        return self

    @entrance
    def __mul__(self, other: object) -> NoReturn:
        raise error("KR0909", _AT)

    __add__ = __or__ = __mul__

    def __getitem__(self, param: str) -> float:
        return self._mixer.value(self.path(param))

    def __setitem__(self, param: str, value: float | str) -> None:
        self._mixer.set(self.path(param), value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NodeHandle):
            return NotImplemented
        return (self._name, self._mixer) == (other._name, other._mixer)

    def __hash__(self) -> int:
        return hash(self._name)

    def __repr__(self) -> str:
        facts = self._facts()
        if facts is None:
            return f"Node({self._name!r}, removed)"
        program = facts["program"]
        parts = [repr(self._name), f"input {facts['channel']}" if program is None else program.name]
        parts.append(f"gain={facts['gain']:.2f}")
        parts += [f"count={facts['count']}"] if facts["count"] > 1 else []
        parts += ["muted"] if facts["muted"] else []
        return f"Node({', '.join(parts)})"

    def _ipython_key_completions_(self) -> list[str]:
        return [*(control.name for control in self.controls), "gain", "pan"]
