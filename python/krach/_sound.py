"""Finished sound: to and from a file, and to the loudspeaker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from krach import _audition, _krach
from krach._arguments import choice
from krach._arguments import path as file_path
from krach._entrance import entrance

if TYPE_CHECKING:
    from os import PathLike

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

Bits = Literal[16, 24, "float"]


@entrance
def write_wav(
    path: str | PathLike[str], sound: ArrayLike, sample_rate: int = 48000, *, bits: Bits = "float"
) -> None:
    """Writes a WAV file. A failed write leaves the old file as it was.

    `sound` has the shape (channels, frames) or (frames,), as from `DspDef.render`, and floats within -1..1.
    `bits` is 16 or 24 for whole numbers, which clip louder sound, or "float" for 32-bit floats, which do not.

    Errors: KR0407 for another shape or type, KR0403 for a bad sample rate, KR0113 for other bits, KR0502 for
    a file that cannot be written.

    >>> krach.write_wav("saw.wav", krs.transpile(lambda: krs.saw(110)).render(0.1), bits=16)
    """
    wanted = choice("bits", bits, (16, 24, "float"))
    _krach.write_wav(file_path("KR0502", path), *_asked(sound, sample_rate), str(wanted))


@entrance
def read_wav(path: str | PathLike[str]) -> tuple[NDArray[np.float32], int]:
    """Reads a WAV, FLAC, MP3 or Ogg Vorbis file: float32 samples of the shape (channels, frames), and the
    sample rate in Hz.

    Whole numbers of the file become floats within -1..1. Samples that are not finite become 0.

    Errors: KR0501 for a file that cannot be read or holds no sound.

    >>> krach.write_wav("two.wav", [[0.5, -0.5], [1, 0]], 44100)
    >>> krach.read_wav("two.wav")
    (array([[ 0.5, -0.5],
           [ 1. ,  0. ]], dtype=float32), 44100)
    """
    return _krach.read_wav(file_path("KR0501", path))


@entrance
def loudness(sound: ArrayLike, sample_rate: int = 48000) -> float:
    """The integrated loudness in LUFS (ITU-R BS.1770-4): how loud a whole sound is to the ear.

    `sound` is as for `write_wav`; each of its channels counts as one loudspeaker. Quiet parts do not count.
    -inf for silence, and for less than 0.4 seconds. Music for streaming is often -14 LUFS.

    Errors: KR0407 and KR0403 as for `write_wav`.

    >>> beep = krs.transpile(lambda: 0.1 * krs.sine_osc(997))
    >>> round(krach.loudness(beep.render(2)), 1)
    -23.0
    """
    return _krach.loudness(*_asked(sound, sample_rate))


@entrance
def play(sound: ArrayLike, sample_rate: int = 48000) -> None:
    """Plays on the default output until the end, or until Ctrl-C.

    `sound` is as for `write_wav`: `krach.play(bass.render(2, gate=1))`.

    Errors: KR0407 and KR0403 as for `write_wav`, KR0503 without a device.
    """
    _krach.play(*_asked(sound, sample_rate))


def _asked(sound: ArrayLike, sample_rate: object) -> tuple[NDArray[np.float32], int]:
    import numpy as np

    return _audition.rows(sound, np.float32, "sound"), _audition.rate(sample_rate)
