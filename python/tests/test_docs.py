"""Runs every `sh` and `python` block of the documents, and follows every relative link."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from krach.repl.tour import STOPS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]
# Pages of errors show wrong programs; they have tests of their own.
SHOWN = [page for page in PAGES if page.parent.name != "errors"]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# A path from the root, in the text of a page.
PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]*)`")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


# The Python blocks of these pages go on from each other, as they are typed at one prompt.
SESSIONS = {ROOT / "docs" / "guides" / f"{name}.md" for name in ("getting-started", "ten-instruments")}


def blocks(language: str) -> list[pytest.param]:
    return [
        pytest.param(body, id=f"{page.relative_to(ROOT)}-{number}")
        for page in SHOWN
        for number, (found, body) in enumerate(FENCE.findall(page.read_text()))
        if found == language and not (found == "python" and page in SESSIONS)
    ]


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A folder in which commands see the examples, and leave their files."""
    for folder in ("examples", "faust"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def run(command: list[str] | str, folder: Path) -> str:
    own = str(Path(sys.executable).parent)
    # A clock without a loudspeaker, which every machine has.
    environment = {"KRACH_DEVICE": "null", **os.environ, "PATH": own + os.pathsep + os.environ["PATH"]}
    shell = isinstance(command, str)
    done = subprocess.run(
        command, shell=shell, cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("body", blocks("sh"))
def test_commands_run(body: str, workplace: Path) -> None:
    for line in body.splitlines():
        command = line.split("  #")[0].strip()
        if command.startswith("make "):
            # This very test is run by make: that the target exists and can be planned is enough.
            assert run([*command.split(), "--dry-run"], ROOT)
        elif command:
            run(command, workplace)


@pytest.mark.parametrize("body", blocks("python"))
def test_python_runs(body: str, workplace: Path) -> None:
    run([sys.executable, "-W", "error", "-c", body], workplace)


@pytest.mark.parametrize("page", sorted(SESSIONS), ids=lambda page: page.stem)
def test_the_blocks_of_a_session_run_one_after_the_other(page: Path, workplace: Path) -> None:
    parts = [body for language, body in FENCE.findall(page.read_text()) if language == "python"]
    assert len(parts) > 5, "a session has several blocks"
    start = "from krach import kr, krp, krs\n"  # as at the prompt of `krach`
    run([sys.executable, "-W", "error", "-c", start + "\n".join(parts)], workplace)


def test_the_getting_started_page_is_the_tour() -> None:
    page = ROOT / "docs" / "guides" / "getting-started.md"
    text = page.read_text()
    for stop in STOPS:
        for line in stop.lines.splitlines():
            assert line in text, f"{page.name} lacks {line!r}"


def test_the_site_lists_every_guide() -> None:
    listed = set(re.findall(r": ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE))
    docs = ROOT / "docs"
    pages = {
        str(page.relative_to(docs))
        for folder in ("guides", "coming-from")
        for page in (docs / folder).glob("*")
    }
    assert pages <= listed
    assert all((docs / page).exists() for page in listed - {"gallery.md"})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_are_whole(page: Path) -> None:
    text = page.read_text()
    for target in LINK.findall(FENCE.sub("", text)):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
    if page in SHOWN:
        marks = {language for language, _ in FENCE.findall(text)}
        assert marks <= {"sh", "python", "text"}, f"{page.name}: a block that is neither run nor text"
    assert text.count("```") % 2 == 0


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "README.md", "docs/ARCHITECTURE.md"])
def test_files_that_pages_name_exist(name: str) -> None:
    named = PATH.findall((ROOT / name).read_text())
    assert named
    for path in named:
        made = path.startswith((".venv/", "target/"))
        assert made or (ROOT / path).exists(), f"{name} names {path}"
