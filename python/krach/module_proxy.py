"""`@module`: a function that describes nodes and routes becomes a `ModuleIr`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from krach import _place
from krach._definition import DspDef, transpile
from krach._entrance import entrance
from krach._errors import error
from krach._krach import Pattern
from krach._mixer import words
from krach._trace import describe
from krach.ir.module import (
    AutomationDef,
    ControlDef,
    ModuleIr,
    MutedDef,
    NodeDef,
    PatternDef,
    RouteDef,
    flatten,
)

_P = ParamSpec("_P")


class ModuleProxy:
    """Records the statements of a module function, as if it were `kr`: the first parameter of the function.

    >>> m = kr.trace()
    >>> m.node("osc", synths.acid, gain=0.4) >> m.node("verb", fx.hall)
    ProxyHandle('verb')
    >>> m.outputs("verb")
    >>> [route.target for route in m.build().routing]
    ['verb']
    """

    def __init__(self) -> None:
        """Nothing is recorded yet."""
        self._rows: dict[str, list[Any]] = {}
        self._settings: dict[str, Any] = {}
        self._subs: list[tuple[str, ModuleIr]] = []
        self._frozen = False

    def _record(self, part: str, row: object) -> None:
        if self._frozen:
            raise error("KR0907", "the module is frozen: it was built", help=["trace a new one: kr.trace()"])
        self._rows.setdefault(part, []).append(row)

    @entrance
    def node(
        self, name: str, source: Any, gain: float | str = 0.5, count: int = 1, **init: float
    ) -> ProxyHandle:
        """Declares a node, as `kr.node`."""
        sound: DspDef | str = source if isinstance(source, (DspDef, str)) else transpile(source)
        inputs, text = (sound.num_inputs, sound.source) if isinstance(sound, DspDef) else (0, "")
        values = tuple((control, words.number(f"`{control}`", value)) for control, value in init.items())
        name, level = words.name("a node's name", name), words.level("a gain", gain)
        self._record("nodes", NodeDef(name, sound, level, count, inputs, values, text))
        return ProxyHandle(self, name)

    voice = node

    def bus(self, name: str, source: Any, gain: float | str = 0.5) -> ProxyHandle:
        """Declares an effect, as `kr.bus`."""
        return self.node(name, source, gain)

    @entrance
    def connect(
        self,
        source: Any,
        target: Any,
        level: float | str = 1.0,
        port: str | int | None = None,
        pre: bool = False,
    ) -> None:
        """Routes a node, as `kr.connect`."""
        ends = words.name("a source", source), words.name("a target", target)
        into = f"in{port}" if isinstance(port, int) else port
        kind = "send" if into is None else "wire"
        self._record("routing", RouteDef(*ends, kind, words.level("a level", level), into or "in0", pre))

    def send(self, source: Any, target: Any, level: float | str = 1.0) -> None:
        """Routes a node at a level."""
        self.connect(source, target, level)

    def wire(self, source: Any, target: Any, port: str = "in0") -> None:
        """Routes a node into one input."""
        self.connect(source, target, 1.0, port)

    @entrance
    def play(
        self, target: Any, pattern: Pattern | str, from_zero: bool = False, swing: float | None = None
    ) -> None:
        """Plays a pattern, as `kr.play`."""
        found = words.pattern(pattern)
        found = found if swing is None else found.swing(swing)
        self._record("patterns", PatternDef(words.name("a target", target), found))

    @entrance
    def set(self, path: Any, value: float) -> None:
        """Sets a control, as `kr.set`."""
        self._record("controls", ControlDef(words.name("a path", path), words.number("a value", value)))

    def gain(self, name: Any, value: float | str) -> None:
        """Sets the gain of a node."""
        self.set(f"{words.name('a node', name)}/gain", words.level("a gain", value))

    @entrance
    def mod(self, path: Any, shape: str, lo: float = 0.0, hi: float = 1.0, bars: float = 1) -> None:
        """Moves a path by a shape, as `kr.mod`."""
        self._record("automations", AutomationDef(words.name("a path", path), shape, lo, hi, bars))

    @entrance
    def mute(self, name: Any) -> None:
        """Mutes a node."""
        who = words.name("a node", name)
        gain = next((row.gain for row in self._rows.get("nodes", []) if row.name == who), 0.5)
        self._record("muted", MutedDef(who, gain))

    @entrance
    def inputs(self, *names: Any) -> None:
        """Names the nodes that take sound and notes from outside; once."""
        self._ends("inputs", names)

    @entrance
    def outputs(self, *names: Any) -> None:
        """Names the nodes that give the module's sound; once."""
        self._ends("outputs", names)

    def _ends(self, which: str, names: tuple[Any, ...]) -> None:
        if self._frozen or which in self._settings:
            raise error(
                "KR0907", f"{which} are declared once", help=[f"give all of them: m.{which}('a', 'b')"]
            )
        self._settings[which] = tuple(words.name("a node", name) for name in names)

    @entrance
    def sub(self, prefix: str, ir: ModuleIr) -> SubModuleRef:
        """Puts another module inside this one, its names behind `prefix/`."""
        if self._frozen:
            self._record("nodes", None)
        if not isinstance(ir, ModuleIr):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise error("KR0909", f"a sub-module is a ModuleIr, not {describe(ir)}")
        self._subs.append((words.name("a prefix", prefix), ir))
        return SubModuleRef(prefix, ir)

    @property
    def tempo(self) -> float:
        """Beats per minute; 120 unless set."""
        return self._settings.get("tempo", 120.0)

    @tempo.setter
    def tempo(self, bpm: float) -> None:
        self._set("tempo", bpm)

    @property
    def meter(self) -> float:
        """Beats in a bar; 4 unless set."""
        return self._settings.get("meter", 4.0)

    @meter.setter
    def meter(self, beats: float) -> None:
        self._set("meter", beats)

    @property
    def master(self) -> float:
        """The gain of the whole; 0.7 unless set."""
        return self._settings.get("master", 0.7)

    @master.setter
    def master(self, gain: float) -> None:
        self._set("master", gain)

    @entrance
    def _set(self, name: str, value: object) -> None:
        if self._frozen:
            self._record(name, value)
        self._settings[name] = words.number(name, value)

    @entrance
    def build(self) -> ModuleIr:
        """The module; nothing more is recorded. Errors: KR0901 for a route to a node that is not there."""
        rows = {part: tuple(found) for part, found in self._rows.items()}
        ir = ModuleIr(**rows, **self._settings, sub_modules=tuple(self._subs))
        known = [node.name for node in flatten(ModuleIr(nodes=ir.nodes, sub_modules=ir.sub_modules)).nodes]
        for route in ir.routing:
            if route.target not in known:
                remedy = f"its nodes are {', '.join(known)}"
                raise error("KR0901", f"the module has no node `{route.target}`", help=[remedy])
        self._frozen = True
        return ir


