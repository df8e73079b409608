"""Writes docs/API.md, one line from the docstring of each function of `krach.dsp` and each name of `krach`.

    .venv/bin/python scripts/api.py

`python/tests/test_api.py` fails when the page and the package differ.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from types import ModuleType

import krach
import krach.dsp as krs
import krach.pattern as krp

PAGE = Path(__file__).resolve().parents[1] / "docs" / "API.md"

# Parameters by name: the same name has the same unit in every function.
UNITS = {
    "Hz": ["cutoff", "density", "freq", "rate", "sample_rate"],
    "s": ["attack", "decay_time", "depth", "release", "seconds"],
    "ms": ["delay_ms", "time_ms"],
    "samples": ["max_delay", "n", "samples"],
    "entries of a table": ["index", "read_idx", "size", "write_idx"],
    "dB": ["ceiling_db", "db", "gain_db", "threshold_db"],
    "cycles, 0..1": ["duty", "width"],
    "MIDI note number, 69 = 440 Hz": ["note"],
    "open above 0": ["gate", "trig"],
    "beats": ["beats"],
    "beats per minute": ["tempo"],
}
# Where one name means two things, the docstring decides.
EXCEPTIONS = {
    ("decay", "rate"): "factor per sample",
    ("feedback", "n"): "number of signals",
    ("sample", "n"): "number of a file in its folder",
    ("sample_stereo", "n"): "number of a file in its folder",
    ("sample", "rate"): "factor of the pitch",
    ("sample_stereo", "rate"): "factor of the pitch",
    ("sample", "start"): "part of the recording, 0..1",
    ("sample_stereo", "start"): "part of the recording, 0..1",
    ("sample", "end"): "part of the recording, 0..1",
    ("sample_stereo", "end"): "part of the recording, 0..1",
    ("stereo_reverb", "size"): "factor of the size of the room",
    ("stereo_width", "width"): "0 mono, 1 as it is, 2 twice",
}

INTRODUCTION = """\
# API by topic

`import krach.dsp as krs`. `scripts/api.py` writes this page from the docstrings. `help(krs.lowpass)` shows a
whole one, with the source of its formula and an example. Every parameter that takes a Signal takes a number.
"""


def first_sentence(thing: object) -> str:
    paragraph = (inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " ")
    sentence = re.match(r".*?\.(?= |$)", paragraph)
    return (sentence[0] if sentence else paragraph).replace("|", "\\|")


def parameters(name: str) -> list[str]:
    try:
        return list(inspect.signature(getattr(krs, name)).parameters)
    except ValueError:
        return []


def call(name: str, module: ModuleType = krs) -> str:
    shown = []
    for parameter in inspect.signature(getattr(module, name)).parameters.values():
        star = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        default = "" if parameter.default is parameter.empty else f"={parameter.default!r}"
        shown.append(f"{star}{parameter.name}{default}")
    return f"{name}({', '.join(shown)})"


def topics() -> dict[str, list[str]]:
    """Names of `krs`, by the first words of the module that defines them."""
    found: dict[str, list[str]] = {}
    for name in krs.__all__:
        thing = getattr(krs, name)
        module = sys.modules[inspect.unwrap(thing).__module__]
        if name != "Signal":
            own = module.__name__.startswith("krach.dsp.")
            title = re.split(r"[.:]", module.__doc__ or module.__name__)[0] if own else "A whole sound"
            found.setdefault(title, []).append(name)
    return dict(sorted(found.items()))


def patterns() -> str:
    """Builders and notations, then the methods of a pattern."""
    builders = [name for name in krp.__all__ if inspect.isroutine(getattr(krp, name))]
    rows = [f"| `krp.{call(name, krp)}` | {first_sentence(getattr(krp, name))} |" for name in builders]
    for name, method in vars(krp.Pattern).items():
        if name[0] != "_":
            signature = str(inspect.signature(method)).replace("self, ", "").replace("self", "")
            rows.append(f"| `.{name}{signature}` | {first_sentence(method)} |")
    head = (
        "## Patterns\n\n`import krach.pattern as krp`. [The guide](guides/patterns.md) shows them at work.\n"
    )
    return "\n".join([head, "| function or method | does |", "|---|---|", *rows]) + "\n"


def unit_of(name: str, parameter: str) -> str | None:
    """The unit of a parameter of a function of `krs`; None if it is a plain number, a Signal or no number."""
    usual = {each: unit for unit, names in UNITS.items() for each in names}
    return EXCEPTIONS.get((name, parameter), usual.get(parameter))


def units() -> str:
    """One row for each unit: its parameters by name, each with the functions that take it."""
    takers: dict[str, dict[str, list[str]]] = {unit: {} for unit in [*UNITS, *EXCEPTIONS.values()]}
    for name in krs.__all__:
        for parameter in parameters(name):
            if unit := unit_of(name, parameter):
                takers[unit].setdefault(parameter, []).append(f"`{name}`")
    rows = ["| unit | parameters |", "|---|---|"]
    for unit, taken in takers.items():
        used = "; ".join(f"`{parameter}` of {', '.join(taken[parameter])}" for parameter in sorted(taken))
        rows.append(f"| {unit} | {used} |")
    return "\n".join(rows) + "\n"


def page() -> str:
    parts = [INTRODUCTION]
    for title, names in topics().items():
        rows = [f"| `{call(name)}` | {first_sentence(getattr(krs, name))} |" for name in names]
        parts.append("\n".join([f"## {title}\n", "| function | does |", "|---|---|", *rows]) + "\n")
    parts.append(patterns())
    parts.append("## Units\n\n" + units())
    rows = [
        f"| `{name}` | {first_sentence(getattr(krach, name))} |" for name in krach.__all__ if name[0] != "_"
    ]
    parts.append("\n".join(["## The package `krach`\n", "| name | is or does |", "|---|---|", *rows]) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page())
