"""Times the stage as a musician meets it: the demo off-line, and an edit until it is heard.

`demo` is the piece of `krach demo`, all of its lines at once, rendered on one thread: how many times faster
than real time. `edit` declares the acid bass anew while it plays, each time with another number in it, so
that it is traced and compiled: from the call to the frame on which the new sound begins to be heard, on the
null device with blocks of 64 frames. Run it with `make bench`.
"""

from __future__ import annotations

import contextlib
import io
import re
import statistics
import time

import krach
from krach import dsp as krs
from krach.repl import LiveMixer
from krach.repl._run import run
from krach.repl.demo import LINES

BARS = 16
ROUNDS = 5
EDITS = 20
RATE = 48_000


def demo() -> float:
    """The seconds of sound that one thread makes in a second, in the best of some rounds."""
    with LiveMixer("off") as kr:
        names: dict[str, object] = {"kr": kr}
        with contextlib.redirect_stdout(io.StringIO()):
            for line in LINES[:-1]:
                run(line, names)
        times: list[float] = []
        for _ in range(ROUNDS):
            begun = time.process_time()
            sound = kr.render(bars=BARS)
            times.append(time.process_time() - begun)
        return sound.shape[1] / RATE / min(times)


def bass(number: float) -> krach.DspDef:
    """The acid bass, another one for each number."""

    def acid() -> krs.Signal:
        cutoff = krs.control("cutoff", 400.0, 80.0, 8000.0)
        gate = krs.control("gate", 0.0, 0.0, 1.0)
        envelope = krs.adsr(0.004, 0.22, 0.2, 0.04, gate)
        saw = krs.saw(krs.control("freq", 55.0, 20.0, 2000.0))
        return krs.resonant(saw, cutoff * (1 + envelope * number), 5.0) * envelope

    return krs.transpile(acid)


def edits() -> list[float]:
    """Milliseconds from an edit to its sound."""
    waits: list[float] = []
    with LiveMixer("null", sample_rate=RATE, block=64) as kr:
        kr.node("bass", bass(4.0))
        kr.wait(bars=0.1)
        for at in range(EDITS):
            kr.log()
            asked = kr.now.frame
            kr.node("bass", bass(4.0 + at / 100))
            heard: list[int] = []
            while not heard:
                time.sleep(0.001)
                frames = re.findall(r"is heard from frame (\d+)", "\n".join(kr.log()))
                heard += [int(frame) for frame in frames]
            waits.append((heard[-1] - asked) / RATE * 1e3)
            kr.wait(bars=0.05)
    return waits


def main() -> None:
    print(f"demo off-line: {demo():.0f} times real time on one thread")
    waits = edits()
    print(f"edit to sound: median {statistics.median(waits):.1f} ms, worst of {EDITS}: {max(waits):.1f} ms")


if __name__ == "__main__":
    main()
