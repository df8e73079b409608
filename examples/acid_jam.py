"""An acid line in three scenes: the second opens the filter over four bars, the third is a break."""

from krach import kr
from krach.stock import fx, synths

kr.tempo = 132

with kr.batch():
    kick = kr.node("kick", synths.kick, gain=0.5)
    acid = kr.node("acid", synths.acid, gain=0.25, cutoff=320)
    echo = kr.node("echo", fx.echo, gain=0.3)
    acid >> (echo, 0.4)

kick @ (kr.hit() * 4)
acid @ kr.p("A1 A1 C2 A1 . A2 G1 A1").every(4, lambda line: line.reverse())
kr.save("closed")

with kr.transition(bars=4):
    acid["cutoff"] = 2600
kr.save("open")

kr.hush("kick")
acid @ kr.seq("A1", None, None, "E2").over(2)
kr.save("break")

kr.recall("open")
kr.wait()
