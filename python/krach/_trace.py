"""Tracing: a Python function is called once with Signals, and each operation on them becomes a node.

A `Trace` is one such call. Traces nest (a DSP function may transpile another) and belong to a thread. Each
operation looks at the frame of its caller, so that its node has the user's line. The frames are kept until
the end: then their local variables give the nodes their names.
"""

from __future__ import annotations

import reprlib
import threading
from collections.abc import Sequence
from contextlib import suppress
from math import inf, isfinite
from sys import _getframe  # pyright: ignore[reportPrivateUsage]
from types import FrameType
from typing import cast

from krach import _place
from krach._errors import Error, Place, error
from krach._krach import Builder, Program
from krach._place import LIBRARY, USER, kind
from krach._signal import Signal

_Positions = list[tuple[int | None, int | None, int | None, int | None]]


class _Stack(threading.local):
    def __init__(self) -> None:
        self.traces: list[Trace] = []


_stack = _Stack()


def current() -> Trace:
    """The innermost trace of this thread."""
    if not _stack.traces:
        raise error(
            "KR0101",
            "krs builds sound only inside a DSP function",
            _place.user_place(),
            help=["put it into a function and give that to krs.transpile"],
        )
    return _stack.traces[-1]


class Trace:
    """One DSP function while it is traced."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.builder = Builder(name)
        self.depth = 0
        self._here: tuple[int, int] | None = None
        self._places: dict[tuple[int, int], Place] = {}
        self._positions: dict[int, _Positions] = {}
        self._root: FrameType | None = None
        self._frames: dict[int, _Scope] = {}
        self._results: dict[int, int] = {}

    def __enter__(self) -> Trace:
        _stack.traces.append(self)
        self._root = _getframe(1)
        return self

    def __exit__(self, *raised: object) -> None:
        _stack.traces.pop()
        self._root = None
        self._frames.clear()

    def apply(self, function: str, *operands: object) -> Signal:
        """A pure function of signals and numbers, sample by sample."""
        if not _stack.traces or _stack.traces[-1] is not self:
            raise self.leaked()
        self.locate()
        return self.signal(self.builder.apply(function, *map(self.node, operands)))

    def leaked(self) -> Error:
        """The error for a signal of this trace that is used in another one, or in none."""
        of = f"`{self.name}`"
        where = "after it has returned"
        if _stack.traces:
            where = f"in `{_stack.traces[-1].name}`"
            if _stack.traces[-1].name == self.name:
                of = f"an earlier call of `{self.name}`"
        return error(
            "KR0106",
            f"a Signal of {of} is used {where}",
            _place.user_place(),
            help=["a Signal lives only inside the function that made it: make it again here"],
        )

    def signal(self, node: int) -> Signal:
        """The handle of a node."""
        signal = object.__new__(Signal)
        signal.trace = self
        signal.node = node
        return signal

    def node(self, value: object) -> int:
        """The node of a Signal or of a constant: all that `float()` takes but texts and arrays."""
        if isinstance(value, Signal):
            if value.trace is not self:
                raise value.trace.leaked()
            return value.node
        return self.builder.real(self.number(value))

    def integer(self, value: object) -> int:
        """The node of a signal as an int; whole numbers of 32 bits are constants."""
        if isinstance(value, Signal):
            return self.builder.integer(self.node(value))
        number = self.finite("an int", value)
        if number == int(number) and -(1 << 31) <= number < 1 << 31:
            return self.builder.whole(int(number))
        return self.builder.integer(self.builder.real(number))

    def bits(self, function: str, *operands: object) -> Signal:
        """An operator of ints, bit by bit."""
        if not _stack.traces or _stack.traces[-1] is not self:
            raise self.leaked()
        self.locate()
        return self.signal(self.builder.apply(function, *map(self.integer, operands)))

    def number(self, value: object) -> float:
        """A constant as a float. A number that is not finite is refused later, where it becomes a node."""
        if isinstance(value, (float, int)):
            try:
                return float(value)
            except OverflowError:
                return inf
        if isinstance(value, Signal):
            raise self.error(
                "KR0119", "a Signal is not one number", help="it is fixed when the function is traced"
            )
        if is_number(value):
            with suppress(TypeError, ValueError):
                return float(cast("float", value))
        raise self.error(
            "KR0104",
            f"{describe(value)} is neither a Signal nor a number",
            help="pass a Signal, or one number",
        )

    def finite(self, what: str, value: object) -> float:
        """A constant that must be finite, although it becomes no node."""
        number = self.number(value)
        if not isfinite(number):
            raise self.error("KR0103", f"{what} must be finite, got {number}")
        return number

    def locate(self) -> None:
        """Keeps the user's line for the next nodes, and the frames that build sound, for their names."""
        frame: FrameType | None = _getframe(2)
        innermost = None
        while frame is not None and frame is not self._root and id(frame) not in self._frames:
            whose = kind(frame.f_code)
            # The variables of a function such as `control`, called by the user, are not names of the user's.
            if whose == USER or (whose == LIBRARY and self.depth > 0):
                self._frames[id(frame)] = _Scope(frame, self)
                innermost = innermost or frame
            frame = frame.f_back
        if self.depth == 0:
            self._move(innermost or frame)

    def _move(self, frame: FrameType | None) -> None:
        while frame is not None and kind(frame.f_code) != USER:  # a library function traced by itself
            frame = frame.f_back
        if frame is None:
            return
        code = frame.f_code
        key = (id(code), frame.f_lasti)
        if key == self._here:
            return
        self._here = key
        place = self._places.get(key)
        if place is None:
            positions = self._positions.get(id(code))
            if positions is None:
                positions = self._positions[id(code)] = list(code.co_positions())
            place = self._places[key] = _place.place_of(code, frame.f_lasti, positions)
        self.builder.at(*place)

    def error(self, code: str, message: str, help: str | None = None) -> Error:
        """An error at the user's place."""
        place = _place.user_place() if self._here is None else self._places[self._here]
        return error(code, message, place, help=[] if help is None else [help])

    def enter(self, function: str) -> None:
        """Opens a library function: the next nodes belong to it."""
        self.builder.enter(function)
        self.depth += 1

    def leave(self, results: list[int]) -> None:
        """Closes the library function."""
        self.depth -= 1
        self.builder.leave(results)
        self._results.update(dict.fromkeys(results, self.depth))

    def use(self, program: Program, inputs: Sequence[object]) -> tuple[Signal, ...]:
        """The outputs of a finished program for these inputs, through its effect if it has one."""
        wanted = len(program.inputs)
        if len(inputs) != wanted:
            raise self.error(
                "KR0114",
                f"`{program.name}` has {wanted} audio input{'' if wanted == 1 else 's'}, given {len(inputs)}",
                help="call it with one Signal or number for each input; constants are set by krs.transpile",
            )
        nodes = [self.node(value) for value in inputs]
        heard = self.spliced(self.builder.splice(program.name, program, nodes))
        if program.effect is None:
            return heard
        # As in the engine: too few channels repeat, too many are added up.
        ports = len(program.effect.inputs)
        fed = [heard[at % len(heard)] for at in range(ports)]
        for at, extra in enumerate(heard[ports:] if ports else ()):
            fed[at % ports] = fed[at % ports] + extra
        return self.use(program.effect, fed)

    def spliced(self, results: list[int]) -> tuple[Signal, ...]:
        """The results of a program that the builder has put into a scope of its own."""
        self._results.update(dict.fromkeys(results, self.depth))
        return tuple(map(self.signal, results))

    def abandon(self) -> None:
        """Closes the library function after an error."""
        self.depth -= 1
        self.builder.abandon()

    def argument(self, name: str, outer: int) -> Signal:
        """A parameter of a library function, as a signal inside it."""
        return self.signal(self.builder.argument(name, outer))

    def finish(self) -> Program:
        """The program. Each signal has the name of the local variable that held it. The outermost variable
        wins: the result of a helper has the name that its caller gave it.
        """
        for scope in sorted(self._frames.values(), key=lambda scope: scope.depth):
            for name, node in scope.names(self):
                if scope.level <= self._results.get(node, scope.level):  # the caller names a result
                    self.builder.name(node, name)
        return self.builder.finish()


