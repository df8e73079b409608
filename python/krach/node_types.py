"""Names the original keeps here: `dsp`, `DspDef` and the cache of compiled code."""

from __future__ import annotations

from collections.abc import Callable

from krach import _krach, _place
from krach._definition import DspDef
from krach._errors import error
from krach._source import source_of
from krach._trace import describe
from krach._transpile import trace


def dsp(fn: Callable[..., object], source: str = "") -> DspDef:
    """Makes a DspDef of a function of Signals, as `krs.transpile`; also a decorator.

    >>> dsp(lambda x: x * 0.5)
    <DspDef sound: 1 in, 1 out>
    """
    if isinstance(fn, DspDef) or not callable(fn):
        raise error("KR0114", f"a DSP function is wanted, not {describe(fn)}", _place.user_place())
    return DspDef(fn, trace(fn, None, {}), source=source or source_of(fn))


def dsp_cache_info() -> dict[str, int]:
    """How many compiled programs are held, and how often one was found or had to be made.

    >>> sorted(dsp_cache_info())
    ['hits', 'misses', 'size']
    """
    hits, misses, held, _ = _krach.cache_info()
    return {"size": held, "hits": hits, "misses": misses}


def dsp_cache_clear() -> None:
    """Forgets all compiled programs; what plays keeps its code.

    >>> dsp_cache_clear()
    """
    _krach.cache_clear()


__all__ = ["DspDef", "dsp", "dsp_cache_clear", "dsp_cache_info"]
