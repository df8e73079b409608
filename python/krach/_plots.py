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

    from krach._krach import Pattern

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


def envelope(axes: Axes, sound: NDArray[np.float32], sample_rate: int) -> Axes:
    """Level in dB over seconds, the RMS of each 10 ms: a square wave of 1 reaches 0 dB."""
    import numpy as np

    size = max(sample_rate // 100, 1)
    frames = int(sound.shape[1])
    pieces = -(-frames // size)
    padded = np.zeros((len(sound), pieces * size), np.float64)
    padded[:, :frames] = sound
    level = np.sqrt(np.mean(padded.reshape(len(sound), pieces, size) ** 2, axis=2))
    seconds = np.arange(pieces) * size / sample_rate
    for index, channel in enumerate(level):
        axes.plot(seconds, _decibels(channel), linewidth=1, label=f"channel {index + 1}")
    axes.set_ylim(bottom=-90)
    return _finish(axes, "seconds", "dB", len(sound))


def roll(axes: Axes, pattern: Pattern, cycles: int) -> Axes:
    """The notes of a pattern as bars, high ones above; hits and other sounds have a row by their name."""
    from krach._piano_roll import rows_of

    rows, notes = rows_of(pattern, cycles)
    for row, start, end in notes:
        axes.barh(len(rows) - 1 - row, float(end - start), left=float(start), height=0.8, color="C0")
    axes.set_yticks(range(len(rows)), rows[::-1])
    axes.set_xlim(0, cycles)
    return _finish(axes, "cycles", "", 1)


def graph(axes: Axes, edges: list[tuple[str, str, float]], places: dict[str, tuple[int, int]]) -> Axes:
    """Nodes in columns, from the sources to the master, and arrows with the levels of the routes."""
    # Every other column is a little lower, so that no route runs behind a node.
    place = {name: (column, -row - 0.3 * (column % 2)) for name, (column, row) in places.items()}
    for source, target, level in edges:
        arrow = {"arrowstyle": "->", "shrinkA": 14, "shrinkB": 14}
        axes.annotate("", place[target], place[source], arrowprops=arrow)
        (x, y), (end_x, end_y) = place[source], place[target]
        if level != 1:
            axes.text((x + end_x) / 2, (y + end_y) / 2, f"{level:.2g}", fontsize="small")
    for name, (x, y) in place.items():
        box = {"boxstyle": "round", "facecolor": "white", "edgecolor": "C0"}
        axes.text(x, y, name, ha="center", va="center", bbox=box)
    columns, rows = zip(*places.values(), strict=True)
    axes.set_xlim(-0.5, max(columns) + 0.5)
    axes.set_ylim(-max(rows) - 0.8, 0.5)
    axes.set_axis_off()
    return axes


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
