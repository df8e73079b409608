"""Int signals: 32 bits, exact, wrapping around; with the operators `& | ^ ~ << >>` of Python.

`+ - *` and `%` of two int signals are int and wrap around too; with a plain number, or by `/`, the result is
real. Comparisons give ints. A real signal becomes an int by `krs.to_int`, and by every operator for bits; an
int becomes real wherever one is wanted.
"""

from __future__ import annotations

from krach._signal import Signal, SignalLike
from krach._trace import current


def to_int(sig: SignalLike) -> Signal:
    """The whole part, as an int of 32 bits: truncated toward zero, and held within -2³¹..2³¹-1; NaN is 0.

    >>> krs.transpile(lambda x: krs.to_int(x) & 3).render(4 / 48000, inputs=[[1.9, 5, -1, 2]])
    array([[1., 1., 3., 2.]], dtype=float32)
    """
    trace = current()
    trace.locate()
    return trace.signal(trace.integer(sig))