class _Scope:
    """A frame that builds sound: how many frames and library calls deep it is, and the signals that it
    already had, which are named elsewhere.
    """

    def __init__(self, frame: FrameType, trace: Trace) -> None:
        self.frame = frame
        self.level = trace.depth
        self.depth = 0
        outer = frame.f_back
        while outer is not None:
            self.depth += 1
            outer = outer.f_back
        self._given = {node for _, node in self._held(trace)}

    def names(self, trace: Trace) -> list[tuple[str, int]]:
        """The frame's own variables with signals made in it."""
        return [(name, node) for name, node in self._held(trace) if node not in self._given]

    def _held(self, trace: Trace) -> list[tuple[str, int]]:
        captured = self.frame.f_code.co_freevars
        return [
            (name, value.node)
            for name, value in self.frame.f_locals.items()
            if isinstance(value, Signal)
            and value.trace is trace
            and name not in captured
            and name.strip("_").isidentifier()
        ]


def is_number(value: object) -> bool:
    """Whether `float()` may be tried: not on texts, nor on arrays that have an axis."""
    if isinstance(value, (str, bytes, bytearray)):
        return False
    return not hasattr(type(value), "__len__") or getattr(value, "shape", None) == ()


def describe(value: object) -> str:
    """A value in a message: short, and never a wall of numbers."""
    if value is None:
        return "None"
    kind_of = type(value)
    if kind_of in (str, int, float, bool, tuple, list):
        with suppress(ValueError):  # integers of thousands of digits have no text
            text = reprlib.repr(value)
            if len(text) <= 60:
                return f"`{text}`"
    name = kind_of.__name__
    return f"a{'n' if name[:1].lower() in 'aeiou' else ''} {name}"
