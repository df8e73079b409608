"""`Signal`: the values of a DSP function."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, TypeAlias

from krach import _place, _ufuncs
from krach._errors import error

if TYPE_CHECKING:
    from krach._trace import Trace

SignalLike: TypeAlias = "Signal | float"
"""A Signal, or a number. (At run time: any value for `float()` that is no text and no array.)"""


class Signal:
    """One mono stream of samples at audio rate, inside a DSP function.

    Arithmetic (`+ - * / // % **`, `abs`, unary minus) and comparisons (`< <= > >= == !=`, which give 0 or 1)
    work sample by sample, between signals and numbers. `%` takes the sign of the dividend, as `krs.fmod`; `a
    // b` is `krs.floor(a / b)`. `& | ^ ~ << >>` work on the bits of 32-bit ints, which their operands become
    (see `krs.to_int`); a shift counts modulo 32. A signal has no value while the function runs, so there is
    no truth value (use `krs.select2`), no `float()`, no length. Signals are hashable by identity.
    """

    __slots__ = ("node", "trace")

    trace: Trace
    node: int

    def __init__(self) -> None:
        raise error("KR0101", "a Signal is made by krs functions, not by its class", _place.user_place())

    def __array_ufunc__(self, ufunc: object, method: str, *inputs: object, **settings: object) -> object:
        return _ufuncs.apply(ufunc, method, inputs, settings)

    def __array_function__(self, function: object, types: object, args: object, kwargs: object) -> NoReturn:
        _ufuncs.refuse(getattr(function, "__name__", "function"))

    def __repr__(self) -> str:
        return f"<Signal {self.node} of {self.trace.name}>"

    def __add__(self, other: SignalLike) -> Signal:
        return self.trace.apply("add", self, other)

    def __radd__(self, other: SignalLike) -> Signal:
        return self.trace.apply("add", other, self)

    def __sub__(self, other: SignalLike) -> Signal:
        return self.trace.apply("sub", self, other)

    def __rsub__(self, other: SignalLike) -> Signal:
        return self.trace.apply("sub", other, self)

    def __mul__(self, other: SignalLike) -> Signal:
        return self.trace.apply("mul", self, other)

    def __rmul__(self, other: SignalLike) -> Signal:
        return self.trace.apply("mul", other, self)

    def __truediv__(self, other: SignalLike) -> Signal:
        return self.trace.apply("div", self, other)

    def __rtruediv__(self, other: SignalLike) -> Signal:
        return self.trace.apply("div", other, self)

    def __floordiv__(self, other: SignalLike) -> Signal:
        return self.trace.apply("floor", self / other)

    def __rfloordiv__(self, other: SignalLike) -> Signal:
        return self.trace.apply("floor", other / self)

    def __mod__(self, other: SignalLike) -> Signal:
        return self.trace.apply("rem", self, other)

    def __rmod__(self, other: SignalLike) -> Signal:
        return self.trace.apply("rem", other, self)

    def __pow__(self, other: SignalLike) -> Signal:
        return self.trace.apply("pow", self, other)

    def __rpow__(self, other: SignalLike) -> Signal:
        return self.trace.apply("pow", other, self)

    def __neg__(self) -> Signal:
        return self.trace.apply("mul", self, -1.0)

    def __pos__(self) -> Signal:
        return self

    def __abs__(self) -> Signal:
        return self.trace.apply("abs", self)

    def __and__(self, other: SignalLike) -> Signal:
        return self.trace.bits("and", self, other)

    def __rand__(self, other: SignalLike) -> Signal:
        return self.trace.bits("and", other, self)

    def __or__(self, other: SignalLike) -> Signal:
        return self.trace.bits("or", self, other)

    def __ror__(self, other: SignalLike) -> Signal:
        return self.trace.bits("or", other, self)

    def __xor__(self, other: SignalLike) -> Signal:
        return self.trace.bits("xor", self, other)

    def __rxor__(self, other: SignalLike) -> Signal:
        return self.trace.bits("xor", other, self)

    def __lshift__(self, other: SignalLike) -> Signal:
        return self.trace.bits("shl", self, other)

    def __rlshift__(self, other: SignalLike) -> Signal:
        return self.trace.bits("shl", other, self)

    def __rshift__(self, other: SignalLike) -> Signal:
        return self.trace.bits("shr", self, other)

    def __rrshift__(self, other: SignalLike) -> Signal:
        return self.trace.bits("shr", other, self)

    def __invert__(self) -> Signal:
        return self.trace.bits("xor", self, -1)

    def __lt__(self, other: SignalLike) -> Signal:
        return self.trace.apply("lt", self, other)

    def __le__(self, other: SignalLike) -> Signal:
        return self.trace.apply("le", self, other)

    def __gt__(self, other: SignalLike) -> Signal:
        return self.trace.apply("gt", self, other)

    def __ge__(self, other: SignalLike) -> Signal:
        return self.trace.apply("ge", self, other)

    def __eq__(self, other: SignalLike) -> Signal:  # type: ignore[override]
        return self.trace.apply("eq", self, other)

    def __ne__(self, other: SignalLike) -> Signal:  # type: ignore[override]
        return self.trace.apply("ne", self, other)

    __hash__ = object.__hash__

    def __bool__(self) -> NoReturn:
        raise error(
            "KR0102",
            "a Signal has no truth value",
            _place.user_place(),
            help=["use krs.select2(env > 0.5, when_zero, when_one); min and max are krs.min_ and krs.max_"],
        )

    def __float__(self) -> NoReturn:
        self._is_not("a float", "use krs.sin instead of math.sin, and so on; numbers come from DspDef.render")

    def __int__(self) -> NoReturn:
        self._is_not("an int", "use krs.floor, or krs.round_")

    def __index__(self) -> NoReturn:
        self._is_not("an index", "look signals up with krs.wavetable or krs.rdtable")

    def __complex__(self) -> NoReturn:
        self._is_not("a complex number", "compute with the Signal itself")

    def __round__(self, digits: int | None = None) -> NoReturn:
        self._is_not("rounded by Python", "use krs.round_(sig)")

    def __trunc__(self) -> NoReturn:
        self._is_not("truncated by Python", "use krs.floor(sig)")

    def __floor__(self) -> NoReturn:
        self._is_not("rounded by Python", "use krs.floor(sig)")

    def __ceil__(self) -> NoReturn:
        self._is_not("rounded by Python", "use krs.ceil(sig)")

    def __len__(self) -> NoReturn:
        self._is_not("a sequence", "functions with several outputs return tuples of Signals")

    def __iter__(self) -> NoReturn:
        self._is_not("a sequence", "functions with several outputs return tuples of Signals")

    def __getitem__(self, key: object) -> NoReturn:
        self._is_not(
            "a sequence",
            "a sample of the past is krs.delay(sig, n); krs.feedback with n=2 carries several Signals",
        )

    def __contains__(self, key: object) -> NoReturn:
        self._is_not("a sequence", "compare signals with ==")

    def __format__(self, spec: str) -> str:
        if spec:
            self._is_not("text", "a Signal has no value while the function runs")
        return repr(self)

    def __copy__(self) -> Signal:
        return self

    def __deepcopy__(self, memo: object) -> Signal:
        return self

    def __reduce__(self) -> NoReturn:
        self._is_not("something that can be saved", "save the function")

    def _is_not(self, what: str, help: str) -> NoReturn:
        raise error("KR0119", f"a Signal is not {what}", _place.user_place(), help=[help])
