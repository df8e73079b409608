"""A piece to begin with. Change a line, hear it again.

At the prompt of `krach`, run it with `%run -i FILE.py`, or send it line by line from your editor. Run
the file again after a change: the same names are the same nodes, so the music goes on.
"""

from krach import kr, krs

kr.tempo = 124  # beats per minute

# Stock sounds. `print(kr.synths)` and `print(kr.fx)` list all of them.
kick = kr.node("kick", kr.synths.kick, gain=0.5)
hat = kr.node("hat", kr.synths.hat, gain=0.12)
verb = kr.node("verb", kr.fx.hall, gain=0.4)


# A sound of your own: a function that returns a Signal. A control can be turned while it plays.
def bass():
    """A sawtooth through a low-pass: dark, and as short as its note."""
    freq = krs.control("freq", 55, 20, 2000)  # in Hz; notes set it
    gate = krs.control("gate", 0, 0, 1)  # 1 while a note is held
    cutoff = krs.control("cutoff", 700, 80, 8000)
    envelope = krs.adsr(0.005, 0.2, 0.3, 0.1, gate)  # attack, decay, release in seconds; sustain 0..1
    return krs.lowpass(krs.saw(freq), cutoff) * envelope


bass = kr.node("bass", bass, gain=0.3)

# Patterns: `@` plays one, once a bar. `x` is a hit, `.` a rest, `A1` a note.
kick @ "x x x x"
hat @ (kr.hit() * 8).swing(0.58)
bass @ kr.seq("A1", None, "A1", "C2", None, "A1", "E2", "G1")

# Movement: the filter of the bass opens and closes, once in four bars. `>>` sends it to the hall.
kr.mod("bass/cutoff", "sine", 400, 1800, bars=4)
bass >> (verb, 0.3)

# As a script, `python FILE.py` plays until Ctrl-C. At the prompt and in a render this line does nothing.
if __name__ == "__main__":
    kr.wait()
