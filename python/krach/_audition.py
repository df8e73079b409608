"""The arguments of `DspDef.render`, converted for Rust, which checks their values."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict, TypeVar, cast, get_args

from krach._arguments import choice, is_text
from krach._errors import Error, error
from krach._trace import describe, is_number

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    _Sample = TypeVar("_Sample", np.float32, np.float64)

Precision = Literal["single", "double"]
Event = tuple[int, str, float]
"""Frame, control, value: the control has the value from exactly that frame on."""
Note = tuple[int, int, float] | tuple[int, int, float, float]
"""Frame, length in frames, key and velocity. Key 69 is 440 Hz; velocity is 0..1, 1 by default."""
ArrayOrRows: TypeAlias = "ArrayLike | Sequence[ArrayLike | None] | None"
"""Audio input: an array of the shape (channels, frames), or one row for each channel, `None` for silence."""


class Audition(TypedDict):
    """One rendering without its audio input. `reference` selects the interpreter instead of native code."""

    seconds: float
    sample_rate: int
    precision: str
    instance: int
    values: list[tuple[str, float]]
    events: list[Event]
    notes: list[tuple[int, int, float, float]]
    reference: bool


def audition(
    seconds: float,
    sample_rate: int,
    precision: object,
    values: Mapping[str, object],
    events: object = None,
    notes: object = None,
    instance: int = 0,
) -> Audition:
    """Raises KR0403 to KR0408 for arguments of the wrong type."""
    return {
        "seconds": seconds,
        "sample_rate": sample_rate,
        "precision": known_precision(precision),
        "instance": instance,
        "values": [_setting(name, value) for name, value in values.items()],
        "events": [] if events is None else _events(events),
        "notes": [] if notes is None else _notes(notes),
        "reference": False,
    }


def duration(seconds: object, frames: object, sample_rate: int, given: int | None) -> float:
    """Seconds of a rendering: `seconds`, or `frames`, or the length of the audio input, if there is one."""
    if seconds is not None and frames is not None:
        raise error("KR0408", "both `seconds` and `frames` are given", help=["leave one of them out"])
    if seconds is not None:
        return _number("KR0408", "a duration", seconds)
    if frames is not None:
        return whole("KR0408", "`frames`", frames, 1 << 53) / sample_rate
    if given is not None:
        return given / sample_rate
    raise error(
        "KR0408",
        "no duration is given",
        help=["give seconds, or frames=48000; with inputs, the default is their length"],
    )


def settings(controls: object, values: Mapping[str, object]) -> dict[str, object]:
    """The values of controls at the start, from the mapping `controls` and from keywords."""
    if controls is None:
        return dict(values)
    if not isinstance(controls, Mapping):
        message = f"`controls` is a mapping from names to values, not {describe(controls)}"
        raise error("KR0404", message, help=['write controls={"freq": 440}'])
    named = dict(cast("Mapping[str, object]", controls))
    if twice := named.keys() & values.keys():
        message = f"control `{min(twice)}` has two values: in `controls` and as a keyword"
        raise error("KR0405", message, help=["leave one of them out"])
    return named | dict(values)


def instance(seed: object, copy: object) -> int:
    """The number of a copy, of which its noise is made: seeds 0 and copy 0 give 0, the default."""
    drawn = whole("KR0113", "`seed`", seed, 0xFFFF_FFFF)
    return (whole("KR0113", "`instance`", copy, 0xFFFF_FFFF) + drawn * 0x9E37_79B1) & 0xFFFF_FFFF


def whole(code: str, what: str, value: object, hi: int) -> int:
    """A whole number in `0..hi`."""
    if type(value) is int and 0 <= value <= hi:
        return value
    number = _number(code, what, value)
    if 0 <= number <= hi and number == int(number):
        return value if isinstance(value, int) else int(number)
    raise error(code, f"{what} is a whole number from 0 to {hi}, not {describe(value)}")


def known_precision(name: object) -> Precision:
    """A precision by name."""
    return cast("Precision", choice("precision", name, get_args(Precision)))


def sample(dtype: object) -> np.dtype[np.floating[Any]]:
    """The type of samples, from its name or from numpy's own object."""
    import numpy as np

    if dtype is not None:
        with contextlib.suppress(TypeError, ValueError):
            wanted = np.dtype(cast("Any", dtype))
            if wanted.type in (np.float32, np.float64):
                return wanted
    raise error("KR0113", f'dtype is "float32" or "float64", not {describe(dtype)}')


def rate(value: object) -> int:
    """A sample rate in Hz."""
    if type(value) is int and 0 < value < 1 << 31:
        return value
    hertz = _number("KR0403", "a sample rate", value)
    if 0 < hertz < 1 << 31 and hertz == int(hertz):
        return int(hertz)
    raise error("KR0403", f"a sample rate is a whole number of Hz, not {describe(value)}")


def rows(
    inputs: object, dtype: type[_Sample], what: str = "audio input", wanted: int | None = None
) -> NDArray[_Sample]:
    """Audio, one row for each channel. `None` is silence, of all channels or of one."""
    import numpy as np

    if inputs is None:
        return np.empty((0, 0), dtype)
    parts = cast("Sequence[object]", inputs if isinstance(inputs, (list, tuple)) else ())
    if any(part is None or not is_number(part) for part in parts):
        channels = _padded([_array(part, dtype, what) for part in parts], dtype, what)
    else:
        channels = _array(cast("object", inputs), dtype, what)
        channels = channels[None] if channels.ndim == 1 else channels
    if channels.ndim != 2:
        raise error("KR0407", f"{what} has the shape (channels, frames), not {channels.shape}")
    return _upright(channels, what, wanted)


