"""Names the original keeps here: `dsp`, `DspDef` and the cache of compiled code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from krach import _krach, _place
from krach._arguments import is_text
from krach._definition import DspDef
from krach._errors import error
from krach._krach import Pattern
from krach._source import source_of
from krach._trace import describe
from krach._transpile import trace


@dataclass(frozen=True)
class Node:
    """The facts of a node of the mixer. `init` are the controls that were set, by name."""

    type_id: str
    gain: float
    controls: tuple[str, ...]
    num_inputs: int = 0
    count: int = 1
    init: tuple[tuple[str, float], ...] = ()
    source_text: str = ""
    alloc: int = 0
    control_ranges: dict[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    control_defaults: dict[str, float] = field(default_factory=dict[str, float])


class SlotState(NamedTuple):
    """A pattern, and whether it plays."""

    pattern: Pattern
    playing: bool


def dsp(fn: Callable[..., object], source: str = "") -> DspDef:
    """Makes a DspDef of a function of Signals, as `krs.transpile`; also a decorator.

    >>> dsp(lambda x: x * 0.5)
    <DspDef sound: 1 in, 1 out>
    """
    if isinstance(fn, DspDef) or not callable(fn):
        raise error("KR0114", f"a DSP function is wanted, not {describe(fn)}", _place.user_place())
    if not is_text(source):
        raise error(
            "KR0114", f"the source of a function is a text, not {describe(source)}", _place.user_place()
        )
    return DspDef(fn, trace(fn, None, {}), source=source or source_of(fn))


def dsp_cache_info() -> dict[str, int]:
    """How many compiled programs are held, and how often one was found or had to be made.

    >>> sorted(dsp_cache_info())
    ['hits', 'misses', 'size']
    """
    hits, misses, held, _ = _krach.cache_info()
    return {"size": held, "hits": hits, "misses": misses}


def dsp_cache_clear() -> None:
    """Forgets all compiled programs; the nodes that play keep their code.

    >>> dsp_cache_clear()
    """
    _krach.cache_clear()


__all__ = ["DspDef", "Node", "SlotState", "dsp", "dsp_cache_clear", "dsp_cache_info"]
