"""Every documented test of the standard Faust libraries sounds as the official compiler says.

What it says is kept in `fixtures/oracle/libraries.json`, made by `scripts/library_goldens.py`; a sample of it
is asked for again. `make test` takes of each library the first expressions, `make test-full` takes all.
"""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

import krach
import libraries
import oracle

needs_oracle = pytest.mark.skipif(oracle.missing() is not None, reason=str(oracle.missing()))
pytestmark = needs_oracle

FULL = bool(os.environ.get("KRACH_FULL"))
ENOUGH = 15


def is_changing(kept: libraries.Kept) -> bool:
    return not isinstance(kept, str) and any(len(numbers) > 1 for numbers in kept)


def chosen(goldens: dict[str, libraries.Kept]) -> list[str]:
    """All, or of each library the first that are not constant."""
    if FULL:
        return list(goldens)
    keys = []
    count: Counter[str] = Counter()
    for key, kept in goldens.items():
        library = key.split(".")[0]
        if is_changing(kept) and count[library] < ENOUGH:
            count[library] += 1
            keys.append(key)
    return keys


@pytest.fixture(scope="module")
def cases() -> dict[str, libraries.Case]:
    return libraries.cases()


@pytest.fixture(scope="module")
def goldens() -> dict[str, libraries.Kept]:
    return libraries.goldens()["cases"]


@pytest.fixture(scope="module")
def official() -> Iterator[oracle.Official]:
    compiler = oracle.Official()
    yield compiler
    compiler.close()


def test_the_libraries_sound_as_the_official_compiler_says(
    cases: dict[str, libraries.Case],
    goldens: dict[str, libraries.Kept],
    capsys: pytest.CaptureFixture[str],
) -> None:
    if libraries.goldens()["oracle"] != oracle.version():
        pytest.skip(f"the goldens are of {libraries.goldens()['oracle']}, this is {oracle.version()}")
    assert set(cases) == set(goldens), "run scripts/library_goldens.py"
    compared: Counter[str] = Counter()
    changing: Counter[str] = Counter()
    apart, refused = [], []
    for key in chosen(goldens):
        wanted, library = goldens[key], key.split(".")[0]
        if isinstance(wanted, str):
            if not cases[key].random and "took longer" not in wanted:
                refused.append(key)
            continue
        try:
            agrees = libraries.agrees(wanted, libraries.hear(cases[key]))
        except krach.Error as error:
            apart.append(f"{key}: {error}")
            continue
        if not agrees:
            apart.append(key)
        compared[library] += 1
        changing[library] += is_changing(wanted)
    with capsys.disabled():
        counts = " ".join(f"{library} {changing[library]}" for library in sorted(changing))
        print(
            f"\n{oracle.version()}: {compared.total()} library expressions compared, not constant: {counts}"
        )
    assert apart == []
    for library in changing:
        assert changing[library] >= ENOUGH, library
    for key in refused:
        with pytest.raises(krach.Error):
            krach.faust(cases[key].faust)


def test_goldens_are_what_the_official_compiler_still_says(
    official: oracle.Official, cases: dict[str, libraries.Case], goldens: dict[str, libraries.Kept]
) -> None:
    # Its interpreter has no soundfiles, and takes minutes for some of DX7's algorithms.
    light = [
        key
        for key, kept in goldens.items()
        if not isinstance(kept, str) and key.split(".")[0] not in {"dx7", "soundfiles"}
    ]
    asked = 0
    for key in random.Random(1).sample(light, 200 if FULL else 20):
        try:
            heard = official.render(
                cases[key].faust,
                libraries.FRAMES,
                rate=libraries.RATE,
                impulse=True,
                chunk=libraries.BLOCK,
            )
        except oracle.OracleError:
            continue  # nor foreign functions: the goldens are C++'s
        assert libraries.agrees(goldens[key], heard), key
        asked += 1
    assert asked > 10


HEAVY = ["demos.fft_spectral_level_demo_test", "vaeffects.klonCentaur_test", "dx7.algorithms_test"]


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux how much memory was used")
@pytest.mark.parametrize("key", HEAVY)
def test_heavy_examples_stay_small(key: str, cases: dict[str, libraries.Case]) -> None:
    """Under 200 MB above what the process takes without them; the official compiler takes up to 2 GB."""
    program = (
        "import resource, sys, krach\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "krach.faust(sys.stdin.read())\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=cases[key].faust, text=True, stdout=subprocess.PIPE, check=True
    )
    assert int(done.stdout) < 200_000


def test_ten_thousand_compiles_take_no_memory() -> None:
    texts = [f"process = + ~ *({number / 1000});" for number in range(500)]

    def compile_all() -> int:
        for text in texts * (20 if FULL else 4):
            krach.faust(text)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    krach.faust(texts[0])
    first = compile_all()
    assert compile_all() - first < 20_000
