"""The session off-line: as arrays and files."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, overload

from krach import _audition
from krach._arguments import path as file_path
from krach._entrance import entrance
from krach._errors import error
from krach._mixer import words
from krach._mixer.words import Musical
from krach._sound import write_wav
from krach._trace import describe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Sound = NDArray[np.float32]

_BARS = 4
_RATE = 48000


class Rendering(Musical):
    """A mixer off-line."""

    __slots__ = ()

    @overload
    def render(
        self,
        bars: float | None = None,
        seconds: float | None = None,
        path: str | os.PathLike[str] | None = None,
        sample_rate: int | None = None,
        seed: int | None = None,
        stems: Literal[False] = False,
        *,
        progress: Callable[[float], object] | None = None,
    ) -> Sound: ...
    @overload
    def render(
        self,
        bars: float | None = None,
        seconds: float | None = None,
        path: str | os.PathLike[str] | None = None,
        sample_rate: int | None = None,
        seed: int | None = None,
        *,
        stems: Literal[True],
        progress: Callable[[float], object] | None = None,
    ) -> dict[str, Sound]: ...
    @entrance
    def render(
        self,
        bars: float | None = None,
        seconds: float | None = None,
        path: str | os.PathLike[str] | None = None,
        sample_rate: int | None = None,
        seed: int | None = None,
        stems: bool = False,
        *,
        progress: Callable[[float], object] | None = None,
    ) -> Any:
        """Plays the session off-line from bar 1, on a copy: float32 samples of the shape (2, frames).

        The length is `bars`, 4 by default, or `seconds`. `sample_rate` is 48000 Hz by default, `seed` that of
        the session. With `path` the sound is also written to a WAV file. With `stems` the answer is a
        dictionary: each node after its gain and pan, before it goes anywhere, and `"master"`. The file of a
        stem is named after the node: `out.bass.wav` beside `out.wav`.

        Every onset falls on its exact frame, and equal sessions give equal samples. `progress` is called with
        the part done, 0..1.

        Errors: KR0408 for a bad length or more than 4 GB of samples, KR0403 for a bad sample rate, KR0502 for
        a file that cannot be written, and those of the patterns that play.

        >>> _ = kr.node("kick", synths.kick) @ (kr.hit() * 4)
        >>> kr.render(bars=1).shape
        (2, 96000)
        >>> sorted(kr.render(seconds=0.1, stems=True))
        ['kick', 'master']
        """
        rate = _audition.rate(_RATE if sample_rate is None else sample_rate)
        if not (progress is None or callable(progress)):
            raise error("KR0113", f"`progress` is a function of a number, not {describe(progress)}")
        wants_stems = words.flag("`stems`", stems)
        frames = self._frames(bars, seconds, rate)
        target = None if path is None else file_path("KR0502", path)
        hook = None if progress is None else _part(progress, frames)
        master, nodes = self._session.mixdown(frames, rate, seed, wants_stems, hook)
        if target is not None:
            write_wav(target, master, rate)
            for name, sound in nodes:
                write_wav(_beside(target, name), sound, rate)
        if progress is not None:
            progress(1.0)
        return {**dict(nodes), "master": master} if wants_stems else master

    def _frames(self, bars: float | None, seconds: float | None, rate: int) -> int:
        if seconds is not None and bars is not None:
            raise error("KR0408", "both `bars` and `seconds` are given", help=["leave one of them out"])
        length = _BARS if bars is None else words.number("`bars`", bars)
        time = None if seconds is None else words.number("`seconds`", seconds)
        return self._session.frames(length, time, rate)


def _part(progress: Callable[[float], object], frames: int) -> Callable[[int], object]:
    return lambda done: progress(done / max(frames, 1))


def _beside(target: str, stem: str) -> str:
    """The file of a stem: `out.bass.wav` beside `out.wav`."""
    root, end = os.path.splitext(target)
    return f"{root}.{stem.replace('/', '.')}{end}"
