"""Packs a wheel again, with the smallest deflate data that zopfli finds. Its files stay the same.

.venv/bin/python scripts/pack_wheel.py dist/krach-*.whl
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from struct import pack

import zopfli.zlib  # pyright: ignore[reportMissingModuleSource]

ROUNDS = 3
"""Of zopfli: each takes ten seconds for the Rust module."""
LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
VERSION = 20
"""Of the ZIP format: deflate data, folders."""
UNIX = 3 << 8


def deflated(data: bytes) -> bytes:
    """The data as a deflate stream: that of zlib without its header of 2 bytes and its checksum of 4."""
    return zopfli.zlib.compress(data, numiterations=ROUNDS)[2:-4]


def packed(wheel: Path) -> bytes:
    """The wheel as the bytes of a ZIP file: the entries, their directory, its end (APPNOTE.TXT 4.3)."""
    entries, directory = b"", b""
    with zipfile.ZipFile(wheel) as archive:
        found = archive.infolist()
        for about in found:
            data, name = archive.read(about), about.filename.encode()
            small = deflated(data)
            method, kept = (8, small) if len(small) < len(data) else (0, data)
            year, month, day, hour, minute, second = about.date_time
            time, date = hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day
            utf8 = 0 if name.isascii() else 0x800
            sizes = pack("<3L2H", about.CRC, len(kept), len(data), len(name), 0)
            shared = pack("<5H", VERSION, utf8, method, time, date) + sizes
            where = pack("<3H2L", 0, 0, 0, about.external_attr, len(entries))
            directory += CENTRAL + pack("<H", UNIX | VERSION) + shared + where + name
            entries += LOCAL + shared + name + kept
    end = pack("<4H2LH", 0, 0, len(found), len(found), len(directory), len(entries), 0)
    return entries + directory + END + end


def main() -> None:
    """Replaces the wheel, and checks first that the new one holds the same."""
    (wheel,) = map(Path, sys.argv[1:])
    smaller = wheel.with_suffix(".packed")
    smaller.write_bytes(packed(wheel))
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(smaller) as new:
        assert new.testzip() is None
        assert [(one.filename, one.CRC, one.external_attr) for one in old.infolist()] == [
            (one.filename, one.CRC, one.external_attr) for one in new.infolist()
        ]
    smaller.replace(wheel)


if __name__ == "__main__":
    main()
