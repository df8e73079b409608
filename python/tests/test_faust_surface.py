"""`docs/FAUST.md` is what the fixtures say, and what they say is what the official compiler says."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import libraries
import oracle

sys.path.insert(0, str(libraries.ROOT / "scripts"))

import faust_surface

FRAMES = 8


def test_the_page_is_current() -> None:
    assert faust_surface.PAGE.read_text() == faust_surface.page(), "run scripts/faust_surface.py"


@pytest.mark.skipif(oracle.missing() is not None, reason=str(oracle.missing()))
def test_the_official_compiler_says_what_the_fixtures_say() -> None:
    official = oracle.Official()
    asked, differing = 0, []
    for program, answer in faust_surface.entries("language.txt"):
        if "soundfile" in program:
            continue  # its interpreter has none
        try:
            heard = official.render(program, FRAMES, impulse=True)
        except oracle.OracleError:
            continue  # a limit or a defect of its interpreter
        rows = [[float(word) for word in line.split()] for line in answer.splitlines()]
        said = np.array([row * FRAMES if len(row) == 1 else row for row in rows])
        if said.shape != heard.shape or oracle.deviation(heard, said) > 1e-8:
            differing.append((program, answer, heard.tolist()))
        asked += 1
    official.close()
    assert differing == []
    assert asked > 150
