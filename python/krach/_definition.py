"""`DspDef`: a DSP function that has become a program, ready to be heard, printed and looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NoReturn, cast, overload

from krach import _audition, _batch, _krach, _place, _plots
from krach._audition import ArrayOrRows, Event, Note, Precision
from krach._diagram import Diagram
from krach._entrance import entrance
from krach._errors import NotFinite, OutOfRange, error
from krach._krach import Control, Credit, Meter, Program
from krach._signal import SignalLike
from krach._source import source_of
from krach._trace import current, describe
from krach._transpile import trace, warn_unread

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


class DspDef:
    """A sound, made by `krs.transpile`, `krach.faust`, `krach.program` or `krach.load_library`. Immutable.

    `name`, `fn` and `source` are those of the function, `program` is its signal graph, `faust` the same as
    Faust text. Two of them are equal if they compute the same samples in the same precision; their names do
    not count. They can be copied, pickled and sent to other processes; a pickle holds the program, the sounds
    that it plays and the source text, not the Python function.

    >>> import pickle
    >>> beep = krs.transpile(lambda: krs.sine_osc(440))
    >>> pickle.loads(pickle.dumps(beep)) == beep
    True
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
        """Wraps a program; users call `krs.transpile` or `krach.faust`."""
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

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DspDef):
            return NotImplemented
        return self._precision == other._precision and self._program == other._program

    def __hash__(self) -> int:
        return hash((self._precision, self._program))

    def __copy__(self) -> DspDef:
        return self

    def __deepcopy__(self, memo: object) -> DspDef:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return revived, (self._program, self._source, self._precision, self._fn is not None)

    @property
    def fn(self) -> Callable[..., object] | None:
        """The Python function; `None` for a sound made from Faust or from a program's text."""
        return self._fn

    @property
    def source(self) -> str:
        """The Python text of the function, or the Faust text; "" if it is not known."""
        return self._source

    @property
    def name(self) -> str:
        """Its name."""
        return self._program.name

    @property
    def key(self) -> str:
        """64 hexadecimal digits: two sounds of one key and one `precision` compute the same samples.

        >>> krs.transpile(lambda x: x / 2).key == krs.transpile(lambda x: x / 2, name="half").key
        True
        """
        return self._program.key

    @property
    def program(self) -> Program:
        """Its signal graph. `str(program)` is the text form, `program.optimised()` the graph to compile."""
        return self._program

    @property
    def graph(self) -> Program:
        """The same as `program`."""
        return self._program

    @property
    def precision(self) -> Precision:
        """The precision of its samples, "single" or "double"; `render` can choose the other."""
        return self._precision

    @property
    def faust(self) -> str:
        """The program as Faust text, which the official compiler renders to the same samples."""
        if self._faust is None:
            object.__setattr__(self, "_faust", self._program.faust())
        return cast("str", self._faust)

    @entrance
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
        return tuple(self._program.controls)

    @property
    def meters(self) -> tuple[Meter, ...]:
        """Its meters: the bargraphs of Faust that its outputs need, those of its effect last.

        >>> krach.faust('process = abs : hbargraph("level [unit:dB]", -60, 0);').meters[0].unit
        'dB'
        """
        return tuple(self._program.meters)

    @property
    @entrance
    def metered(self) -> DspDef:
        """The values of its meters as a sound: one output for each of `meters`, with the same controls. The
        meters of several voices are added.

        Errors: KR0411 for a sound without meters, KR0401 for more meters than outputs are allowed.

        >>> krach.faust('process = _ <: attach(_, (abs : hbargraph("level", 0, 1)));').metered.num_outputs
        1
        """
        program = self._program.metered()
        if program is None:
            message = f"`{self.name}` has no meter"
            remedy = "a meter is a bargraph of Faust: krs.faust_expr('{0} : hbargraph(\"level\", 0, 1)', x)"
            raise error("KR0411", message, help=[remedy])
        return DspDef(None, program, precision=self._precision)

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """The declarations of a Faust program, such as its author, as keys and values.

        >>> krach.faust('declare author "me"; process = _;').metadata
        (('author', 'me'),)
        """
        return tuple(self._program.metadata)

    @property
    def credits(self) -> tuple[Credit, ...]:
        """The functions of Faust libraries that `krach.faust` and `krs.faust_expr` use, with their licences.
        The functions of `krs` need no credit.
        """
        return tuple(self._program.credits)

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
        """The number of audio inputs."""
        return len(self._program.inputs)

    @property
    def num_outputs(self) -> int:
        """The number of audio outputs (of its effect, if it has one)."""
        return len(self._program.outputs)

    @property
    def voices(self) -> int | None:
        """The number of notes it plays at once, from `voices=` or from the Faust program; else `None`.

        >>> krach.faust('declare options "[nvoices:8]"; process = _;').voices
        8
        """
        return self._program.voices

    @property
    def effect(self) -> DspDef | None:
        """The effect after the sum of its voices: from `effect=`, or from `effect` in Faust."""
        effect = self._program.effect
        return None if effect is None else DspDef(None, effect, precision=self._precision)

    @property
    def compile_ms(self) -> float:
        """Milliseconds that compiling took, at 48 kHz. Code that is kept is not compiled again."""
        optimise_ms, codegen_ms, _ = _krach.compile(self._program, 48000, self._precision)
        return optimise_ms + codegen_ms

    @overload
    def render(
        self,
        seconds: float | None = None,
        sample_rate: int = 48000,
        inputs: ArrayOrRows = None,
        events: Iterable[Event] | None = None,
        controls: Mapping[str, float] | None = None,
        *,
        frames: int | None = None,
        notes: Iterable[Note] | None = None,
        seed: int = 0,
        instance: int = 0,
        precision: Precision | None = None,
        dtype: Literal["float32"] = "float32",
        progress: Callable[[float], object] | None = None,
        **values: float,
    ) -> NDArray[np.float32]: ...
    @overload
    def render(
        self,
        seconds: float | None = None,
        sample_rate: int = 48000,
        inputs: ArrayOrRows = None,
        events: Iterable[Event] | None = None,
        controls: Mapping[str, float] | None = None,
        *,
        frames: int | None = None,
        notes: Iterable[Note] | None = None,
        seed: int = 0,
        instance: int = 0,
        precision: Precision | None = None,
        dtype: Literal["float64"],
        progress: Callable[[float], object] | None = None,
        **values: float,
    ) -> NDArray[np.float64]: ...
    @entrance
    def render(
        self,
        seconds: float | None = None,
        sample_rate: int = 48000,
        inputs: ArrayOrRows = None,
        events: Iterable[Event] | None = None,
        controls: Mapping[str, float] | None = None,
        *,
        frames: int | None = None,
        notes: Iterable[Note] | None = None,
        seed: int = 0,
        instance: int = 0,
        precision: Precision | None = None,
        dtype: Literal["float32", "float64"] = "float32",
        progress: Callable[[float], object] | None = None,
        **values: float,
    ) -> NDArray[np.float32] | NDArray[np.float64]:
        """Computes sound: an array of the shape (channels, frames).

        The length is `seconds` (frames = round(seconds · sample_rate)), or `frames`, or else the length of
        the audio input. `inputs` has one row of floats for each audio input (a single one may be flat).
        `None` is silence, and short rows end in silence.

        Controls have the values of `controls` and of further keywords from the start. `events` are (frame,
        control, value), each heard from exactly its frame. Values are clamped to the range of the control.

        `notes` are (frame, length in frames, key, velocity): key 69 is 440 Hz, velocity is 0..1 and 1 by
        default. Each note plays on a voice of its own, at most `voices` at once (16 by default). Notes set
        the controls `freq` in Hz or `key`, `gate`, and `gain` 0..1 or `vel`, `velocity` 0..127; all other
        controls are shared.

        Equal arguments give equal samples on every run. `seed` and `instance`, 0..2^32-1, change the noise
        and nothing else: use another seed for each sound of a data set, and another instance for each copy
        inside one sound. `progress` is called with the part done, 0..1. Ctrl-C works, also while compiling.
        Samples that are not finite give the warning `krach.NotFinite`, a value outside its range and notes
        whose pitch no control hears `krach.OutOfRange`.

        Errors: KR0404 for an unknown control, KR0405 for a value that is not finite, KR0406 for a bad event
        or note, KR0407 for inputs of another shape or type, KR0408 for a bad duration, KR0403 for a bad
        sample rate, KR0402 for too much memory.

        >>> beep = krs.transpile(lambda: krs.sine_osc(krs.control("freq", 440, 20, 2000)))
        >>> beep.render(0.5, freq=220).shape
        (1, 24000)
        >>> beep.render(frames=100, events=[(50, "freq", 880)]).dtype
        dtype('float32')
        >>> krs.transpile(lambda x: x / 2).render(inputs=[1, 2, 3])
        array([[0.5, 1. , 1.5]], dtype=float32)
        """
        import numpy as np

        audio: NDArray[Any]
        if _audition.sample(dtype) == np.float64:
            audio = _audition.rows(inputs, np.float64, wanted=self.num_inputs)
        else:
            audio = _audition.rows(inputs, np.float32, wanted=self.num_inputs)
        rate = _audition.rate(sample_rate)
        asked = _audition.audition(
            _audition.duration(seconds, frames, rate, None if inputs is None else audio.shape[1]),
            rate,
            self._precision if precision is None else precision,
            _audition.settings(controls, values),
            events,
            notes,
            _audition.instance(seed, instance),
        )
        if not (progress is None or callable(progress)):
            raise error("KR0113", f"`progress` is a function of a number, not {describe(progress)}")
        hook = None if progress is None else _audition.fraction(progress, asked)
        sound, clamped, strange = _krach.render(self._program, asked, audio, hook)
        if progress is not None:
            progress(1.0)
        for text in clamped:
            _place.warn(f"`{self.name}`: {text}", OutOfRange)
        if strange is not None:
            _place.warn(f"`{self.name}`: {strange}", NotFinite)
        return sound

    render_many = _batch.render_many

    def diagram(self) -> Diagram:
        """Its block diagram, shown by notebooks: blocks and wires, with feedback below.

        A small function is drawn opened where it is used, a larger one as a block with a picture of its own
        below. Without a notebook, write `diagram().svg` to a file and open that in a browser.

        >>> krs.transpile(lambda: krs.lowpass(krs.saw(110), 800)).diagram().svg[:5]
        '<svg '
        """
        svg, text = self._program.diagram()
        return Diagram(self.name, svg, text)

    @entrance
    def plot(
        self,
        seconds: float = 0.05,
        sample_rate: int = 48000,
        inputs: ArrayOrRows = None,
        events: Iterable[Event] | None = None,
        axes: Axes | None = None,
        *,
        notes: Iterable[Note] | None = None,
        **values: float,
    ) -> Axes:
        """Draws the waveform of `render` into `axes` of matplotlib, or into new ones.

        >>> krs.transpile(lambda: krs.saw(100)).plot().get_xlabel()
        'seconds'
        """
        sound = self.render(seconds, sample_rate, inputs, events, values, notes=notes)
        return _plots.waveform(axes or _plots.new_axes(), sound, sample_rate)

    @entrance
    def spectrum(
        self,
        seconds: float = 1.0,
        sample_rate: int = 48000,
        inputs: ArrayOrRows = None,
        events: Iterable[Event] | None = None,
        axes: Axes | None = None,
        *,
        notes: Iterable[Note] | None = None,
        **values: float,
    ) -> Axes:
        """Draws the spectrum of `render`, dB over Hz: a sine of amplitude 1 reaches 0 dB.

        >>> krs.transpile(lambda: krs.saw(100)).spectrum().get_ylabel()
        'dB'
        """
        sound = self.render(seconds, sample_rate, inputs, events, values, notes=notes)
        return _plots.spectrum(axes or _plots.new_axes(), sound, sample_rate)

    @entrance
    def envelope(
        self,
        seconds: float = 2.0,
        sample_rate: int = 48000,
        inputs: ArrayOrRows = None,
        events: Iterable[Event] | None = None,
        axes: Axes | None = None,
        *,
        notes: Iterable[Note] | None = None,
        **values: float,
    ) -> Axes:
        """Draws how loud `render` is over time: the RMS level of each 10 ms, in dB.

        >>> krs.transpile(lambda: krs.saw(100) * krs.decay(0.9999)).envelope().get_ylabel()
        'dB'
        """
        sound = self.render(seconds, sample_rate, inputs, events, values, notes=notes)
        return _plots.envelope(axes or _plots.new_axes(), sound, sample_rate)

    @entrance
    def response(
        self, seconds: float = 1.0, sample_rate: int = 48000, axes: Axes | None = None, **values: float
    ) -> Axes:
        """Draws the frequency response, dB over Hz, from each input to each output.

        Errors: KR0407 for a sound without audio input.

        >>> krs.transpile(lambda x: krs.lowpass(x, 1000)).response().get_xlabel()
        'Hz'
        """
        if self.num_inputs == 0:
            raise error("KR0407", f"`{self.name}` has no audio input, so it has no frequency response")
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
        from krach import _page

        return _page.page(self)


