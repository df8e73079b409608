"""Prints how long krach takes to start: the fastest of several starts of a process, without a cache of code.

.venv/bin/python scripts/start_times.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

STARTS = 7
PYTHON = "pass"
IMPORT = "import krach"
NAMES = "from krach import kr, krs, krp"
STOCK = "from krach.stock import synths; synths.acid.render(frames=1, gate=1)"
OWN = "import krach.dsp as krs; krs.transpile(lambda: krs.lowpass(krs.saw(110), 800)).render(frames=1)"
NODE = "import krach; krach.LiveMixer('null').node('bass', krach.kr.synths.acid)"

AFTER_ITS_NOTE = 0.95
"""Seconds that `krach beep` plays from the begin of its first note on."""

CASES = {
    "Python alone": ["-c", PYTHON],
    "krach --version": ["-m", "krach", "--version"],
    "import krach": ["-c", IMPORT],
    "from krach import kr, krs, krp": ["-c", NAMES],
    "first sample of a stock sound": ["-c", STOCK],
    "first sample of an own function": ["-c", OWN],
    "first node on the null device": ["-c", NODE],
}


def fastest(arguments: list[str], environment: dict[str, str]) -> float:
    """Seconds of the fastest of several runs, each in a new process."""
    best = float("inf")
    for _ in range(STARTS):
        begun = time.perf_counter()
        subprocess.run([sys.executable, *arguments], env=environment, check=True, capture_output=True)
        best = min(best, time.perf_counter() - begun)
    return best


def main() -> None:
    """Prints a line for each case."""
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **os.environ,
            "KRACH_CACHE": "off",
            "XDG_STATE_HOME": home,
            "PYTHONPYCACHEPREFIX": home,
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # installed packages keep their byte code
        for name, arguments in CASES.items():
            print(f"{name:32} {fastest(arguments, environment) * 1000:6.0f} ms")
        beep = fastest(["-m", "krach", "beep", "--device", "null"], environment) - AFTER_ITS_NOTE
        print(f"{'first note of krach beep':32} {beep * 1000:6.0f} ms")


if __name__ == "__main__":
    main()
