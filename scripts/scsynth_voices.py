"""Counts the voices that fill one core: the acid bass on our stage, and a similar voice on scsynth, in turn.

The peer is `nanosynth`, a Python package that carries SuperCollider's scsynth: a saw, a resonant low-pass
behind an envelope, a smoothed cutoff. Both render off-line. Each figure is the best of several rounds of
the processor's time.

Run it with `make bench`; without `nanosynth` it says so and ends.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import krach
from krach import dsp as krs
from krach import pattern as krp

VOICES = 200
SECONDS = 2.0
ROUNDS = 5
RATE = 48_000


def acid() -> krs.Signal:
    cutoff = krs.control("cutoff", 400.0, 80.0, 8000.0)
    gate = krs.control("gate", 0.0, 0.0, 1.0)
    envelope = krs.adsr(0.004, 0.22, 0.2, 0.04, gate)
    saw = krs.saw(krs.control("freq", 55.0, 20.0, 2000.0))
    return krs.resonant(saw, cutoff * (1 + envelope * 4), 5.0) * envelope * 0.01


def rendered(kr: krach.Mixer, voices: int) -> float:
    """Voices that fill a core: a short render is taken from a long one, so that only the sound is counted."""
    kr.render(seconds=0.0)
    begun = time.process_time()
    kr.render(seconds=0.0)
    between = time.process_time()
    kr.render(seconds=SECONDS)
    return voices * SECONDS / (time.process_time() - between - (between - begun))


def nodes() -> float:
    """One node for each voice."""
    with krach.Mixer("off", sample_rate=RATE) as kr:
        for at in range(VOICES):
            kr.node(f"acid{at}", acid)
            kr.set(f"acid{at}/freq", 55.0 + at)
            kr.set(f"acid{at}/gate", 1.0)
        return rendered(kr, VOICES)


def notes() -> float:
    """One node that plays a chord, which lasts longer than the render."""
    with krach.Mixer("off", sample_rate=RATE, bpm=30) as kr:
        kr.node("acid", acid, count=VOICES)
        kr.play("acid", krp.note(*(55.0 + at for at in range(VOICES))))
        return rendered(kr, VOICES)


def theirs(synth: Any) -> float:
    """One synth of scsynth for each voice."""
    with synth.SynthDefBuilder(freq=55.0, cutoff=400.0, gate=1.0) as knobs:
        shape = synth.Envelope.adsr(0.004, 0.22, 0.2, 0.04)
        envelope = synth.EnvGen.kr(envelope=shape, gate=knobs["gate"])
        cutoff = synth.Lag.kr(source=knobs["cutoff"], lag_time=0.05) * (1 + envelope * 4)
        saw = synth.Saw.ar(frequency=knobs["freq"])
        low = synth.RLPF.ar(source=saw, frequency=cutoff, reciprocal_of_q=0.2)
        synth.Out.ar(bus=0, source=low * envelope * 0.01)
    definition = knobs.build(name="acid")

    def seconds(length: float) -> float:
        score = synth.Score()
        score.add_synthdef(0.0, definition)
        for at in range(VOICES):
            score.add_synth(0.0, "acid", node_id=1000 + at, freq=55.0 + at)
        score.add(length, synth.OscMessage("/c_set", 0, 0))
        with tempfile.TemporaryDirectory() as folder, silence():
            begun = time.process_time()
            score.render(Path(folder, "out.wav"), sample_rate=RATE, sample_format="float")
            return time.process_time() - begun

    begun = seconds(0.01)
    return VOICES * SECONDS / (seconds(SECONDS) - begun)


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Without what scsynth prints for each message."""
    kept = os.dup(1)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            os.dup2(kept, 1)
            os.close(kept)


def main() -> None:
    try:
        synth = importlib.import_module("nanosynth")
    except ImportError as error:
        sys.exit(print(f"scsynth_voices: no peer, {error}: pip install nanosynth"))
    rounds = [(nodes(), notes(), theirs(synth)) for _ in range(ROUNDS)]
    each, chord, peer = (max(column) for column in zip(*rounds, strict=True))
    print(f"voices of the acid bass that fill a core: scsynth {peer:.0f}")
    for name, count in (("nodes of krach", each), ("notes of one node", chord)):
        print(f"  {name}: {count:.0f}, {count / peer:.2f} times as many")


if __name__ == "__main__":
    main()
