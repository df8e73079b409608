"""`ModuleIr`: nodes, routes and patterns as one frozen value that can be saved, copied and loaded again.

The value holds everything that it needs: each sound is its program, with the Python text beside it where
that is known. `to_dict` gives plain values for JSON, `from_dict` reads them, also those of the original.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any, TypeVar, cast

from krach import _krach
from krach._arguments import is_text
from krach._definition import DspDef, revived
from krach._entrance import entrance
from krach._errors import error
from krach._trace import describe
from krach.pattern.pattern import Pattern
from krach.pattern.serialize import dict_to_pattern_node, pattern_node_to_dict

SCHEMA = 1
"""Of the dictionaries that `to_dict` writes."""
FADE = "fade"
"""The shape of a fade."""
_DEEPEST = 32
"""Of modules inside modules."""
_BEYOND = 1 << 1023

_T = TypeVar("_T")
Json = dict[str, Any]


@dataclass(frozen=True)
class NodeDef:
    """A node: `source` is its sound, or a name that `kr.node` understands, or `input:0` of the device."""

    name: str
    source: DspDef | str
    gain: float = 0.5
    count: int = 1
    num_inputs: int = 0
    init: tuple[tuple[str, float], ...] = ()
    source_text: str = ""
    pan: float = 0.0
    out: str | tuple[int, ...] | None = "master"


@dataclass(frozen=True)
class RouteDef:
    """A route: `kind` is "send", or "wire" into the input `port`."""

    source: str
    target: str
    kind: str = "send"
    level: float = 1.0
    port: str = "in0"
    pre: bool = False


@dataclass(frozen=True)
class PatternDef:
    """A pattern that plays a node or a path."""

    target: str
    pattern: Pattern
    swing: float | None = None


@dataclass(frozen=True)
class ControlDef:
    """A control that was set."""

    path: str
    value: float


@dataclass(frozen=True)
class AutomationDef:
    """A shape that moves a path, with a period in bars; or a "fade" that moves it to `hi` over `bars`."""

    path: str
    shape: str
    lo: float
    hi: float
    bars: float


@dataclass(frozen=True)
class MutedDef:
    """A muted node, and the gain that it has when the mute ends."""

    name: str
    saved_gain: float


@dataclass(frozen=True)
class ModuleIr:
    """A module, or a whole session. `inputs` and `outputs` name nodes; `sub_modules` are (prefix, module).

    >>> _ = kr.node("bass", synths.acid, gain=0.3) @ "A1 C2"
    >>> ir = kr.capture()
    >>> krach.ir.module.ModuleIr.from_dict(ir.to_dict()) == ir
    True
    """

    nodes: tuple[NodeDef, ...] = ()
    routing: tuple[RouteDef, ...] = ()
    patterns: tuple[PatternDef, ...] = ()
    controls: tuple[ControlDef, ...] = ()
    automations: tuple[AutomationDef, ...] = ()
    muted: tuple[MutedDef, ...] = ()
    tempo: float | None = None
    meter: float | Fraction | None = None
    master: float | None = None
    inputs: tuple[str, ...] | None = None
    outputs: tuple[str, ...] | None = None
    sub_modules: tuple[tuple[str, ModuleIr], ...] = ()

    def to_dict(self) -> Json:
        """The module as values for JSON: texts, numbers, lists and dictionaries. Empty parts are left out."""
        parts: Json = {"schema": SCHEMA}
        for part in _LISTS:
            if rows := getattr(self, part):
                parts[part] = [_row(row) for row in rows]
        for setting in ("tempo", "meter", "master"):
            if (value := getattr(self, setting)) is not None:
                exact = isinstance(value, Fraction)
                parts[setting] = [value.numerator, value.denominator] if exact else value
        for ends in ("inputs", "outputs"):
            if (names := getattr(self, ends)) is not None:
                parts[ends] = list(names)
        if self.sub_modules:
            parts["sub_modules"] = [{"prefix": p, "module": m.to_dict()} for p, m in self.sub_modules]
        return parts

    @staticmethod
    @entrance
    def from_dict(parts: Mapping[str, Any]) -> ModuleIr:
        """The module of a dictionary. Errors: KR0910, a `ValueError`, for one that is no module."""
        return _module(parts, 0)


_LISTS: dict[str, Callable[..., Any]] = {
    "nodes": NodeDef,
    "routing": RouteDef,
    "patterns": PatternDef,
    "controls": ControlDef,
    "automations": AutomationDef,
    "muted": MutedDef,
}


def damaged(what: str) -> Exception:
    """The error for a dictionary that is no module."""
    return error("KR0910", f"this is no module: {what}", help=["`kr.capture().to_dict()` makes one"])


def _row(row: object) -> Json:
    """A row without the values that are the defaults."""
    parts: Json = {}
    for field in fields(cast("Any", row)):
        value = getattr(row, field.name)
        if value == field.default:
            continue
        if isinstance(value, DspDef):
            value = _sound(value)
        elif isinstance(value, Pattern):
            value = pattern_node_to_dict(value)
        elif isinstance(value, tuple):
            value = [
                list(cast("tuple[object, ...]", v)) if isinstance(v, tuple) else v
                for v in cast("tuple[object, ...]", value)
            ]
        parts[field.name] = value
    return parts


def _sound(sound: DspDef) -> Json:
    _, (text, sounds) = sound.program.__reduce__()
    parts: Json = {"program": text, "precision": sound.precision}
    if sound.fn is not None and sound.source:
        parts["text"] = sound.source
    if sounds:
        parts["sounds"] = [base64.b64encode(one).decode() for one in sounds]
    return parts


def _module(parts: object, depth: int) -> ModuleIr:
    if not isinstance(parts, Mapping):
        raise damaged(f"a dictionary is wanted, not {describe(parts)}")
    if depth > _DEEPEST:
        raise damaged(f"modules stand inside each other more than {_DEEPEST} times")
    given = cast("Mapping[str, Any]", parts)
    if given.get("schema", SCHEMA) != SCHEMA:
        raise damaged(f"its schema is {describe(given['schema'])}, and this krach reads {SCHEMA}")
    made: dict[str, Any] = {}
    for key, kind in _LISTS.items():
        made[key] = tuple(_read(kind, row, f"{key}[{at}]") for at, row in enumerate(_list(given, key)))
    for key in ("tempo", "meter", "master"):
        if given.get(key) is not None:
            made[key] = _fraction(given[key]) if key == "meter" else _typed(given[key], (int, float), key)
    for key in ("inputs", "outputs"):
        if given.get(key) is not None:
            made[key] = tuple(_typed(name, (str,), key) for name in _list(given, key))
    subs = [_typed(sub, (Mapping,), "sub_modules") for sub in _list(given, "sub_modules")]
    made["sub_modules"] = tuple(
        (_typed(sub.get("prefix"), (str,), "a prefix"), _module(sub.get("module"), depth + 1)) for sub in subs
    )
    return ModuleIr(**made)


def _fraction(given: Any) -> float | Fraction:
    """A number, or a list of numerator and denominator."""
    pair = cast("list[Any]", given) if isinstance(given, list) else []
    if len(pair) == 2 and _typed(pair[1], (int,), "meter") > 0:
        return Fraction(_typed(pair[0], (int,), "meter"), pair[1])
    return _typed(given, (int, float), "meter")


def _list(parts: Mapping[str, Any], key: str) -> list[Any]:
    return list(_typed(parts.get(key) or [], (list, tuple), key))


def _typed(value: Any, kinds: tuple[type, ...], what: str) -> Any:
    if isinstance(value, kinds) and not isinstance(value, bool) and _usable(value):
        return value
    raise damaged(f"{what} is {describe(value)}")


def _usable(value: object) -> bool:
    """Whether a text can be written down, and a whole number is not beyond every float."""
    if isinstance(value, int):
        return abs(value) < _BEYOND
    return not isinstance(value, str) or is_text(value)


_KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(["name", "target", "path", "kind", "port", "shape", "source_text"], (str,)),
    **dict.fromkeys(["gain", "level", "value", "lo", "hi", "bars", "saved_gain", "pan"], (int, float)),
    **dict.fromkeys(["count", "num_inputs"], (int,)),
    "init": (list, tuple),
}


def _read(kind: Callable[..., _T], row: object, where: str) -> _T:
    given = dict(_typed(row, (Mapping,), where))
    for key, value in given.items():
        if key in _KINDS:
            _typed(value, _KINDS[key], f"`{key}` of {where}")
    if kind is NodeDef:
        given["source"] = _source(given.get("source"), where)
        given["init"] = tuple(_pair(pair, where) for pair in given.get("init", ()))
        if isinstance(out := given.get("out"), str):
            _typed(out, (str,), f"`out` of {where}")
        elif isinstance(out, list):
            given["out"] = tuple(_typed(channel, (int,), "`out`") for channel in cast("list[object]", out))
    elif kind is RouteDef:
        _typed(given.get("source"), (str,), f"`source` of {where}")
        given["pre"] = given.get("pre") is True
    elif kind is PatternDef:
        given["pattern"] = _pattern(given.get("pattern"), where)
    known = {field.name for field in fields(cast("Any", kind))}
    try:
        return kind(**{key: value for key, value in given.items() if key in known})
    except TypeError as missing:
        raise damaged(f"a part of {where} is missing") from missing


def _pattern(given: object, where: str) -> Pattern:
    try:
        return dict_to_pattern_node(cast("Any", given))
    except (ValueError, TypeError, KeyError, RecursionError) as wrong:
        raise damaged(f"the pattern of {where} cannot be read: {wrong}") from wrong


def _pair(pair: Any, where: str) -> tuple[str, float]:
    if isinstance(pair, (list, tuple)) and len(cast("list[object]", pair)) == 2:
        name, value = cast("list[Any]", pair)
        return _typed(name, (str,), f"`init` of {where}"), _typed(value, (int, float), f"`init` of {where}")
    raise damaged(f"`init` of {where} holds {describe(cast('object', pair))}")


def _source(given: Any, where: str) -> DspDef | str:
    if isinstance(given, (str, DspDef)):
        return given
    parts = _typed(given, (Mapping,), f"`source` of {where}")
    text = _typed(parts.get("program"), (str,), f"the program of {where}")
    precision = parts.get("precision", "single")
    if precision not in ("single", "double"):
        raise damaged(f"the precision of {where} is {describe(precision)}")
    try:
        sounds = [
            base64.b64decode(_typed(one, (str,), "a sound"), validate=True) for one in _list(parts, "sounds")
        ]
    except binascii.Error as wrong:
        raise damaged(f"a sound of {where} is damaged") from wrong
    written = _typed(parts.get("text", ""), (str,), f"the text of {where}")
    return revived(_krach.parse_program(text, sounds), written, precision, bool(written))


def prefix_ir(ir: ModuleIr, prefix: str) -> ModuleIr:
    """The same module with `prefix/` before every name.

    >>> ir = krach.ir.module.ModuleIr(nodes=(krach.ir.module.NodeDef("osc", "faust:osc"),))
    >>> krach.ir.module.prefix_ir(ir, "a").nodes[0].name
    'a/osc'
    """
    own = {node.name for node in ir.nodes} | {f"{p}/" for p, _ in ir.sub_modules}

    def put(name: str) -> str:
        return name if name in ("master", "tempo") and name not in own else f"{prefix}/{name}"

    def ends(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return None if names is None else tuple(map(put, names))

    nodes = (
        replace(n, name=put(n.name), out=put(n.out) if isinstance(n.out, str) else n.out) for n in ir.nodes
    )
    return replace(
        ir,
        nodes=tuple(nodes),
        routing=tuple(replace(r, source=put(r.source), target=put(r.target)) for r in ir.routing),
        patterns=tuple(replace(p, target=put(p.target)) for p in ir.patterns),
        controls=tuple(replace(c, path=put(c.path)) for c in ir.controls),
        automations=tuple(replace(a, path=put(a.path)) for a in ir.automations),
        muted=tuple(replace(m, name=put(m.name)) for m in ir.muted),
        inputs=ends(ir.inputs),
        outputs=ends(ir.outputs),
        sub_modules=tuple((put(p), m) for p, m in ir.sub_modules),
    )


def flatten(ir: ModuleIr) -> ModuleIr:
    """The module with its sub-modules' nodes, routes and patterns as its own, behind their prefixes.

    Errors: KR0910 for an input or output that names no node.

    >>> part = krach.ModuleIr(nodes=(krach.ir.module.NodeDef("osc", "faust:osc"),))
    >>> krach.ir.module.flatten(krach.ModuleIr(sub_modules=(("a", part),))).nodes[0].name
    'a/osc'
    """
    whole = replace(ir, sub_modules=())
    for prefix, module in ir.sub_modules:
        sub = prefix_ir(flatten(module), prefix)
        joined = {part: (*getattr(sub, part), *getattr(whole, part)) for part in _LISTS}
        whole = replace(whole, **joined)
    known = {node.name for node in whole.nodes}
    for name in (*(ir.inputs or ()), *(ir.outputs or ())):
        if name not in known:
            raise damaged(f"its end `{name}` is not found among its nodes {', '.join(sorted(known))}")
    return whole
