"""Recordings: sound files and arrays, played from any place at any speed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache, partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, cast

from krach import _krach
from krach._arguments import choice
from krach._arguments import path as path_of
from krach._function import library, whole
from krach._signal import Signal, SignalLike
from krach._trace import Trace, current, describe
from krach.dsp.core import feedback, mem, select2, sr
from krach.dsp.envelopes import trigger
from krach.dsp.ints import to_int
from krach.dsp.maths import floor, max_, min_
from krach.dsp.ranges import within
from krach.dsp.stretching import to_beats
from krach.dsp.tables import contents
from krach.dsp.waves import interpolated

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray

    Source: TypeAlias = str | PathLike[str] | Iterable[float] | NDArray[np.generic]

SOUND_FILES = (".wav", ".flac", ".ogg", ".mp3")
"""Endings of the sound files that can be read."""

_FILE_RATE = 48000
"""Files are brought to this rate in Hz when they are read."""

_LONG = 1 << 16
"""An array with more samples is kept beside the program instead of in it."""


def sample(
    data: Source,
    gate: SignalLike = 0,
    rate: SignalLike = 1.0,
    start: SignalLike = 0.0,
    end: SignalLike = 1.0,
    loop: bool = False,
    n: int = 0,
    slice: tuple[SignalLike, int] | None = None,
    interpolation: str = "linear",
    sample_rate: float = 48000,
    beats: float | None = None,
    tempo: float = 120,
) -> Signal:
    """Plays a recording from the start of the sound, and again from its beginning whenever `gate` rises.

    `data` is a sound file (WAV, FLAC, MP3, Ogg Vorbis), a folder of them, of which `n` chooses one (after the
    last comes the first again), or an array of samples or of (channels, frames). Several channels are mixed
    to one: `sample_stereo` keeps two.

    `rate` 1 is its own pitch, 2 an octave higher, -1 backwards from the end; it is held within -64..64.
    `start` and `end` are the part that plays, 0..1; with `slice=(i, n)` it is the i-th of n equal pieces of
    this part. They count at each beginning. After the part there is silence, with `loop=True` its beginning.
    `sample_rate` in Hz is that of an array; files know their own, and are read at 48 kHz. With `beats` the
    whole recording is stretched to that many beats of `tempo` (BPM) when the function is traced, at its own
    pitch; that needs the package python-stretch.

    Errors: KR0116 for an array that holds no numbers, KR0501 for a file that cannot be read.

    >>> krs.transpile(lambda: krs.sample([1, 2, 3], rate=0.5)).render(7 / 48000)
    array([[1. , 1.5, 2. , 2.5, 3. , 0. , 0. ]], dtype=float32)
    """
    part, length = (start, end, slice), (beats, tempo)
    (heard,) = _played(data, 1, gate, rate, part, loop, n, interpolation, sample_rate, length)
    return heard


def sample_stereo(
    data: Source,
    gate: SignalLike = 0,
    rate: SignalLike = 1.0,
    start: SignalLike = 0.0,
    end: SignalLike = 1.0,
    loop: bool = False,
    n: int = 0,
    slice: tuple[SignalLike, int] | None = None,
    interpolation: str = "linear",
    sample_rate: float = 48000,
    beats: float | None = None,
    tempo: float = 120,
) -> tuple[Signal, Signal]:
    """Plays the first two channels of a recording, or its only one on both sides; all else as `sample`.

    >>> krs.transpile(lambda: krs.sample_stereo(np.array([[1, 2], [3, 4]]))).render(2 / 48000)
    array([[1., 2.],
           [3., 4.]], dtype=float32)
    """
    part, length = (start, end, slice), (beats, tempo)
    left, right = _played(data, 2, gate, rate, part, loop, n, interpolation, sample_rate, length)
    return left, right


def _played(
    data: Source,
    wanted: int,
    gate: SignalLike,
    rate: SignalLike,
    part: tuple[SignalLike, SignalLike, tuple[SignalLike, int] | None],
    loop: bool,
    n: int,
    interpolation: str,
    sample_rate: float,
    stretched: tuple[float | None, float],
) -> tuple[Signal, ...]:
    trace = current()
    trace.locate()
    again = choice("`loop`", loop, (False, True))
    given = trace.finite("`sample_rate`", sample_rate)
    tables, length, native = _tables(trace, data, wanted, n, given, stretched)
    start, end, pieces = part
    if pieces is not None:
        if not isinstance(pieces, tuple) or len(pieces) != 2:  # pyright: ignore[reportUnnecessaryIsInstance, reportUnnecessaryComparison]
            raise trace.error(
                "KR0113", f"`slice` is a piece and their number, as (2, 8), not {describe(pieces)}"
            )
        piece, count = pieces[0], whole("the number of pieces in `slice`", pieces[1], 1, 1 << 20)
        share = (end - start) / count
        start = start + share * within(piece, 0, count - 1)
        end = start + share
    rate, start, end = within(rate, -64, 64), within(start, 0, 1), within(end, 0, 1)
    return _sample(gate, rate, start, end, tables, length, again, interpolation, native)


@library
def _sample(
    gate: SignalLike,
    rate: SignalLike,
    start: SignalLike,
    end: SignalLike,
    tables: tuple[int, ...],
    length: int,
    loop: bool,
    interpolation: str,
    sample_rate: float,
) -> tuple[Signal, ...]:
    trace = current()
    step = rate * (sample_rate / sr())
    starts = max_(trigger(gate), 1 - mem(1))
    first = to_int(min_(floor(start * length), length - 1))
    size = to_int(max_(floor(end * length) - first, 1))
    # The whole part of the position is an int, the rest a real of 0..1: neither loses digits.
    part_of = trace.builder.register()
    moved = trace.signal(trace.builder.read(part_of)) + step
    whole_steps = floor(moved)
    rest = select2(starts, moved - whole_steps, 0)
    trace.builder.write(part_of, rest.node)
    begin = select2(rate < 0, to_int(0), size - to_int(1))

    def advance(before: Signal) -> Signal:
        following = before + to_int(whole_steps)
        bounded = (following % size + size) % size if loop else to_int(max_(min_(following, size), -1))
        return select2(starts, bounded, begin)

    place = feedback(advance, integer=True)

    def at(table: int, offset: int) -> Signal:
        entry = place + to_int(offset) if offset else place
        if loop and offset:
            entry = (entry % size + size) % size
        return trace.signal(trace.builder.lookup(table, (first + entry).node))

    heard = tuple(interpolated(partial(at, table), rest, interpolation) for table in tables)
    if loop:
        return heard
    beyond = (place + rest > size - 1) | (place < 0)
    return tuple(select2(beyond, signal, 0) for signal in heard)


def _tables(
    trace: Trace, data: Source, wanted: int, n: int, given: float, stretched: tuple[float | None, float]
) -> tuple[tuple[int, ...], int, float]:
    """The tables of `wanted` channels, their length, and their sample rate: `given` for arrays."""
    beats, tempo = stretched
    if isinstance(data, (str, PathLike)):
        kept, rate = _recording(trace, Path(path_of("KR0501", data)).expanduser(), n), float(_FILE_RATE)
    else:
        rows, rate = _array(trace, data), given
        if len(rows) == 1 and rows.size <= _LONG and beats is None:
            return (trace.builder.table(rows[0]),) * wanted, rows.size, rate
        kept = _krach.Recording.of(rows)
    if beats is not None:
        kept = to_beats(kept, rate, beats, tempo)
    return tuple(_channels(trace, kept, wanted)), kept.frames, rate


def _array(trace: Trace, data: Iterable[object]) -> NDArray[np.float64]:
    """An array or a list as rows, one for each channel."""
    import numpy as np

    channels = [contents(trace, row) for row in _rows(data) or [cast("Iterable[float]", data)]]
    if len({len(channel) for channel in channels}) != 1:
        raise trace.error("KR0116", "the channels of a recording are of one length")
    return np.stack(channels)


def _rows(data: Iterable[object]) -> list[Iterable[float]]:
    """The channels of an array of two dimensions; none of an array of one."""
    if getattr(data, "ndim", 2) != 2 or (not isinstance(data, (list, tuple)) and not hasattr(data, "ndim")):
        return []
    rows = cast("Iterable[object]", data)
    if not all(hasattr(row, "__len__") and not isinstance(row, (str, bytes)) for row in rows):
        return []
    return [cast("Iterable[float]", row) for row in rows]


def _channels(trace: Trace, kept: _krach.Recording, wanted: int) -> list[int]:
    if wanted == 1 or kept.channels == 1:
        return [trace.builder.sound(kept.mixed(), 0)] * wanted
    return [trace.builder.sound(kept, channel) for channel in range(wanted)]


def _recording(trace: Trace, path: Path, n: int) -> _krach.Recording:
    if path.is_dir():
        files = sound_files(path)
        if not files:
            endings = ", ".join(SOUND_FILES)
            raise trace.error("KR0501", f"the folder `{path}` has no sound file", help=f"it wants {endings}")
        path = files[int(trace.finite("`n`", n)) % len(files)]
    try:
        known = path.stat()
    except OSError:
        near = _krach.nearest(path.name, [other.name for other in sound_files(path.parent)])
        remedy = f"did you mean `{near}`?" if near else "a path is relative to the folder where Python runs"
        raise trace.error("KR0501", f"there is no file `{path}`", help=remedy) from None
    return _decoded(str(path), known.st_mtime_ns, known.st_size)


@lru_cache(maxsize=256)
def _decoded(path: str, changed: int, size: int) -> _krach.Recording:
    """The recording of a file as it is now; read once while it stays the same."""
    return _krach.Recording.read(path, _FILE_RATE)


def sound_files(folder: Path) -> list[Path]:
    """The sound files in a folder, by name."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix.lower() in SOUND_FILES)
    except OSError:
        return []
