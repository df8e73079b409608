"""Modules: the session as a value, loaded, instantiated, traced."""

from __future__ import annotations

import os
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

from krach import _place
from krach._arguments import path as file_path
from krach._definition import DspDef
from krach._entrance import entrance
from krach._errors import UnknownName, error
from krach._mixer import words
from krach._mixer.module_handle import ModuleHandle
from krach._mixer.nodes import Nodes
from krach._mixer.routes import Routing
from krach._mixer.scenes import Scenes
from krach._mixer.sources import resolve, sound_of, text_of
from krach._mixer.step import Step
from krach._trace import describe
from krach.ir.module import (
    FADE,
    AutomationDef,
    ControlDef,
    ModuleIr,
    MutedDef,
    NodeDef,
    PatternDef,
    RouteDef,
    damaged,
    flatten,
    prefix_ir,
)
from krach.module_proxy import ModuleProxy, module

if TYPE_CHECKING:
    from krach.mixer import Mixer

_LONGEST = 256 << 20
"""Bytes of a module's file."""
_INPUTS = 256
"""Channels of a device."""


class Modules(Nodes, Routing, Scenes):
    """Modules of a mixer."""

    __slots__ = ()

    module = staticmethod(module)

    def trace(self) -> ModuleProxy:
        """A recorder of nodes, routes and patterns: its `build()` is a module.

        >>> m = kr.trace()
        >>> m.node("osc", synths.acid)
        ProxyHandle('osc')
        >>> len(m.build().nodes)
        1
        """
        return ModuleProxy()

    @entrance
    def capture(self) -> ModuleIr:
        """The whole session as a value that can be saved and loaded: `json.dumps(ir.to_dict())`.

        >>> _ = kr.node("bass", synths.acid, gain=0.3) @ "A1 C2"
        >>> kr.capture().nodes[0].gain
        0.3
        """
        session, rows = self._session, dict(self._rows())
        nodes: list[NodeDef] = []
        for name, facts in rows.items():
            sound: DspDef | str = sound_of(session, name) or f"input:{facts['channel']}"
            values, out = tuple(sorted(facts["values"].items())), facts["out"]
            place = tuple(out) if isinstance(out, list) else out
            size = len(facts["inputs"])
            row = NodeDef(name, sound, facts["gain"], facts["count"], size, values, "", facts["pan"], place)
            nodes.append(row)
        routes = (
            RouteDef(
                r.source, r.target, "send" if r.port is None else "wire", r.level, r.port or "in0", r.pre
            )
            for r in self.routes
        )
        drivers = session.drivers()
        return ModuleIr(
            nodes=tuple(nodes),
            routing=tuple(routes),
            patterns=tuple(
                PatternDef(d["path"], p.shift(d["offset"]) if d["offset"] else p)
                for d in drivers
                if (p := d["pattern"]) is not None
            ),
            controls=tuple(
                ControlDef(f"{n}/{c}", v) for n, f in rows.items() for c, v in f["values"].items()
            ),
            automations=tuple(
                AutomationDef(d["path"], *d["shape"]) for d in drivers if d["shape"] is not None
            ),
            muted=tuple(MutedDef(name, facts["gain"]) for name, facts in rows.items() if facts["muted"]),
            tempo=session.tempo,
            meter=_exact(Fraction(*session.exact_meter)),
            master=session.master,
        )

    @entrance
    def scene(self, name: str) -> ModuleIr:
        """A saved scene as a module; the session stays as it is.

        >>> kr.save("empty")
        >>> kr.scene("empty").nodes
        ()
        """
        self._session.begin()
        try:
            self._session.recall(words.name("a scene", name))
            return self.capture()
        finally:
            self._session.cancel()

    @entrance
    def load(self, ir: ModuleIr | Mapping[str, Any] | str | os.PathLike[str]) -> None:
        """Adds a module to the session: a ModuleIr, its dictionary, or the path of its JSON file.

        Nodes of the same names get the module's sounds; all others stay. All of it happens, or nothing.

        Errors: KR0910 for a value that is no module, KR0501 for a file that cannot be read.

        >>> _ = kr.node("bass", synths.acid) @ "A1 C2"
        >>> other = krach.LiveMixer("off")
        >>> other.load(kr.capture())
        >>> other.slots["bass"].pattern
        Pattern(A1, C2)
        """
        self._load(_read(ir), settings=True)

    @entrance
    def instantiate(self, ir: ModuleIr, prefix: str) -> ModuleHandle:
        """Adds a module with all its names behind `prefix/`, and returns its handle.

        Tempo, meter and master of the session stay as they are.

        >>> @kr.module
        ... def voice(m):
        ...     m.node("osc", synths.acid)
        ...     m.outputs("osc")
        >>> kr.instantiate(voice(), "left").output
        Node('left/osc', acid, gain=0.50)
        """
        found, name = _read(ir), words.name("a prefix", prefix)
        placed = prefix_ir(flatten(found), name)
        self._load(placed, settings=False)
        mixer, names = cast("Mixer", self), tuple(node.name for node in placed.nodes)
        return ModuleHandle(mixer, name, names, placed.inputs, placed.outputs)

    def _load(self, ir: ModuleIr, settings: bool) -> None:
        whole, session = flatten(ir), self._session
        with Step(session):
            for node in whole.nodes:
                self._place(node)
            for node in whole.nodes:
                out = node.out
                session.out(node.name, list(out) if isinstance(out, tuple) else out)
            for route in whole.routing:
                port = route.port if route.kind == "wire" else None
                session.connect(route.source, route.target, float(route.level), port, route.pre)
            for setting in ("tempo", "meter", "master") if settings else ():
                if (value := getattr(whole, setting)) is not None:
                    setattr(session, setting, value)
            for control in whole.controls:
                session.set(control.path, float(control.value))
            # Values first: a value that is set ends what moves it.
            for muted in whole.muted:
                session.gain(muted.name, float(muted.saved_gain))
                session.mute(muted.name, True)
            for pattern in whole.patterns:
                found = pattern.pattern if pattern.swing is None else pattern.pattern.swing(pattern.swing)
                session.play(pattern.target, found, False)
            for move in whole.automations:
                if move.shape == FADE:
                    session.fade(move.path, float(move.hi), move.bars)
                else:
                    session.modulate(move.path, move.shape, (float(move.lo), float(move.hi)), move.bars)
        words.wake(session)

    def _place(self, node: NodeDef) -> None:
        session = self._session
        if isinstance(node.source, str) and node.source.startswith("input:"):
            channel = node.source.removeprefix("input:")
            if not (channel.isdecimal() and len(channel) <= 3 and int(channel) < _INPUTS):
                raise damaged(f"{describe(node.source)} is no input of the device")
            session.declare_input(node.name, int(channel), float(node.gain))
        else:
            sound = resolve(session, node.source)
            values = [(control, float(value)) for control, value in node.init]
            lost = session.declare(
                node.name,
                sound.program,
                sound.precision,
                float(node.gain),
                node.count,
                values,
                text_of(sound),
            )
            for control in lost:
                _place.warn(f"`{node.name}` has no control `{control}` any more", UnknownName)
        session.set(f"{node.name}/pan", float(node.pan))


def _exact(meter: Fraction) -> float | Fraction:
    """A float where it is exact."""
    return float(meter) if Fraction(float(meter)) == meter else meter


def _read(ir: object) -> ModuleIr:
    if isinstance(ir, ModuleIr):
        return ir
    if isinstance(ir, Mapping):
        return ModuleIr.from_dict(cast("Mapping[str, Any]", ir))
    import json  # read with the first file

    name = file_path("KR0501", ir)
    try:
        if os.path.getsize(name) > _LONGEST:
            raise damaged(f"`{name}` is larger than {_LONGEST >> 20} MB")
        with open(name, encoding="utf-8") as file:
            found = json.load(file)
    except OSError as wrong:
        raise error("KR0501", f"cannot read `{name}`: {wrong.strerror or wrong}") from wrong
    except (ValueError, RecursionError) as wrong:
        raise damaged(f"`{name}` is no JSON: {wrong}") from wrong
    return ModuleIr.from_dict(found)
