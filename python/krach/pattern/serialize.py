"""Patterns as JSON: dictionaries in the shape of the original, with further operations of krach's own.

The original writes a note as a frozen sequence of control atoms; it is read as a note.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from krach import _krach, _place
from krach._entrance import entrance
from krach._errors import Error, error
from krach._krach import Pattern
from krach._trace import describe

Json = dict[str, Any]
_Row = tuple[Any, ...]

_MOST_LEVELS = 256
"""Levels of nested dictionaries, as of patterns."""


@entrance
def pattern_node_to_dict(pattern: Pattern) -> Json:
    """The pattern as a dictionary of plain values, for `json.dumps`.

    >>> from krach.pattern import hit
    >>> pattern_node_to_dict(hit().fast(2))["op"]
    'Fast'
    """
    written: list[Json] = []
    for row in pattern.rows():
        written.append(_written(row, written))
    return written[-1]


@entrance
def dict_to_pattern_node(node: Mapping[str, Any]) -> Pattern:
    """The pattern of such a dictionary. Raises KR0802, a ValueError, for anything else.

    >>> from krach.pattern import seq
    >>> line = seq("C4", None, "E4", vel=0.5).every(4, lambda p: p.reverse())
    >>> dict_to_pattern_node(pattern_node_to_dict(line)) == line
    True
    """
    reader = _Reader()
    try:
        reader.read(node, 0)
        return _krach.pattern_of_rows(reader.rows)
    except Error:
        raise
    except RecursionError:
        raise _too_deep() from None
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as unfit:
        raise _refused(f"a pattern's dictionary is damaged: {unfit!r}") from None


def _refused(message: str) -> Error:
    return error("KR0802", message, _place.user_place())


def _too_deep() -> Error:
    return error("KR0804", f"a pattern nests at most {_MOST_LEVELS} levels", _place.user_place())


def _written(row: _Row, before: list[Json]) -> Json:
    """One row as a dictionary. Arguments stand in the order of `Pattern.rows`."""
    operation, rest = row[0], row[1:]

    def child(number: int) -> Json:
        return before[number]

    def param(value: object) -> object:
        return child(cast("tuple[int]", value)[0]) if isinstance(value, tuple) else value

    match operation:
        case "silence":
            return {"op": "Silence"}
        case "cat":
            children: Json = {"op": "Cat", "children": [child(number) for number in rest[0]]}
            even = all(weight == (1, 1) for weight in rest[1])
            return children if even else children | {"weights": [list(weight) for weight in rest[1]]}
        case "stack" | "choose":
            children = {"children": [child(number) for number in rest[-1]]}
            return (
                {"op": "Stack"} | children
                if operation == "stack"
                else {
                    "op": "Choose",
                    "seed": rest[0],
                }
                | children
            )
        case "freeze" | "reverse":
            return {"op": "Freeze" if operation == "freeze" else "Rev", "child": child(rest[0])}
        case "fast" | "legato":
            return {"op": operation.capitalize(), "factor": list(rest[0]), "child": child(rest[1])}
        case "shift":
            return {"op": "Late", "offset": list(rest[0]), "child": child(rest[1])}
        case "every":
            return {"op": "Every", "n": rest[0], "transform": child(rest[1]), "child": child(rest[2])}
        case "sometimes":
            then, otherwise = child(rest[2]), child(rest[3])
            return {
                "op": "Sometimes",
                "prob": rest[0],
                "seed": rest[1],
                "transform": then,
                "child": otherwise,
            }
        case "spread":
            pulses, steps, rotation, number = rest
            shape = {"pulses": pulses, "steps": steps, "rotation": rotation}
            return {"op": "Euclid", **shape, "child": child(number)}
        case "thin":
            return {"op": "Degrade", "prob": rest[0], "seed": rest[1], "child": child(rest[2])}
        case "mask":
            return {"op": "Mask", "mask": rest[0], "child": child(rest[1])}
        case "swing":
            amount, grid, number = rest
            return {
                "op": "Warp",
                "kind": "swing",
                "amount": list(amount),
                "grid": grid,
                "child": child(number),
            }
        case _:
            return {"op": "Atom", "value": _value(operation, rest, param)}


def _value(kind: str, rest: _Row, param: Any) -> Json:
    """The value of an atom, without its place."""
    match kind:
        case "note":
            pitch, gate, vel, params, _ = rest
            named = {name: param(value) for name, value in params}
            return {"type": "Played", "pitch": pitch, "gate": gate, "vel": param(vel), "params": named}
        case "control":
            return {"type": "Control", "label": rest[0], "value": rest[1]}
        case "number":
            return {"type": "Number", "value": rest[0]}
        case "curve":
            return {"type": "Curve", "shape": rest[0], "lo": rest[1], "hi": rest[2]}
        case "random":
            return {"type": "Random", "lo": rest[0], "hi": rest[1], "seed": rest[2]}
        case "midi":
            note, velocity, channel, dur, _ = rest
            return {"type": "Note", "channel": channel, "note": note, "velocity": velocity, "dur": dur}
        case "cc":
            return {"type": "Cc", "controller": rest[0], "value": rest[1], "channel": rest[2]}
        case _:
            kinds: dict[type, str] = {float: "Float", int: "Int", str: "Str"}
            return {"type": "Osc", "address": rest[0], "args": [{kinds[type(a)]: a} for a in rest[1]]}


class _Reader:
    """Turns dictionaries into rows, the children of a dictionary first."""

    def __init__(self) -> None:
        self.rows: list[_Row] = []

    def add(self, *row: object) -> int:
        self.rows.append(row)
        return len(self.rows) - 1

    def read(self, node: Mapping[str, Any], level: int) -> int:
        if not isinstance(node, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise _refused(f"a pattern is a dictionary, not {describe(node)}")
        if level > _MOST_LEVELS:
            raise _too_deep()

        def child(name: str = "child") -> int:
            return self.read(node[name], level + 1)

        def children() -> list[int]:
            return [self.read(one, level + 1) for one in node["children"]]

        operation = node.get("op")
        match operation:
            case "Atom":
                return self.atom(node["value"], level)
            case "Silence":
                return self.add("silence")
            case "Cat":
                numbers = children()
                weights = node.get("weights") or [(1, 1)] * len(numbers)
                return self.add("cat", numbers, [tuple(weight) for weight in weights])
            case "Stack":
                return self.add("stack", children())
            case "Choose":
                return self.add("choose", node["seed"], children())
            case "Freeze":
                note = _note_of_the_original(node["child"])
                return self.add("freeze", child()) if note is None else self.add(*note)
            case "Rev":
                return self.add("reverse", child())
            case "Fast" | "Legato":
                return self.add(operation.lower(), _fraction(node["factor"]), child())
            case "Slow":
                numerator, denominator = _fraction(node["factor"])
                return self.add("fast", (denominator, numerator), child())
            case "Late":
                return self.add("shift", _fraction(node["offset"]), child())
            case "Early":
                numerator, denominator = _fraction(node["offset"])
                return self.add("shift", (-numerator, denominator), child())
            case "Every":
                return self.add("every", node["n"], child("transform"), child())
            case "Sometimes":
                return self.add("sometimes", node["prob"], node["seed"], child("transform"), child())
            case "Euclid":
                return self.add("spread", node["pulses"], node["steps"], node.get("rotation", 0), child())
            case "Degrade":
                return self.add("thin", node["prob"], node.get("seed", 0), child())
            case "Mask":
                return self.add("mask", node["mask"], child())
            case "Warp" if node.get("kind") == "swing":
                return self.add("swing", _fraction(node["amount"]), node["grid"], child())
            case _:
                raise _refused(f"unknown PatternNode op {describe(operation)}")

    def atom(self, value: Mapping[str, Any], level: int) -> int:
        def param(of: object) -> object:
            if isinstance(of, Mapping):
                return (self.read(cast("Mapping[str, Any]", of), level + 1),)
            return of

        kind = value.get("type")
        match kind:
            case "Played":
                params = [(name, param(of)) for name, of in value["params"].items()]
                return self.add("note", value["pitch"], value["gate"], param(value["vel"]), params, None)
            case "Control":
                return self.add("control", value["label"], value["value"], None)
            case "Number":
                return self.add("number", value["value"], None)
            case "Curve":
                return self.add("curve", value["shape"], value["lo"], value["hi"], None)
            case "Random":
                return self.add("random", value["lo"], value["hi"], value["seed"], None)
            case "Note":
                velocity, channel = value.get("velocity", 100), value.get("channel", 0)
                return self.add("midi", value["note"], velocity, channel, value.get("dur", 1.0), None)
            case "Cc":
                return self.add("cc", value["controller"], value["value"], value.get("channel", 0), None)
            case "Osc":
                return self.add("osc", value["address"], [_argument(one) for one in value["args"]], None)
            case _:
                raise _refused(f"unknown value type {describe(kind)}")


def _fraction(value: object) -> tuple[int, int]:
    """`[2, 3]`, or a number."""
    if isinstance(value, Sequence):
        numerator, denominator = cast("Sequence[int]", value)
        return numerator, denominator
    numerator, denominator = cast("float", value).as_integer_ratio()
    if denominator > 1 << 20:
        return round(cast("float", value) * 10_000), 10_000
    return numerator, denominator


def _argument(argument: Mapping[str, Any]) -> object:
    (kind, value), *more = argument.items()
    if more or kind not in ("Float", "Int", "Str"):
        raise _refused(f"unknown OscArg {describe(kind)}")
    return float(value) if kind == "Float" else value


def _note_of_the_original(node: Mapping[str, Any]) -> _Row | None:
    """A note in the original's form: two steps, the first with a gate of 1, the second with 0."""
    try:
        if node["op"] != "Cat" or len(node["children"]) != 2:
            return None
        first, second = node["children"]
        layers = first["children"] if first["op"] == "Stack" else [first]
        values = [layer["value"] for layer in layers] + [second["value"]]
        if any(value["type"] != "Control" for value in values):
            return None
        gate = values[-1]["label"]
        given = {value["label"]: value["value"] for value in values[:-1]}
        if values[-1]["value"] != 0 or given.pop(gate, None) != 1 or len(given) != len(values) - 2:
            return None
    except (KeyError, TypeError):
        return None
    freq, vel = given.pop("freq", None), given.pop("vel", 1.0)
    return ("note", None if freq is None else float(freq), gate, vel, list(given.items()), None)
