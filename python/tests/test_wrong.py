"""Every program in `fixtures/wrong` is refused with the code and at the place that its last line says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from krach import Error, _host

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures" / "wrong").glob("*.py"))
EXPECTED = re.compile(r"^# expect: (KR\d{4}) (\d+):(\d+)$", re.MULTILINE)


def test_there_are_enough() -> None:
    assert len(FIXTURES) >= 40


def trace_all(file: str, text: str) -> None:
    script = _host.load(file, text)
    for index, (_, _, listed) in enumerate(script.functions):
        if listed:
            script.trace(index)


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_wrong_program(fixture: Path) -> None:
    text = fixture.read_text()
    expected = EXPECTED.search(text)
    assert expected, "the last line says what is expected"
    with pytest.raises(Error) as refused:
        trace_all(str(fixture), text)
    code, line, column = expected.groups()
    report = refused.value
    assert (report.code, report.line, report.column) == (code, int(line), int(column)), str(report)
    assert report.file == str(fixture)
    assert report.end_line is not None
    assert report.end_column is not None
    assert (report.end_line, report.end_column) >= (report.line, report.column)
