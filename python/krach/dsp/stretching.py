"""Recordings made longer or shorter at their own pitch, off-line, by the optional package python-stretch.

It binds the library Signalsmith Stretch, a phase vocoder that moves the partials of a peak together (J.
Laroche and M. Dolson, "Improved Phase Vocoder Time-Scale Modification of Audio", IEEE Transactions on Speech
and Audio Processing 7, 1999).
"""

from __future__ import annotations

from functools import lru_cache
from math import isfinite
from typing import Any

from krach import _krach
from krach._trace import current

_MOST = 16.0
"""Times longer or shorter."""


def to_beats(kept: _krach.Recording, rate: float, beats: object, tempo: object) -> _krach.Recording:
    """The recording, `rate` Hz, with the length of `beats` beats at a tempo in BPM."""
    trace = current()
    wanted = trace.finite("`beats`", beats) * 60 / trace.finite("`tempo`", tempo) * rate if tempo else 0.0
    if not (isfinite(wanted) and kept.frames / _MOST <= wanted <= kept.frames * _MOST):
        own = kept.frames / rate
        message = f"{beats} beats at a tempo of {tempo} are too far from the {own:.2f} s of the recording"
        help = f"a recording can be made up to {_MOST:g} times as long or as short"
        raise trace.error("KR0113", message, help=help)
    frames = max(1, round(wanted))
    return kept if frames == kept.frames else _stretched(kept, frames, rate)


@lru_cache(maxsize=64)
def _stretched(kept: _krach.Recording, frames: int, rate: float) -> _krach.Recording:
    """The recording with another number of frames; computed once while both stay the same."""
    import numpy as np

    try:
        from python_stretch import Signalsmith  # pyright: ignore[reportMissingTypeStubs]
    except ImportError as missing:
        message = "`beats` needs the package python-stretch: pip install python-stretch"
        raise ImportError(message, name="python_stretch") from missing
    samples = kept.samples().astype(np.float32)
    stretch: Any = Signalsmith.Stretch(0)
    stretch.preset(kept.channels, float(rate))
    stretch.setTimeFactor(kept.frames / frames)
    heard = np.asarray(stretch.process(samples), np.float64)[:, :frames]
    whole = np.zeros((kept.channels, frames))
    whole[:, : heard.shape[1]] = heard
    return _krach.Recording.of(whole)
