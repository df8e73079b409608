"""Builders: patterns of notes, hits and rests."""

from __future__ import annotations

from krach import _krach, _place
from krach._entrance import entrance
from krach._krach import Pattern


@entrance
def note(*pitches: str | float, vel: float | Pattern = 1.0, **params: float | Pattern) -> Pattern:
    """One note per cycle; several pitches sound at once, as a chord. Without pitches it is `hit()`.

    A pitch is a name (`"C4"`, `"F#3"`, `"Bb2"`), a MIDI number (an int, 69 is A4) or a frequency in Hz (a
    float). `vel` is the velocity, 0..1; other keywords set controls of the node at the onset. Each may be a
    pattern, which is read at the onset. The gate closes half-way through the step; `legato` changes that.

    Errors: KR0802 for a pitch that does not exist, KR0805 for a value that is no pitch or no parameter.

    >>> note("C4", "E4", vel=0.8, cutoff=1200)
    Pattern(C4 | E4)
    """
    return _krach.pattern_note(pitches, vel, params, _place.user_place())


@entrance
def hit(param: str = "gate", **kwargs: float | Pattern) -> Pattern:
    """Opens the gate `param` at the start of the cycle and closes it half-way. Keywords set controls at the
    onset.

    >>> hit() * 4
    Pattern(x, x, x, x)
    >>> hit("snare", vel=0.5)
    Pattern(snare)
    """
    return _krach.pattern_hit(param, kwargs, _place.user_place())


@entrance
def seq(
    *notes: str | float | Pattern | None, vel: float | Pattern = 1.0, **params: float | Pattern
) -> Pattern:
    """Notes one after the other in one cycle. `None` is a rest, a Pattern is a step of its own.

    `vel` and keywords are as for `note`. Errors: KR0802 without notes; KR0805 for a list: a chord is
    `note(60, 64)`.

    >>> seq("A2", "A2", None, note("A3", "C4"))
    Pattern(A2, A2, ~, (A3 | C4))
    """
    return _krach.pattern_seq(notes, vel, params, _place.user_place())


@entrance
def rest() -> Pattern:
    """Silence.

    >>> hit() + rest()
    Pattern(x, ~)
    """
    return _krach.pattern_rest()


@entrance
def cat(*patterns: Pattern) -> Pattern:
    """Each pattern plays for one cycle, in turn.

    >>> cat(seq("C4", "E4"), hit())
    Pattern(((C4, E4), x) /2)
    """
    return _krach.pattern_cat(patterns)


@entrance
def stack(*patterns: Pattern) -> Pattern:
    """All patterns at once.

    >>> stack(hit() * 4, seq("C4", "E4"))
    Pattern((x, x, x, x) | (C4, E4))
    """
    return _krach.pattern_stack(patterns)


@entrance
def struct(rhythm: Pattern, melody: Pattern) -> Pattern:
    """The notes of `melody`, in order, at the times of `rhythm`; the melody starts again when it ends.

    A chord is one note of the melody, and its rests do not count.

    >>> struct(hit() + rest() + hit(), seq("A4", "C5"))
    Pattern(A4, ~, C5)
    """
    return _krach.pattern_struct(rhythm, melody)
