"""Chords and a melody in 7/8, with swing, and a tempo that rises."""

from krach import kr
from krach.stock import synths

kr.tempo = 108
kr.meter = 3.5

chords = kr.node("chords", synths.epiano, gain=0.25, count=6)
lead = kr.node("lead", synths.kalimba, gain=0.25)
kick = kr.node("kick", synths.kick, gain=0.45)

chords @ kr.cat(kr.note("A3", "C4", "E4", "G4"), kr.note("D3", "F3", "A3", "C4")).legato(0.9)
lead @ kr.seq("A4", "C5", None, "E5", "D5", None, "G4")
kick @ kr.p("x . . x . x .")
kr.play("lead", kr.seq("A4", "C5", None, "E5", "D5", None, "G4", "A4"), swing=0.6)
kr.fade("tempo", 132, bars=8)

kr.wait()
