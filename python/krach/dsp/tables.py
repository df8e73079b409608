"""Tables: numbers fixed when the function is traced, and tables that the sound itself writes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from krach._function import library, whole
from krach._signal import Signal, SignalLike
from krach._trace import Trace, current, describe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LONGEST = 1 << 28


@library
def rdtable(data: Iterable[float], read_idx: SignalLike) -> Signal:
    """Entry `read_idx` of constant numbers: another name of `wavetable`, which Faust people know.

    >>> krs.transpile(lambda: krs.rdtable([10, 20, 30], 1)).render(1 / 48000)
    array([[20.]], dtype=float32)
    """
    return lookup(data, read_idx)


@library
def rwtable(
    size: int,
    init: float | Iterable[float],
    write_idx: SignalLike,
    write_val: SignalLike,
    read_idx: SignalLike,
) -> Signal:
    """A table of `size` entries that in each sample is first written (`write_val` at `write_idx`), then read.

    It starts with `init`: one number for all, or `size` numbers. Indices are truncated, and clamped into the
    table.

    Errors: KR0116 for a bad size, and for contents that are not `size` numbers.

    >>> krs.transpile(lambda x: krs.rwtable(4, 0, 0, x, 0)).render(2 / 48000, inputs=[[5, 6]])
    array([[5., 6.]], dtype=float32)
    """
    trace = current()
    length = whole("size", size, 1, _LONGEST, "KR0116")
    written = trace.node(write_idx), trace.node(write_val)
    if isinstance(init, Iterable):
        values = contents(trace, init)
        if len(values) != length:
            raise trace.error("KR0116", f"{len(values)} numbers for a table of {length} entries")
        ram = trace.builder.ram(values, *written)
    else:
        ram = trace.builder.ram_of(length, trace.finite("`init`", init), *written)
    return trace.signal(trace.builder.recall(ram, trace.node(read_idx)))


def lookup(data: Iterable[float], index: SignalLike) -> Signal:
    """Entry `index` of a table."""
    trace = current()
    table = trace.builder.table(contents(trace, data))
    return trace.signal(trace.builder.lookup(table, trace.node(index)))


def contents(trace: Trace, data: Iterable[float]) -> NDArray[np.float64]:
    """A table's numbers, one dimension of at least one."""
    import numpy as np

    try:
        if isinstance(data, (Signal, str, bytes)):
            raise TypeError(f"not {describe(data)}")
        values = np.array(data if hasattr(data, "__len__") else list(data), dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as unfit:
        raise trace.error("KR0116", f"a table's contents are numbers: {unfit}") from unfit
    if values.ndim != 1 or values.size == 0:
        raise trace.error(
            "KR0116", f"a table is a list of at least one number, this has shape {values.shape}"
        )
    if not np.isfinite(values).all():
        at = int(np.argmin(np.isfinite(values)))
        raise trace.error("KR0116", f"a table's contents are finite numbers, entry {at} is {values[at]}")
    return values
