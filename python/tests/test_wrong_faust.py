"""Wrong Faust programs, as the command and as Python report them: `fixtures/faust/wrong.txt`."""

from __future__ import annotations

import json
import re
import traceback
from pathlib import Path
from typing import NamedTuple

import pytest

import krach
from krach import _krach

FIXTURE = Path(__file__).parents[2] / "fixtures" / "faust" / "wrong.txt"


class Report(NamedTuple):
    line: int
    column: int
    end_line: int
    end_column: int
    code: str
    message: str


def programs() -> dict[str, tuple[str, list[Report]]]:
    """By name, each wrong program with what is said about it. Missing files are sought in places of this
    machine: their messages are left out.
    """
    found: dict[str, tuple[str, list[Report]]] = {}
    for entry in FIXTURE.read_text("utf-8").removeprefix("--- ").split("\n\n--- "):
        name, *lines = entry.rstrip().splitlines()
        text = "\n".join(line for line in lines if not line.startswith("    "))
        reports = [
            Report(int(match[1]), int(match[2]), int(match[3]), int(match[4]), match[5], match[6])
            for line in lines
            if (match := re.fullmatch(r" {4}(\d+):(\d+)-(\d+):(\d+) (KR\d{4}) (.*)", line))
        ]
        if reports and all(report.code != "KR0309" for report in reports):
            assert name not in found, name
            found[name] = text, reports
    return found


WRONG = programs()


def test_there_are_enough_of_them() -> None:
    assert len(WRONG) >= 90


def test_the_command_says_what_is_wrong_and_where(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for at, (text, expected) in enumerate(WRONG.values()):
        file = tmp_path / f"wrong{at}.dsp"
        file.write_text(text, "utf-8")
        assert _krach.run_cli(["krach", "check", str(file), "--json"]) == 1, text
        found = json.loads(capfd.readouterr().out)["diagnostics"]
        assert sorted(expected) == sorted(
            Report(*(one[part] for part in Report._fields)) for one in found if one["severity"] == "error"
        ), text


def test_python_shows_the_help_below_the_caret() -> None:
    with pytest.raises(krach.FaustError) as caught:
        krach.faust("half = *(0.5);\nprocess = haf;")
    shown = "".join(traceback.format_exception(caught.value))
    assert shown.count("did you mean `half`?") == 1
    assert caught.value.located(None).__notes__ == ["help: did you mean `half`?"]


@pytest.mark.parametrize(("text", "expected"), WRONG.values(), ids=WRONG.keys())
def test_python_says_the_same(text: str, expected: list[Report]) -> None:
    with pytest.raises(krach.Error) as caught:
        krach.faust(text)
    first = expected[0]
    assert caught.value.code == first.code
    assert first.message in str(caught.value)
    assert (caught.value.line, caught.value.column) == (first.line, first.column)
