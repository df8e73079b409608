"""Keys, strings and bells: struck, plucked and blown bodies with a pitch."""

import krach.dsp as krs
from krach import Signal
from krach.stock.parts import fm, gate, hertz, modes, pitch, seconds, strike, string


def pluck() -> Signal:
    """A nylon string (Karplus and Strong 1983).

    >>> sound = synths.pluck.render(2, notes=[(0, 48000, 57)], bright=6000)
    """
    bright = hertz("bright", 4000, 500, 12000)
    ring = seconds("ring", 3, 0.2, 10)
    finger = krs.onepole(krs.white_noise(), 3500) * krs.ar(0.0005, 0.008, gate())
    return krs.tanh(10 * string(finger, pitch(220), ring, bright)) * krs.asr(0.001, 0.4, gate()) * 0.465


def steel() -> Signal:
    """A steel string, bright and long, with the comb of the place where it is plucked (D. A. Jaffe and
    J. O. Smith, "Extensions of the Karplus-Strong Plucked-String Algorithm", Computer Music Journal 7, 1983).

    >>> sound = synths.steel.render(2, notes=[(0, 48000, 52)], place=0.3)
    """
    place = krs.control("place", 0.15, 0.02, 0.5)
    freq, ring = pitch(220), seconds("ring", 5, 0.2, 12)
    pick = krs.onepole(krs.white_noise(), 6000) * krs.ar(0.0005, 0.005, gate())
    plucked = pick - krs.fdelay(pick, place * krs.sr() / freq, max_delay=6000)
    return krs.tanh(5 * string(plucked, freq, ring, 9000)) * krs.asr(0.001, 0.3, gate()) * 0.511


def harp() -> Signal:
    """A harp: a soft string that rings on after the note.

    >>> sound = synths.harp.render(3, notes=[(0, 4800, 60), (9600, 4800, 67)])
    """
    ring = seconds("ring", 4, 0.5, 10)
    thumb = krs.lowpass(krs.white_noise(), 1800) * krs.ar(0.002, 0.01, gate())
    tone = krs.dcblock(krs.tanh(10 * string(thumb, pitch(330), ring, 3000)))
    return tone * krs.asr(0.001, 3, gate()) * 0.571


def koto() -> Signal:
    """A silk string over a wooden body: the pitch bends a little as it is plucked.

    >>> sound = synths.koto.render(2, notes=[(0, 48000, 62)], bend=0.03)
    """
    bend = krs.control("bend", 0.015, 0, 0.1)
    freq = pitch(294)
    nail = krs.highpass(krs.white_noise(), 900) * krs.ar(0.0005, 0.006, gate())
    tone = string(nail, freq * (1 + bend * strike(0.3)), 2.5, 6500)
    body = tone + 0.4 * krs.bandpass(tone, 420, 3)
    return krs.tanh(6 * body) * krs.asr(0.001, 0.4, gate()) * 0.517


def marimba() -> Signal:
    """Wooden bars over tubes: partials at 1, 4 and 10 (N. Fletcher and T. Rossing, "The Physics of Musical
    Instruments", 1998, chapter 19).

    >>> sound = synths.marimba.render(1, notes=[(0, 12000, 60)], mallet=0.8)
    """
    mallet = krs.control("mallet", 0.4, 0, 1)
    ring = seconds("ring", 0.9, 0.2, 3)
    freq = pitch(262)
    soft = modes(freq, [(1, 1, 1)], ring)
    return (soft + mallet * modes(freq, [(3.98, 0.5, 0.25), (9.9, 0.25, 0.1)], ring)) * 0.588


def vibes() -> Signal:
    """A vibraphone: metal bars that ring long, with the motor's tremolo.

    >>> sound = synths.vibes.render(3, notes=[(0, 96000, 65)], motor=6)
    """
    motor = krs.control("motor", 5, 0, 10, unit="Hz")
    bars = modes(pitch(349), [(1, 1, 1), (4, 0.3, 0.4), (10.7, 0.08, 0.08)], 4)
    return bars * krs.asr(0.001, 0.6, gate()) * (0.8 + 0.2 * krs.sine_osc(motor)) * 0.418


