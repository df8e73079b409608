"""Wavetables: cycles that are read at any pitch without aliasing, and morph into each other.

Each cycle is kept several times, each copy with half the overtones of the one before. The speed of the phase
chooses the richest copy whose overtones lie below half the sample rate (J. O. Smith, "Physical Audio Signal
Processing", 2010, "Wavetable Synthesis"; copies per octave as P. Burk, "Band Limited Oscillators Using Wave
Table Synthesis", in "Audio Anecdotes II", 2004).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from krach import _krach
from krach._function import library
from krach._signal import Signal, SignalLike
from krach._trace import Trace, current
from krach.dsp.core import mem
from krach.dsp.ints import to_int
from krach.dsp.maths import abs_, ceil, floor, log2, max_, min_, rint
from krach.dsp.ranges import within
from krach.dsp.tables import contents, lookup

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LONG = 1 << 16
"""More entries are kept beside the program instead of in it."""
_MOST = 1 << 22


def wavetable(
    data: Iterable[float] | Iterable[Iterable[float]], index: SignalLike, position: SignalLike | None = None
) -> Signal:
    """Entry `index` of constant numbers (a list, a numpy array); the index is truncated, and clamped into the
    table.

    With a `position`, `data` are the cycles of a wavetable, one or several rows of equal length, and `index`
    is the phase in cycles, as of `krs.phasor`. Position 0 is the first cycle, 1 the last; between two cycles
    both are mixed. The overtones that the speed of the phase would move above half the sample rate are left
    out, so nothing aliases.

    `krs.table` interpolates between entries, `krs.table_osc` plays a cycle at a pitch as it is, `krs.sample`
    a recording.

    Errors: KR0116 for a table without entries, one that is not numbers, and cycles of different length.

    >>> krs.transpile(lambda x: krs.wavetable([10, 20, 30], x)).render(3 / 48000, inputs=[[0, 1.9, 7]])
    array([[10., 20., 30.]], dtype=float32)
    >>> saw = np.linspace(1, -1, 256)
    >>> krs.transpile(lambda: krs.wavetable([saw, -saw], krs.phasor(3000), 0.2)).render(0.01).shape
    (1, 480)
    """
    if position is None:
        return _wavetable(cast("Iterable[float]", data), index)
    trace = current()
    trace.locate()
    rows = _rows(trace, cast("Iterable[Iterable[float]]", data))
    cycles, length = rows.shape
    wide = max(4, 1 << (length - 1).bit_length())
    if cycles * (wide.bit_length() - 1) * 2 * wide > _MOST:
        message = f"{cycles} cycles of {length} entries are too large for a wavetable"
        raise trace.error("KR0116", message, help="keep fewer cycles: those between them are mixed")
    return _banded(_copies(rows, wide), cycles, index, within(position, 0, 1))


@library
def _wavetable(data: Iterable[float], index: SignalLike) -> Signal:
    return lookup(data, index)


def _rows(trace: Trace, data: Iterable[Iterable[float]]) -> NDArray[np.float64]:
    """The cycles as an array of rows; one cycle may be flat."""
    import numpy as np

    parts = list(data)
    flat = bool(parts) and not hasattr(parts[0], "__len__")
    rows = [contents(trace, part) for part in ([cast("Iterable[float]", parts)] if flat else parts)]
    lengths = sorted({len(row) for row in rows})
    if len(lengths) != 1:
        got = " and ".join(map(str, lengths)) or "no"
        raise trace.error("KR0116", f"the cycles of a wavetable have one length, got {got} entries")
    return np.stack(rows)


def _copies(rows: NDArray[np.float64], wide: int) -> NDArray[np.float64]:
    """For each cycle its copies, rich ones first and a sine last: shape (cycles, copies, 2 · wide).

    `wide` is a power of two, and not below the length of a cycle.
    """
    import numpy as np

    spectrum = np.fft.rfft(rows) / rows.shape[1]
    kept: list[NDArray[np.float64]] = []
    overtones = wide // 2
    while overtones >= 1:
        below = spectrum[:, : min(overtones, (rows.shape[1] - 1) // 2) + 1]
        kept.append(np.fft.irfft(below, 2 * wide) * (2 * wide))
        overtones //= 2
    return np.stack(kept, axis=1)


@library
def _banded(data: NDArray[np.float64], cycles: int, index: SignalLike, position: SignalLike) -> Signal:
    trace = current()
    (_, copies, length), entries = data.shape, data.reshape(-1)
    if entries.size > _LONG:
        table_id = trace.builder.sound(_krach.Recording.of(entries[None]), 0)
    else:
        table_id = trace.builder.table(entries)
    phase = index - floor(index)
    turn = index - mem(index)
    speed = max_(abs_(turn - rint(turn)), 1e-9)
    wanted = log2(speed * (length // 2))
    rich = within(ceil(wanted), 0, copies - 1)
    poorer = within(rich + 1, 0, copies - 1)
    duller = within(wanted - rich + 1, 0, 1)
    row = position * (cycles - 1)
    lower = floor(row)
    at = phase * length
    first = to_int(at)
    part = at - first

    def cycle(number: SignalLike, copy: SignalLike) -> Signal:
        start = to_int((number * copies + copy) * length)
        here = trace.signal(trace.builder.lookup(table_id, (start + first % length).node))
        after = trace.signal(trace.builder.lookup(table_id, (start + (first + 1) % length).node))
        return here + (after - here) * part

    def mixed(copy: SignalLike) -> Signal:
        low = cycle(lower, copy)
        return low if cycles == 1 else low + (cycle(min_(lower + 1, cycles - 1), copy) - low) * (row - lower)

    bright, dull = mixed(rich), mixed(poorer)
    return bright + (dull - bright) * duller
