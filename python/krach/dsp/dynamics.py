"""Dynamics."""

from __future__ import annotations

from krach._function import library
from krach._signal import Signal, SignalLike
from krach.dsp.core import feedback, sr
from krach.dsp.maths import exp, max_
from krach.dsp.shaping import db_to_linear, linear_to_db


@library
def compressor(
    sig: SignalLike,
    threshold_db: SignalLike,
    ratio: SignalLike,
    attack: SignalLike,
    release: SignalLike,
    key: SignalLike | None = None,
) -> Signal:
    """Turns down what is louder than `threshold_db`: each dB above it becomes 1 / `ratio` dB.

    `attack` and `release` in seconds; with `key` that signal's level decides (side chain). Feed-forward, hard
    knee, smooth decoupled peak detector in the log domain: D. Giannoulis, M. Massberg and J. D. Reiss,
    "Digital Dynamic Range Compressor Design", J. Audio Eng. Soc. 60(6), 2012, equations 4 and 17.

    >>> squash = krs.transpile(lambda x: krs.compressor(x, -20, 4, 0.005, 0.1))
    >>> squash.render(1.0, inputs=[[1.0] * 48000])[0, -1].round(3)  # 20 dB over, 5 dB stay
    np.float32(0.178)
    """
    level_db = linear_to_db(abs(sig if key is None else key))
    over_db = max_(level_db - threshold_db, 0)
    wanted_db = over_db * (1 - 1 / ratio)
    slow = _pole(release)
    quick = _pole(attack)
    held_db = feedback(lambda before: max_(wanted_db, slow * before + (1 - slow) * wanted_db))
    reduction_db = feedback(lambda before: quick * before + (1 - quick) * held_db)
    return sig * db_to_linear(-reduction_db)


def _pole(seconds: SignalLike) -> Signal:
    """The pole of a one-pole with this time constant."""
    return exp(-1 / (max_(seconds, 1e-6) * sr()))
