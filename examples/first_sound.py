"""First sound: a kick, a hat and an acid bass through a reverb, eight bars, written to `demo.wav`.

Every instrument is a plain Python function over `krs` signals; the notes are events on exact frames.
Run it: python examples/first_sound.py
"""

import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

import krach
import krach.dsp as krs
from krach import Signal

RATE = 48_000
TEMPO = 126
STEP = round(RATE * 60 / TEMPO / 4)  # frames of a sixteenth
BAR = 16 * STEP
BARS = 8
TAIL = 2.5  # seconds

Event = tuple[int, str, float]
Audio = NDArray[np.float32]


def kick() -> Signal:
    """A sine that falls from 250 to 50 Hz in 60 ms and rings out."""
    gate = krs.control("gate", 0, 0, 1)
    env = krs.adsr(0.001, 0.24, 0, 0.05, gate)
    sweep = krs.adsr(0, 0.06, 0, 0.05, gate)
    return krs.sine_osc(50 + 200 * sweep**2) * env * 0.7


def hat() -> Signal:
    """High-passed noise, short or long by `length` in seconds."""
    gate = krs.control("gate", 0, 0, 1)
    length = krs.control("length", 0.05, 0.01, 0.4, smooth=False)
    env = krs.adsr(0.001, length, 0, 0.03, gate)
    return krs.highpass(krs.white_noise(), 7500) * env**2 * 0.5


def acid_bass() -> Signal:
    """A sawtooth through a resonant low-pass that follows the envelope."""
    freq = krs.control("freq", 55, 20, 2000)
    gate = krs.control("gate", 0, 0, 1)
    cutoff = krs.control("cutoff", 400, 80, 8000)
    env = krs.adsr(0.004, 0.22, 0.2, 0.04, gate)
    brightness = krs.min_(cutoff * (1 + 6 * env), 12000)
    voice = krs.resonant(krs.polyblep_saw(freq), brightness, 4)
    return krs.tanh(voice * env * 2) * 0.6


def verb(inp: Signal) -> Signal:
    """A room, all wet, without rumble."""
    room = krs.control("room", 0.75, 0, 1)
    return krs.reverb(krs.highpass(inp, 200), room, 0.4) * 0.15


def master(left: Signal, right: Signal, beat: Signal) -> tuple[Signal, Signal]:
    """Everything but the kick makes room for it; the sum is driven softly against full scale."""
    sides = [krs.compressor(side, -20, 2, 0.002, 0.1, key=beat) for side in (left, right)]
    return krs.tanh(sides[0] + beat) * 0.95, krs.tanh(sides[1] + beat) * 0.95


KICK = "x...x...x...x..."
HAT = "..x...x...x...xo"
BASS = "A1 . A1 A2 . A1 . C2 A1 . G1 A1 . E2 D2 ."
LIFT = "A1 . A1 A2 . A1 . C2 F1 . F1 F2 . G1 G2 ."
SEMITONES = {"C": -9, "D": -7, "E": -5, "F": -4, "G": -2, "A": 0, "B": 2}


def hertz(note: str) -> float:
    """Equal temperament from A4 = 440 Hz: `hertz("A1")` is 55.0."""
    return float(440 * 2 ** (SEMITONES[note[0]] / 12 + int(note[1]) - 4))


def note(frame: int, length: float) -> list[Event]:
    """A gate that opens on a frame and closes `length` steps later."""
    return [(frame, "gate", 1), (frame + round(length * STEP), "gate", 0)]


def kick_events() -> list[Event]:
    hits = (bar * 16 + step for bar in range(BARS) for step, hit in enumerate(KICK) if hit == "x")
    return [event for step in hits for event in note(step * STEP, 3)]


def hat_events() -> list[Event]:
    events: list[Event] = []
    for bar in range(2, BARS):
        for step, hit in enumerate(HAT):
            if hit != ".":
                at = bar * BAR + step * STEP
                events += [(at, "length", 0.05 if hit == "x" else 0.2), *note(at, 0.9)]
    return events


def bass_events() -> list[Event]:
    """The line, with the filter opening over the eight bars."""
    events: list[Event] = []
    for bar in range(BARS):
        for step, name in enumerate((LIFT if bar % 4 == 3 else BASS).split()):
            at = bar * BAR + step * STEP
            events.append((at, "cutoff", 250 * 8 ** ((bar + step / 16) / BARS)))
            if name != ".":
                events += [(at, "freq", hertz(name)), *note(at, 0.6)]
    return events


def song(progress: Callable[[float], None] = lambda _: None) -> Audio:
    """The eight bars and the tail of the room, in stereo: shape (2, frames)."""
    seconds = BARS * BAR / RATE + TAIL
    stages = 5

    def play(
        stage: int, sound: Callable[..., object], *inputs: Audio, events: list[Event] | None = None
    ) -> Audio:
        return krs.transpile(sound).render(
            seconds,
            RATE,
            list(inputs) or None,
            events,
            progress=lambda part: progress((stage + part) / stages),
        )

    (beat,) = play(0, kick, events=kick_events())
    (ticks,) = play(1, hat, events=hat_events())
    (bass,) = play(2, acid_bass, events=bass_events())
    (room,) = play(3, verb, bass + 0.4 * ticks)
    left, right = bass + 0.7 * ticks + room, bass + ticks + np.roll(room, 331)
    return play(4, master, left, right, beat)


def bar(part: float) -> None:
    """A progress bar, where there is somebody to see it."""
    if sys.stderr.isatty():
        done = round(30 * part)
        print(f"\r[{'#' * done}{'.' * (30 - done)}] {part:4.0%}", end="", file=sys.stderr, flush=True)


def decibels(level: float) -> float:
    """Below full scale."""
    return float(20 * np.log10(max(level, 1e-9)))


def main() -> None:
    """Writes `demo.wav`, tells about it, and plays it where there is a sound device."""
    print(krs.transpile(acid_bass).faust)
    for sound in (kick, hat, acid_bass, verb, master):
        print(f"{sound.__name__:9} compiled in {krs.transpile(sound).compile_ms:5.2f} ms")
    audio = song(bar)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    krach.write_wav("demo.wav", audio, RATE)
    peak, rms = np.abs(audio).max(), np.sqrt(np.mean(audio**2))
    seconds = audio.shape[1] / RATE
    print(f"demo.wav: {seconds:.1f} s, peak {decibels(peak):.1f} dBFS, RMS {decibels(rms):.1f} dBFS")
    try:
        krach.play(audio, RATE)
    except krach.Error as silent:
        print(f"not played: {silent.message}; demo.wav has it all")


if __name__ == "__main__":
    main()
