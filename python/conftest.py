"""The examples in docstrings are tests: what they may use without saying so."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def names_of_the_docstrings(
    doctest_namespace: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import krach
    import krach.dsp as krs

    doctest_namespace.update(krach=krach, krs=krs, np=np)
    monkeypatch.chdir(tmp_path)  # where the files go that they write
