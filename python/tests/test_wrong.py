"""Every program in `fixtures/wrong` is refused with the code, place and message of its last line.

`UPDATE_EXPECT=1 pytest python/tests/test_wrong.py` writes those lines.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from krach import Error, _host

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures" / "wrong").glob("*.py"))
EXPECTED = re.compile(r"^# expect: (KR\d{4}) (\d+):(\d+) (.+)$", re.MULTILINE)


def test_there_are_enough() -> None:
    assert len(FIXTURES) >= 40


def trace_all(file: str, text: str) -> None:
    script = _host.load(file, text)
    for index, (*_, listed) in enumerate(script.functions):
        if listed:
            script.trace(index)


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_wrong_program(fixture: Path) -> None:
    text = fixture.read_text()
    with pytest.raises(Error) as refused:
        trace_all(str(fixture), text)
    report = refused.value
    message = report.message.replace(str(fixture.parent), "fixtures/wrong").replace("\n", " ")
    # Python adds where it noticed, now and then.
    message = re.sub(r"(recursion depth exceeded).*", r"\1", message)
    found = f"# expect: {report.code} {report.line}:{report.column} {message}"
    if os.environ.get("UPDATE_EXPECT"):
        fixture.write_text(text[: text.rindex("# expect: ")] + found + "\n")
    else:
        expected = EXPECTED.search(text)
        assert expected, "the last line gives code, place and message"
        assert found == expected[0]
    assert report.file == str(fixture)
    assert report.end_line is not None
    assert report.end_column is not None
    assert (report.end_line, report.end_column) >= (report.line, report.column)
