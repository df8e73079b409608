"""What other sounds go through."""

import krach.dsp as krs
from krach import Signal


def room(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """A reverberating room for two channels, `mix` of it beside the dry sound."""
    size = krs.control("size", 0.75, 0, 1)
    mix = krs.control("mix", 0.3, 0, 1)
    # Sustained sounds gather in a room: this makes them about as loud behind it as before.
    wet = krs.reverb((left + right) * 0.075, size, 0.4)
    return krs.lerp(left, wet, mix), krs.lerp(right, wet, mix)


def dub(sound: Signal) -> Signal:
    """An echo that darkens with every return."""
    time = krs.control("time", 375, 20, 1500)
    back = krs.control("back", 0.55, 0, 0.95)
    mix = krs.control("mix", 0.4, 0, 1)
    late = krs.lowpass(krs.echo(sound, time, back), 2600)
    return sound + mix * late
