"""`DspDef.render_many`: many sounds of one program, on all cores or on the workers of an executor."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypedDict, cast, overload

from krach import _audition, _krach, _place
from krach._arguments import is_text
from krach._audition import ArrayOrRows, Audition, Event, Note, Precision
from krach._entrance import entrance
from krach._errors import NotFinite, error
from krach._trace import describe, is_number

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from krach._definition import DspDef

_PART = 64
"""Sounds that a worker of an executor renders in one go."""
_AHEAD = 32
"""Parts that are given to an executor before the first of them is taken."""


class Executor(Protocol):
    """Anything of the shape of `concurrent.futures.Executor`, such as a client of Dask."""

    def submit(self, fn: Callable[..., Any], /, *args: Any) -> Any:
        """Starts `fn(*args)` and returns a future, whose `result()` waits for it."""
        ...


class Variants(TypedDict):
    """The arguments of each sound of a batch. `values` go sound by sound; `notes` may be empty."""

    names: list[str]
    values: list[float]
    instances: list[int]
    notes: list[list[tuple[int, int, float, float]]]
    threads: int


@dataclass(frozen=True)
class _Batch:
    """Checked arguments. `values` has one row for each sound and one column for each name."""

    program: _krach.Program
    asked: Audition
    names: list[str]
    values: NDArray[np.float64]
    instances: NDArray[np.uint32]
    notes: list[list[tuple[int, int, float, float]]]
    audio: NDArray[Any]
    threads: int

    def __len__(self) -> int:
        return len(self.instances)

    def part(self, start: int, stop: int) -> _Batch:
        """Some of the sounds."""
        some = slice(start, stop)
        own = (self.values[some], self.instances[some], self.notes[some])
        return replace(self, values=own[0], instances=own[1], notes=own[2])

    @property
    def shape(self) -> tuple[int, int, int]:
        """Sounds, channels, frames."""
        frames = round(self.asked["seconds"] * self.asked["sample_rate"])
        return len(self), len(self.program.outputs), frames

    def into(self, out: NDArray[Any], progress: Callable[[int], object] | None = None) -> str | None:
        """Renders into `out`. Returns a warning where samples are not finite."""
        variants: Variants = {
            "names": self.names,
            "values": self.values.ravel().tolist(),
            "instances": self.instances.tolist(),
            "notes": self.notes,
            "threads": self.threads,
        }
        return _krach.render_batch(self.program, self.asked, variants, self.audio, out, progress)

    def array(self) -> tuple[NDArray[Any], str | None]:
        """Renders into a new array."""
        import numpy as np

        out = np.empty(self.shape, self.audio.dtype)
        return out, self.into(out)


def _render_part(batch: _Batch) -> tuple[NDArray[Any], str | None]:
    """Runs on a worker of an executor."""
    return batch.array()


@overload
def render_many(
    self: DspDef,
    values: Mapping[str, object] | None = None,
    seconds: float | None = None,
    sample_rate: int = 48000,
    inputs: ArrayOrRows = None,
    events: Iterable[Event] | None = None,
    *,
    frames: int | None = None,
    notes: Sequence[Note] | Sequence[Sequence[Note]] | None = None,
    seeds: object = 0,
    precision: Precision | None = None,
    dtype: Literal["float32", "float64"] = "float32",
    out: NDArray[Any] | None = None,
    chunk: None = None,
    threads: int | None = None,
    executor: Executor | None = None,
    progress: Callable[[float], object] | None = None,
) -> NDArray[Any]: ...
@overload
def render_many(
    self: DspDef,
    values: Mapping[str, object] | None = None,
    seconds: float | None = None,
    sample_rate: int = 48000,
    inputs: ArrayOrRows = None,
    events: Iterable[Event] | None = None,
    *,
    frames: int | None = None,
    notes: Sequence[Note] | Sequence[Sequence[Note]] | None = None,
    seeds: object = 0,
    precision: Precision | None = None,
    dtype: Literal["float32", "float64"] = "float32",
    out: None = None,
    chunk: int,
    threads: int | None = None,
    executor: Executor | None = None,
    progress: Callable[[float], object] | None = None,
) -> Iterator[NDArray[Any]]: ...
@entrance
def render_many(
    self: DspDef,
    values: Mapping[str, object] | None = None,
    seconds: float | None = None,
    sample_rate: int = 48000,
    inputs: ArrayOrRows = None,
    events: Iterable[Event] | None = None,
    *,
    frames: int | None = None,
    notes: Sequence[Note] | Sequence[Sequence[Note]] | None = None,
    seeds: object = 0,
    precision: Precision | None = None,
    dtype: Literal["float32", "float64"] = "float32",
    out: NDArray[Any] | None = None,
    chunk: int | None = None,
    threads: int | None = None,
    executor: Executor | None = None,
    progress: Callable[[float], object] | None = None,
) -> NDArray[Any] | Iterator[NDArray[Any]]:
    """Computes many sounds: an array of the shape (sounds, channels, frames).

    `values` holds for each control one number for all sounds, or a row of one number for each sound. `seeds`
    is one whole number or one for each sound, and `notes` is one list of notes or one list for each sound.
    Sound `i` has the samples of `render` with the values, the seed and the notes of row `i`, bit for bit. All
    other arguments are those of `render`, and all sounds share them.

    Sounds without notes and effect are computed eight at a time, in the lanes of the processor's vectors, on
    `threads` threads (by default, one for each core). `progress` is called with the part done, 0..1.

    To keep memory small, give `out`, an array of this shape and of `dtype` to write into, such as a
    `numpy.memmap`. Or give `chunk`, a number of sounds: the result is then an iterator of arrays of at most
    that many sounds.

    `executor` renders elsewhere: a `concurrent.futures` executor, or anything with its method `submit`, such
    as a client of Dask. Each worker then uses one thread, or `threads`.

    Errors: those of `render`; KR0405 for rows of different lengths; KR0113 for an `out` that does not fit.

    >>> import numpy as np
    >>> beep = krs.transpile(lambda: krs.sine_osc(krs.control("freq", 440, 20, 2000)))
    >>> sounds = beep.render_many({"freq": [220, 440, 880]}, 0.1)
    >>> sounds.shape
    (3, 1, 4800)
    >>> np.array_equal(sounds[2], beep.render(0.1, freq=880))
    True
    >>> [len(part) for part in beep.render_many({"freq": [220, 440, 880]}, 0.1, chunk=2)]
    [2, 1]
    """
    rate = _audition.rate(sample_rate)
    audio: NDArray[Any] = _audition.rows(inputs, _audition.sample(dtype).type, wanted=self.num_inputs)
    names, table, instances, own_notes = _variants(values, seeds, notes)
    asked = _audition.audition(
        _audition.duration(seconds, frames, rate, None if inputs is None else audio.shape[1]),
        rate,
        self.precision if precision is None else precision,
        {},
        events,
        None if own_notes else notes,
    )
    if not 0 <= asked["seconds"] < float("inf"):
        message = f"cannot render {asked['seconds']} seconds"
        raise error("KR0408", message, help=["give a finite number of seconds, 0 or more"])
    count = (1 if executor else os.cpu_count() or 1) if threads is None else threads
    count = max(_audition.whole("KR0113", "`threads`", count, 1 << 16), 1)
    batch = _Batch(self.program, asked, names, table, instances, own_notes, audio, count)
    if not (progress is None or callable(progress)):
        raise error("KR0113", f"`progress` is a function of a number, not {describe(progress)}")
    if chunk is not None:
        if out is not None:
            raise error("KR0113", "both `out` and `chunk` are given", help=["leave one of them out"])
        size = max(_audition.whole("KR0113", "`chunk`", chunk, 1 << 53), 1)
        return _chunks(self.name, batch, size, executor, progress)
    whole = _place_for(batch, out)
    if executor is None:
        hook = None if progress is None else _share(progress, len(batch))
        _warn(self.name, batch.into(whole, hook))
        if progress is not None:
            progress(1.0)
        return whole
    at = 0
    for part in _chunks(self.name, batch, _PART, executor, progress):
        whole[at : at + len(part)] = part
        at += len(part)
    return whole


def _chunks(
    name: str,
    batch: _Batch,
    size: int,
    executor: Executor | None,
    progress: Callable[[float], object] | None,
) -> Iterator[NDArray[Any]]:
    """The sounds, in order, at most `size` at a time."""
    parts = (batch.part(start, start + size) for start in range(0, len(batch), size))
    done = 0
    for sounds, strange in map(_render_part, parts) if executor is None else _elsewhere(executor, parts):
        _warn(name, strange)
        done += len(sounds)
        if progress is not None:
            progress(done / len(batch))
        yield sounds


def _elsewhere(executor: Executor, parts: Iterator[_Batch]) -> Iterator[tuple[NDArray[Any], str | None]]:
    """The results of an executor, in order. Only `_AHEAD` of them are held at once."""
    open_: deque[Any] = deque()
    for part in parts:
        open_.append(executor.submit(_render_part, part))
        if len(open_) == _AHEAD:
            yield open_.popleft().result()
    while open_:
        yield open_.popleft().result()


def _share(progress: Callable[[float], object], count: int) -> Callable[[int], object]:
    return lambda done: progress(min(done / max(count, 1), 1.0))


def _warn(name: str, strange: str | None) -> None:
    if strange is not None:
        _place.warn(f"`{name}`: {strange}", NotFinite)


def _place_for(batch: _Batch, out: object) -> NDArray[Any]:
    """The array to write into."""
    import numpy as np

    if out is None:
        try:
            return np.empty(batch.shape, batch.audio.dtype)
        except (MemoryError, OverflowError, ValueError):
            message = f"{batch.shape} samples do not fit into memory"
            remedy = "write into a file with out=numpy.memmap(…), or take the sounds in chunks: chunk=256"
            raise error("KR0408", message, help=[remedy]) from None
    wanted = f"an array of the type {batch.audio.dtype} and the shape {batch.shape}"
    if not isinstance(out, np.ndarray):
        raise error("KR0113", f"`out` is {wanted}, not {describe(out)}")
    array = cast("NDArray[Any]", out)
    if array.dtype != batch.audio.dtype or array.shape != batch.shape:
        raise error("KR0113", f"`out` is {wanted}, not of the type {array.dtype} and the shape {array.shape}")
    if not (array.flags.c_contiguous and array.flags.writeable and array.flags.aligned):
        remedy = "numpy.empty(shape, dtype) makes one"
        raise error("KR0113", "`out` is an array in one piece that can be written", help=[remedy])
    return array


def _variants(
    values: object, seeds: object, notes: object
) -> tuple[list[str], NDArray[np.float64], NDArray[np.uint32], list[list[tuple[int, int, float, float]]]]:
    """Names, values, instances and notes, each with one row for every sound."""
    import numpy as np

    if not (values is None or isinstance(values, Mapping)):
        message = f"`values` is a mapping from names to numbers, not {describe(values)}"
        raise error("KR0404", message, help=['write values={"freq": [220, 440]}'])
    named = cast("Mapping[object, object]", values or {})
    rows = {_name(name): _row(f"control `{name}`", "KR0405", value) for name, value in named.items()}
    drawn = _row("`seeds`", "KR0113", seeds)
    own_notes = _notes(notes)
    lengths = {f"control `{name}`": row.size for name, row in rows.items() if row.ndim}
    lengths |= {"`seeds`": drawn.size} if drawn.ndim else {}
    lengths |= {} if own_notes is None else {"`notes`": len(own_notes)}
    count = next(iter(lengths.values()), 1)
    for what, length in lengths.items():
        if length != count:
            first = next(iter(lengths))
            raise error("KR0405", f"{what} has {length} rows, but {first} has {count}: one for each sound")
    table = np.empty((count, len(rows)))
    for column, row in enumerate(rows.values()):
        table[:, column] = row
    instances = np.empty(count, np.uint32)
    instances[:] = [_audition.instance(seed, 0) for seed in drawn.ravel().tolist()]
    return list(rows), table, instances, own_notes or []


def _name(name: object) -> str:
    if is_text(name):
        return cast("str", name)
    raise error("KR0404", f"a control's name is a text, not {describe(name)}")


def _row(what: str, code: str, given: object) -> NDArray[np.float64]:
    """One number, or a row of numbers."""
    import numpy as np

    try:
        array = np.asarray(cast("Any", given))
        if array.ndim < 2 and array.dtype.kind in "iufb" and (array.ndim or is_number(given)):
            return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        pass
    raise error(code, f"{what} is a number or a row of numbers, not {describe(given)}")


def _notes(notes: object) -> list[list[tuple[int, int, float, float]]] | None:
    """The notes of each sound; nothing if all sounds share them."""
    if not isinstance(notes, (list, tuple)):
        return None
    rows = cast("Sequence[object]", notes)
    lists = [cast("Sequence[object]", row) for row in rows if isinstance(row, (list, tuple))]
    if not lists or any(row and is_number(row[0]) for row in lists):
        return None
    return [_audition.audition(0, 1, "single", {}, None, row)["notes"] for row in rows]
