"""Everything krs prints, given to the official Faust compiler: it accepts it and hears the same samples.

Two engines of ours are asked for each program, the native code and the reference interpreter, both in double
precision. Where the official compiler has no wheel, goldens that it made stand in for it. The last test
prints how much was compared.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import krach.dsp as krs
import oracle
from engines import RATE, render
from krach import DspDef
from programs import CASES, Case
from programs.cases import single
from programs.random_cases import random_case

HERE = Path(__file__).parent
GOLDENS = json.loads((HERE.parents[1] / "fixtures" / "oracle" / "goldens.json").read_text())
RANDOM_CASES = 1000 if os.environ.get("KRACH_FULL") else 100
SETTLED = [case.name for case in CASES.values() if case.settled]
ALL = {**CASES, **{case.name: case for case in map(random_case, range(RANDOM_CASES))}}

needs_oracle = pytest.mark.skipif(oracle.missing() is not None, reason=str(oracle.missing()))


class Tally:
    """What the comparisons of this run have seen."""

    def __init__(self) -> None:
        self.compared: set[str] = set()
        self.changing: set[str] = set()
        self.samples = 0
        self.worst = (0.0, "")


@pytest.fixture(scope="module")
def tally() -> Tally:
    return Tally()


@pytest.fixture(scope="module")
def official() -> Iterator[oracle.Official]:
    compiler = oracle.Official()
    yield compiler
    compiler.close()


def ask_official(official: oracle.Official, case: Case, faust: str) -> oracle.Samples:
    inputs = oracle.stimulus(case.num_inputs, case.frames)
    return official.render(
        faust, case.frames, rate=RATE, inputs=inputs, values=case.values, events=case.events
    )


def ask_krach(case: Case, dsp: DspDef, engine: str = "native") -> oracle.Samples:
    values = dict(case.values)
    if values or case.events:
        # Once one of its controls is set, the official compiler holds them all in single precision.
        values = {control.name: single(control.init) for control in dsp.controls} | values
    inputs = oracle.stimulus(case.num_inputs, case.frames)
    return render(dsp, case.frames, engine, inputs=inputs, events=case.events, **values)


@needs_oracle
@pytest.mark.parametrize("case", ALL.values(), ids=ALL.keys())
def test_the_official_compiler_hears_the_same(case: Case, official: oracle.Official, tally: Tally) -> None:
    dsp = krs.transpile(case.function)
    expected = ask_official(official, case, dsp.faust)
    for engine in ("native", "reference"):
        apart = oracle.deviation(expected, ask_krach(case, dsp, engine))
        assert apart <= oracle.TOLERANCE, f"{engine}: {apart:.3g} apart\n{dsp.faust}"
        tally.worst = max(tally.worst, (apart, case.name))
    tally.compared.add(case.name)
    tally.samples += expected.size
    if any(np.ptp(channel) > 0 for channel in expected):
        tally.changing.add(case.name)


@pytest.mark.parametrize("name", SETTLED)
def test_goldens_of_the_official_compiler(name: str) -> None:
    case = CASES[name]
    expected = np.array(GOLDENS["programs"][name])
    heard = ask_krach(case, krs.transpile(case.function))
    assert oracle.deviation(expected, heard[:, oracle.excerpt_frames(case.frames)]) <= oracle.TOLERANCE


@needs_oracle
def test_goldens_are_what_the_official_compiler_still_says(official: oracle.Official) -> None:
    for name in random.Random(1).sample(SETTLED, 20):
        heard = ask_official(official, CASES[name], krs.transpile(CASES[name].function).faust)
        expected = np.array(GOLDENS["programs"][name])
        assert oracle.deviation(expected, np.array(oracle.excerpt(heard))) <= oracle.TOLERANCE, name


@needs_oracle
def test_a_crash_or_a_refusal_is_an_answer(official: oracle.Official) -> None:
    with pytest.raises(oracle.OracleError, match="undefined symbol"):
        official.render("process = nonsense;", 4)
    assert official._process is not None
    official._process.kill()
    with pytest.raises(oracle.OracleError, match="crashed"):
        official.render("process = 1;", 4)
    assert official.render("process = 0.5;", 2).tolist() == [[0.5, 0.5]]


def test_every_function_is_among_the_programs() -> None:
    sources = "".join(path.read_text() for path in (HERE / "programs").glob("*.py"))
    asked = set(re.findall(r"krs\.(\w+)", sources))
    assert set(krs.__all__) - {"Signal", "SignalLike", "transpile"} <= asked


@needs_oracle
def test_counts(tally: Tally, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = {item.name for item in request.session.items}
    if not all(f"test_the_official_compiler_hears_the_same[{name}]" in chosen for name in ALL):
        pytest.skip("only some of the programs were asked for")
    with capsys.disabled():
        print(
            f"\n{oracle.version()}: {len(tally.compared)} of {len(ALL)} programs agree, "
            f"{len(tally.changing)} of them with output that changes, {tally.samples} samples; "
            f"the furthest apart is {tally.worst[1]} by {tally.worst[0]:.2g} (allowed {oracle.TOLERANCE:g})"
        )
    assert len(tally.changing) >= 150
