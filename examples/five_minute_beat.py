"""A kick, a clap, two hats and a bass: the first five minutes with krach."""

from krach import kr
from krach.stock import synths

kr.tempo = 122

kick = kr.node("drums/kick", synths.kick, gain=0.55)
clap = kr.node("drums/clap", synths.clap, gain=0.25)
hat = kr.node("drums/hat", synths.hat, gain=0.12)
bass = kr.node("bass", synths.acid, gain=0.22, cutoff=700)

kick @ "x x x x"
clap @ ". x . x"
hat @ (kr.hit() * 8).swing(0.58)
bass @ kr.seq("A1", None, "A1", "C2", None, "A1", "E2", "G1")
kr.mod("bass/cutoff", "sine", 400, 1800, bars=4)

kr.wait()
