"""The command `krach` of the Python package, run as people run it: in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-m", "krach"]


def krach(cwd: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs it in a folder, with additions to the environment."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