def kalimba() -> Signal:
    """A thumb piano: a plucked tongue of steel on a wooden box.

    >>> sound = synths.kalimba.render(1.5, notes=[(0, 24000, 72)])
    """
    buzz = krs.control("buzz", 0.2, 0, 1)
    tongue = modes(pitch(392), [(1, 1, 1), (5.4, 0.25, 0.2), (14.9, 0.1, 0.07)], 1.4)
    thumb = krs.bandpass(krs.white_noise(), 2500, 1) * strike(0.02)
    return (
        krs.dcblock(tongue + krs.abs_(tongue) * buzz * 0.5 + 0.15 * thumb)
        * krs.asr(0.001, 0.9, gate())
        * 0.542
    )


def bell() -> Signal:
    """Frequency modulation at the ratio 1.41 : 1: bright when struck, pure as it fades (Chowning 1973).

    >>> sound = synths.bell.render(4, notes=[(0, 4800, 69)], light=6)
    """
    light = krs.control("light", 4, 0, 10)
    ring = seconds("ring", 4, 0.5, 12)
    env = strike(ring, 0.001)
    return fm(pitch(440), 1.41, light * env) * env * 0.347


def chime() -> Signal:
    """A tube of brass, struck: the partials of a bar that hangs free (Fletcher and Rossing 1998, chapter 19).

    >>> sound = synths.chime.render(4, notes=[(0, 4800, 72)])
    """
    ring = seconds("ring", 5, 0.5, 12)
    partials = [
        (1, 0.3, 1),
        (2, 0.9, 0.9),
        (2.98, 0.7, 0.7),
        (4.2, 0.5, 0.5),
        (5.4, 0.35, 0.35),
        (6.8, 0.2, 0.2),
    ]
    return modes(pitch(262), partials, ring) * 0.309


def glass() -> Signal:
    """A glass that is struck softly: few, high, pure partials.

    >>> sound = synths.glass.render(3, notes=[(0, 4800, 76)])
    """
    ring = seconds("ring", 2.5, 0.2, 8)
    return modes(pitch(659), [(1, 1, 1), (2.32, 0.4, 0.7), (4.25, 0.2, 0.5), (6.63, 0.1, 0.3)], ring) * 0.403


def epiano() -> Signal:
    """An electric piano: a tine and its bark, by phase modulation (the "E. Piano" idea of the DX7).

    >>> sound = synths.epiano.render(2, notes=[(0, 48000, 57), (0, 48000, 64)], bark=0.8)
    """
    bark = krs.control("bark", 0.5, 0, 1)
    freq = pitch(220)
    env = krs.exp_adsr(0.002, 6, 0, 0.3, gate())
    tine = fm(freq, 14, 0.5 * strike(0.25))
    return (0.6 * fm(freq, 1, 2 * bark * strike(1.5)) + 0.3 * tine) * env * 0.338


def organ() -> Signal:
    """Six drawbars, with a slow breath of vibrato.

    >>> sound = synths.organ.render(1, notes=[(0, 40000, 48), (0, 40000, 55)], bar_8=1)
    """
    breath = krs.control("breath", 0.3, 0, 1)
    freq = pitch(220) * (1 + 0.005 * breath * krs.sine_osc(5.6))
    bars = {1: 0.8, 2: 1.0, 3: 0.5, 4: 0.4, 6: 0.2, 8: 0.15}
    pipes = [krs.sine_osc(freq * n) * krs.control(f"bar_{n}", level, 0, 1) for n, level in bars.items()]
    return sum(pipes[1:], pipes[0]) * krs.adsr(0.008, 0.1, 1, 0.06, gate(), restart=False) * 0.112


def clav() -> Signal:
    """A clavinet: a short, nasal string through two pickups out of phase.

    >>> sound = synths.clav.render(1, notes=[(0, 12000, 45)], bright=9000)
    """
    bright = hertz("bright", 5000, 500, 12000)
    freq = pitch(165)
    hammer = krs.white_noise() * krs.ar(0.0003, 0.003, gate())
    tone = string(hammer, freq, 1.5, bright)
    picked = tone - krs.fdelay(tone, 0.2 * krs.sr() / freq, max_delay=6000)
    return krs.tanh(6 * picked) * krs.asr(0.001, 0.05, gate()) * 0.741
