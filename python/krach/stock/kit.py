"""The free kit: recordings that krach makes of its own stock sounds, so that examples need no download."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from krach import _place
from krach._errors import error
from krach._sound import write_wav
from krach.stock import synths
from krach.stock._shipped import place

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NOTES = ("pluck", "harp", "marimba", "vibes", "bell", "glass", "epiano", "organ", "choir")
"""Instruments of which the kit has one note, C4."""

_RATE = 48000
_SECONDS = 3.0
_QUIET = 0.001
"""Of the loudest sample: below -60 dB a recording ends."""
_C4 = 60


def free_kit() -> Path:
    """The folder of the kit, rendered if it is not there. Changed stock sounds make a new kit beside it."""
    folder = data_folder() / "kit" / place().stem.removeprefix("stock-")
    wanted = {name: folder / f"{name}.wav" for name in (*synths.families["drums"], *NOTES)}
    missing = [name for name, path in wanted.items() if not path.exists()]
    if missing:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as refused:
            help = ["KRACH_DATA names another folder"]
            raise error(
                "KR0502", f"cannot make `{folder}`: {refused.strerror}", _place.user_place(), help=help
            ) from None
        for name in missing:
            write_wav(wanted[name], recording(name), _RATE, bits=16)
    return folder


def recording(name: str) -> NDArray[np.float32]:
    """One stroke or note of a stock sound, until it is 60 dB down: shape (1, frames)."""
    import numpy as np

    note = (0, _RATE // 2, _C4)
    sound = synths[name].render(_SECONDS, _RATE, notes=[note])
    level = np.abs(sound[0])
    end = int(np.nonzero(level > _QUIET * level.max())[0][-1]) + 1
    fade = np.ones(end, np.float32)
    fade[-480:] = np.linspace(1, 0, 480)[-end:]
    return sound[:, :end] * fade


def data_folder() -> Path:
    """Where krach keeps data of the user: `KRACH_DATA`, or `krach` in the data folder of the system."""
    if own := os.environ.get("KRACH_DATA"):
        return Path(own).expanduser()
    home = os.environ.get("XDG_DATA_HOME")
    if home is None and sys.platform == "darwin":
        home = "~/Library/Application Support"
    elif home is None and sys.platform == "win32":
        home = os.environ.get("LOCALAPPDATA", "~/AppData/Local")
    return Path(home or "~/.local/share").expanduser() / "krach"
