"""Pure functions, sample by sample. Values that are not finite flow on: 1/0 is inf, sqrt(-1) is NaN."""

from __future__ import annotations

import math

from krach._signal import Signal, SignalLike
from krach._trace import current

_LN2 = math.log(2)


def sin(sig: SignalLike) -> Signal:
    """The sine of an angle in radians.

    >>> f"{krs.transpile(lambda: krs.sin(0.5)).render(1 / 48000)[0, 0]:g}"
    '0.479426'
    """
    return current().apply("sin", sig)


def cos(sig: SignalLike) -> Signal:
    """The cosine of an angle in radians.

    >>> f"{krs.transpile(lambda: krs.cos(0.5)).render(1 / 48000)[0, 0]:g}"
    '0.877583'
    """
    return current().apply("cos", sig)


def tan(sig: SignalLike) -> Signal:
    """The tangent of an angle in radians.

    >>> f"{krs.transpile(lambda: krs.tan(0.5)).render(1 / 48000)[0, 0]:g}"
    '0.546302'
    """
    return current().apply("tan", sig)


def asin(sig: SignalLike) -> Signal:
    """The angle in -π/2..π/2 whose sine is `sig`; NaN outside -1..1.

    >>> f"{krs.transpile(lambda: krs.asin(0.5)).render(1 / 48000)[0, 0]:g}"
    '0.523599'
    """
    return current().apply("asin", sig)


def acos(sig: SignalLike) -> Signal:
    """The angle in 0..π whose cosine is `sig`; NaN outside -1..1.

    >>> f"{krs.transpile(lambda: krs.acos(0.5)).render(1 / 48000)[0, 0]:g}"
    '1.0472'
    """
    return current().apply("acos", sig)


def atan(sig: SignalLike) -> Signal:
    """The angle in -π/2..π/2 whose tangent is `sig`.

    >>> f"{krs.transpile(lambda: krs.atan(0.5)).render(1 / 48000)[0, 0]:g}"
    '0.463648'
    """
    return current().apply("atan", sig)


def exp(sig: SignalLike) -> Signal:
    """e to the power of `sig`.

    >>> f"{krs.transpile(lambda: krs.exp(1)).render(1 / 48000)[0, 0]:g}"
    '2.71828'
    """
    return current().apply("exp", sig)


def log(sig: SignalLike) -> Signal:
    """The natural logarithm; -inf at 0, NaN below.

    >>> f"{krs.transpile(lambda: krs.log(10)).render(1 / 48000)[0, 0]:g}"
    '2.30259'
    """
    return current().apply("log", sig)


def log10(sig: SignalLike) -> Signal:
    """The logarithm to base 10; -inf at 0, NaN below.

    >>> f"{krs.transpile(lambda: krs.log10(1000)).render(1 / 48000)[0, 0]:g}"
    '3'
    """
    return current().apply("log10", sig)


def sqrt(sig: SignalLike) -> Signal:
    """The square root; NaN below 0.

    >>> f"{krs.transpile(lambda: krs.sqrt(2)).render(1 / 48000)[0, 0]:g}"
    '1.41421'
    """
    return current().apply("sqrt", sig)


def abs_(sig: SignalLike) -> Signal:
    """The magnitude.

    >>> f"{krs.transpile(lambda: krs.abs_(-2)).render(1 / 48000)[0, 0]:g}"
    '2'
    """
    return current().apply("abs", sig)


def floor(sig: SignalLike) -> Signal:
    """The greatest whole number that is not above `sig`.

    >>> f"{krs.transpile(lambda: krs.floor(-1.5)).render(1 / 48000)[0, 0]:g}"
    '-2'
    """
    return current().apply("floor", sig)


def ceil(sig: SignalLike) -> Signal:
    """The least whole number that is not below `sig`.

    >>> f"{krs.transpile(lambda: krs.ceil(-1.5)).render(1 / 48000)[0, 0]:g}"
    '-1'
    """
    return current().apply("ceil", sig)


