"""`DspDef`: a DSP function that has become a program, ready to be heard, printed and looked at."""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable, Iterable, Mapping
from types import CodeType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast, overload

from krach import _audition, _krach, _page, _place, _plots
from krach._audition import Event, Note, Precision
from krach._diagram import Diagram
from krach._errors import Error, error
from krach._krach import Program
from krach._signal import SignalLike
from krach._trace import current
from krach._transpile import trace

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray


class Control(NamedTuple):
    """A parameter of a DspDef, as `krs.control` or a widget of Faust declared it.

    `address` is the path of a widget through the groups around it, "" for `krs.control`. `metadata` are the
    keys and values that a widget's label has in brackets: `"freq [unit:Hz]"` has `("unit", "Hz")`.
    """

    name: str
    init: float
    lo: float
    hi: float
    step: float
    address: str = ""
    metadata: tuple[tuple[str, str], ...] = ()

    @property
    def unit(self) -> str:
        """Of its values, "" if none is declared."""
        return dict(self.metadata).get("unit", "")


class Meter(NamedTuple):
    """A signal of a DspDef that people look at: a bargraph of Faust. No sound depends on it.

    `lo` and `hi` are the bounds that it is drawn between, which its values may leave; `address` and
    `metadata` are those of a `Control`.
    """

    name: str
    lo: float
    hi: float
    address: str = ""
    metadata: tuple[tuple[str, str], ...] = ()

    @property
    def unit(self) -> str:
        """Of its values, "" if none is declared."""
        return dict(self.metadata).get("unit", "")


class Credit(NamedTuple):
    """A definition of somebody's Faust library that a sound is made with.

    `licence` is what the library declares of it, or of the whole file, as `declared` tells: "function" or
    "file". Both are `None` where nothing is declared.
    """

    library: str
    function: str
    licence: str | None
    declared: str | None


