"""The pages of `docs/errors`: what they call wrong is reported as they say, and what they call right is not.

`UPDATE_EXPECT=1 pytest python/tests/test_error_pages.py` writes the reports into the pages.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).parents[2] / "docs" / "errors").glob("KR*.md"))
SHOWN = [page for page in PAGES if "```python" in page.read_text()]
EXAMPLE = re.compile(
    r"## Wrong\n\n```python\n(?P<wrong>.*?)```\n\n```text\n(?P<report>.*?)```\n\n"
    r"## Right\n\n.*?```python\n(?P<right>.*?)```\n",
    re.DOTALL,
)


def check(cwd: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    (cwd / "jam.py").write_text(text)
    command = [sys.executable, "-m", "krach", "check", "jam.py", *options]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.stem)
def test_the_page_tells_the_truth(page: Path, tmp_path: Path) -> None:
    text = page.read_text()
    example = EXAMPLE.search(text)
    assert example is not None, "a page has a wrong program, its report and a right program"
    found = json.loads(check(tmp_path, example["wrong"], "--json").stdout)
    assert [diagnostic["code"] for diagnostic in found["diagnostics"]] == [page.stem]
    drawn = check(tmp_path, example["wrong"]).stderr.partition("jam.py: 1 DSP")[0].splitlines()
    report = "".join(f"{line}\n" for line in drawn if line.startswith(("jam.py:", "help: ")))
    if os.environ.get("UPDATE_EXPECT"):
        page.write_text(text[: example.start("report")] + report + text[example.end("report") :])
    else:
        assert example["report"] == report
    found = json.loads(check(tmp_path, example["right"], "--json").stdout)
    assert found["diagnostics"] == []


def test_the_page_of_unknown_functions_tells_the_truth(tmp_path: Path) -> None:
    page = next(page for page in PAGES if page.stem == "KR0118")
    text = page.read_text()
    (tmp_path / "jam.py").write_text("import krach.dsp as krs\ndef acid_bass():\n    return krs.saw(55)\n")
    command, report = re.findall(r"```(?:console|text)\n(.*?)```", text, re.DOTALL)[:2]
    done = subprocess.run(
        [sys.executable, "-m", *command.split()], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    if os.environ.get("UPDATE_EXPECT"):
        page.write_text(text.replace(report, done.stderr))
    else:
        assert done.stderr == report


def test_every_page_is_complete() -> None:
    for page in PAGES:
        text = page.read_text()
        assert text.startswith(f"# {page.stem}: ")
        assert "## Right\n" in text or "## What to do\n" in text, page.stem
        assert "```text\n?" not in text, page.stem