def _array(of: object, dtype: type[_Sample], what: str) -> NDArray[_Sample]:
    """Numbers as an array of samples; `None` is an empty one."""
    import numpy as np

    if type(of) is np.ndarray and of.dtype == dtype:
        return of
    try:
        array = np.asarray([] if of is None else cast("ArrayLike", of))
        if remedy := _remedy(of, array):
            message = f"{what} has samples of the type {array.dtype}; floats within -1..1 are needed"
            raise error("KR0407", message, help=[remedy])
        with np.errstate(over="ignore"):  # too large for the type: infinite, of which `render` warns
            return array.astype(dtype, copy=False)
    except (TypeError, ValueError, OverflowError) as unfit:
        if isinstance(unfit, Error):
            raise
        message = f"{what} is one row of numbers for each channel, not {describe(of)}"
        raise error("KR0407", message, help=["numpy.array(…) makes such rows of a list of numbers"]) from None


def _remedy(of: object, array: NDArray[Any]) -> str | None:
    """How to make samples of an array that holds other things, if it does."""
    import numpy as np

    kind, size = array.dtype.kind, array.dtype.itemsize
    if np.ma.is_masked(of):
        return "fill the masked samples: sound.filled(0)"
    if kind in "iu" and size < 8:
        scale = 1 << (8 * size - 1)
        return ("" if kind == "i" else f"subtract {scale}, then ") + f"divide by {scale}: sound / {scale}"
    if kind in "iu" and hasattr(of, "dtype"):  # lists of Python's own whole numbers are int64 too
        return "divide by the largest value, 32768 for 16 bits, or convert with sound.astype(float)"
    if kind == "c":
        return "take its real part: sound.real"
    return None if kind in "iufbO" else "convert it with sound.astype(float)"


def _padded(channels: list[NDArray[_Sample]], dtype: type[_Sample], what: str) -> NDArray[_Sample]:
    """Rows of different lengths as one array: short ones end in silence."""
    import numpy as np

    if odd := [channel.shape for channel in channels if channel.ndim != 1]:
        raise error("KR0407", f"{what} has one row of numbers for each channel, not the shape {odd[0]}")
    padded = np.zeros((len(channels), max(map(len, channels))), dtype)
    for row, channel in zip(padded, channels, strict=True):
        row[: len(channel)] = channel
    return padded


def _upright(channels: NDArray[_Sample], what: str, wanted: int | None) -> NDArray[_Sample]:
    """Refuses an array of the shape (frames, channels), the order of other packages.

    It has `wanted` columns instead of rows, or more than 256 rows.
    """
    count, frames = channels.shape
    swapped = count > 256 if wanted is None else count != wanted == frames
    if swapped and count > frames:
        message = f"{what} has the shape (channels, frames), and {channels.shape} are {count} channels"
        raise error("KR0407", message, help=["if its shape is (frames, channels), give sound.T"])
    return channels


def fraction(progress: Callable[[float], object], taken: Audition) -> Callable[[int], object]:
    """Calls the user's hook with the part done, 0..1, for a number of frames done."""
    frames = max(taken["seconds"] * taken["sample_rate"], 1.0)
    return lambda done: progress(min(done / frames, 1.0))


def _number(code: str, what: str, value: object) -> float:
    if type(value) is float:
        return value
    try:
        if not is_number(value):
            raise TypeError
        return float(cast("float", value))
    except (TypeError, ValueError, OverflowError) as unfit:
        if isinstance(unfit, Error):
            raise
        raise error(code, f"{what} is a number, not {describe(value)}") from None


def _setting(name: object, value: object) -> tuple[str, float]:
    if is_text(name):
        return cast("str", name), _number("KR0405", f"control `{name}`", value)
    raise error("KR0404", f"a control's name is a text, not {describe(name)}")


def _events(events: object) -> list[Event]:
    return [_event(event) for event in _listed("events", "(frame, control, value)", events)]


def _notes(notes: object) -> list[tuple[int, int, float, float]]:
    return [_note(note) for note in _listed("notes", "(frame, frames, key, velocity)", notes)]


def _event(event: object) -> Event:
    parts = _parts(event)
    if len(parts) != 3:
        raise error("KR0406", f"an event is (frame, control, value), not {describe(event)}")
    frame, name, value = parts
    return (_frames("an event's frame", frame), *_setting(name, value))


def _note(note: object) -> tuple[int, int, float, float]:
    parts = _parts(note)
    if len(parts) not in (3, 4):
        raise error("KR0406", f"a note is (frame, frames, key, velocity), not {describe(note)}")
    frame, frames, key, velocity = [*parts, 1.0][:4]
    return (
        _frames("a note's frame", frame),
        _frames("a note's length", frames),
        _number("KR0406", "a note's key", key),
        _number("KR0406", "a note's velocity", velocity),
    )


def _listed(what: str, row: str, rows: object) -> list[object]:
    every = _items(rows)
    if every is None:
        raise error("KR0406", f"{what} are a list of {row}, not {describe(rows)}")
    if every and not _parts(every[0]):
        raise error("KR0406", f"{what} are a list of {row}: the first is {describe(every[0])}")
    return every


def _parts(of: object) -> list[object]:
    return _items(of) or []


def _items(of: object) -> list[object] | None:
    if not isinstance(of, Iterable) or isinstance(of, (str, bytes, Mapping)):
        return None
    try:
        return [*cast("Iterable[object]", of)]
    except TypeError:  # of an array without an axis
        return None


def _frames(what: str, value: object) -> int:
    at = _number("KR0406", what, value)
    if not 0 <= at < float("inf") or at != int(at):
        raise error("KR0406", f"{what} is a whole number from 0, not {describe(value)}")
    return min(int(at), 1 << 62)
