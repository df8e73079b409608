"""Times 2,000 sounds of one second of the bass of README.md, and prints a table.

`DspDef.render_many` on one thread and on all, beside one `render` after the other: the seconds of sound that
a core makes in one second. Run it with `make bench`.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

import numpy as np

import krach.dsp as krs

COUNT, SECONDS, ROUNDS = 2_000, 1.0, 3


def acid_bass() -> krs.Signal:
    """The first sound of README.md."""
    freq = krs.control("freq", 55, 20, 2000)
    gate = krs.control("gate", 0, 0, 1)
    cutoff = krs.control("cutoff", 800, 80, 8000)
    env = krs.adsr(0.005, 0.2, 0.3, 0.1, gate)
    return krs.lowpass(krs.saw(freq), cutoff) * env * 0.55


def main() -> None:
    """Measures all ways in turn."""
    bass, dice = krs.transpile(acid_bass), np.random.default_rng(0)
    values = {"freq": dice.uniform(30, 400, COUNT), "cutoff": dice.uniform(100, 5000, COUNT)}
    events = [(0, "gate", 1.0), (24_000, "gate", 0.0)]
    out = np.empty((COUNT, 1, 48_000), np.float32)

    def many(threads: int) -> None:
        bass.render_many(values, SECONDS, events=events, out=out, threads=threads)

    def one_by_one() -> None:
        for at, (freq, cutoff) in enumerate(zip(*values.values(), strict=True)):
            out[at] = bass.render(SECONDS, events=events, freq=freq, cutoff=cutoff)

    cores = os.cpu_count() or 1
    ways: dict[str, tuple[int, Callable[[], None]]] = {
        "`render`, one after the other": (1, one_by_one),
        "`render_many`, 1 thread": (1, lambda: many(1)),
        f"`render_many`, {cores} threads": (cores, lambda: many(cores)),
    }
    times: dict[str, list[float]] = {way: [] for way in ways}
    many(1)
    for _ in range(ROUNDS):
        for way, (_, run) in ways.items():
            begun = time.perf_counter()
            run()
            times[way].append(time.perf_counter() - begun)
    print("| 2,000 sounds of 1 s | s | × real time, per thread |\n|---|---:|---:|")
    for way, (threads, _) in ways.items():
        taken = statistics.median(times[way])
        print(f"| {way} | {taken:.2f} | {COUNT * SECONDS / taken / threads:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
