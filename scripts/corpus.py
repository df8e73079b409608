"""Packs the inputs of a fuzz target into one ZIP file, or unpacks them.

    corpus.py pack FOLDER ARCHIVE
    corpus.py unpack ARCHIVE FOLDER

Equal inputs give an equal archive: its entries are named after their contents, sorted, stored as they are,
without dates.
"""

from __future__ import annotations

import hashlib
import sys
import zipfile
from pathlib import Path


def pack(folder: Path, archive: Path) -> None:
    inputs = {hashlib.sha1(data).hexdigest(): data for data in map(Path.read_bytes, folder.iterdir())}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
        for name, data in sorted(inputs.items()):
            entry = zipfile.ZipInfo(name)
            # Otherwise the archive would say which system made it.
            entry.create_system = 3
            file.writestr(entry, data)


def unpack(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as file:
        file.extractall(folder)


if __name__ == "__main__":
    command, source, target = sys.argv[1:]
    {"pack": pack, "unpack": unpack}[command](Path(source), Path(target))
