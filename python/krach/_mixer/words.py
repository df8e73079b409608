"""Names, numbers and levels in statements of the mixer, and the warning for a name that does not exist."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from math import inf, isfinite, nan
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Protocol, TypeVar, cast

from krach import _place
from krach._arguments import is_text
from krach._entrance import users
from krach._errors import Error, NoDevice, OutOfRange, UnknownName, error
from krach._krach import Pattern
from krach._trace import describe, is_number
from krach.pattern.mininotation import p as notation

if TYPE_CHECKING:
    from krach._krach import Session

_DECIBELS = re.compile(r"\s*([-+]?\d+(?:\.\d*)?|[-+]?\.\d+)\s*dB\s*", re.ASCII)
_NAMES = frozenset({"KR0404", "KR0901", "KR0906"})
"""The codes of names that do not exist."""
_LOUD = 2.0
_TOP = 6000.0
"""Decibels beyond every float; the session refuses a factor that is not finite."""


class Musical:
    """Something that has the session, and nothing else: a part of the mixer."""

    __slots__ = ()
    _session: Session


_S = TypeVar("_S", bound=Musical)
_P = ParamSpec("_P")
_R = TypeVar("_R")


def statement(function: Callable[Concatenate[_S, _P], _R]) -> Callable[Concatenate[_S, _P], _R]:
    """A method that changes the music: a name that does not exist is a warning, and the statement is skipped.

    Every other `krach.Error` gets the user's line, as by `entrance`.
    """

    @wraps(function)
    def enter(self: _S, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return function(self, *args, **kwargs)
        except Error as raised:
            raised.located(_place.user_place())
            if raised.code not in _NAMES or self._session.strict:  # pyright: ignore[reportPrivateUsage]
                raised.__traceback__ = users(raised.__traceback__)
                raise
            _place.warn(f"{raised}\n  help: the statement is skipped", UnknownName)
            return cast("_R", None)

    return enter


class Named(Protocol):
    """Something that is known by its name: a handle."""

    @property
    def name(self) -> str: ...


def name(what: str, value: str | Named) -> str:
    """A name or a path, or that of a handle."""
    found: object = getattr(value, "name", None) if not isinstance(value, str) else value
    if is_text(found):
        return cast("str", found)
    raise error("KR0909", f"{what} is a name or a handle, not {describe(value)}")


def number(what: str, value: object) -> float:
    """A number: of Python, of numpy, or anything else with a `float`."""
    if is_number(value):
        try:
            return float(cast("float", value))
        except (TypeError, ValueError, OverflowError):
            pass
    raise error("KR0909", f"{what} is a number, not {describe(value)}")


def flag(what: str, value: object) -> bool:
    """True or False, or a value that Python reads as one: an array of several is none."""
    try:
        return bool(value)
    except (TypeError, ValueError):
        raise error("KR0909", f"{what} is True or False, not {describe(value)}") from None


def level(what: str, value: object) -> float:
    """A linear factor, also written in decibels: "-6dB" is 10^(-6/20), about 0.5."""
    if isinstance(value, str):
        if found := _DECIBELS.fullmatch(value):
            decibels = float(found[1])
            return 10 ** (decibels / 20) if decibels < _TOP else inf
    elif is_number(value):
        return number(what, value)
    raise error("KR0909", f'{what} is a number or a text such as "-6dB", not {describe(value)}')


def loud(what: str, gain: float) -> float:
    """Warns of a gain that will be limited."""
    if gain > _LOUD and isfinite(gain):
        _place.warn(f"{what} is set to {gain:g}: above {_LOUD:g} the limiter works all the time", OutOfRange)
    return gain


def within(path: str, value: float, ends: tuple[float, float] | None) -> None:
    """Warns of a value outside the range of its control."""
    lo, hi = ends or (nan, nan)
    nearest = min(max(value, lo), hi)
    if isfinite(value) and (value < lo or value > hi):
        message = f"`{path}` is set to {value:g}, outside its range {lo:g}..{hi:g}: it sounds at {nearest:g}"
        _place.warn(message, OutOfRange)


def wake(session: Session) -> None:
    """Lets a session be heard. Where there is no sound device it stays silent, with a warning."""
    try:
        session.wake()
    except Error as raised:
        if raised.code != "KR0503":
            raise
        _place.warn(f"{raised}\n  help: the session stays silent; kr.render() hears it", NoDevice)


def pattern(value: object) -> Pattern:
    """A pattern, or one in krach's notation."""
    if isinstance(value, Pattern):
        return value
    if isinstance(value, str):
        return notation(value)
    help = 'write kr.seq(60, 62), kr.hit() * 4, or a text such as "x . x ."'
    raise error("KR0805", f"a pattern is wanted, not {describe(value)}", help=[help])
