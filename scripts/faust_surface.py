"""Writes `docs/FAUST.md`: what of Faust krach understands, each line with a fixture that shows it.

Constructs and words come from `grammar/faust.ebnf`, examples and their samples from
`fixtures/faust/language.txt`, mistakes from `fixtures/faust/wrong.txt`, libraries from
`fixtures/oracle/libraries.json`. A word without a fixture is an error: then write the fixture.

    .venv/bin/python scripts/faust_surface.py
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "FAUST.md"
FIXTURES = ROOT / "fixtures" / "faust"

# Headings, and the rules of the grammar whose words they show.
SECTIONS = {
    "Statements and definitions": ["precision", "import", "declare", "with", "letrec"],
    "Composition": ["split", "sequence", "parallel", "recursion"],
    "Operators": ["operator"],
    "Functions": ["function"],
    "Names, patterns, iteration": ["lambda", "modulation", "case", "iteration"],
    "Larger primitives": ["primary", "file", "foreign", "kind"],
    "Widgets": ["widget", "group"],
}
# What a table of samples cannot tell.
REMARKS = {
    "Widgets": """\
Sliders, buttons and numbers are `DspDef.controls`. A bargraph that the outputs need, because a signal
passes through it or it is attached to one, is one of `DspDef.meters`: its address, range and metadata. No
sound depends on it; `DspDef.metered` is the same program heard at its meters, so that `metered.render(1.0)`
are their curves.
""",
}
# What needs other files is held by the libraries.
OTHER_FILES = {
    "import": 'import("stdfaust.lib");',
    "library": 'os = library("oscillators.lib");',
    "component": 'component("effect.dsp")',
}

# Words that only ever stand inside another one's brackets, and signs that are in every program.
UNSHOWN = set("(){}[],;=._!|")

INTRODUCTION = """# Faust in krach

<!-- Written by scripts/faust_surface.py from the fixtures; a test holds it current. -->

`krs.faust_expr` takes Faust expressions inside a DSP function, `krach.faust` whole programs, and every
sub-command of `krach` that takes a DSP takes a `.dsp` file. The language is that of the official compiler,
2.83 to 2.88, as `grammar/faust.ebnf` has it; no library function is known by name.

Each line below is a fixture: a program, and its first samples when an impulse enters every input. One number
stands for all samples; they are those of the official compiler wherever it has an answer.
"""


def grammar() -> dict[str, list[str]]:
    """The quoted words of every rule."""
    text = re.sub(r"\(\*.*?\*\)", "", (ROOT / "grammar" / "faust.ebnf").read_text(), flags=re.DOTALL)
    rules = re.findall(r'^(\w+)\s*=((?:[^";]|"[^"]*")*);', text, flags=re.MULTILINE)
    return {name: re.findall(r'"([^"]*)"', right) for name, right in rules}


def entries(name: str) -> list[tuple[str, str]]:
    """Programs of a fixture file, without their names, each with the answer to it."""
    found = []
    for entry in (FIXTURES / name).read_text().split("\n\n"):
        lines = [line for line in entry.strip("\n").splitlines() if not line.startswith("--- ")]
        program = "\n".join(line for line in lines if not line.startswith("    "))
        answer = "\n".join(line.strip() for line in lines if line.startswith("    "))
        if program:
            found.append((program, answer))
    return found


def uses(program: str, word: str) -> bool:
    """Whether a program has that word, as a word."""
    if re.fullmatch(r"\w+", word):
        return re.search(rf"(?<![\w\"]){word}(?!\w)", program) is not None
    signs = r"[-+*/%^@&|<>=!:~']"
    return re.search(rf"(?<!{signs}){re.escape(word)}(?!{signs})", program) is not None


def example(word: str, programs: list[tuple[str, str]]) -> tuple[str, str]:
    """The shortest program that uses a word and is right."""
    right = [(program, answer) for program, answer in programs if "KR0" not in answer]
    fitting = sorted((entry for entry in right if uses(entry[0], word)), key=lambda entry: len(entry[0]))
    if not fitting:
        sys.exit(f"fixtures/faust/language.txt has no program with `{word}`")
    return fitting[0]


def cell(text: str) -> str:
    """Code in a table."""
    text = " ".join(text.split())
    short = text if len(text) <= 90 else text[:89] + "…"
    return f"`` {short} ``".replace("|", "\\|") if "`" in short else f"`{short}`".replace("|", "\\|")


def surface() -> list[str]:
    """One table for each section."""
    programs, words = entries("language.txt"), grammar()
    lines = []
    for heading, rules in SECTIONS.items():
        lines.append(f"\n## {heading}\n")
        if heading in REMARKS:
            lines.append(REMARKS[heading])
        lines += ["| word | for example | gives |", "|---|---|---|"]
        shown = dict.fromkeys(word for rule in rules for word in words[rule] if word not in UNSHOWN)
        for word in shown:
            if word in OTHER_FILES:
                lines.append(
                    f"| {cell(word)} | {cell(OTHER_FILES[word])} | the file's definitions, see below |"
                )
                continue
            program, answer = example(word, programs)
            gives = " and ".join(cell(line) for line in answer.splitlines()[:2])
            lines.append(f"| {cell(word)} | {cell(program)} | {gives} |")
    return lines


def mistakes() -> list[str]:
    """How many wrong programs there are for each code, and a message of it."""
    codes: Counter[str] = Counter()
    messages: dict[str, str] = {}
    for _, answer in entries("wrong.txt"):
        for code, message in re.findall(r"\[?(KR03\d\d)\]?:? (.*)", answer):
            codes[code] += 1
            messages.setdefault(code, message)
    lines = ["\n## Mistakes\n", "| code | fixtures | for example |", "|---|---:|---|"]
    for code in sorted(codes):
        lines.append(
            f"| [{code}](errors/{code}.md) | {codes[code]} | {messages[code]} |".replace("`|`", "`\\|`")
        )
    return lines


def libraries() -> list[str]:
    """How many expressions of each library are compared with the official compiler."""
    kept = json.loads((ROOT / "fixtures" / "oracle" / "libraries.json").read_text())
    compared: Counter[str] = Counter()
    changing: Counter[str] = Counter()
    for key, answer in kept["cases"].items():
        if not isinstance(answer, str):
            compared[key.split(".")[0]] += 1
            changing[key.split(".")[0]] += any(len(numbers) > 1 for numbers in answer)
    lines = [
        "\n## Libraries\n",
        f"Every `#### Test` block of the libraries that come with {kept['oracle']}, and further expressions,",
        "4096 frames in double precision, within 2e-6 of what the official compiler hears.\n",
        "| library | expressions | not constant |",
        "|---|---:|---:|",
    ]
    lines += [f"| {name} | {compared[name]} | {changing[name]} |" for name in sorted(compared)]
    return [*lines, f"| all | {compared.total()} | {changing.total()} |"]


def page() -> str:
    """The whole page."""
    return INTRODUCTION + "\n".join([*surface(), *mistakes(), *libraries()]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
