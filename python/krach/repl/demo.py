"""`krach demo`: a piece of eleven lines, each shown as it begins to sound."""

from __future__ import annotations

from krach.repl import LiveMixer
from krach.repl._run import run

LINES = (
    "kr.tempo = 124",
    'kick = kr.node("kick", kr.synths.kick, gain=0.5); kick @ "x x x x"',
    'bass = kr.node("bass", kr.synths.acid, gain=0.25); bass @ "A1 . A1 C2 . A1 E2 G1"',
    'kr.mod("bass/cutoff", "sine", 300, 2400, bars=4)',
    'hat = kr.node("hat", kr.synths.hat, gain=0.12); hat @ (kr.hit() * 8).swing(0.58)',
    'verb = kr.node("verb", kr.fx.hall, gain=0.4); bass >> (verb, 0.3)',
    'clap = kr.node("clap", kr.synths.clap, gain=0.2); clap @ ". x . x" >> verb',
    'keys = kr.node("keys", kr.synths.epiano, gain=0.2, count=6)',
    'keys @ kr.chords("Am7", "Fmaj7", "C", "G").over(4)',
    "keys >> (verb, 0.5)",
    'kr.fade("master", 0, bars=1)',
)


def demo(seconds: float, device: str | None) -> int:
    """Plays for some seconds, an equal part of them for each line. Raises KR0503 without the device."""
    with LiveMixer("off") as kr:
        # `krach recover` brings back a musician's own session.
        kr._session.keep_no_journal()  # pyright: ignore[reportPrivateUsage]
        kr.open(device)
        names = {"kr": kr}
        share = seconds / len(LINES)
        for line in LINES:
            run(line, names)
            kr.wait(bars=share * kr.tempo / 60 / kr.meter)
    return 0
