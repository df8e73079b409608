"""First sound: a kick, a hat and an acid bass through a reverb, eight bars, written to `demo.wav`.

Every instrument is a plain Python function over `krs` signals; the notes are events on exact frames.
"""

import krach.dsp as krs

RATE = 48_000
TEMPO = 126
STEP = round(RATE * 60 / TEMPO / 4)  # frames of a sixteenth
BAR = 16 * STEP
BARS = 8


def kick():
    """A sine that falls from 230 to 48 Hz."""
    gate = krs.control("gate", 0, 0, 1)
    env = krs.adsr(0.001, 0.26, 0, 0.05, gate)
    pitch = 48 + 182 * env**3
    return krs.sine_osc(pitch) * env * 0.8


def hat():
    """High-passed noise, short or long by `length` in seconds."""
    gate = krs.control("gate", 0, 0, 1)
    length = krs.control("length", 0.05, 0.01, 0.4, smooth=False)
    env = krs.adsr(0.001, length, 0, 0.03, gate)
    return krs.highpass(krs.white_noise(), 7500) * env**2 * 0.22


def acid_bass():
    """A sawtooth through a resonant low-pass that follows the envelope."""
    freq = krs.control("freq", 55, 20, 2000)
    gate = krs.control("gate", 0, 0, 1)
    cutoff = krs.control("cutoff", 400, 80, 8000)
    env = krs.adsr(0.004, 0.22, 0.2, 0.08, gate, restart=False)
    brightness = krs.min_(cutoff * (1 + 4 * env), 12000)
    voice = krs.resonant(krs.polyblep_saw(freq), brightness, 5)
    return voice * env * 0.28


def verb(inp):
    """A room, all wet."""
    room = krs.control("room", 0.75, 0, 1)
    return krs.reverb(inp, room, 0.4)


KICK = "x...x...x...x..."
HAT = "..x...x...x...xo"
BASS = "A1 . A1 A2 . A1 . C2 A1 . G1 A1 . E2 D2 ."
LIFT = "A1 . A1 A2 . A1 . C2 F1 . F1 F2 . G1 G2 ."
SEMITONES = {"C": -9, "D": -7, "E": -5, "F": -4, "G": -2, "A": 0, "B": 2}


def hertz(note):
    """Equal temperament from A4 = 440 Hz: `hertz("A1")` is 55.0."""
    return 440 * 2 ** (SEMITONES[note[0]] / 12 + int(note[1]) - 4)


def note(frame, length):
    """A gate that opens on a frame and closes `length` steps later."""
    return [(frame, "gate", 1), (frame + round(length * STEP), "gate", 0)]


def kick_events():
    steps = (bar * 16 + step for bar in range(BARS) for step, hit in enumerate(KICK) if hit == "x")
    return [event for step in steps for event in note(step * STEP, 0.5)]


def hat_events():
    events = []
    for bar in range(2, BARS):
        for step, hit in enumerate(HAT):
            if hit != ".":
                at = bar * BAR + step * STEP
                events += [(at, "length", 0.05 if hit == "x" else 0.2), *note(at, 0.5)]
    return events


def bass_events():
    """The line, with the filter opening over the eight bars."""
    events = []
    for bar in range(BARS):
        for step, name in enumerate((LIFT if bar % 4 == 3 else BASS).split()):
            at = bar * BAR + step * STEP
            events.append((at, "cutoff", 250 * 8 ** ((bar + step / 16) / BARS)))
            if name != ".":
                events += [(at, "freq", hertz(name)), *note(at, 0.6)]
    return events
