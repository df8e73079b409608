"""Drums: a gate of any length strikes them."""

import krach.dsp as krs
from krach import Signal
from krach.stock.parts import drop, gate, hertz, metal, seconds, strike


def kick() -> Signal:
    """A round kick drum with a soft click: a falling sine, a little driven (R. A. Moog, "drum" patches).

    >>> sound = synths.kick.render(0.5, gate=1, decay=0.3)
    """
    tune = hertz("tune", 48, 30, 100)
    decay = seconds("decay", 0.45, 0.1, 2)
    click = krs.lowpass(krs.white_noise(), 3000) * strike(0.01)
    return krs.tanh(1.5 * (drop(tune * 5, tune, 0.09) * strike(decay) + 0.2 * click)) * 0.766


def kick_808() -> Signal:
    """A long, deep boom: the bridged-T oscillator of the TR-808 as a ringing sine (Werner, Abel and Smith,
    "A Physically-Informed, Circuit-Bendable, Digital Model of the TR-808 Bass Drum Circuit", DAFx 2014).

    >>> sound = synths.kick_808.render(1.5, gate=1, decay=1.8)
    """
    tune = hertz("tune", 49, 30, 90)
    decay = seconds("decay", 1.1, 0.1, 4)
    tone = krs.control("tone", 0.3, 0, 1)
    click = krs.onepole(krs.trigger(gate()), 2500) * 4 * tone
    return (drop(tune * 2.2, tune, 0.05) * strike(decay, 0.002) + click) * 0.826


def kick_hard() -> Signal:
    """A kick for dark rooms: a steep fall, folded by drive, with a short noise on top.

    >>> sound = synths.kick_hard.render(0.5, gate=1, drive=8)
    """
    tune = hertz("tune", 52, 30, 100)
    decay = seconds("decay", 0.35, 0.1, 1)
    drive = krs.control("drive", 4, 1, 12)
    body = drop(tune * 9, tune, 0.12) * strike(decay)
    top = krs.highpass(krs.white_noise(), 2000) * strike(0.02) * 0.15
    return (krs.tanh(drive * body) + top) * 0.467


def snare() -> Signal:
    """A snare drum: two skins an uneven third apart, and the wires below them.

    >>> sound = synths.snare.render(0.5, gate=1, wires=0.9)
    """
    tune = hertz("tune", 185, 100, 400)
    wires = krs.control("wires", 0.6, 0, 1)
    decay = seconds("decay", 0.25, 0.05, 1)
    skin = drop(tune * 1.5, tune, 0.06) + 0.6 * krs.sine_osc(tune * 1.52)
    rattle = krs.highpass(krs.white_noise(), 1800) * strike(decay)
    return krs.tanh(1.5 * (0.5 * skin * strike(0.18) + wires * rattle)) * 0.633


def snare_808() -> Signal:
    """A thin, clear snare: two sines at 180 and 330 Hz and high noise, as in the TR-808.

    >>> sound = synths.snare_808.render(0.5, gate=1, snappy=0.8)
    """
    snappy = krs.control("snappy", 0.5, 0, 1)
    decay = seconds("decay", 0.2, 0.05, 1)
    shell = 0.7 * krs.sine_osc(180) * strike(0.25) + 0.4 * krs.sine_osc(330) * strike(0.12)
    noise = krs.bandpass(krs.white_noise(), 5500, 0.7) * strike(decay)
    return krs.tanh(1.5 * (shell + 1.4 * snappy * noise)) * 0.727


def rim() -> Signal:
    """A stick on the rim: two short tones, driven.

    >>> sound = synths.rim.render(0.2, gate=1, tune=1.2)
    """
    tune = krs.control("tune", 1, 0.5, 2)
    wood = krs.sine_osc(1667 * tune) + krs.sine_osc(455 * tune)
    return krs.tanh(3 * krs.highpass(wood * strike(0.035), 400)) * 0.79


def clap() -> Signal:
    """Hands: three quick bursts of noise, then the room that answers.

    >>> sound = synths.clap.render(0.5, gate=1, room=0.4)
    """
    room = seconds("room", 0.25, 0.05, 1)
    noise = krs.bandpass(krs.white_noise(), 1100, 1.2)
    hit = krs.trigger(gate())
    bursts = [krs.perc(0.0005, 0.025, krs.delay(hit, krs.sr() * late, 4000)) for late in (0, 0.011, 0.021)]
    tail = krs.perc(0.0005, room, krs.delay(hit, krs.sr() * 0.03, 8000))
    return krs.tanh(3 * noise * (sum(bursts[1:], bursts[0]) + 0.6 * tail)) * 0.966


def tom() -> Signal:
    """A tom: play it at any pitch.

    >>> sound = synths.tom.render(1, notes=[(0, 24000, 41)], decay=0.8)
    """
    freq = krs.control("freq", 110, 40, 500)
    decay = seconds("decay", 0.6, 0.1, 2)
    skin = drop(freq * 1.7, freq, 0.12) * strike(decay)
    breath = krs.lowpass(krs.white_noise(), 900) * strike(0.08)
    return (skin + 0.25 * breath) * 0.678


