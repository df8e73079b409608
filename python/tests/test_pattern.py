"""Patterns from Python: every row of the API, the known events, and the laws of values."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from krach import pattern as krp
from krach._errors import Place
from krach.pattern import Pattern, hit, note, p, rest, seq

VECTORS = Path(__file__).parents[2] / "fixtures" / "patterns" / "vectors.txt"


def changes(pattern: Pattern, cycles: int) -> list[tuple[Fraction, str, float]]:
    """What the pattern sets in its first cycles, a gate that opened in the cycle before included."""
    events = [event for event in pattern.query(-1, cycles) if event.part[0] == event.start]
    found = [change for event in events for change in event.changes if 0 <= change[0] < cycles]
    return sorted(found, key=lambda change: change[0])


def onsets(pattern: Pattern, cycles: int = 1) -> list[Fraction]:
    return [event.start for event in pattern.query(0, cycles) if event.part[0] == event.start]


def vectors() -> list[tuple[str, int, str]]:
    lines = [line for line in VECTORS.read_text().splitlines() if line and line[0] != "#"]
    return [(name, int(cycles), shown) for name, cycles, shown in (line.split(" ; ") for line in lines)]


@pytest.mark.parametrize(("name", "cycles", "shown"), vectors())
def test_known_patterns_have_their_known_events(name: str, cycles: int, shown: str) -> None:
    source = re.sub(r"fast (\d)", r"lambda p: p.fast(\1)", name).replace("2/3)", "Fraction(2, 3))")
    pattern = eval(source, {**vars(krp), "Fraction": Fraction})
    short = {"gate": "g", "freq": "f", "ctrl": "="}
    text = " ".join(
        f"{short.get(label, label)}{round(value, 3):g}@{at}" for at, label, value in changes(pattern, cycles)
    )
    assert text == shown


ROWS = {
    # operators
    "a + b": (lambda: seq("C4") + hit(), "C4, x"),
    "a | b": (lambda: seq("C4") | hit(), "C4 | x"),
    "p * 4": (lambda: hit() * 4, "x, x, x, x"),
    "4 * p": (lambda: 4 * hit(), "x, x, x, x"),
    # methods
    "over": (lambda: seq(60, 62).over(2), "(C4, D4) /2"),
    "fast": (lambda: hit().fast(1.5), "x *3/2"),
    "slow": (lambda: hit().slow(2), "x /2"),
    "shift": (lambda: hit().shift(0.25), "x"),
    "reverse": (lambda: seq(60, 62).reverse(), "(C4, D4) rev"),
    "swing": (lambda: hit().swing(0.67, 8), "x swing(0.67)"),
    "every": (lambda: hit().every(4, lambda p: p.fast(2)), "x every(4)"),
    "spread": (lambda: hit().spread(3, 8, rotation=1), "x spread(3,8)"),
    "thin": (lambda: (hit() * 8).thin(0.3, seed=1), "(x, x, x, x, x, x, x, x) thin(30%)"),
    "mask": (lambda: (hit() * 4).mask("x 0 x ."), "(x, x, x, x) mask(x.x.)"),
    "sometimes": (lambda: hit().sometimes(0.5, lambda p: p.fast(2), seed=3), "x sometimes(50%)"),
    "legato": (lambda: hit().legato(1), "x legato(1)"),
    # builders
    "note": (lambda: note("C4", 64, 392.0, vel=0.5, cutoff=900), "C4 | E4 | 392Hz"),
    "hit": (lambda: hit("snare", vel=0.5), "snare"),
    "seq": (lambda: seq("A2", None, note(60, 64), vel=0.5), "A2, ~, (C4 | E4)"),
    "rest": (lambda: rest(), "~"),
    "cat": (lambda: krp.cat(hit(), rest()), "(x, ~) /2"),
    "stack": (lambda: krp.stack(hit(), seq("C4")), "x | C4"),
    "struct": (lambda: krp.struct(p("x . x"), seq(69, 70)), "A4, ~, As4"),
    "p": (lambda: p("x . x . x . . x"), "x, ~, x, ~, x, ~, ~, x"),
    "tidal": (lambda: krp.tidal("bd sd"), "bd, sd"),
    # atoms
    "midi_note": (lambda: krp.midi_note(60, vel=90, channel=1, duration=0.5), "C4"),
    "midi_note, velocity": (lambda: krp.midi_note("C4", velocity=90), "C4"),
    "cc": (lambda: krp.cc(1, 64), "cc(1,64)"),
    "osc": (lambda: krp.osc("/light", 1.0, 2, "red"), "osc(/light)"),
    "ctrl": (lambda: krp.ctrl("cutoff", 1200), "cutoff=1200"),
    "freeze": (lambda: krp.freeze(seq(60, 62)), "(C4, D4)"),
    # continuous
    "sine": (lambda: krp.sine(0, 1), "sine(0, 1)"),
    "saw": (lambda: krp.saw(0, 1), "ramp(0, 1)"),
    "rand": (lambda: krp.rand(0, 1, steps=2), "rand(0, 1), rand(0, 1)"),
    "ramp": (lambda: krp.ramp(0, 1), "ramp(0, 1)"),
    "mod_sine": (lambda: krp.mod_sine(0, 1), "sine(0, 1)"),
    "mod_tri": (lambda: krp.mod_tri(0, 1), "tri(0, 1)"),
    "mod_ramp": (lambda: krp.mod_ramp(0, 1), "ramp(0, 1)"),
    "mod_ramp_down": (lambda: krp.mod_ramp_down(0, 1), "ramp_down(0, 1)"),
    "mod_square": (lambda: krp.mod_square(0, 1, steps=2), "ctrl=1, ctrl=0"),
    "mod_exp": (lambda: krp.mod_exp(0, 1), "exp(0, 1)"),
}


@pytest.mark.parametrize("row", ROWS)
def test_every_row_of_the_api_runs_and_is_a_value(row: str) -> None:
    make, shown = ROWS[row]
    pattern = make()
    assert repr(pattern) == f"Pattern({shown})"
    assert pattern == make()
    assert hash(pattern) == hash(make())
    assert pattern != pattern | hit("other")
    assert pickle.loads(pickle.dumps(pattern)) == pattern
    assert copy.deepcopy(pattern) == pattern
    stored = json.loads(json.dumps(krp.pattern_node_to_dict(pattern)))
    assert krp.dict_to_pattern_node(stored) == pattern
    assert "<svg" in pattern._repr_html_()


SIGNATURES = {
    "over": "(cycles)",
    "fast": "(factor)",
    "slow": "(factor)",
    "shift": "(offset)",
    "reverse": "()",
    "swing": "(amount=0.67, grid=8)",
    "every": "(n, fn)",
    "spread": "(pulses, steps, rotation=0)",
    "thin": "(prob, seed=0)",
    "mask": "(mask_str)",
    "sometimes": "(prob, fn, seed=0)",
    "legato": "(factor)",
    "note": "(*pitches, vel=1.0, **params)",
    "hit": "(param='gate', **kwargs)",
    "seq": "(*notes, vel=1.0, **params)",
    "rest": "()",
    "cat": "(*patterns)",
    "stack": "(*patterns)",
    "struct": "(rhythm, melody)",
    "p": "(text, *, vel=1.0, **params)",
    "midi_note": "(pitch, vel=100, channel=0, duration=1.0, *, velocity=None)",
    "cc": "(controller, value, channel=0)",
    "osc": "(address, *args)",
    "ctrl": "(label, value)",
    "freeze": "(pat)",
    "sine": "(lo, hi, steps=None)",
    "saw": "(lo, hi, steps=None)",
    "rand": "(lo, hi, steps=64, seed=0)",
    "ramp": "(start, end, steps=None)",
    "mod_sine": "(lo, hi, steps=None)",
    "mod_tri": "(lo, hi, steps=None)",
    "mod_ramp": "(lo, hi, steps=None)",
    "mod_ramp_down": "(lo, hi, steps=None)",
    "mod_square": "(lo, hi, steps=None)",
    "mod_exp": "(lo, hi, steps=None)",
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures_are_those_of_the_api(name: str) -> None:
    found = inspect.signature(getattr(krp, name, None) or getattr(hit(), name))
    bare = [parameter.replace(annotation=parameter.empty) for parameter in found.parameters.values()]
    assert str(inspect.Signature(bare)) == SIGNATURES[name]


def test_import_paths_of_the_original() -> None:
    from krach.pattern.builders import cat, hit, note, rest, seq, stack, struct
    from krach.pattern.mininotation import p
    from krach.pattern.pattern import Pattern, cc, ctrl, freeze, midi_note, osc
    from krach.pattern.pitch import ftom, mtof, parse_note
    from krach.pattern.serialize import dict_to_pattern_node, pattern_node_to_dict

    for thing in (
        *(cat, hit, note, rest, seq, stack, struct, p, Pattern, cc, ctrl, freeze, midi_note, osc),
        *(ftom, mtof, parse_note, dict_to_pattern_node, pattern_node_to_dict),
    ):
        assert getattr(krp, thing.__name__) is thing


def test_each_event_knows_its_line_and_its_place_in_the_text() -> None:
    line = inspect.currentframe().f_lineno + 1  # pyright: ignore
    event = seq("C4", "E4").query()[1]
    assert event.line is not None
    assert event.place == event.line
    assert (event.line.file, event.line.line) == (__file__, line)
    event = p("x . [C4 E4]").query()[2]
    assert event.place is not None
    assert event.line is not None
    assert (event.place.line, event.place.column, event.place.end_column) == (1, 9, 11)
    assert event.line.line == line + 4
    revived = pickle.loads(pickle.dumps(seq("C4"))).query()[0]
    assert isinstance(revived.line, Place)


def test_parameters_may_be_patterns() -> None:
    swept = (hit() * 4).query()
    assert len(swept) == 4
    line = seq(
        60, 62, 64, 65, vel=krp.ramp(0, 1), cutoff=krp.cat(krp.ctrl("ctrl", 100), krp.ctrl("ctrl", 900))
    )
    found = changes(line, 2)
    assert [value for _, name, value in found if name == "vel"] == [0, 0.25, 0.5, 0.75] * 2
    assert [value for _, name, value in found if name == "cutoff"] == [100] * 4 + [900] * 4


def test_numbers_of_all_kinds_are_times() -> None:
    third = hit().fast(Fraction(1, 3))
    assert third == hit().fast(1 / 3) == hit().over(3) == hit().slow(np.int64(3))
    assert onsets(hit().fast(3).shift(np.float64(0.5)), 1) == [Fraction(1, 6), Fraction(1, 2), Fraction(5, 6)]
    assert note(np.int64(60)) == note(60) != note(60.0)


def test_pitches_are_names_numbers_and_hertz() -> None:
    frequencies = [value for _, name, value in changes(note("A4", 69, 440.0), 1) if name == "freq"]
    assert frequencies == [440, 440, 440]
    assert krp.mtof(krp.ftom(440)) == 440
    assert krp.parse_note("Cb0") == 11
    assert len(krp.NOTES) == 108
    assert all(krp.parse_note(name) == number for name, number in krp.NOTES.items())


def test_chance_repeats_and_seeds_differ() -> None:
    thinned = (hit() * 64).thin(0.5)
    assert onsets(thinned, 8) == onsets((hit() * 64).thin(0.5), 8)
    assert onsets(thinned, 8) != onsets((hit() * 64).thin(0.5, seed=1), 8)
    assert thinned.query(0, 4, seed=1) != thinned.query(0, 4, seed=2)


@given(
    st.recursive(
        st.sampled_from([hit(), note("C4", vel=0.5), rest(), krp.sine(0, 1), krp.rand(0, 1, steps=3)]),
        lambda parts: st.one_of(
            st.lists(parts, min_size=1, max_size=4).map(lambda many: seq(*many)),
            st.lists(parts, min_size=1, max_size=3).map(lambda many: krp.stack(*many)),
            st.tuples(parts, st.fractions(Fraction(1, 8), 8, max_denominator=8)).map(
                lambda a: a[0].fast(a[1])
            ),
            st.tuples(parts, st.floats(0, 1)).map(lambda a: a[0].thin(a[1], seed=3)),
            st.tuples(parts, st.integers(1, 5)).map(lambda a: a[0].every(a[1], lambda q: q.reverse())),
            st.tuples(parts, st.floats(0, 1)).map(lambda a: a[0].sometimes(a[1], lambda q: q.legato(2))),
            parts.map(lambda part: krp.freeze(part.swing())),
            parts.map(lambda part: part.spread(3, 8, 1).mask("x . x")),
            parts.map(lambda part: p("x [C4 x?] <60 . x>(3,8)", cutoff=part) | krp.tidal("a|b . c@2 _")),
        ),
        max_leaves=12,
    )
)
def test_a_pattern_survives_pickling_and_json(pattern: Pattern) -> None:
    revived = pickle.loads(pickle.dumps(pattern))
    stored = krp.dict_to_pattern_node(json.loads(json.dumps(krp.pattern_node_to_dict(pattern))))
    assert revived == pattern == stored
    assert hash(revived) == hash(pattern)
    found = [event[:6] for event in pattern.query(0, 3, seed=5)]
    assert found == [event[:6] for event in revived.query(0, 3, seed=5)]
    assert found == [event[:6] for event in stored.query(0, 3, seed=5)]


def test_a_pattern_of_the_original_is_read_as_notes() -> None:
    def control(label: str, value: float) -> dict[str, object]:
        return {"op": "Atom", "value": {"type": "Control", "label": label, "value": value}}

    onset = {"op": "Stack", "children": [control("freq", 440.0), control("vel", 0.5), control("gate", 1.0)]}
    played = {"op": "Freeze", "child": {"op": "Cat", "children": [onset, control("gate", 0.0)]}}
    tree = {"op": "Slow", "factor": [2, 1], "child": {"op": "Cat", "children": [played, {"op": "Silence"}]}}
    assert krp.dict_to_pattern_node(tree) == seq(440.0, None, vel=0.5).over(2)
    swung = {"op": "Warp", "kind": "swing", "amount": 0.67, "grid": 8, "child": played}
    assert krp.dict_to_pattern_node(swung) == note(440.0, vel=0.5).swing()
    early = {"op": "Early", "offset": [1, 4], "child": control("a", 1)}
    assert krp.dict_to_pattern_node(early) == krp.ctrl("a", 1).shift(-0.25)


def test_a_picture_shows_every_row_of_the_music() -> None:
    picture = seq("C4", "E4", None, "G4", vel=0.5)._repr_html_()
    assert picture.count("<rect") == 3 * 4
    assert "E4 at 1/4" in picture
    assert "<polyline" in krp.sine(100, 200)._repr_html_()
    assert len((hit() * 4096)._repr_html_()) < 1_000_000
    assert "&lt;b&gt;" in hit("<b>")._repr_html_()
