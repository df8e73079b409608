"""Folders of recordings as instruments."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path

from krach import _krach, _place
from krach._arguments import path as file_path
from krach._definition import DspDef, transpile
from krach._entrance import entrance
from krach._errors import error

_C4 = 261.625565
"""The note at which a recording has its own pitch, in Hz."""


class Samples(Mapping[str, DspDef]):
    """Instruments by the name of their sound file or folder, each made when it is first asked for."""

    def __init__(self, folder: Path, paths: dict[str, Path]) -> None:
        """The recordings at these paths."""
        self._folder = folder
        self._paths = paths
        self._made: dict[str, DspDef] = {}

    def __getitem__(self, name: str) -> DspDef:
        """The instrument of that name. KR0704, a `KeyError`, if there is none."""
        if name not in self._paths:
            near = _krach.nearest(name, list(self._paths))
            remedy = f"did you mean `{near}`?" if near else "print the samples to see their names"
            message = f"`{self._folder}` has no sample `{name}`"
            raise error("KR0704", message, _place.user_place(), help=[remedy])
        if name not in self._made:
            self._made[name] = _instrument(name, self._paths[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        """The names, sorted."""
        return iter(self._paths)

    def __len__(self) -> int:
        """The number of instruments."""
        return len(self._paths)

    def __repr__(self) -> str:
        """The folder and the names."""
        return f"<samples of {self._folder}: {', '.join(self) or 'none'}>"

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)


@entrance
def samples(folder: str | PathLike[str] | None = None) -> Samples:
    """The sound files of a folder (WAV, FLAC, MP3, Ogg Vorbis) as instruments, by their names without ending.

    Without a folder it is the free kit: drums, and some notes at C4, which krach renders from its own stock
    sounds. They are written on first use, 2 MB in `krach/kit` of the user's data folder (`KRACH_DATA`, or
    `$XDG_DATA_HOME/krach`), and are yours to use in any way.

    A folder of sound files in it is an instrument too and plays the first of them (`krs.sample(path, n=2)`
    plays another). Each instrument is stereo, begins at each note, has its own pitch at C4, and has the
    controls `gate`, `freq`, `speed`, `start`, `end` and `vel`.

    Errors: KR0501 for a folder that does not exist, KR0502 where the kit cannot be written.

    >>> krach.samples()["snare"].render(0.1, gate=1).shape
    (2, 4800)
    >>> krach.write_wav("knock.wav", synths.kick.render(0.2, gate=1))
    >>> kit = krach.samples(".")
    >>> kit["knock"].render(0.1, gate=1).shape
    (2, 4800)
    """
    from krach.dsp.samples import sound_files
    from krach.stock.kit import free_kit

    root = free_kit() if folder is None else Path(file_path("KR0501", folder)).expanduser()
    if not os.path.isdir(root):
        help = ["a path is relative to the folder where Python runs"]
        raise error("KR0501", f"there is no folder `{root}`", _place.user_place(), help=help)
    found = {path.stem: path for path in sound_files(root)}
    found |= {path.name: path for path in root.iterdir() if path.is_dir() and sound_files(path)}
    return Samples(root, dict(sorted(found.items())))


def _instrument(name: str, path: Path) -> DspDef:
    from krach import dsp as krs

    def play() -> tuple[krs.Signal, krs.Signal]:
        gate = krs.control("gate", 0, 0, 1)
        freq = krs.control("freq", _C4, 20, 20000, unit="Hz")
        speed = krs.control("speed", 1, -8, 8)
        start, end = krs.control("start", 0, 0, 1), krs.control("end", 1, 0, 1)
        level = krs.latch(krs.control("vel", 1, 0, 1), gate)  # silent before the first note
        left, right = krs.sample_stereo(path, gate, speed * freq / _C4, start, end)
        return left * level, right * level

    return transpile(play, name=name)
