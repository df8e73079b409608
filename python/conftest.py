"""What all tests share: Ctrl-C, folders of their own for cache and secret, names for docstrings' examples."""

import os
import signal
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Tests neither fill nor read the folders of a user; Ctrl-C is heard."""
    home = tempfile.TemporaryDirectory(prefix="krach-")
    os.environ.update(
        {f"XDG_{kind}_HOME": os.path.join(home.name, kind.lower()) for kind in ("CACHE", "STATE", "DATA")}
    )
    config.add_cleanup(home.cleanup)
    # What a script starts in the background ignores Ctrl-C, and so would the tests of it, for an hour.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def names_of_the_docstrings(
    doctest_namespace: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import krach
    import krach.dsp as krs
    import krach.pattern as krp
    from krach.stock import fx, synths

    kr = krach.LiveMixer("off")
    doctest_namespace.update(krach=krach, kr=kr, krs=krs, krp=krp, np=np, fx=fx, synths=synths)
    monkeypatch.chdir(tmp_path)  # where the files go that they write
