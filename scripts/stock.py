"""Compiles the stock sounds into the library that the package ships, unless that is up to date."""

from __future__ import annotations

import sys
from pathlib import Path

import krach
from krach import _krach
from krach.stock import fx, synths
from krach.stock._shipped import place

RATES = (44100, 48000)


def main() -> None:
    """Writes `stock-CHECKSUM.krlib` beside the sounds and removes earlier ones."""
    target = place()
    module = Path(_krach.__file__)
    if target.exists() and target.stat().st_mtime >= module.stat().st_mtime:
        return
    sounds = {
        f"{name}.{sound}": shelf.traced(sound)
        for name, shelf in (("synths", synths), ("fx", fx))
        for sound in shelf
    }
    for old in target.parent.glob("stock-*.krlib"):
        old.unlink()
    krach.build_library(sounds, target, rates=RATES, target="baseline", texts=False)
    print(f"{len(sounds)} stock sounds, {target.stat().st_size / 1e6:.1f} MB", file=sys.stderr)


if __name__ == "__main__":
    main()
