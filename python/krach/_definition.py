"""`DspDef`: a DSP function that has become a program, ready to be heard, printed and looked at."""

from __future__ import annotations

import inspect
import linecache
import math
from collections.abc import Callable, Iterable, Mapping
from types import CodeType
from typing import TYPE_CHECKING, Literal, NamedTuple, cast, overload

from krach import _krach, _place
from krach._errors import Error, error
from krach._krach import Program
from krach._trace import describe
from krach._transpile import trace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

Precision = Literal["single", "double"]
Event = tuple[int, str, float]
"""Frame, control, value: the control has the value from exactly that frame on."""


class Control(NamedTuple):
    """A parameter of a DspDef, as `krs.control` declared it."""

    name: str
    init: float
    lo: float
    hi: float
    step: float


class DspDef:
    """A sound: what `krs.transpile` makes of a function. Immutable; equal programs share their native code.

    `name`, `fn` and `source` are the function's; `program` is what it means, `faust` the same as Faust text.
    """

    __slots__ = ("_faust", "_fn", "_precision", "_program", "_source")

    _fn: Callable[..., object]
    _source: str
    _program: Program
    _precision: Precision
    _faust: str | None

    def __init__(
        self,
        fn: Callable[..., object],
        program: Program,
        *,
        source: str = "",
        precision: Precision = "single",
    ) -> None:
        """Of a traced program; `krs.transpile` traces."""
        put = object.__setattr__
        put(self, "_fn", fn)
        put(self, "_source", source)
        put(self, "_program", program)
        put(self, "_precision", precision)
        put(self, "_faust", None)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a DspDef cannot be changed: {name}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a DspDef cannot be changed: {name}")

    @property
    def fn(self) -> Callable[..., object]:
        """The Python function."""
        return self._fn

    @property
    def source(self) -> str:
        """Its Python text, or "" if that cannot be found."""
        return self._source

    @property
    def name(self) -> str:
        """What it is called."""
        return self._program.name

    @property
    def program(self) -> Program:
        """What it means: `str(program)` is the text form, `program.optimised()` what is compiled."""
        return self._program

    @property
    def graph(self) -> Program:
        """The same as `program`."""
        return self._program

    @property
    def precision(self) -> Precision:
        """The arithmetic it is rendered with unless told otherwise."""
        return self._precision

    @property
    def faust(self) -> str:
        """The program as Faust text, which the official compiler renders to the same samples."""
        if self._faust is None:
            object.__setattr__(self, "_faust", self._program.faust())
        return cast("str", self._faust)

    @property
    def controls(self) -> tuple[Control, ...]:
        """Its parameters, in order of first use."""
        return tuple(Control(*control) for control in self._program.controls)

    @property
    def control_ranges(self) -> dict[str, tuple[float, float]]:
        """Per control, the lowest and the highest value."""
        return {control.name: (control.lo, control.hi) for control in self.controls}

    @property
    def control_defaults(self) -> dict[str, float]:
        """Per control, the value it starts with."""
        return {control.name: control.init for control in self.controls}

    @property
    def num_inputs(self) -> int:
        """How many audio inputs it has."""
        return len(self._program.inputs)

    @property
    def num_outputs(self) -> int:
        """How many audio outputs it has."""
        return len(self._program.outputs)

    @property
    def compile_ms(self) -> float:
        """Milliseconds from program to native code at 48 kHz; those of the first time if it is cached."""
        optimise_ms, codegen_ms, _ = _krach.compile(self._program, 48000, self._precision)
        return optimise_ms + codegen_ms

    @overload
    def render(
        self,
        seconds: float,
        sample_rate: int = 48000,
        inputs: ArrayLike | None = None,
        events: Iterable[Event] | None = None,
        controls: Mapping[str, float] | None = None,
        *,
        precision: Precision | None = None,
        dtype: Literal["float32"] = "float32",
        progress: Callable[[float], object] | None = None,
        **values: float,
    ) -> NDArray[np.float32]: ...
    @overload
    def render(
        self,
        seconds: float,
        sample_rate: int = 48000,
        inputs: ArrayLike | None = None,
        events: Iterable[Event] | None = None,
        controls: Mapping[str, float] | None = None,
        *,
        precision: Precision | None = None,
        dtype: Literal["float64"],
        progress: Callable[[float], object] | None = None,
        **values: float,
    ) -> NDArray[np.float64]: ...
    def render(
        self,
        seconds: float,
        sample_rate: int = 48000,
        inputs: ArrayLike | None = None,
        events: Iterable[Event] | None = None,
        controls: Mapping[str, float] | None = None,
        *,
        precision: Precision | None = None,
        dtype: Literal["float32", "float64"] = "float32",
        progress: Callable[[float], object] | None = None,
        **values: float,
    ) -> NDArray[np.float32] | NDArray[np.float64]:
        """Computes `seconds` of sound: an array of shape (channels, frames), frames = round(seconds ·
        sample_rate).

        `inputs` is one row of samples per audio input (a single one may be flat); short ones are followed by
        silence, `None` is silence. Controls have the values of `controls` and of further keywords from birth
        on; `events` are (frame, control, value), each heard from exactly its frame. Values outside a
        control's range are clamped into it. `progress` is called with the part done, 0..1. Ctrl-C works, also
        while compiling.

        Errors: KR0404 for an unknown control, KR0405 for a value that is not finite, KR0406 for a bad event,
        KR0407 for inputs of another shape, KR0408 for a bad duration, KR0403 for a bad sample rate, KR0402
        for more memory than one sound may have.

        >>> beep = krs.transpile(lambda: krs.sine_osc(krs.control("freq", 440, 20, 2000)))
        >>> beep.render(0.5, freq=220).shape
        (1, 24000)
        >>> beep.render(0.5, events=[(12000, "freq", 880)]).dtype
        dtype('float32')
        """
        try:
            wishes = {
                "seconds": _number("KR0408", "a duration", seconds),
                "sample_rate": _rate(sample_rate),
                "precision": precision or self._precision,
                "values": [_setting(*pair) for pair in {**(controls or {}), **values}.items()],
                "events": [_event(event) for event in events or ()],
                "reference": False,
            }
            hook = None if progress is None else _fraction(progress, wishes["seconds"], wishes["sample_rate"])
            sound = _krach.render(self._program, wishes, _rows(inputs, dtype), hook)
        except Error as refused:
            raise refused.located(_place.user_place()) from None
        if progress is not None:
            progress(1.0)
        return sound

    def __repr__(self) -> str:
        ports = f"{self.num_inputs} in, {self.num_outputs} out"
        controls = ", ".join(f"{c.name}={c.init:g} ({c.lo:g}..{c.hi:g})" for c in self.controls)
        return f"<DspDef {self.name}: {ports}{'; ' + controls if controls else ''}>"