def conga() -> Signal:
    """A hand drum, dry and warm: play it at any pitch.

    >>> sound = synths.conga.render(1, notes=[(0, 24000, 55)], slap=1)
    """
    freq = krs.control("freq", 220, 80, 800)
    slap = krs.control("slap", 0.4, 0, 1)
    skin = drop(freq * 1.2, freq, 0.03) * strike(0.28) + 0.3 * krs.sine_osc(freq * 2.3) * strike(0.08)
    hand = krs.bandpass(krs.white_noise(), 1800, 1) * strike(0.03)
    return (skin + slap * hand) * 0.681


def woodblock() -> Signal:
    """A hollow block of wood: two short tones, play it at any pitch.

    >>> sound = synths.woodblock.render(0.4, notes=[(0, 4800, 79)])
    """
    freq = krs.control("freq", 780, 200, 2500)
    wood = krs.sine_osc(freq) * strike(0.2) + 0.6 * krs.sine_osc(freq * 1.51) * strike(0.06)
    return krs.tanh(2 * wood) * 0.52


def cowbell() -> Signal:
    """Two square waves at 540 and 800 Hz through a band-pass, as in the TR-808.

    >>> sound = synths.cowbell.render(0.5, gate=1, decay=0.7)
    """
    tune = krs.control("tune", 1, 0.5, 2)
    decay = seconds("decay", 0.4, 0.05, 2)
    plates = krs.polyblep_square(540 * tune) + krs.polyblep_square(800 * tune)
    return (
        krs.tanh(2 * krs.bandpass(plates, 2640 * tune, 1) * (0.5 * strike(0.06) + 0.5 * strike(decay)))
        * 0.774
    )


def hat() -> Signal:
    """A closed hi-hat: struck brass, only the highs of it.

    >>> sound = synths.hat.render(0.3, gate=1, decay=0.1)
    """
    tune = krs.control("tune", 1, 0.5, 2)
    decay = seconds("decay", 0.12, 0.02, 0.5)
    brass = krs.bandpass(metal(tune * 2), 9000, 1) + 0.2 * krs.white_noise()
    return krs.tanh(6 * krs.highpass(brass, 7000) * strike(decay)) * 0.798


def hat_open() -> Signal:
    """An open hi-hat: it rings as long as the gate is open, or `decay` says.

    >>> sound = synths.hat_open.render(0.8, notes=[(0, 12000, 60)], decay=0.9)
    """
    tune = krs.control("tune", 1, 0.5, 2)
    decay = seconds("decay", 0.7, 0.1, 3)
    brass = krs.highpass(krs.bandpass(metal(tune * 2), 9000, 1) + 0.2 * krs.white_noise(), 6500)
    return brass * strike(decay) * krs.asr(0.0005, 0.08, gate()) * 2.56


def ride() -> Signal:
    """A ride cymbal: a clear stroke, and a long shimmer below it.

    >>> sound = synths.ride.render(2, gate=1, decay=3)
    """
    tune = krs.control("tune", 1, 0.5, 2)
    decay = seconds("decay", 2.2, 0.3, 6)
    brass = metal(tune * 2.6)
    bell = krs.bandpass(brass, 3200 * tune, 4) * strike(0.5)
    wash = krs.highpass(brass + 0.3 * krs.white_noise(), 6000) * strike(decay)
    return krs.tanh(2 * (bell + 0.5 * wash)) * 0.871


def crash() -> Signal:
    """A crash cymbal: noise and brass that darken as they fade.

    >>> sound = synths.crash.render(3, gate=1)
    """
    decay = seconds("decay", 2.8, 0.5, 8)
    env = strike(decay, 0.003)
    brass = krs.highpass(0.6 * metal(2.2) + krs.white_noise(), 2500)
    return krs.lowpass(brass, 3000 + 12000 * env) * env * 0.524


def shaker() -> Signal:
    """Beads in a box: a soft burst of high noise.

    >>> sound = synths.shaker.render(0.3, gate=1, decay=0.12)
    """
    decay = seconds("decay", 0.16, 0.04, 0.6)
    return krs.bandpass(krs.white_noise(), 7200, 1.1) * krs.perc(0.02, decay, gate()) * 0.941


def tambourine() -> Signal:
    """Jingles: many small strokes of brass, in random order (P. R. Cook, "Physically Informed Sonic Modeling
    (PhISM)", Computer Music Journal 21, 1997).

    >>> sound = synths.tambourine.render(0.6, gate=1)
    """
    decay = seconds("decay", 0.5, 0.1, 2)
    shakes = krs.dust(60 + 900 * strike(0.1)) * strike(decay)
    beads = krs.white_noise() * krs.feedback(lambda level: shakes + 0.996 * level)
    return krs.tanh((krs.bandpass(beads, 6100, 12) + krs.bandpass(beads, 8900, 14)) / 10) * 1.19
