"""What is asked of a rendering, checked while it is still Python: Rust sees numbers and names only."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar, cast

from krach._errors import Error, error
from krach._trace import describe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    _Sample = TypeVar("_Sample", np.float32, np.float64)

Precision = Literal["single", "double"]
Event = tuple[int, str, float]
"""Frame, control, value: the control has the value from exactly that frame on."""
Note = tuple[int, int, float] | tuple[int, int, float, float]
"""Frame, frames, key, and velocity 0..1 (1 unless told): the key, 69 being 440 Hz, is held from that frame on
for so many frames."""


class Audition(TypedDict):
    """One rendering, apart from its audio input; `reference` asks the interpreter instead of native code."""

    seconds: float
    sample_rate: int
    precision: str
    values: list[tuple[str, float]]
    events: list[Event]
    notes: list[tuple[int, int, float, float]]
    reference: bool


def audition(
    seconds: object,
    sample_rate: object,
    precision: object,
    values: Mapping[str, object],
    events: object,
    notes: object = (),
) -> Audition:
    """Raises KR0403 to KR0408 for what cannot be meant."""
    return {
        "seconds": _number("KR0408", "a duration", seconds),
        "sample_rate": rate(sample_rate),
        "precision": arithmetic(precision),
        "values": [_setting(name, value) for name, value in values.items()],
        "events": [_event(event) for event in _listed("events", "(frame, control, value)", events)],
        "notes": [_note(note) for note in _listed("notes", "(frame, frames, key, velocity)", notes)],
        "reference": False,
    }


def arithmetic(precision: object) -> Precision:
    """A precision by name."""
    if precision in ("single", "double"):
        return precision
    raise error("KR0113", f'precision is "single" or "double", not {describe(precision)}')


def sample(dtype: object) -> np.dtype[np.floating[Any]]:
    """A format of samples, by name or as numpy has it."""
    import numpy as np

    with contextlib.suppress(TypeError):
        wanted = np.dtype(cast("Any", dtype))
        if dtype is not None and wanted.name in ("float32", "float64"):
            return wanted
    raise error("KR0113", f'dtype is "float32" or "float64", not {describe(dtype)}')


def rate(value: object) -> int:
    """A sample rate in Hz."""
    hertz = _number("KR0403", "a sample rate", value)
    if 0 < hertz < 1 << 31 and hertz == int(hertz):
        return int(hertz)
    raise error("KR0403", f"a sample rate is a whole number of Hz, not {describe(value)}")


def rows(inputs: ArrayLike | None, dtype: type[_Sample], what: str = "audio input") -> NDArray[_Sample]:
    """Audio, one row per channel; none at all is silence."""
    import numpy as np

    if inputs is None:
        return np.zeros((0, 0), dtype)
    try:
        channels = np.atleast_2d(np.asarray(inputs, dtype))
    except (TypeError, ValueError) as unfit:
        raise error("KR0407", f"{what} is one row of numbers per channel: {unfit}") from None
    if channels.ndim != 2:
        raise error("KR0407", f"{what} has the shape (channels, frames), not {channels.shape}")
    return channels


def fraction(progress: Callable[[float], object], taken: Audition) -> Callable[[int], object]:
    """Frames done as a part of 0..1, for the user's hook."""
    frames = max(taken["seconds"] * taken["sample_rate"], 1.0)
    return lambda done: progress(min(done / frames, 1.0))


def _number(code: str, what: str, value: object) -> float:
    try:
        if isinstance(value, (str, bytes)) or hasattr(type(value), "__len__"):
            raise TypeError
        return float(cast("float", value))
    except (TypeError, ValueError, OverflowError) as unfit:
        if isinstance(unfit, Error):
            raise
        raise error(code, f"{what} is a number, not {describe(value)}") from None


def _setting(name: object, value: object) -> tuple[str, float]:
    if isinstance(name, str):
        return name, _number("KR0405", f"control `{name}`", value)
    raise error("KR0404", f"a control's name is a text, not {describe(name)}")


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
    if not isinstance(rows, Iterable) or isinstance(rows, (str, bytes, Mapping)):
        raise error("KR0406", f"{what} are a list of {row}, not {describe(cast('object', rows))}")
    every = [*cast("Iterable[object]", rows)]
    if every and not _parts(every[0]):
        raise error("KR0406", f"{what} are a list of {row}: the first is {describe(every[0])}")
    return every


def _parts(of: object) -> list[object]:
    if isinstance(of, Iterable) and not isinstance(of, (str, bytes, Mapping)):
        return [*cast("Iterable[object]", of)]
    return []


def _frames(what: str, value: object) -> int:
    at = _number("KR0406", what, value)
    if not 0 <= at < float("inf") or at != int(at):
        raise error("KR0406", f"{what} is a whole number from 0, not {describe(value)}")
    return min(int(at), 1 << 62)
