"""The four ways a program is computed: native code and the reference interpreter, in single and in double."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest

import krach.dsp as krs
from krach import DspDef, _krach

RATE = 48000
ENGINES = [(engine, precision) for engine in ("native", "reference") for precision in ("single", "double")]

each_engine = pytest.mark.parametrize(("engine", "precision"), ENGINES, ids=lambda part: part)


def render(
    sound: DspDef | Callable[..., object],
    frames: int,
    engine: str = "native",
    precision: str = "double",
    inputs: Any = None,
    events: Iterable[tuple[int, str, float]] = (),
    notes: Iterable[tuple[int, int, float, float]] = (),
    rate: int = RATE,
    **values: float,
) -> np.ndarray:
    """Every bit of `frames` frames, of shape (channels, frames)."""
    definition = sound if isinstance(sound, DspDef) else krs.transpile(sound)
    arguments = {
        "seconds": frames / rate,
        "sample_rate": rate,
        "precision": precision,
        "instance": 0,
        "values": list(values.items()),
        "events": list(events),
        "notes": list(notes),
        "reference": engine == "reference",
    }
    rows = np.zeros((0, 0)) if inputs is None else np.atleast_2d(np.asarray(inputs, np.float64))
    out: np.ndarray
    out, *_ = _krach.render(definition.program, arguments, rows, None)
    assert out.shape[1] == frames
    return out


def impulse(frames: int) -> np.ndarray:
    """1, then silence."""
    samples = np.zeros(frames)
    samples[0] = 1
    return samples
