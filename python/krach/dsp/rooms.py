"""Rooms in stereo."""

from __future__ import annotations

from math import log

from krach._function import library
from krach._signal import Signal, SignalLike
from krach.dsp.core import feedback, sr
from krach.dsp.effects import fdelay
from krach.dsp.filters import onepole
from krach.dsp.maths import exp, max_
from krach.dsp.ranges import within

# Primes, in samples at 48 kHz for a room of size 1: no two echoes fall together.
_LENGTHS = (1151, 1327, 1499, 1693, 1933, 2179, 2423, 2687)
_LONGEST_SIZE = 4


def stereo_reverb(
    left: SignalLike,
    right: SignalLike,
    seconds: SignalLike = 2,
    cutoff: SignalLike = 6000,
    size: SignalLike = 1,
) -> tuple[Signal, Signal]:
    """A room in stereo, all wet: rings for `seconds` until it is 60 dB down, above `cutoff` Hz for less.

    `seconds` is held within 0.01..100, `cutoff` in Hz above 20, `size` (1 is a hall with echoes 24 to 56 ms
    apart) within 0.1..4. Mix it yourself: `krs.lerp(dry, wet, 0.3)`. A feedback delay network of eight delays
    and a Householder matrix: J.-M. Jot and A. Chaigne, "Digital delay networks for designing artificial
    reverberators", 90th AES Convention, 1991. `krs.reverb` is Freeverb, in mono.

    >>> krs.transpile(lambda x: krs.stereo_reverb(x, x)).render(0.5, inputs=[[1]]).shape
    (2, 24000)
    """
    ring, dull = within(seconds, 0.01, 100), within(cutoff, 20)
    return _stereo_reverb(left, right, ring, dull, within(size, 0.1, _LONGEST_SIZE))


@library
def _stereo_reverb(
    left: SignalLike, right: SignalLike, seconds: SignalLike, cutoff: SignalLike, size: SignalLike
) -> tuple[Signal, Signal]:
    late = [max_(length / 48000 * size * sr() - 1, 0) for length in _LENGTHS]
    keep = [exp(-log(1000) * (samples + 1) / (seconds * sr())) for samples in late]

    def turn(before: tuple[Signal, ...]) -> tuple[list[Signal], list[Signal]]:
        heard = [
            gain * onepole(fdelay(line, samples), cutoff)
            for gain, line, samples in zip(keep, before, late, strict=True)
        ]
        mixed = sum(heard[1:], heard[0]) / 4  # Householder: y - 2/8 · sum
        fed = [y - mixed + (right if at % 2 else left) for at, y in enumerate(heard)]
        outs = [heard[0] - heard[2] + heard[4] - heard[6], heard[1] - heard[3] + heard[5] - heard[7]]
        return outs, fed

    out_left, out_right = feedback(turn, n=len(_LENGTHS))
    return out_left / 2, out_right / 2
