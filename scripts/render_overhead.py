"""Times `DspDef.render` of compiled sounds beyond their samples, and prints a table.

A render of 0 seconds does everything but compute samples. The aim is 30 µs, for programs of every size.

Run it with `make bench`. It reads the clock of its own thread, which does all the work, so other programs
disturb it little.
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


def microseconds(sound: krach.DspDef) -> float:
    """Of one call, the median of several rounds."""
    inputs = np.zeros((sound.num_inputs, 0), np.float32) if sound.num_inputs else None
    sound.render(0, RATE, inputs)
    rounds = []
    for _ in range(ROUNDS):
        begun = time.thread_time()
        for _ in range(CALLS):
            sound.render(0, RATE, inputs)
        rounds.append((time.thread_time() - begun) / CALLS)
    return 1e6 * statistics.median(rounds)


def main() -> None:
    """Measures all sounds in turn."""
    print("| compiled sound | `render(0)`, µs |\n|---|---:|")
    for function in (sine, crowd, table, echo):
        sound = krs.transpile(function)
        print(f"| {function.__name__} | {microseconds(sound):.1f} |", flush=True)


if __name__ == "__main__":
    main()
