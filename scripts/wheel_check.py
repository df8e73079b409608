"""Uses an installed krach: imports, renders, checks, builds and plays, in the present folder."""

from __future__ import annotations

import platform
import subprocess
import sys
import time
from pathlib import Path

PIECE = """
kr.node("kick", kr.synths.kick) @ "x x x x"
def half(x):
    return x / 2
"""


def run(*arguments: str) -> str:
    """The output of the command `krach`."""
    done = subprocess.run([sys.executable, "-m", "krach", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def main() -> None:
    """Checks it, and prints how long a start takes."""
    begun = time.perf_counter()
    import krach

    imported = time.perf_counter()
    import krach.dsp as krs
    from krach import _krach
    from krach.stock import synths

    sound = synths.acid.render(1, gate=1)
    heard = time.perf_counter()
    assert abs(sound).max() > 0.1
    assert _krach.compile(synths.acid.program, 48000, "single")[2], "the code of the stock sounds is missing"
    assert abs(krs.transpile(lambda: krs.saw(110)).render(0.1)).max() > 0.5
    if sys.platform == "linux":
        assert "libasound" not in Path("/proc/self/maps").read_text(), "rendering loads ALSA"
    Path("piece.py").write_text(PIECE)
    assert run("--version").startswith("krach ")
    assert "1 DSP function, no errors" in run("check", "piece.py")
    run("render", "piece.py", "-o", "piece.wav", "--bars", "1")
    assert abs(krach.read_wav("piece.wav")[0]).max() > 0.1
    run("build", "piece.py", "--only", "half", "-o", "half.krlib")
    assert list(krach.load_library("half.krlib")) == ["half"]
    run("demo", "--seconds", "1", "--device", "null")
    times = f"import {imported - begun:.2f} s, first sample after {heard - begun:.2f} s"
    print(f"krach {krach.__version__} on Python {platform.python_version()}: {times}")


if __name__ == "__main__":
    main()
