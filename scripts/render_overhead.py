"""Times `DspDef.render` of compiled sounds beyond their samples, and prints a table.

A render of one frame does everything but compute the other samples: it makes a copy, and computes its
controls and its first sample. (One of 0 frames would leave out the controls.) The aim is 30 µs, for programs
of every size.

Run it with `make bench`. The first column is the time that its own thread computes, which other programs
disturb little: a short render starts no thread. The second is the time on the wall, in the round that was
disturbed least.
"""

from __future__ import annotations

import statistics
import time

import numpy as np

import krach
import krach.dsp as krs

RATE = 48_000
ROUNDS, CALLS = 9, 200


def sine() -> krs.Signal:
    """The smallest voice."""
    return krs.sine_osc(krs.control("freq", 440, 20, 2000))


def crowd() -> krs.Signal:
    """500 sines."""
    total = krs.sine_osc(100)
    for voice in range(1, 500):
        total += krs.sine_osc(100 + voice)
    return total / 500


def table() -> krs.Signal:
    """A table of 60 seconds."""
    samples = np.random.default_rng(0).uniform(-1, 1, 60 * RATE)
    return krs.wavetable(samples, krs.phasor(1 / 60))


def echo(x: krs.Signal) -> krs.Signal:
    """An effect with a second of delay."""
    return x + 0.5 * krs.delay(x, RATE)


def microseconds(sound: krach.DspDef) -> tuple[float, float]:
    """Of one call: computed, the median of several rounds, and on the wall, the least of them."""
    inputs = np.zeros((sound.num_inputs, 1), np.float32) if sound.num_inputs else None
    sound.render(None, RATE, inputs, frames=1)
    computed, passed = [], []
    for _ in range(ROUNDS):
        begun, started = time.thread_time(), time.perf_counter()
        for _ in range(CALLS):
            sound.render(None, RATE, inputs, frames=1)
        computed.append((time.thread_time() - begun) / CALLS)
        passed.append((time.perf_counter() - started) / CALLS)
    return 1e6 * statistics.median(computed), 1e6 * min(passed)


def main() -> None:
    """Measures all sounds in turn."""
    print("| compiled sound | `render(frames=1)`, computed µs | on the wall µs |\n|---|---:|---:|")
    for function in (sine, crowd, table, echo):
        sound = krs.transpile(function)
        computed, passed = microseconds(sound)
        print(f"| {function.__name__} | {computed:.1f} | {passed:.1f} |", flush=True)


if __name__ == "__main__":
    main()
