"""Times `kr.preview(bars=16)` of each piece in `examples` beside its render, and prints a table.

Both are in seconds of music for each second that the machine computes. The render has the same code of the
instruments and effects, so it is the floor: a preview adds snapshot, meters, loudness and its array. Run it
with `make bench`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from krach import LiveMixer

BARS, ROUNDS = 16, 3
EXAMPLES = Path(__file__).parents[1] / "examples"


def computed(work: Callable[[], object]) -> float:
    """Seconds that all threads of this process compute in it: the least of several rounds."""
    least = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        least = min(least, time.process_time() - begun)
    return least


def main() -> None:
    """Measures all pieces in turn."""
    os.environ["KRACH_JOURNAL"] = "off"
    print("| piece | nodes | preview, × real time | render, × real time |\n|---|---:|---:|---:|")
    for piece in sorted(EXAMPLES.glob("*.py")):
        kr = LiveMixer("off")
        kr.exec_file(piece)
        if not kr.nodes:
            continue
        seconds = kr.preview(bars=BARS)["sound"].shape[1] / 48_000
        preview = seconds / computed(lambda kr=kr: kr.preview(bars=BARS))
        render = seconds / computed(lambda kr=kr: kr.render(bars=BARS))
        print(f"| {piece.stem} | {len(kr.nodes)} | {preview:.0f} | {render:.0f} |", flush=True)


if __name__ == "__main__":
    main()