def revived(program: Program, source: str, precision: Precision, of_python: bool) -> DspDef:
    """A DspDef from its pickle."""
    name = program.name
    gone = f"`{name}` comes from a pickle, which holds its sound but not its Python function"
    return DspDef(absent(name, gone) if of_python else None, program, source=source, precision=precision)


def absent(name: str, why: str) -> Callable[..., NoReturn]:
    """Stands for a Python function that is not here: calling it is an error that says why."""

    @entrance
    def missing(*_: object, **__: object) -> NoReturn:
        raise error("KR0114", why, help=["render it, or read its .source, .faust and .program"])

    missing.__name__ = missing.__qualname__ = name
    return missing


@entrance
def transpile(
    fn: Callable[..., object],
    /,
    *,
    precision: Precision = "single",
    name: str | None = None,
    voices: int | None = None,
    effect: Callable[..., object] | DspDef | None = None,
    **constants: object,
) -> DspDef:
    """Makes a DspDef from a Python function of Signals. Also a decorator.

    The function is called once. Its parameters without default are its audio inputs; those with default are
    constants, which further keywords set. It returns a Signal, a number, or a tuple or list of them: the
    outputs. `precision` is "single" or "double"; `name` replaces the name of the function.

    With `voices`, 1..256, the function is one voice of an instrument that plays that many notes at once. The
    sum of the voices goes through `effect`, a function or a DspDef, once. Faust's `nvoices` and `effect` are
    the same.

    Errors: KR0114 for parameters that cannot be inputs, KR0105 for a bad return value, KR0113 for bad
    voices. An exception of the function itself arrives unchanged, with a note. An input that is not used
    gives the warning `krach.UnusedInput`.

    >>> krs.transpile(lambda x, amount=1.0: x * amount, name="level", amount=0.3)
    <DspDef level: 1 in, 1 out>
    >>> organ = lambda: krs.sine_osc(krs.control("freq", 440, 20, 5000)) * krs.control("gate", 0, 0, 1)
    >>> krs.transpile(organ, voices=4, effect=lambda x: krs.echo(x, 100, 0.5)).voices
    4
    """
    chosen = _audition.known_precision(precision)
    program = trace(fn, name, constants)
    warn_unread(program)
    if voices is not None:
        count = _audition.whole("KR0113", "`voices`", voices, 0xFFFF_FFFF)
        after = None if effect is None else _effect(effect)
        program = program.polyphonic(count, after)
    elif effect is not None:
        raise error("KR0113", "an effect follows voices", help=["give the number of voices: voices=8"])
    return DspDef(fn, program, source=source_of(fn), precision=chosen)


def _effect(effect: Callable[..., object] | DspDef) -> Program:
    if isinstance(effect, DspDef):
        return effect.program
    program = trace(effect, None, {})
    warn_unread(program)
    return program
