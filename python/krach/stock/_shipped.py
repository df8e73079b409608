"""The stock sounds compiled beforehand: a library in this folder, which `scripts/stock.py` writes.

Its name holds a checksum of the sources of the sounds. So sounds that were changed since are compiled anew.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from pathlib import Path

from krach import _krach
from krach._errors import Error
from krach._krach import Program

_FOLDER = Path(__file__).parent
_SOURCES = (_FOLDER, _FOLDER.parent / "dsp")


def place() -> Path:
    """The file that holds the code of the present sources."""
    checksum = 0
    for folder in _SOURCES:
        for path in sorted(folder.glob("*.py")):
            checksum = zlib.crc32(path.read_bytes(), checksum)
    return _FOLDER / f"stock-{checksum:08x}.krlib"


def shipped(shelf: str, name: str) -> Program | None:
    """The program of a sound with its code; `None` without a library of this version."""
    library = _library()
    if library is None or f"{shelf}.{name}" not in library.names:
        return None
    return library.program(f"{shelf}.{name}")


@lru_cache(maxsize=1)
def _library() -> _krach.Library | None:
    """The library. Its code is trusted as the Rust module beside it is: both came with the package."""
    try:
        return _krach.Library(str(place()), "code")
    except Error:
        return None
