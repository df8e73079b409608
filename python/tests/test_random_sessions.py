"""Random statements in any order, against a model of history and scenes.

No crash; all can be undone; a session that is captured or exported sounds the same.
"""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
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


FOLDER = tempfile.TemporaryDirectory()
FILE = Path(FOLDER.name) / "jam.py"
TONE, THROUGH = krs.transpile(tone), krs.transpile(through)
NAMES = st.sampled_from(["a", "b", "g/a", "g/b", "fx", "g", "nothing"])
PATHS = st.one_of(NAMES, st.builds("{}/{}".format, NAMES, st.sampled_from(["freq", "amount", "gain", "pan"])))
# Of these a float says the exact fraction.
TIMES = st.sampled_from([0, -1, 0.25, 1, 3, 3.5, 5, float("nan")])
COUNTS = st.integers(-1, 4)
NUMBERS = st.one_of(st.sampled_from([0, 1, -1, 0.5, 440, float("nan"), float("inf"), 1e300]), st.floats(0, 2))
PATTERNS = st.sampled_from(["x x", "A1 C2 .", "0.1 0.9", "[A1 C2]*2", "oops ]"])
Statement = Callable[[LiveMixer], object]
SAVE: Statement = lambda kr: kr.save("verse")  # noqa: E731
RECALL: Statement = lambda kr: kr.recall("verse")  # noqa: E731
UNDO: Statement = lambda kr: kr.undo()  # noqa: E731
REDO: Statement = lambda kr: kr.redo()  # noqa: E731
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
    st.just(lambda kr: setattr(kr, "seed", 3)),
    *map(st.just, (SAVE, RECALL, UNDO, REDO)),
]


def view(kr: LiveMixer) -> list[object]:
    """What a musician sees of a session."""
    driven = {path: repr(slot.pattern) for path, slot in kr.slots.items()}
    levels = [kr.tempo, kr.meter, kr.master, kr.seed, *kr.soloed]
    return [repr(kr), kr.routes, driven, kr.automations, kr.ctrl_values, levels]


class Model:
    """The views that undo, redo and recall go back to."""

    def __init__(self, kr: LiveMixer) -> None:
        self.kr = kr
        self.past: list[list[object]] = []
        self.future: list[list[object]] = []
        self.verse: list[object] | None = None

    def perform(self, statement: Statement) -> None:
        """A statement; one that krach refuses or skips must leave everything as it was."""
        before, steps = view(self.kr), len(self.kr.history)
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                statement(self.kr)
                refused = any("the statement is skipped" in str(warning.message) for warning in warned)
            except krach.Error:
                refused = True
        after = view(self.kr)
        if refused:
            assert (after, len(self.kr.history)) == (before, steps)
        elif statement is UNDO:
            assert after == self.turn(self.past, self.future, before)
        elif statement is REDO:
            assert after == self.turn(self.future, self.past, before)
        elif len(self.kr.history) == steps:
            assert after == before, "a change that no step has"
        else:
            assert len(self.kr.history) == steps + 1
            self.past.append(before)
            self.future.clear()
        if statement is SAVE:
            self.verse = after
        elif statement is RECALL and not refused:
            assert after == self.verse

    @staticmethod
    def turn(from_: list[list[object]], to: list[list[object]], now: list[object]) -> list[object]:
        """The view after a step back or forth."""
        if not from_:
            return now
        to.append(now)
        return from_.pop()


def sounds_alike(kr: LiveMixer, other: LiveMixer) -> None:
    """Both renders are the same samples, or both are refused."""
    heard = []
    for mixer in (kr, other):
        try:
            heard.append(mixer.render(seconds=0.05, sample_rate=4000))
        except krach.Error as refusal:
            heard.append(refusal.code)
    assert np.array_equal(*heard)


@settings(max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES == 100)
@given(st.lists(st.one_of(STATEMENTS), max_size=25))
def test_random_sessions_are_undone_and_captured(statements: list[Statement]) -> None:
    kr = LiveMixer("off")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = Model(kr)
        for statement in statements:
            model.perform(statement)
        last = kr.capture()
        other = LiveMixer("off")
        other.load(json.loads(json.dumps(last.to_dict())))
        assert other.capture() == last
        for name in kr.soloed:
            other.solo(name, add=True)
        other.seed = kr.seed
        sounds_alike(kr, other)
        kr.export(FILE)
        exported = LiveMixer("off")
        exported.exec_file(FILE)
        assert (exported.capture(), exported.scenes) == (last, kr.scenes)
        sounds_alike(kr, exported)
        while kr.undo():
            pass
        assert kr.capture() == LiveMixer("off").capture()
        while kr.redo():
            pass
