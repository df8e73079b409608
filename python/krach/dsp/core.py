"""Memory, loops, choice: the primitives that everything else is written with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, cast, overload

from krach._arguments import choice
from krach._function import whole
from krach._signal import Signal, SignalLike
from krach._trace import Trace, current, describe

MAX_DELAY = 1 << 28  # samples
_MOST_LOOPS = 1024


def sr() -> Signal:
    """The sample rate in Hz.

    >>> krs.transpile(lambda: krs.sr()).render(0.0001, sample_rate=44100)[0, 0]
    np.float32(44100.0)
    """
    trace = current()
    trace.locate()
    return trace.signal(trace.builder.sample_rate())


def sample_rate() -> Signal:
    """The sample rate in Hz: another name of `krs.sr`.

    >>> float(krs.transpile(lambda: krs.sample_rate()).render(0.0001, sample_rate=44100)[0, 0])
    44100.0
    """
    return sr()


def mem(sig: SignalLike) -> Signal:
    """The sample before; 0 at first (Faust's `sig'`).

    >>> krs.transpile(lambda x: krs.mem(x)).render(3 / 48000, inputs=[[1, 2, 3]])
    array([[0., 1., 2.]], dtype=float32)
    """
    trace = current()
    trace.locate()
    return trace.signal(trace.builder.mem(trace.node(sig)))


def unit_delay(sig: SignalLike) -> Signal:
    """The sample before: another name of `krs.mem`.

    >>> krs.transpile(lambda x: krs.unit_delay(x)).render(3 / 48000, inputs=[[1, 2, 3]])
    array([[0., 1., 2.]], dtype=float32)
    """
    return mem(sig)


def delay(sig: SignalLike, n: SignalLike, max_delay: int | None = None) -> Signal:
    """The signal of `n` samples ago, 0 before it began; `n` is truncated and may change (Faust's `sig @ n`).

    `n` is clamped to `0..max_delay` samples. Without `max_delay` the bound is the one proved for `n`:
    that of a constant, of a control, of arithmetic with them. `krs.fdelay` interpolates between samples.

    Errors: KR0110 if no bound is provable, KR0111 if `n` is always negative, KR0113 for a bad `max_delay`.

    >>> krs.transpile(lambda x: krs.delay(x, 2)).render(4 / 48000, inputs=[[1, 2, 3, 4]])
    array([[0., 0., 1., 2.]], dtype=float32)
    """
    trace = current()
    trace.locate()
    bound = None if max_delay is None else whole("max_delay", max_delay, 0, MAX_DELAY)
    return trace.signal(trace.builder.delay(trace.node(sig), trace.node(n), bound))


def select2(sel: SignalLike, when_zero: SignalLike, when_one: SignalLike) -> Signal:
    """`when_zero` where `sel`, truncated to an int, is 0, else `when_one`; both are always computed.

    >>> krs.transpile(lambda x: krs.select2(x > 0, -1, 1)).render(2 / 48000, inputs=[[0.5, -0.5]])
    array([[ 1., -1.]], dtype=float32)
    """
    return current().apply("select", sel, when_zero, when_one)


Body: TypeAlias = Callable[[Signal], "SignalLike | tuple[SignalLike, SignalLike]"]
Bodies: TypeAlias = Callable[
    [tuple[Signal, ...]], "Sequence[SignalLike] | tuple[Sequence[SignalLike], Sequence[SignalLike]]"
]


@overload
def feedback(body_fn: Body, n: None = None, *, integer: bool = False) -> Signal: ...
@overload
def feedback(body_fn: Bodies, n: int, *, integer: bool = False) -> tuple[Signal, ...]: ...
def feedback(
    body_fn: Body | Bodies, n: int | None = None, *, integer: bool = False
) -> Signal | tuple[Signal, ...]:
    """A loop through one sample of delay: `body_fn` is called once with its own result of the last sample.

    `body_fn(fb)` returns the signal that is heard and fed back, or a pair `(output, fed_back)`. It may use
    `fb` any number of times, or never, and any signal of the functions around it.

    With `n`, `body_fn(fbs)` is given a tuple of `n` signals and returns a list of `n`, or a pair of lists
    `(outputs, fed_back)` of which the second has `n`; the outputs are a tuple. With `integer=True` what goes
    round are ints of 32 bits, which count exactly and wrap around.

    Errors: KR0112 when `body_fn` is not a function or returns something else, KR0113 for an `n` outside
    1..1024.

    >>> leak = krs.transpile(lambda x: krs.feedback(lambda fb: x + fb * 0.5))
    >>> leak.render(3 / 48000, inputs=[[1, 0, 0]])
    array([[1.  , 0.5 , 0.25]], dtype=float32)
    >>> swap = krs.transpile(lambda x: krs.feedback(lambda fbs: [x + fbs[1], fbs[0]], n=2))
    >>> swap.render(4 / 48000, inputs=[[1]])
    array([[1., 0., 1., 0.],
           [0., 1., 0., 1.]], dtype=float32)
    """
    trace = current()
    trace.locate()
    if not callable(body_fn):
        raise trace.error("KR0112", f"feedback wants a function of one Signal, got {describe(body_fn)}")
    count = 1 if n is None else whole("n", n, 1, _MOST_LOOPS)
    integer = choice("`integer`", integer, (False, True))
    registers = [trace.builder.register(integer) for _ in range(count)]
    before = tuple(trace.signal(trace.builder.read(register)) for register in registers)
    try:
        if n is None:
            output, back = _pair(trace, cast("Body", body_fn)(before[0]))
            outputs, fed_back = [output], [back]
        else:
            outputs, fed_back = _lists(trace, cast("Bodies", body_fn)(before), count)
    except BaseException:
        for register in registers:
            trace.builder.write(
                register, trace.builder.real(0.0)
            )  # the trace stays whole for who catches this
        raise
    for register, node in zip(registers, fed_back, strict=True):
        trace.builder.write(register, node)
    heard = tuple(map(trace.signal, outputs))
    return heard[0] if n is None else heard


def _lists(trace: Trace, result: object, count: int) -> tuple[list[int], list[int]]:
    """Outputs and fed-back nodes, from the result of the body of a loop of several signals."""

    def is_list(value: object) -> bool:
        return isinstance(value, (tuple, list))

    if is_list(result):
        values = [*cast("list[object]", result)]
        if len(values) == 2 and all(map(is_list, values)):
            outputs, fed_back = ([*cast("list[object]", part)] for part in values)
        else:
            outputs = fed_back = values
        if outputs and len(fed_back) == count and not any(map(is_list, outputs + fed_back)):
            nodes = [trace.node(value) for value in fed_back]
            return [trace.node(value) for value in outputs] if outputs is not fed_back else nodes, nodes
        got = f"{len(fed_back)} signals to feed back"
    else:
        got = describe(result)
    raise trace.error(
        "KR0112",
        f"a feedback body of {count} signals returned {got}",
        help=f"return a list of {count} Signals, or a pair (outputs, fed_back) of lists",
    )


def _pair(trace: Trace, result: object) -> tuple[int, int]:
    """Output and fed-back node, from the result of the body of a loop."""
    if isinstance(result, (tuple, list)):
        values = cast("list[object]", [*result])
        if len(values) == 2 and not any(isinstance(value, (tuple, list)) for value in values):
            return trace.node(values[0]), trace.node(values[1])
        got = f"a {type(cast('object', result)).__name__} of {len(values)}"
    elif result is None:
        got = "None"
    else:
        node = trace.node(result)
        return node, node
    raise trace.error(
        "KR0112", f"a feedback body returned {got}", help="return one Signal, or a pair (output, fed_back)"
    )
