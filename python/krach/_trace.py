"""Tracing: calling a Python function once with Signals, and writing down what it does with them.

A `Trace` is one such call. Traces nest (a DSP function may transpile another) and belong to a thread. Every
operation asks the frame that it came from, so that each node knows the user's line; the frames are kept until
the end, when their local variables give the nodes their names.
"""

from __future__ import annotations

import sys
import threading
from types import FrameType

from krach import _place
from krach._errors import Error, Place, error
from krach._krach import Builder, Program
from krach._place import LIBRARY, MACHINERY, kind
from krach._signal import Signal

_Positions = list[tuple[int | None, int | None, int | None, int | None]]


class _Stack(threading.local):
    def __init__(self) -> None:
        self.traces: list[Trace] = []


_stack = _Stack()


def current() -> Trace:
    """The trace that this thread is in."""
    if not _stack.traces:
        raise error(
            "KR0101",
            "krs builds sound only inside a DSP function",
            _place.user_place(),
            help=["put it into a function and give that to krs.transpile"],
        )
    return _stack.traces[-1]


class Trace:
    """One DSP function being written down."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.builder = Builder(name)
        self.depth = 0
        self._here: tuple[int, int] | None = None
        self._places: dict[tuple[int, int], Place] = {}
        self._positions: dict[int, _Positions] = {}
        self._last: FrameType | None = None
        self._frames: dict[int, tuple[int, FrameType]] = {}
        self._boundary: set[int] = set()

    def __enter__(self) -> Trace:
        _stack.traces.append(self)
        return self

    def __exit__(self, *raised: object) -> None:
        _stack.traces.pop()
        self._last = None
        self._frames.clear()

    def apply(self, function: str, *operands: object) -> Signal:
        """A pure function of signals and numbers, sample by sample."""
        if not _stack.traces or _stack.traces[-1] is not self:
            raise self.leaked()
        self.locate()
        return self.signal(self.builder.apply(function, *[self.node(operand) for operand in operands]))

    def leaked(self) -> Error:
        """The error for a signal of this trace that is used in another one, or in none."""
        where = f"in `{_stack.traces[-1].name}`" if _stack.traces else "after it has returned"
        return error(
            "KR0106",
            f"a Signal of `{self.name}` is used {where}",
            _place.user_place(),
            help=["a Signal lives only inside the function that made it: call what makes it here"],
        )

    def signal(self, node: int) -> Signal:
        """The handle of a node."""
        signal = object.__new__(Signal)
        signal._trace = self
        signal._node = node
        return signal

    def node(self, value: object) -> int:
        """The node of a signal, or of a constant: anything that `float()` takes, but for texts and arrays."""
        if isinstance(value, Signal):
            if value._trace is not self:
                raise value._trace.leaked()
            return value._node
        return self.builder.real(self.number(value))

    def number(self, value: object) -> float:
        """A constant as a float; what is not finite is refused later, where it becomes a node."""
        if isinstance(value, (float, int)):
            try:
                return float(value)
            except OverflowError:
                return float("inf")
        if not isinstance(value, (str, bytes, bytearray)) and not hasattr(type(value), "__len__"):
            try:
                return float(value)  # type: ignore[arg-type]
            except (TypeError, ValueError):
                pass
        raise self.error(
            "KR0104",
            f"{describe(value)} is neither a Signal nor a number",
            help="pass a Signal, or one number",
        )

    def locate(self) -> None:
        """Notes where the user is, and in which frame, for the nodes made next."""
        frame: FrameType | None = sys._getframe(2)
        skip = LIBRARY if self.depth == 0 else MACHINERY
        while frame is not None and skip <= kind(frame.f_code):
            frame = frame.f_back
        if frame is None:
            return
        if frame is not self._last:
            self._last = frame
            if id(frame) not in self._frames:
                self._frames[id(frame)] = (_depth(frame), frame)
        if self.depth == 0:
            self._move(frame)

    def _move(self, frame: FrameType) -> None:
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
        """Opens a library function; what follows is its own."""
        self.builder.enter(function)
        self.depth += 1

    def leave(self, results: list[int]) -> None:
        """Closes it."""
        self.depth -= 1
        self.builder.leave(results)
        self._boundary.update(results)

    def abandon(self) -> None:
        """Closes it after an error."""
        self.depth -= 1
        self.builder.abandon()

    def argument(self, name: str, outer: int) -> Signal:
        """A signal parameter, as the library function sees it."""
        inner = self.builder.argument(name, outer)
        self._boundary.add(inner)
        return self.signal(inner)

    def finish(self) -> Program:
        """The program. Its signals are called what the local variables that held them were; the outermost
        name wins, so that what a helper returns is called what its caller calls it."""
        for _, frame in sorted(self._frames.values(), key=lambda entry: entry[0]):
            code = frame.f_code
            library = kind(code) == LIBRARY
            for name, value in frame.f_locals.items():
                if not isinstance(value, Signal) or value._trace is not self:
                    continue
                if name in code.co_freevars or not name.strip("_").isidentifier():
                    continue
                if not (library and value._node in self._boundary):
                    self.builder.name(value._node, name)
        return self.builder.finish()


def _depth(frame: FrameType) -> int:
    depth = 0
    outer = frame.f_back
    while outer is not None:
        depth += 1
        outer = outer.f_back
    return depth


def describe(value: object) -> str:
    """A value in a message: short, and never a wall of numbers."""
    if value is None:
        return "None"
    text = repr(value)
    if isinstance(value, (str, int, float, tuple, list)) and len(text) <= 40:
        return f"`{text}`"
    name = type(value).__name__
    return f"a{'n' if name[:1].lower() in 'aeiou' else ''} {name}"
