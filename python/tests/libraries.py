"""The documented tests of the standard Faust libraries, and further expressions of ours, as programs.

Every documented function of the libraries has a `#### Test` block: a few definitions, those called `…_test`
being sounds. Each of them is a case here. Libraries with few blocks, and those with mostly constant ones, get
more cases from fixtures/faust/libraries.txt.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import krach
import oracle
from engines import impulse, render

ROOT = Path(__file__).resolve().parents[2]
MORE = ROOT / "fixtures" / "faust" / "libraries.txt"
GOLDENS = ROOT / "fixtures" / "oracle" / "libraries.json"

FRAMES = 4096
RATE = 48000
BLOCK = 64

# Libraries that stdfaust.lib does not name.
OTHERS = """mm = library("maxmsp.lib");
tone_stacks = library("tonestacks.lib");
ts = tone_stacks.ts;
tu = library("tubes.lib");
"""

Kept = list[list[float]] | str


@dataclass(frozen=True)
class Case:
    """One expression of one library."""

    library: str
    name: str
    faust: str

    @property
    def key(self) -> str:
        """Its name among all cases."""
        return f"{self.library}.{self.name}"

    @property
    def random(self) -> bool:
        """Whether it asks a random source of the machine, so that no two runs agree."""
        return bool(re.search(r"\bno\.(randomseed|r(multi)?(noises?|random))\b", self.faust))


def folder() -> Path:
    """Where cyfaust keeps the libraries; it is not imported for that."""
    spec = importlib.util.find_spec("cyfaust")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "resources" / "libraries"


def cases() -> dict[str, Case]:
    """All cases by their keys: the blocks in the order of the libraries, then ours."""
    found: dict[str, Case] = {}
    for library in sorted(folder().glob("*.lib")):
        seen: Counter[str] = Counter()
        for block in blocks(library.read_text(errors="replace")):
            for name in re.findall(r"^(\w+)\s*=(?!=)", block, re.MULTILINE):
                if "test" not in name.lower():
                    continue
                seen[name] += 1
                own = name if seen[name] == 1 else f"{name}-{seen[name]}"
                case = Case(library.stem, own, f"{block}\nprocess = {name};\n")
                found[case.key] = case
    for case in more():
        assert case.key not in found, case.key
        found[case.key] = case
    return found


def blocks(text: str) -> list[str]:
    """The code of every `#### Test` block of a library."""
    found = []
    lines = iter(text.splitlines())
    for line in lines:
        if re.match(r"//\s*#### Test\s*$", line):
            for line in lines:
                if line.startswith("// ```"):
                    break
            code = []
            for line in lines:
                if line.startswith("// ```"):
                    break
                code.append(re.sub(r"^// ?", "", line))
            # The package has all libraries in one folder.
            found.append("\n".join(code).replace('"dx7/', '"'))
    return found


def more() -> list[Case]:
    """Ours: `[library]` headings, then `name = expression;`, each on one line."""
    found = []
    library, shared = "", 'import("stdfaust.lib");\n' + OTHERS
    for line in MORE.read_text().splitlines():
        if heading := re.fullmatch(r"\[(\w+|\*)\]", line):
            library = heading[1]
        elif definition := re.fullmatch(r"(\w+(?:\(.*?\))?) = (.+);", line):
            if library == "*":
                shared += f"{line}\n"
            else:
                text = f"{shared}process = {definition[2]};\n"
                found.append(Case(library, definition[1], text))
        else:
            assert not line or line.startswith("//"), line
    return found


def kept(answer: oracle.Samples | str) -> Kept:
    """What goldens hold of an answer: of each output some frames and two means, or one number."""
    if isinstance(answer, str):
        return answer.splitlines()[0]
    return [[float(f"{value:.9g}") for value in summary(channel)] for channel in answer]


def summary(channel: oracle.Samples) -> list[float]:
    """Some frames and two means: a deviation anywhere moves one of them, however small, in proportion."""
    if np.all(channel == channel[0]):
        return [channel[0]]
    with np.errstate(all="ignore"):
        means = [channel.mean(), np.abs(channel).mean()]
    return [*channel[oracle.excerpt_frames(len(channel))[:12]], *means]


def agrees(wanted: Kept, got: oracle.Samples) -> bool:
    """Whether samples are those that the goldens are of."""
    if isinstance(wanted, str) or len(wanted) != len(got):
        return False
    for numbers, channel in zip(wanted, got, strict=True):
        ours = summary(channel) if len(numbers) > 1 else [channel.min(), channel.max()]
        theirs = numbers if len(numbers) > 1 else numbers * 2
        if len(ours) == 1:
            ours *= len(theirs)
        if oracle.deviation(np.array(theirs), ours) > oracle.TOLERANCE * 1.01:
            return False
    return True


def goldens() -> dict[str, Any]:
    """`oracle`, its version, and `cases`: what is kept of each."""
    return json.loads(GOLDENS.read_text())


def hear(case: Case, engine: str = "native") -> oracle.Samples:
    """What krach makes of a case."""
    definition = krach.faust(case.faust, precision="double")
    inputs = np.tile(impulse(FRAMES), (definition.num_inputs, 1))
    return render(definition, FRAMES, engine, inputs=inputs, rate=RATE)