def _number(code: str, what: str, value: object) -> float:
    if isinstance(value, (str, bytes)) or hasattr(type(value), "__len__"):
        raise error(code, f"{what} is a number, not {describe(value)}")
    try:
        return float(cast("float", value))
    except (TypeError, ValueError, OverflowError):
        raise error(code, f"{what} is a number, not {describe(value)}") from None


def _rate(value: object) -> int:
    rate = _number("KR0403", "a sample rate", value)
    if rate != rate or not 0 < rate < 1 << 31 or rate != int(rate):
        raise error("KR0403", f"a sample rate is a whole number of Hz, not {describe(value)}")
    return int(rate)


def _setting(name: object, value: object) -> tuple[str, float]:
    if not isinstance(name, str):
        raise error("KR0404", f"a control's name is a text, not {describe(name)}")
    return name, _number("KR0405", f"control `{name}`", value)


def _event(event: object) -> Event:
    """Checks what Rust cannot see any more once it has a frame, a name and a value."""
    if not isinstance(event, (tuple, list)) or len(cast("list[object]", event)) != 3:
        raise error("KR0406", f"an event is (frame, control, value), not {describe(event)}")
    frame, name, value = cast("list[object]", event)
    at = _number("KR0406", "an event's frame", frame)
    if not (math.isfinite(at) and at >= 0 and at == int(at)):
        raise error("KR0406", f"an event's frame is a whole number from 0, not {describe(frame)}")
    return (min(int(at), 1 << 62), *_setting(name, value))


def _rows(inputs: ArrayLike | None, dtype: Literal["float32", "float64"]) -> NDArray[np.float32 | np.float64]:
    import numpy as np

    if inputs is None:
        return np.zeros((0, 0), dtype)
    try:
        rows = np.atleast_2d(np.asarray(inputs, dtype))
    except (TypeError, ValueError) as unfit:
        raise error("KR0407", f"audio input is one row of numbers per channel: {unfit}") from None
    if rows.ndim != 2:
        raise error("KR0407", f"audio input has the shape (channels, frames), not {rows.shape}")
    return rows


def _fraction(progress: Callable[[float], object], seconds: float, rate: int) -> Callable[[int], None]:
    frames = max(seconds * rate, 1.0)
    return lambda done: progress(min(done / frames, 1.0)) and None


def source_of(function: object) -> str:
    """The function's Python text, or ""."""
    code = getattr(inspect.unwrap(cast("Callable[..., object]", function)), "__code__", None)
    if isinstance(code, CodeType):
        linecache.checkcache(code.co_filename)
    try:
        return inspect.getsource(cast("Callable[..., object]", function))
    except (OSError, TypeError):
        return ""


def transpile(
    fn: Callable[..., object],
    *,
    precision: Precision = "single",
    name: str | None = None,
    **constants: object,
) -> DspDef:
    """Makes a DspDef of a function of Signals. Also a decorator.

    The function is called once. Its parameters without default are its audio inputs; those with default are
    constants, which further keywords set. It returns a Signal, a number, or a tuple or list of them: the
    outputs. `precision` is the arithmetic, "single" or "double"; `name` replaces the function's own.

    Errors: KR0114 for parameters that cannot be inputs, KR0105 for what it returns; an exception of the
    function itself arrives unchanged, with a note.

    >>> krs.transpile(lambda x, amount=1.0: x * amount, name="level", amount=0.3)
    <DspDef level: 1 in, 1 out>
    """
    if precision not in ("single", "double"):
        raise error(
            "KR0113", f'precision is "single" or "double", not {describe(precision)}', _place.user_place()
        )
    return DspDef(fn, trace(fn, name, constants), source=source_of(fn), precision=precision)
