"""The examples in docstrings are tests: what they may use without saying so."""

from typing import Any

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def names_of_the_docstrings(doctest_namespace: dict[str, Any]) -> None:
    import krach.dsp as krs

    doctest_namespace.update(krs=krs, np=np)
