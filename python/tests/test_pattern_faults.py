"""What no pattern can be: each refusal is of the family, inherits Python's own class and says what to do."""

from __future__ import annotations

import contextlib
import json
import pickle
import sys
import threading
import traceback
from collections.abc import Callable
from math import inf, nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import krach
from krach import pattern as krp
from krach.pattern import hit, note, p, rest, seq
from shell import krach as krach_command

WRONG: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: hit() * 0, ValueError, "repeats at least 1 time"),
    (lambda: hit() * -3, ValueError, "repeats at least 1 time"),
    (lambda: hit() * 2.5, TypeError, "a whole number of times"),
    (lambda: hit() * "2", TypeError, "a whole number of times"),
    (lambda: hit() * 10**30, ValueError, "64 bits"),
    (lambda: hit() * 10**9, ValueError, "at most"),
    (lambda: hit() + 1, TypeError, "joins with a pattern, not `1`"),
    (lambda: sum([hit(), hit()]), TypeError, "joins with a pattern"),
    (lambda: hit() | "x", TypeError, "joins with a pattern"),
    (lambda: hit() + None, TypeError, "None"),
    (lambda: hit().over(0), ValueError, "positive cycles"),
    (lambda: hit().over(-1), ValueError, "positive cycles"),
    (lambda: hit().over(inf), ValueError, "positive cycles"),
    (lambda: hit().over(nan), ValueError, "positive cycles"),
    (lambda: hit().over("2"), TypeError, "positive cycles"),
    (lambda: hit().over(10**40), ValueError, "64 bits"),
    (lambda: hit().fast(0), ValueError, "positive factor"),
    (lambda: hit().fast(None), TypeError, "positive factor"),
    (lambda: hit().shift(nan), ValueError, "number of cycles"),
    (lambda: hit().swing(0), ValueError, "amount must be in"),
    (lambda: hit().swing(1.0), ValueError, "amount must be in"),
    (lambda: hit().swing(nan), ValueError, "amount must be in"),
    (lambda: hit().swing(grid=7), ValueError, "grid must be even"),
    (lambda: hit().swing(grid=0), ValueError, "grid must be even"),
    (lambda: hit().thin(1.5), ValueError, "prob must be in"),
    (lambda: hit().thin(nan), ValueError, "prob must be in"),
    (lambda: hit().thin("often"), TypeError, "`prob` is a number"),
    (lambda: hit().thin(0.5, seed=0.5), TypeError, "`seed` is a whole number"),
    (lambda: hit().spread(3, 0), ValueError, "steps must be > 0"),
    (lambda: hit().spread(9, 8), ValueError, "pulses must be <= steps"),
    (lambda: hit().spread(-1, 8), ValueError, "pulses must be"),
    (lambda: hit().spread(3.0, 8), TypeError, "`pulses` is a whole number"),
    (lambda: hit().every(0, lambda p: p), ValueError, "counts cycles from 1"),
    (lambda: hit().every(2, 3), TypeError, "takes a function"),
    (lambda: hit().every(2, lambda p: None), TypeError, "returns a pattern, not None"),
    (lambda: hit().sometimes(0.5, lambda p: 1), TypeError, "returns a pattern"),
    (lambda: hit().mask("x q"), ValueError, "not a step of a mask"),
    (lambda: hit().mask(""), ValueError, "not a step of a mask"),
    (lambda: hit().mask(101), TypeError, "a mask is a text"),
    (lambda: note(440), ValueError, "440 is not a MIDI note (0-127)"),
    (lambda: note(-1), ValueError, "not a MIDI note"),
    (lambda: note(10**30), ValueError, "not a MIDI note"),
    (lambda: note(nan), ValueError, "finite"),
    (lambda: note(-440.0), ValueError, "positive"),
    (lambda: note(None), TypeError, "a pitch is a name"),
    (lambda: note([60, 64]), TypeError, "a pitch is a name"),
    (lambda: note("c4"), ValueError, "invalid note name"),
    (lambda: note("C9"), ValueError, "octaves 0–8"),
    (lambda: note("\ud800"), Exception, ""),
    (lambda: note(60, vel=nan), ValueError, "`vel` must be a finite number"),
    (lambda: note(60, vel="loud"), TypeError, "`vel` is a number or a pattern"),
    (lambda: note(60, cutoff=[1]), TypeError, "`cutoff` is a number or a pattern"),
    (lambda: seq(), ValueError, "at least one note"),
    (lambda: seq((60, 64)), TypeError, "a pitch is a name"),
    (lambda: hit(3), TypeError, "the name of a control"),
    (lambda: krp.cat(), ValueError, "at least one pattern"),
    (lambda: krp.stack(), ValueError, "at least one pattern"),
    (lambda: krp.cat("x . x"), TypeError, "`cat` takes patterns"),
    (lambda: krp.struct("x . x", hit()), TypeError, "takes a rhythm"),
    (lambda: krp.freeze(3), TypeError, "`freeze` takes a pattern"),
    (lambda: krp.sine(0, nan), ValueError, "finite"),
    (lambda: krp.sine(0, 1, steps=0), ValueError, "at least 1 step"),
    (lambda: krp.sine("a", 1), TypeError, "is a number"),
    (lambda: krp.rand(0, inf), ValueError, "finite"),
    (lambda: krp.ctrl("a", inf), ValueError, "finite"),
    (lambda: krp.ctrl(1, 1), TypeError, "name of a control"),
    (lambda: krp.midi_note(128), ValueError, "not a MIDI note"),
    (lambda: krp.midi_note(60, 200), ValueError, "velocity must be 0–127"),
    (lambda: krp.midi_note(60, channel=16), ValueError, "channel must be 0–15"),
    (lambda: krp.midi_note(60, duration=0), ValueError, "duration"),
    (lambda: krp.midi_note(440.0), TypeError, "a MIDI pitch"),
    (lambda: krp.midi_note(60, 90, velocity=80), ValueError, "give one of them"),
    (lambda: krp.cc(128, 0), ValueError, "controller must be 0–127"),
    (lambda: krp.osc(1), TypeError, "an OSC address is a text"),
    (lambda: krp.osc("/a", None), TypeError, "an OSC argument"),
    (lambda: krp.mtof(128), ValueError, "0-127"),
    (lambda: krp.ftom(0), ValueError, "positive"),
    (lambda: krp.parse_note("H4"), ValueError, "invalid note name"),
    (lambda: krp.parse_note(60), TypeError, "a note name is a text"),
    (lambda: p(""), SyntaxError, "empty pattern"),
    (lambda: p("x [C4"), SyntaxError, "unmatched `[`"),
    (lambda: p("x*0"), SyntaxError, "repeat count must be >= 1"),
    (lambda: p("x*a"), SyntaxError, "invalid repeat count"),
    (lambda: p("x ü"), SyntaxError, "invalid token"),
    (lambda: p("\ud800"), SyntaxError, "invalid token"),
    (lambda: p("x\0"), SyntaxError, ""),
    (lambda: p("[" * 100_000), SyntaxError, ""),
    (lambda: p(3), TypeError, "`p` reads a text, not `3`"),
    (lambda: hit().query(0, nan), ValueError, "number of cycles"),
    (lambda: hit().query(2, 1), ValueError, "stops after it begins"),
    (lambda: hit().query(0, 10**12), ValueError, "more than"),
    (lambda: hit().fast(10**9).fast(10**9).fast(10**9).query(), ValueError, "64 bits"),
    (lambda: (hit() * 4096).fast(10**9).query(), ValueError, "more than"),
    (lambda: krp.dict_to_pattern_node({}), ValueError, "unknown PatternNode op"),
    (lambda: krp.dict_to_pattern_node({"op": "Flip"}), ValueError, "unknown PatternNode op"),
    (lambda: krp.dict_to_pattern_node([]), ValueError, "a pattern is a dictionary"),
    (lambda: krp.dict_to_pattern_node({"op": "Fast"}), ValueError, "damaged"),
    (lambda: krp.dict_to_pattern_node({"op": "Cat", "children": 3}), ValueError, "damaged"),
    (lambda: krp.dict_to_pattern_node({"op": "Cat", "children": []}), ValueError, "at least one"),
    (
        lambda: krp.dict_to_pattern_node({"op": "Atom", "value": {"type": "Smell"}}),
        ValueError,
        "unknown value type",
    ),
]