class ProxyHandle:
    """A node of a module that is recorded, with the operators of a `NodeHandle`."""

    def __init__(self, proxy: ModuleProxy, name: str) -> None:
        """Made by `ModuleProxy.node`."""
        self._proxy = proxy
        self.name = name

    def __rshift__(self, target: Any) -> Any:
        """`osc >> verb` and `osc >> (verb, 0.4)`."""
        pair = cast("tuple[Any, Any]", target) if isinstance(target, tuple) else (target, 1.0)
        self._proxy.connect(self, *pair)
        return pair[0]

    def __matmul__(self, what: Any) -> ProxyHandle:
        """`osc @ pattern` and `osc @ ("cutoff", pattern)`."""
        if isinstance(what, tuple):
            param, pattern = cast("tuple[str, Pattern]", what)
            self._proxy.play(f"{self.name}/{param}", pattern)
        else:
            self._proxy.play(self, what)
        return self

    def __setitem__(self, param: str, value: float) -> None:
        """`osc["cutoff"] = 900`."""
        self._proxy.set(f"{self.name}/{param}", value)

    def __repr__(self) -> str:
        """Its name."""
        return f"ProxyHandle({self.name!r})"


class SubModuleRef:
    """A sub-module inside a module: `ref.input("osc")` is the whole name of one of its ends."""

    def __init__(self, prefix: str, ir: ModuleIr) -> None:
        """Made by `ModuleProxy.sub`."""
        self.prefix = prefix
        self._ir = ir

    @entrance
    def input(self, name: str) -> str:
        """The name of a declared input with its prefix. Errors: KR0910 for another name."""
        return self._end("inputs", self._ir.inputs, name)

    @entrance
    def output(self, name: str) -> str:
        """The name of a declared output with its prefix. Errors: KR0910 for another name."""
        return self._end("outputs", self._ir.outputs, name)

    def _end(self, which: str, names: tuple[str, ...] | None, name: str) -> str:
        if name not in (names or ()):
            declared = ", ".join(names or ()) or "none"
            raise error(
                "KR0910",
                f"the module `{self.prefix}` declares no such name in its {which}: {name}",
                help=[f"declared {which}: {declared}"],
            )
        return f"{self.prefix}/{name}"


def module(function: Callable[Concatenate[ModuleProxy, _P], object]) -> Callable[_P, ModuleIr]:
    """A function whose first parameter is a `ModuleProxy` becomes one that returns the module.

    >>> @krach.module
    ... def synth(m, freq=440):
    ...     m.node("osc", synths.acid, gain=0.5, freq=freq)
    ...     m.outputs("osc")
    >>> synth(freq=220).outputs
    ('osc',)
    """

    if not callable(function):
        raise error(
            "KR0910", f"a module is made of a function, not {describe(function)}", _place.user_place()
        )

    @wraps(function)
    def build(*args: _P.args, **kwargs: _P.kwargs) -> ModuleIr:
        proxy = ModuleProxy()
        function(proxy, *args, **kwargs)
        return proxy.build()

    signature = inspect.signature(function)
    shown = signature.replace(parameters=list(signature.parameters.values())[1:], return_annotation=ModuleIr)
    build.__signature__ = shown  # type: ignore[attr-defined]
    return build


module_decorator = module

__all__ = ["ModuleProxy", "ProxyHandle", "SubModuleRef", "module", "module_decorator"]
