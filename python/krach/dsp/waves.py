"""Tables with values between their entries: cycles, and wavetables that morph.

Between two entries lies a straight line ("linear") or a curve through the four around ("cubic": Catmull and
Rom, 1974; J. O. Smith, "Physical Audio Signal Processing", 2010, "Lagrange Interpolation", compares such
curves).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from krach._arguments import choice, listed
from krach._function import library
from krach._signal import Signal, SignalLike
from krach._trace import Trace, current
from krach.dsp.ints import to_int
from krach.dsp.maths import floor, min_
from krach.dsp.oscillators import phasor
from krach.dsp.ranges import within
from krach.dsp.tables import contents

_KINDS = ("none", "linear", "cubic")


@library
def table(
    data: Iterable[float], index: SignalLike, interpolation: str = "linear", loop: bool = False
) -> Signal:
    """A table at `index`, between its entries as well: 0 is the first, 0.5 halfway to the second.

    Beyond its ends it keeps the first and the last entry, or begins again with `loop=True`. `interpolation`
    is "linear", "cubic" (rounder, four entries at a time) or "none".

    Errors: KR0116 for contents that are not numbers, KR0113 for another interpolation.

    >>> krs.transpile(lambda x: krs.table([10, 20, 40], x)).render(3 / 48000, inputs=[[0, 1.5, 9]])
    array([[10., 30., 40.]], dtype=float32)
    """
    trace = current()
    values = contents(trace, data)
    length = len(values)
    if choice("`loop`", loop, (False, True)):
        turns = index / length
        index = length * (turns - floor(turns))
    else:
        index = within(index, 0, length - 1)
    entry = to_int(index)
    return _between(trace, values, entry, index - entry, interpolation, loop=loop)


@library
def table_osc(data: Iterable[float], freq: SignalLike, interpolation: str = "linear") -> Signal:
    """An oscillator whose cycle is a table (a list, a numpy array), `freq` times a second (Hz).

    It is not band-limited: a table with few overtones sounds clean high up. Errors as for `table`.

    >>> krs.transpile(lambda: krs.table_osc([0, 1, 0, -1], 12000)).render(4 / 48000)
    array([[ 1.,  0., -1.,  0.]], dtype=float32)
    """
    trace = current()
    values = contents(trace, data)
    index = len(values) * phasor(freq)
    entry = to_int(index)
    return _between(trace, values, entry, index - entry, interpolation, loop=True)


def morph_osc(tables: Sequence[Iterable[float]], freq: SignalLike, position: SignalLike) -> Signal:
    """A wavetable oscillator: the cycles of equal length in `tables`, `position` 0 the first, 1 the last.

    Between two of them it mixes both; `position` is held within 0..1 and `freq` is in Hz.

    Errors: KR0116 for no tables, tables of different length, and contents that are not numbers.

    >>> ramp, flat = [0, 1, 2, 3], [8, 8, 8, 8]
    >>> krs.transpile(lambda: krs.morph_osc([ramp, flat], 12000, 0.5)).render(4 / 48000)
    array([[4.5, 5. , 5.5, 4. ]], dtype=float32)
    """
    trace = current()
    trace.locate()
    rows = [contents(trace, row) for row in listed("`tables`", tables)]
    lengths = {len(row) for row in rows}
    if len(lengths) != 1:
        got = "no tables" if not rows else "tables of " + " and ".join(map(str, sorted(lengths))) + " entries"
        raise trace.error("KR0116", f"morphing wants tables of one length, got {got}")
    return _morph_osc([value for row in rows for value in row], len(rows[0]), freq, within(position, 0, 1))


@library
def _morph_osc(data: Iterable[float], length: int, freq: SignalLike, position: SignalLike) -> Signal:
    trace = current()
    values = contents(trace, data)
    last = len(values) // length - 1
    index = length * phasor(freq)
    entry = to_int(index)
    row = position * last
    lower = to_int(row)
    upper = to_int(min_(lower + 1, last))
    mix = row - lower
    table_id = trace.builder.table(values)

    def cycle(number: Signal) -> Signal:
        start = number * to_int(length)
        first = _entry(trace, table_id, start + entry)
        second = _entry(trace, table_id, start + _wrapped(entry + to_int(1), length))
        return first + (second - first) * (index - entry)

    low, high = cycle(lower), cycle(upper)
    return low + (high - low) * mix


def _wrapped(entry: Signal, length: int) -> Signal:
    """An int, moved into 0..length - 1."""
    size = to_int(length)
    return (entry % size + size) % size


def _entry(trace: Trace, table_id: int, index: Signal) -> Signal:
    return trace.signal(trace.builder.lookup(table_id, index.node))


def _between(
    trace: Trace, values: Iterable[float], entry: Signal, part: Signal, interpolation: str, *, loop: bool
) -> Signal:
    """The value of a table `part` (0..1) behind an entry."""
    numbers = contents(trace, values)
    table_id = trace.builder.table(numbers)

    def at(offset: int) -> Signal:
        index = entry + to_int(offset) if offset else entry
        return _entry(trace, table_id, _wrapped(index, len(numbers)) if loop and offset else index)

    return interpolated(at, part, interpolation)


def interpolated(at: Callable[[int], Signal], part: Signal, interpolation: str) -> Signal:
    """The value `part` (0..1) behind entry `at(0)`; `at(1)` is the entry after it."""
    if choice("`interpolation`", interpolation, _KINDS) == "none":
        return at(0)
    here, after = at(0), at(1)
    if interpolation == "linear":
        return here + (after - here) * part
    before, last = at(-1), at(2)
    bend = (after - before) / 2
    third = 2 * before - 5 * here + 4 * after - last
    fourth = 3 * (here - after) + last - before
    return here + part * (bend + part * (third / 2 + part * fourth / 2))
