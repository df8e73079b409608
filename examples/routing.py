"""Sends, an insert and a side chain: the pad breathes with the kick."""

import krach.dsp as krs
from krach import kr
from krach.stock import fx, synths


def duck(left: krs.Signal, right: krs.Signal, key: krs.Signal) -> tuple[krs.Signal, krs.Signal]:
    """Turns a stereo sound down while the key is loud."""
    gain = 1 - 0.9 * krs.min_(1, 8 * krs.onepole(krs.abs_(key), 30))
    return left * gain, right * gain


kick = kr.node("kick", synths.kick, gain=0.5)
pad = kr.node("pad", synths.strings, gain=0.5, count=4, out=None)
bass = kr.node("bass", synths.sub, gain=0.35, out=None)
pump = kr.node("pump", duck, gain=0.5)
drive = kr.node("drive", fx.drive, gain=0.25)
verb = kr.node("verb", fx.hall, gain=0.3)

for port in ("left", "right"):
    kr.connect(pad, pump, port=port)
kr.connect(kick, pump, port="key")
bass.out(drive)
pad >> (verb, 0.2)
pump >> (verb, 0.3)

kick @ "x x x x"
pad @ kr.cat(kr.note("A3", "C4", "E4"), kr.note("F3", "A3", "C4")).legato(1)
bass @ kr.cat(kr.seq("A1", None, "A1"), kr.seq("F1", None, "F1"))

kr.wait()
