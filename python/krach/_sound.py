"""Finished sound: into a file, out of the loudspeaker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from krach import _audition, _krach, _place
from krach._errors import Error

if TYPE_CHECKING:
    from os import PathLike

    import numpy as np
    from numpy.typing import ArrayLike, NDArray


def write_wav(path: str | PathLike[str], sound: ArrayLike, sample_rate: int = 48000) -> None:
    """Writes a WAV file of 32-bit floats, whole or not at all.

    `sound` is what `DspDef.render` gives, or anything of the shape (channels, frames) or (frames,).

    Errors: KR0407 for another shape, KR0403 for a bad sample rate, KR0502 where no file can be.

    >>> krach.write_wav("saw.wav", krs.transpile(lambda: krs.saw(110)).render(0.1))
    """
    try:
        samples, rate = _asked(sound, sample_rate)
        _krach.write_wav(path, samples, rate)
    except Error as refused:
        raise refused.located(_place.user_place()) from None


def play(sound: ArrayLike, sample_rate: int = 48000) -> None:
    """Plays on the default output until the end, or Ctrl-C.

    `sound` as for `write_wav`: `krach.play(bass.render(2, gate=1))`.

    Errors: KR0407 and KR0403 as `write_wav`, KR0503 without a device.
    """
    try:
        samples, rate = _asked(sound, sample_rate)
        _krach.play(samples, rate)
    except Error as refused:
        raise refused.located(_place.user_place()) from None


def _asked(sound: ArrayLike, sample_rate: object) -> tuple[NDArray[np.float32], int]:
    import numpy as np

    return _audition.rows(sound, np.float32, "sound"), _audition.rate(sample_rate)
