"""`kr.tour()`: the first ten minutes, line by line."""

from __future__ import annotations

from typing import Any, NamedTuple

from krach._mixer.outlets import whole
from krach.repl._run import run


class Stop(NamedTuple):
    """A place where the tour stops: its explanation, and the lines that are played there."""

    says: str
    lines: str


OWN = """\
def lead():
    freq = krs.control("freq", 440, 20, 5000)
    gate = krs.control("gate", 0, 0, 1)
    return krs.triangle(freq) * krs.adsr(0.01, 0.2, 0.3, 0.2, gate)

lead = kr.node("lead", lead, gain=0.2)
lead @ kr.seq(*kr.arpeggio(kr.chord("Am7"), "up-down"))"""

BRIGHTER = """\
def lead():
    freq = krs.control("freq", 440, 20, 5000)
    gate = krs.control("gate", 0, 0, 1)
    cutoff = krs.control("cutoff", 1500, 100, 8000)
    return krs.lowpass(krs.saw(freq), cutoff) * krs.adsr(0.01, 0.2, 0.3, 0.2, gate)

lead = kr.node("lead", lead, gain=0.2)"""

BASS = 'bass = kr.node("bass", kr.synths.acid, gain=0.4)'
KICK = 'kick = kr.node("kick", kr.synths.kick, gain=0.5)\nkick @ "x x x x"'
VERB = 'verb = kr.node("verb", kr.fx.hall, gain=0.5)\nbass >> (verb, 0.4)'

STOPS = (
    Stop("A node is a sound with a name. This one is a stock bass.", BASS),
    Stop("`@` plays a pattern, once a bar. `~` is a rest.", 'bass @ "A2 D3 ~ E2"'),
    Stop("A sound has controls. This one opens its filter, in Hz.", 'bass["cutoff"] = 1500'),
    Stop("A beat: a second node, and `x` for a hit.", KICK),
    Stop("Your own instrument is a Python function. It becomes native code.", OWN),
    Stop("Change the function: the new sound fades in, and the pattern plays on.", BRIGHTER),
    Stop("`>>` sends a node to an effect, here at a level of 0.4.", VERB),
    Stop("Faster, in beats per minute.", "kr.tempo = 140"),
    Stop("Too fast? Every step can be undone.", "kr.undo()"),
    Stop("The lead as Faust text, as a Faust user would write it.", "print(lead.faust)"),
    Stop("Four bars as a numpy array of two channels; `path=` writes a file.", "kr.render(bars=4).shape"),
    Stop("Silence within 10 ms. The nodes stay.", "kr.panic()"),
)

NEXT = "This was the tour. Next: print(kr.synths), docs/guides/patterns.md, and `krach new piece.py`."

_QUESTION = "[Enter plays this, s skips it, q ends the tour] "


def walk(names: dict[str, Any], stop: int, hands_free: bool) -> None:
    """Walks from a stop, counted from 1, to the end. The lines run in the module or prompt of these names."""
    stop = whole("`stop`", stop, 1, len(STOPS))
    for number, (says, lines) in enumerate(STOPS[stop - 1 :], stop):
        print(f"\n{number}/{len(STOPS)}  {says}")
        answer = "" if hands_free else _asked(lines)
        if answer.startswith("q"):
            print(f"kr.tour({number}) goes on from here.")
            return
        if not answer.startswith("s"):
            run(lines, names)
    print(f"\n{NEXT}")


def _asked(lines: str) -> str:
    """Shows the lines and waits for a key. The end of the input ends the tour."""
    print("\n".join(f"      {line}" for line in lines.splitlines()))
    try:
        return input(_QUESTION).strip().lower()
    except EOFError:
        return "q"


__all__ = ["STOPS", "walk"]