def round_(sig: SignalLike) -> Signal:
    """The nearest whole number, halves away from zero.

    >>> f"{krs.transpile(lambda: krs.round_(2.5)).render(1 / 48000)[0, 0]:g}"
    '3'
    """
    return current().apply("round", sig)


def rint(sig: SignalLike) -> Signal:
    """The nearest whole number, halves to the even one; `round_` moves halves away from zero.

    >>> f"{krs.transpile(lambda: krs.rint(2.5)).render(1 / 48000)[0, 0]:g}"
    '2'
    """
    return current().apply("rint", sig)


def exp2(sig: SignalLike) -> Signal:
    """2 to the power of `sig`: octaves as a factor.

    >>> f"{krs.transpile(lambda: krs.exp2(3)).render(1 / 48000)[0, 0]:g}"
    '8'
    """
    return current().apply("pow", 2, sig)


def log2(sig: SignalLike) -> Signal:
    """The logarithm to base 2: a factor in octaves; -inf at 0, NaN below.

    >>> f"{krs.transpile(lambda: krs.log2(8)).render(1 / 48000)[0, 0]:g}"
    '3'
    """
    return log(sig) / _LN2


def sign(sig: SignalLike) -> Signal:
    """-1 below 0, 0 at 0, 1 above.

    >>> f"{krs.transpile(lambda: krs.sign(-0.5)).render(1 / 48000)[0, 0]:g}"
    '-1'
    """
    trace = current()
    return trace.apply("sub", trace.apply("gt", sig, 0), trace.apply("lt", sig, 0))


def tanh(sig: SignalLike) -> Signal:
    """The hyperbolic tangent: a soft clipper to -1..1.

    >>> f"{krs.transpile(lambda: krs.tanh(1)).render(1 / 48000)[0, 0]:g}"
    '0.761594'
    """
    return current().apply("tanh", sig)


def min_(a: SignalLike, b: SignalLike) -> Signal:
    """The smaller of two signals.

    >>> f"{krs.transpile(lambda: krs.min_(2, 3)).render(1 / 48000)[0, 0]:g}"
    '2'
    """
    return current().apply("min", a, b)


def max_(a: SignalLike, b: SignalLike) -> Signal:
    """The larger of two signals.

    >>> f"{krs.transpile(lambda: krs.max_(2, 3)).render(1 / 48000)[0, 0]:g}"
    '3'
    """
    return current().apply("max", a, b)


def pow_(base: SignalLike, exponent: SignalLike) -> Signal:
    """`base` to the power of `exponent`.

    >>> f"{krs.transpile(lambda: krs.pow_(2, 0.5)).render(1 / 48000)[0, 0]:g}"
    '1.41421'
    """
    return current().apply("pow", base, exponent)


def fmod(a: SignalLike, b: SignalLike) -> Signal:
    """The rest of `a` after whole `b`s, with the sign of `a` (C's `fmod`, and `a % b`).

    >>> f"{krs.transpile(lambda: krs.fmod(-3, 2)).render(1 / 48000)[0, 0]:g}"
    '-1'
    """
    return current().apply("rem", a, b)


def remainder(a: SignalLike, b: SignalLike) -> Signal:
    """`a` less the nearest whole multiple of `b` (the IEEE remainder): within -b/2..b/2.

    >>> f"{krs.transpile(lambda: krs.remainder(1.5, 2)).render(1 / 48000)[0, 0]:g}"
    '-0.5'
    """
    return current().apply("remainder", a, b)


def atan2(y: SignalLike, x: SignalLike) -> Signal:
    """The angle of the point (x, y) in -π..π.

    >>> f"{krs.transpile(lambda: krs.atan2(1, -1)).render(1 / 48000)[0, 0]:g}"
    '2.35619'
    """
    return current().apply("atan2", y, x)
