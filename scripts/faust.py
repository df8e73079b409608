#!/usr/bin/env python3
"""The official Faust compiler as a command, by cyfaust: one file, and the options of `faust`.

`faust-build` calls it (see tests/build.rs): `KRACH_FAUST=scripts/faust.py`.
"""

from __future__ import annotations

import sys

from cyfaust import cyfaust


def main() -> None:
    """Writes the file that `-o` names."""
    arguments = sys.argv[1:]
    source = next((word for word in arguments if word.endswith(".dsp")), None)
    if source is None:
        sys.exit("faust.py: no .dsp file is named")
    options = [word for word in arguments if word != source]
    if not cyfaust.generate_auxfiles_from_file(source, *options):
        sys.exit(f"faust.py: the official compiler refuses {source}")


if __name__ == "__main__":
    main()