class DspDef:
    """A sound: what `krs.transpile` makes of a function. Immutable; equal programs share their native code.

    `name`, `fn` and `source` are the function's; `program` is what it means, `faust` the same as Faust text.
    """

    __slots__ = ("_faust", "_fn", "_precision", "_program", "_source")

    _fn: Callable[..., object] | None
    _source: str
    _program: Program
    _precision: Precision
    _faust: str | None

    def __init__(
        self,
        fn: Callable[..., object] | None,
        program: Program,
        *,
        source: str = "",
        precision: Precision = "single",
    ) -> None:
        """Of a traced program; `krs.transpile` traces, `krach.faust` reads Faust."""
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
    def fn(self) -> Callable[..., object] | None:
        """The Python function; `None` if it was made of Faust."""
        return self._fn

    @property
    def source(self) -> str:
        """Its Python text, or "" if that cannot be found; its Faust text if it was made of Faust."""
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

    def __call__(self, *inputs: SignalLike) -> Any:
        """Inside another DSP function: its output for these audio inputs, or a tuple where there are several.

        Everything inside is its own: loops, delays and noise. Controls of equal names are one control, also
        of two calls, so they must have equal ranges. A sound of several voices is one of them, then its
        effect. Definitions from `krach.faust` and from libraries are called in the same way.

        Errors: KR0101 outside a DSP function, KR0114 for another number of inputs, KR0108 for a control that
        the caller declares differently.

        >>> double = krs.transpile(lambda x: 2 * x)
        >>> krs.transpile(lambda x: double(x) + 1).render(2 / 48000, inputs=[[1, 2]])
        array([[3., 5.]], dtype=float32)
        """
        tracing = current()
        tracing.locate()
        outputs = tracing.use(self._program, inputs)
        return outputs[0] if len(outputs) == 1 else outputs

    @property
    def controls(self) -> tuple[Control, ...]:
        """Its parameters, in order of first use; those of its effect come last."""
        return tuple(
            Control(name, init, lo, hi, step, address, tuple(metadata))
            for name, init, lo, hi, step, address, metadata in self._program.controls
        )

    @property
    def meters(self) -> tuple[Meter, ...]:
        """What it shows: the bargraphs of Faust that its outputs need, those of its effect last.

        >>> krach.faust('process = abs : hbargraph("level [unit:dB]", -60, 0);').meters[0].unit
        'dB'
        """
        return tuple(
            Meter(name, lo, hi, address, tuple(metadata))
            for name, lo, hi, address, metadata in self._program.meters
        )

    @property
    def metered(self) -> DspDef:
        """The same heard at its meters: one output for each of `meters`, and the same controls. The meters
        of a voice that plays several notes add up.

        Errors: KR0411 for a sound without meters, KR0401 for more than 256.

        >>> krach.faust('process = _ <: attach(_, (abs : hbargraph("level", 0, 1)));').metered.num_outputs
        1
        """
        try:
            program = self._program.metered()
        except Error as refused:
            raise refused.located(_place.user_place()) from None
        if program is None:
            message = f"`{self.name}` has no meter to be heard at"
            remedy = "a meter is a bargraph of Faust: krs.faust_expr('{0} : hbargraph(\"level\", 0, 1)', x)"
            raise error("KR0411", message, _place.user_place(), help=[remedy])
        return DspDef(None, program, precision=self._precision)

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What a Faust program declares of itself, such as its author, as keys and values.

        >>> krach.faust('declare author "me"; process = _;').metadata
        (('author', 'me'),)
        """
        return tuple(self._program.metadata)

    @property
    def credits(self) -> tuple[Credit, ...]:
        """Whose work it is made with: definitions of Faust libraries, by way of `krach.faust` and
        `krs.faust_expr`. What `krs` itself offers asks for nothing.
        """
        return tuple(Credit(*credit) for credit in self._program.credits)

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
        """How many audio outputs it has (its effect, if it has one)."""
        return len(self._program.outputs)

    @property
    def voices(self) -> int | None:
        """How many notes it plays at once, where a Faust program says so.

        >>> krach.faust('declare options "[nvoices:8]"; process = _;').voices
        8
        """
        return self._program.voices

    @property
    def effect(self) -> DspDef | None:
        """What its sound goes through in the end: the definition `effect` of a Faust program with voices."""
        effect = self._program.effect
        return None if effect is None else DspDef(None, effect, precision=self._precision)

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
        notes: Iterable[Note] | None = None,
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
        notes: Iterable[Note] | None = None,
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
        notes: Iterable[Note] | None = None,
        precision: Precision | None = None,
        dtype: Literal["float32", "float64"] = "float32",
        progress: Callable[[float], object] | None = None,
        **values: float,
    ) -> NDArray[np.float32] | NDArray[np.float64]:
        """Computes `seconds` of sound: an array of shape (channels, frames), frames = round(seconds ·
        sample_rate).

        `inputs` is one row of samples per audio input (a single one may be flat); short ones are followed
        by silence, `None` is silence. Controls have the values of `controls` and of further keywords from
        birth on; `events` are (frame, control, value), each heard from exactly its frame. Values outside a
        control's range are clamped into it. `notes` are (frame, frames, key, velocity), velocity being 1
        unless told and key 69 being 440 Hz: each is played by a copy of its own, as many at once as the
        program declares (`voices`, else 16). They set the controls `freq` in Hz or `key`, `gate`, and
        `gain` 0..1 or `vel`, `velocity` 0..127; all others are shared. `progress` is called with the part
        done, 0..1. Ctrl-C works, also while compiling.

        Errors: KR0404 for an unknown control, KR0405 for a value that is not finite, KR0406 for a bad event
        or note, KR0407 for inputs of another shape, KR0408 for a bad duration, KR0403 for a bad sample
        rate, KR0402 for more memory than one sound may have.

        >>> beep = krs.transpile(lambda: krs.sine_osc(krs.control("freq", 440, 20, 2000)))
        >>> beep.render(0.5, freq=220).shape
        (1, 24000)
        >>> beep.render(0.5, events=[(12000, "freq", 880)]).dtype
        dtype('float32')
        """
        import numpy as np

        try:
            settings = {**(controls or {}), **values}
            taken = _audition.audition(
                seconds,
                sample_rate,
                precision or self._precision,
                settings,
                () if events is None else events,
                () if notes is None else notes,
            )
            hook = None if progress is None else _audition.fraction(progress, taken)
            sound: NDArray[np.float32] | NDArray[np.float64]
            if _audition.sample(dtype) == np.float64:
                sound = _krach.render(self._program, taken, _audition.rows(inputs, np.float64), hook)
            else:
                sound = _krach.render(self._program, taken, _audition.rows(inputs, np.float32), hook)
        except Error as refused:
            raise refused.located(_place.user_place()) from None
        if progress is not None:
            progress(1.0)
        return sound

    def diagram(self) -> Diagram:
        """Its block diagram, which a notebook shows: blocks, wires, feedback below.

        A small function is drawn opened where it is used, a larger one as a block with a picture of its own
        below. Without a notebook, write `diagram().svg` to a file and open that in a browser.

        >>> krs.transpile(lambda: krs.lowpass(krs.saw(110), 800)).diagram().svg[:5]
        '<svg '
        """
        svg, text = self._program.diagram()
        return Diagram(self.name, svg, text)

    def plot(
        self,
        seconds: float = 0.05,
        sample_rate: int = 48000,
        inputs: ArrayLike | None = None,
        events: Iterable[Event] | None = None,
        axes: Axes | None = None,
        *,
        notes: Iterable[Note] | None = None,
        **values: float,
    ) -> Axes:
        """Draws the waveform of what `render` gives; into `axes` of matplotlib, or new ones.

        >>> krs.transpile(lambda: krs.saw(100)).plot().get_xlabel()
        'seconds'
        """
        sound = self.render(seconds, sample_rate, inputs, events, values, notes=notes)
        return _plots.waveform(axes or _plots.new_axes(), sound, sample_rate)

    def spectrum(
        self,
        seconds: float = 1.0,
        sample_rate: int = 48000,
        inputs: ArrayLike | None = None,
        events: Iterable[Event] | None = None,
        axes: Axes | None = None,
        *,
        notes: Iterable[Note] | None = None,
        **values: float,
    ) -> Axes:
        """Draws the spectrum of what `render` gives: dB over Hz, a sine of amplitude 1 reaching 0 dB.

        >>> krs.transpile(lambda: krs.saw(100)).spectrum().get_ylabel()
        'dB'
        """
        sound = self.render(seconds, sample_rate, inputs, events, values, notes=notes)
        return _plots.spectrum(axes or _plots.new_axes(), sound, sample_rate)

    def response(
        self, seconds: float = 1.0, sample_rate: int = 48000, axes: Axes | None = None, **values: float
    ) -> Axes:
        """Draws the frequency response, dB over Hz: an impulse into each input, as heard at each output.

        Errors: KR0407 for a sound without audio input.

        >>> krs.transpile(lambda x: krs.lowpass(x, 1000)).response().get_xlabel()
        'Hz'
        """
        if self.num_inputs == 0:
            raise error("KR0407", f"`{self.name}` has no audio input to respond to", _place.user_place())
        impulses: list[tuple[str, NDArray[np.float32]]] = []
        for position, source in enumerate(self._program.inputs):
            click = [[float(position == other)] for other in range(self.num_inputs)]
            heard = self.render(seconds, sample_rate, click, controls=values)
            names = self._program.outputs
            impulses += [(f"{source} → {names[output]}", row) for output, row in enumerate(heard)]
        return _plots.response(axes or _plots.new_axes(), impulses, sample_rate)

    def __repr__(self) -> str:
        ports = f"{self.num_inputs} in, {self.num_outputs} out"
        controls = ", ".join(f"{c.name}={c.init:g} ({c.lo:g}..{c.hi:g})" for c in self.controls)
        meters = ", ".join(f"{m.name} ({m.lo:g}..{m.hi:g})" for m in self.meters)
        shown = f"meters {meters}" if meters else ""
        return f"<DspDef {self.name}: {'; '.join(part for part in (ports, controls, shown) if part)}>"

    def _repr_html_(self) -> str:
        return _page.page(self)


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
    try:
        arithmetic = _audition.arithmetic(precision)
    except Error as refused:
        raise refused.located(_place.user_place()) from None
    return DspDef(fn, trace(fn, name, constants), source=source_of(fn), precision=arithmetic)
