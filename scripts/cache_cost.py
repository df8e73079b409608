"""Times 500 different sounds of 50 ms from function to samples, with and without the cache on disk.

Data sets come from generated programs that are used once, so keeping their code must cost little. A round is
three new processes in turn: without a cache, with an empty one, and with the one that was just filled. Prints
the median time of each, and its ratio to the time without a cache.

Run it with `make bench`.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile

ROUNDS = 5
WORK = """
import time, krach.dsp as krs
krs.transpile(lambda: krs.sine_osc(440)).render(0.05)
begun = time.perf_counter()
for number in range(500):
    sound = lambda: krs.lowpass(krs.saw(50 + number), 800 + number) * krs.sine_osc(3 + number)
    krs.transpile(sound).render(0.05)
print(time.perf_counter() - begun)
"""


def seconds(environment: dict[str, str]) -> float:
    """The time of the work in a new process."""
    done = subprocess.run(
        [sys.executable, "-c", WORK], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return float(done.stdout)


def main() -> None:
    """Measures in turn and prints a table."""
    times: dict[str, list[float]] = {"no cache": [], "empty cache": [], "filled cache": []}
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as home:
            cached = {name: value for name, value in os.environ.items() if name != "KRACH_CACHE"}
            cached["XDG_CACHE_HOME"] = home
            environments = {**cached, "KRACH_CACHE": "off"}, cached, cached
            for name, environment in zip(times, environments, strict=True):
                times[name].append(seconds(environment))
    plain = statistics.median(times["no cache"])
    print("| 500 sounds | s | ratio |\n|---|---:|---:|")
    for name, rounds in times.items():
        middle = statistics.median(rounds)
        print(f"| {name} | {middle:.2f} | {middle / plain:.2f} |")


if __name__ == "__main__":
    main()