@pytest.mark.parametrize(("call", "kind", "words"), WRONG)
def test_a_wrong_argument_is_an_error_of_the_family(
    call: Callable[[], object], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as caught:
        call()
    if isinstance(caught.value, UnicodeError):
        return  # half a surrogate pair: Python's own refusal says as much
    assert isinstance(caught.value, krach.Error)
    assert words in str(caught.value) + caught.value.message


def test_an_error_is_at_the_users_line_and_shows_only_the_users_frames() -> None:
    with pytest.raises(krach.Error) as caught:
        (hit() | rest()).fast(0)
    assert caught.value.file == __file__
    assert {frame.filename for frame in traceback.extract_tb(caught.value.__traceback__)} <= {
        __file__,
        *(frame.filename for frame in traceback.extract_stack()),
    }


def test_a_mistake_in_a_notation_has_a_caret_below_it() -> None:
    with pytest.raises(krach.InvalidSyntax) as caught:
        p("x . C4* E4 ]")
    shown = "".join(traceback.format_exception_only(caught.value))
    text, caret = next(
        (text, caret)
        for text, caret in zip(shown.splitlines(), shown.splitlines()[1:], strict=False)
        if set(caret.strip()) == {"^"}
    )
    assert text.strip() == 'p("x . C4* E4 ]")'
    assert caret.index("^") - (len(text) - len(text.lstrip())) == len('p("x . C4*')
    assert "jam" not in shown
    assert caught.value.code == "KR0801"


def test_all_mistakes_of_a_text_are_reported_at_once() -> None:
    with pytest.raises(krach.InvalidSyntax) as caught:
        p("q4 x *2 C4*")
    assert len(caught.value.further) >= 1


def test_deep_patterns_are_refused_and_never_overflow_the_stack() -> None:
    pattern = hit()
    for _ in range(255):
        pattern = pattern.fast(1)
    with pytest.raises(krach.InvalidValue, match="256 levels"):
        pattern.fast(1)
    threading.stack_size(256 * 1024)
    try:
        outcome: list[object] = []

        def walk() -> None:
            outcome.append(
                (len(pattern.query()), repr(pattern)[:8], pickle.loads(pickle.dumps(pattern)) == pattern)
            )

        thread = threading.Thread(target=walk)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(0)
    assert outcome == [(1, "Pattern(", True)]


def test_hostile_json_is_refused() -> None:
    node: dict[str, Any] = {"op": "Silence"}
    for _ in range(5_000):
        node = {"op": "Rev", "child": node}
    with pytest.raises(krach.Error, match="levels"):
        krp.dict_to_pattern_node(node)
    while "child" in node:  # or its end would overflow Python's own stack
        node = node.pop("child")
    good = krp.pattern_node_to_dict(
        krp.cat(seq("C4", None, vel=0.5), krp.sine(0, 1)).every(3, lambda p: p.thin(0.1))
    )
    for damage in (None, -1, 1e300, nan, "x", [], {}, [0, 0], 10**30, True):
        for path in _paths(good):
            broken = json.loads(json.dumps(good))
            _put(broken, path, damage)
            with contextlib.suppress(krach.Error):
                krp.dict_to_pattern_node(broken)


def _paths(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path] * bool(path) + [more for key, part in inner for more in _paths(part, (*path, key))]


def _put(node: Any, path: tuple[Any, ...], value: object) -> None:
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value


def test_shared_parts_stay_shared_in_a_pickle() -> None:
    line = seq(*range(60, 72))
    for _ in range(4):
        line = line.fast(2) + line.slow(2)
    assert len(pickle.dumps(krp.stack(*[line] * 100))) < 20_000


def test_an_exception_of_the_users_function_arrives_unchanged() -> None:
    with pytest.raises(ZeroDivisionError):
        hit().every(2, lambda p: p.fast(1 / 0))


def test_patterns_work_in_threads() -> None:
    line = (seq(*range(60, 76)) | hit() * 16).sometimes(0.5, lambda p: p.fast(2))
    expected = line.query(0, 50)
    found: list[bool] = []
    threads = [threading.Thread(target=lambda: found.append(line.query(0, 50) == expected)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 8


def test_numpy_arrays_are_no_notes() -> None:
    with pytest.raises(TypeError):
        note(np.array([60, 64]))
    with pytest.raises(TypeError):
        hit() + np.arange(3)


def test_a_pattern_cannot_be_iterated_or_changed() -> None:
    with pytest.raises(TypeError):
        iter(hit())  # pyright: ignore
    with pytest.raises((AttributeError, TypeError)):
        hit().speed = 3  # pyright: ignore
    assert sys.getsizeof(hit()) < 200


@pytest.mark.parametrize(
    ("line", "sign"),
    [
        ('bass @ "A1 [C2 E2"', "["),
        ("krp.p('A1 C2 H9', vel=0.5)", "H9"),
        ("ä = 3; bass.play(\"A1 'q' C2\")", "'q"),
        ('kr.tidal("""bd [hh\n    hh <c4 e4] sn""")', "<"),
    ],
)
def test_the_error_of_a_notation_is_at_its_sign_in_the_users_file(
    line: str, sign: str, tmp_path: Path
) -> None:
    text = f'bass = kr.node("bass", kr.synths.acid)\n{line}\n'
    (tmp_path / "jam.py").write_text(text)
    done = krach_command(tmp_path, "check", "jam.py", "--json")
    (first, *_) = json.loads(done.stdout)["diagnostics"]
    assert (first["code"], first["file"]) == ("KR0801", "jam.py")
    found = text.splitlines()[first["line"] - 1][first["column"] - 1 :]
    assert found.startswith(sign), found


@pytest.mark.parametrize(
    "line", ['text = "A1 [C2"; krp.p(text)', 'krp.p("A1\\x20[C2")', 'krp.p("A1 " "[C2")']
)
def test_a_notation_that_is_not_written_in_its_call_has_a_place_of_its_own(line: str, tmp_path: Path) -> None:
    (tmp_path / "jam.py").write_text(f"{line}\n")
    done = krach_command(tmp_path, "check", "jam.py", "--json")
    (found,) = json.loads(done.stdout)["diagnostics"]
    assert (found["file"], found["line"], found["column"]) == ("<p in jam.py:1>", 1, 4)
