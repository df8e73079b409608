"""Random statements in any order: no crash, all can be undone, and a captured session is the same."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

import krach
import krach.dsp as krs
from krach.repl import LiveMixer

EXAMPLES = 10_000 if os.environ.get("KRACH_FULL") else 100


def tone() -> krs.Signal:
    return krs.saw(krs.control("freq", 110, 20, 2000)) * krs.control("gate", 0, 0, 1)


def through(inp: krs.Signal) -> krs.Signal:
    return inp * krs.control("amount", 0.5, 0, 1)


TONE, THROUGH = krs.transpile(tone), krs.transpile(through)
NAMES = st.sampled_from(["a", "b", "g/a", "g/b", "fx", "g", "nothing"])
PATHS = st.one_of(NAMES, st.builds("{}/{}".format, NAMES, st.sampled_from(["freq", "amount", "gain", "pan"])))
# Of these a float says the exact fraction.
TIMES = st.sampled_from([0, -1, 0.25, 1, 3, 3.5, 5, float("nan")])
COUNTS = st.integers(-1, 4)
NUMBERS = st.one_of(st.sampled_from([0, 1, -1, 0.5, 440, float("nan"), float("inf"), 1e300]), st.floats(0, 2))
PATTERNS = st.sampled_from(["x x", "A1 C2 .", "0.1 0.9", "[A1 C2]*2", "oops ]"])
Statement = Callable[[LiveMixer], object]
STATEMENTS: list[st.SearchStrategy[Statement]] = [
    st.builds(
        lambda n, c, g: lambda kr: kr.node(n, TONE, gain=g, count=c), NAMES, st.integers(-1, 4), NUMBERS
    ),
    st.builds(lambda n: lambda kr: kr.node(n, THROUGH), NAMES),
    st.builds(lambda n: lambda kr: kr.remove(n), NAMES),
    st.builds(lambda a, b, v: lambda kr: kr.connect(a, b, v), NAMES, NAMES, NUMBERS),
    st.builds(lambda a, b: lambda kr: kr.unsend(a, b), NAMES, NAMES),
    st.builds(lambda a, b: lambda kr: kr.out(a, b), NAMES, st.one_of(st.none(), NAMES, st.just((1, 2)))),
    st.builds(lambda p, v: lambda kr: kr.set(p, v), PATHS, NUMBERS),
    st.builds(lambda p, t: lambda kr: kr.play(p, t), PATHS, PATTERNS),
    st.builds(lambda p, v, b: lambda kr: kr.fade(p, v, b), PATHS, NUMBERS, TIMES),
    st.builds(lambda p, v, b: lambda kr: kr.mod(p, "sine", 0, v, b), PATHS, NUMBERS, TIMES),
    st.builds(lambda n: lambda kr: kr.hush(n), PATHS),
    st.builds(lambda n: lambda kr: kr.mute(n), NAMES),
    st.builds(lambda n: lambda kr: kr.unmute(n), NAMES),
    st.builds(lambda n, a: lambda kr: kr.solo(n, a), NAMES, st.booleans()),
    st.builds(lambda v: lambda kr: setattr(kr, "tempo", v), NUMBERS),
    st.builds(lambda v: lambda kr: setattr(kr, "meter", v), TIMES),
    st.just(lambda kr: kr.unsolo()),
    st.just(lambda kr: kr.stop()),
    st.just(lambda kr: kr.save("verse")),
    st.just(lambda kr: kr.recall("verse")),
    st.just(lambda kr: kr.undo()),
    st.just(lambda kr: kr.redo()),
]


def perform(kr: LiveMixer, statements: list[Statement]) -> None:
    """Each statement; those that krach refuses must leave everything as it was."""
    for statement in statements:
        before = (repr(kr), kr.history)
        try:
            statement(kr)
        except krach.Error:
            assert (repr(kr), kr.history) == before


@settings(max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES == 100)
@given(st.lists(st.one_of(STATEMENTS), max_size=25))
def test_random_sessions_are_undone_and_captured(statements: list[Statement]) -> None:
    kr = LiveMixer("off")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        perform(kr, statements)
        last = kr.capture()
        other = LiveMixer("off")
        other.load(json.loads(json.dumps(last.to_dict())))
        assert other.capture() == last
        while kr.undo():
            pass
        assert kr.capture() == LiveMixer("off").capture()
        while kr.redo():
            pass
