"""`entrance`: gives the exceptions of public functions the user's line, and hides krach's own frames."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import ParamSpec, TypeVar

from krach import _place
from krach._errors import Error

_P = ParamSpec("_P")
_R = TypeVar("_R")

TRACED = "[KR0115]"
"""Ends the note of an exception that the user's own function raised."""


def entrance(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Gives each `krach.Error` the user's line, and leaves only the user's own frames in its traceback.

    The same holds for exceptions of the user's function while it is traced. All others keep every frame:
    they are faults of krach.
    """

    @wraps(function)
    def enter(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return function(*args, **kwargs)
        except Exception as raised:
            if isinstance(raised, Error):
                raised.located(_place.user_place())
            if isinstance(raised, Error) or any(TRACED in note for note in getattr(raised, "__notes__", ())):
                raised.__traceback__ = users(raised.__traceback__)
            raise

    return enter


def users(trace: TracebackType | None) -> TracebackType | None:
    """A traceback without the frames of this package."""
    frames: list[TracebackType] = []
    while trace is not None:
        if _place.kind(trace.tb_frame.f_code) == _place.USER:
            frames.append(trace)
        trace = trace.tb_next
    kept: TracebackType | None = None
    for one in reversed(frames):
        kept = TracebackType(kept, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return kept
