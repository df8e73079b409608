"""What the tests find around them: Ctrl-C, and the names that docstrings use without saying so."""

import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest


def pytest_configure() -> None:
    """What a script starts in the background ignores Ctrl-C, and so would the tests of it, for an hour."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def names_of_the_docstrings(
    doctest_namespace: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import krach
    import krach.dsp as krs

    doctest_namespace.update(krach=krach, krs=krs, np=np)
    monkeypatch.chdir(tmp_path)  # where the files go that they write
