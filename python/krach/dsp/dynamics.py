"""Dynamics."""

from __future__ import annotations

from krach._function import library
from krach._signal import Signal, SignalLike
from krach.dsp.core import feedback, select2, sr
from krach.dsp.maths import exp, max_, min_
from krach.dsp.ranges import within
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
    """Turns down sound that is louder than `threshold_db`: each dB above it becomes 1 / `ratio` dB.

    `threshold_db` is in dB, `ratio` at least 1, `attack` and `release` in seconds; with `key` that signal's
    level decides (side chain). Feed-forward, hard knee, smooth decoupled peak detector in the log domain: D.
    Giannoulis, M. Massberg and J. D. Reiss, "Digital Dynamic Range Compressor Design", J. Audio Eng. Soc.
    60(6), 2012, equations 4 and 17.

    >>> squash = krs.transpile(lambda x: krs.compressor(x, -20, 4, 0.005, 0.1))
    >>> squash.render(1.0, inputs=[[1.0] * 48000])[0, -1].round(3)  # 20 dB over, 5 dB stay
    np.float32(0.178)
    """
    level_db = linear_to_db(abs(sig if key is None else key))
    over_db = max_(level_db - threshold_db, 0)
    wanted_db = over_db * (1 - 1 / within(ratio, 1))
    slow = _pole(release)
    quick = _pole(attack)
    held_db = feedback(lambda before: max_(wanted_db, slow * before + (1 - slow) * wanted_db))
    reduction_db = feedback(lambda before: quick * before + (1 - quick) * held_db)
    return sig * db_to_linear(-reduction_db)


def limiter(sig: SignalLike, ceiling_db: SignalLike = -0.3, release: SignalLike = 0.1) -> Signal:
    """Limiter: never louder than `ceiling_db`; the gain falls at once and comes back in `release` seconds.

    `ceiling_db` is in dB of full scale, held within -120..60. It does not look ahead, so it adds no delay,
    and bends loud attacks instead. Feed-forward peak limiter: U. Zölzer, "DAFX", 2nd ed. 2011, section 4.2.2.

    >>> abs(krs.transpile(lambda x: krs.limiter(8 * x, -6)).render(0.1, inputs=[[1] * 4800])).max() < 0.502
    np.True_
    """
    return _limiter(sig, within(ceiling_db, -120, 60), release)


@library
def _limiter(sig: SignalLike, ceiling_db: SignalLike, release: SignalLike) -> Signal:
    ceiling = db_to_linear(ceiling_db)
    slow = _pole(release)
    peak = feedback(lambda before: max_(abs(sig), slow * before))
    return sig * min_(ceiling / max_(peak, 1e-30), 1)


@library
def noise_gate(
    sig: SignalLike, threshold_db: SignalLike = -50, attack: SignalLike = 0.001, release: SignalLike = 0.1
) -> Signal:
    """Silences sound that stays below `threshold_db`: opens in `attack` seconds, closes in `release` seconds.

    The level is that of peaks which fade by 63 % in `release`; times are those in which the gain goes 63 % of
    its way. U. Zölzer, "DAFX", 2nd ed. 2011, section 4.2.3.

    >>> krs.transpile(lambda x: krs.noise_gate(x, -20)).render(0.1, inputs=[[0.01] * 4800]).max().round(4)
    np.float32(0.0)
    """
    quick, slow = _pole(attack), _pole(release)
    peak = feedback(lambda before: max_(abs(sig), slow * before))
    wanted = linear_to_db(peak) >= threshold_db

    def step(before: Signal) -> Signal:
        keep = select2(wanted > before, slow, quick)
        return keep * before + (1 - keep) * wanted

    return sig * feedback(step)


def _pole(seconds: SignalLike) -> Signal:
    """The pole of a one-pole with this time constant."""
    return exp(-1 / (max_(seconds, 1e-6) * sr()))
