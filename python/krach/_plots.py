"""Plots of a sound, by the optional package matplotlib."""

# matplotlib's own types are incomplete
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import TYPE_CHECKING

from krach import _place
from krach._errors import error

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_FLOOR_DB = -120.0


def new_axes() -> Axes:
    """Axes of a new figure."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as missing:
        raise ImportError("plots need matplotlib: pip install matplotlib") from missing
    return plt.figure(figsize=(8, 3), layout="constrained").add_subplot()


def waveform(axes: Axes, sound: NDArray[np.float32], sample_rate: int) -> Axes:
    """Samples over seconds, one line per channel."""
    import numpy as np

    frames = int(sound.shape[1])
    seconds = np.arange(frames) / sample_rate
    for index, channel in enumerate(sound):
        axes.plot(seconds, channel, linewidth=0.8, label=f"channel {index + 1}")
    return _finish(axes, "seconds", "", len(sound))


def spectrum(axes: Axes, sound: NDArray[np.float32], sample_rate: int) -> Axes:
    """Level in dB over frequency in Hz, through one Hann window; a sine of amplitude 1 reaches 0 dB."""
    import numpy as np

    frames = sound.shape[1]
    if frames < 2:
        raise error("KR0408", f"a spectrum needs more than {frames} frames", _place.user_place())
    window = np.hanning(frames)
    hertz = np.fft.rfftfreq(frames, 1 / sample_rate)
    for index, channel in enumerate(sound):
        amplitude = np.abs(np.fft.rfft(channel * window)) * 2 / max(window.sum(), 1e-9)
        axes.semilogx(hertz[1:], _decibels(amplitude[1:]), linewidth=0.8, label=f"channel {index + 1}")
    axes.set_ylim(bottom=_FLOOR_DB)
    return _finish(axes, "Hz", "dB", len(sound))


def response(axes: Axes, impulses: list[tuple[str, NDArray[np.float32]]], sample_rate: int) -> Axes:
    """Gain over frequency, one line per impulse response."""
    import numpy as np

    for label, impulse in impulses:
        hertz = np.fft.rfftfreq(len(impulse), 1 / sample_rate)
        axes.semilogx(hertz[1:], _decibels(np.abs(np.fft.rfft(impulse)))[1:], linewidth=1, label=label)
    return _finish(axes, "Hz", "dB", len(impulses))


def _decibels(amplitude: NDArray[np.floating]) -> NDArray[np.floating]:
    import numpy as np

    return 20 * np.log10(np.maximum(amplitude, 10 ** (_FLOOR_DB / 20)))


def _finish(axes: Axes, x: str, y: str, lines: int) -> Axes:
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.3)
    if lines > 1:
        axes.legend()
    return axes
