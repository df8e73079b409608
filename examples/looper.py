"""A looper: four phrases enter one after the other, two bars apart, and all begin again after eight bars."""

from krach import kr
from krach.stock import fx, synths

kr.tempo = 96

PHRASES = {
    "one": kr.seq("E4", "G4", None, "B4"),
    "two": kr.seq("B3", None, "E4", None, "D4", None),
    "three": kr.note("E2").legato(0.9),
    "four": kr.seq("B5", "A5", "G5", "A5").thin(0.4),
}
BARS = 8

space = kr.node("space", fx.room, gain=0.3)
for turn, (name, phrase) in enumerate(PHRASES.items()):
    node = kr.node(f"loop/{name}", synths.pluck, gain=0.25, pan=turn / 2 - 0.75)
    node >> (space, 0.3)
    node @ kr.cat(*[kr.rest()] * (2 * turn), *[phrase] * (BARS - 2 * turn))

kr.wait()
