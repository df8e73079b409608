"""The Rust module that was built for another version of the package."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import krach


def test_an_outdated_build_says_how_to_build_again(tmp_path: Path) -> None:
    package = Path(krach.__file__).parent
    shutil.copytree(package, tmp_path / "krach", ignore=shutil.ignore_patterns("__pycache__"))
    stub = tmp_path / "krach" / "_krach.pyi"

    def start() -> str:
        command = [sys.executable, "-c", "import krach.dsp, krach; print(krach.__file__)"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stderr

    assert start() == ""
    stub.write_text(stub.read_text() + "\ndef newer() -> None: ...\n")
    last = start().splitlines()[-1]
    assert last.startswith("ImportError: krach's Rust module was built from other sources")
    assert "scripts/build.sh" in last
