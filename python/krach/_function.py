"""`@library`: a plain Python function over primitives becomes a named part of every program that uses it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from krach._arguments import is_text
from krach._entrance import users
from krach._errors import Error
from krach._signal import Signal, SignalLike
from krach._trace import Trace, current, describe

_P = ParamSpec("_P")
_R = TypeVar("_R", bound="Signal | tuple[Signal, ...]")


def library(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Opens a scope named after the function whenever it is called.

    Parameters annotated `SignalLike` are signals: inside, they are Signals even where a number was given. All
    others are settings, noted with the call, so that the Faust printer can say `fi.lowpass(2, cutoff)`.
    """
    name = function.__name__.strip("_")
    signature = inspect.signature(function)
    parameters = tuple(signature.parameters.values())
    wanted = {p.name for p in parameters if p.annotation == "SignalLike"}
    optional = {p.name for p in parameters if p.annotation == "SignalLike | None"}
    names = [p.name for p in parameters]

    def bind(args: tuple[object, ...], kwargs: dict[str, object]) -> dict[str, object]:
        if len(args) == len(parameters) and not kwargs:  # the common case, without the general machinery
            return dict(zip(names, args, strict=True))
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as unfit:
            raise TypeError(f"krs.{name}: {unfit}") from None
        bound.apply_defaults()
        return bound.arguments

    @wraps(function)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        trace = current()
        given = bind(args, kwargs)
        trace.locate()
        outer = {
            key: trace.node(value)
            for key, value in given.items()
            if key in wanted or (key in optional and value is not None)
        }
        trace.enter(name)
        try:
            inner: dict[str, object] = {}
            for key, value in given.items():
                if key in outer:
                    inner[key] = trace.argument(key, outer[key])
                else:
                    inner[key] = value
                    _note(trace, key, value)
            result = cast("Callable[..., _R]", function)(**inner)
        except Error as refused:
            trace.abandon()
            refused.__traceback__ = users(refused.__traceback__)  # the user's line, not the function's
            raise
        except BaseException:
            trace.abandon()
            raise
        trace.leave([trace.node(signal) for signal in (result if isinstance(result, tuple) else (result,))])
        return result

    return call


def _note(trace: Trace, name: str, value: object) -> None:
    """Settings that are numbers or texts; the contents of tables are in the program already."""
    if isinstance(value, str):
        if is_text(value):
            trace.builder.note(name, value)
    elif isinstance(value, (int, float)):
        trace.builder.note(name, trace.number(value))


def inside(value: SignalLike) -> Signal:
    """A signal parameter as a Signal: inside a library function it always is one."""
    assert isinstance(value, Signal)
    return value


def whole(name: str, value: object, lo: int, hi: int, code: str = "KR0113") -> int:
    """A setting that must be a whole number in `lo..hi`."""
    trace = current()
    number = trace.number(value)
    if lo <= number <= hi and number == int(number):
        return int(number)
    got = describe(value)
    raise trace.error(code, f"`{name}` must be a whole number from {lo} to {hi}, got {got}")


def between(name: str, value: object, lo: float, hi: float) -> float:
    """A setting that must be a number in `lo..hi`."""
    trace = current()
    number = trace.number(value)
    if lo <= number <= hi:
        return number
    raise trace.error("KR0113", f"`{name}` must be a number from {lo:g} to {hi:g}, got {describe(value)}")
