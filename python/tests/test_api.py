"""`docs/API.md` lists the package as it is."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import krach
import krach.dsp as krs

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "api.py"


def test_the_page_of_the_api_is_the_package() -> None:
    spec = importlib.util.spec_from_file_location("api", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    api = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(api)
    page = api.page()
    for name in [*krs.__all__, *krach.__all__]:
        if name not in ("Signal", "__version__"):
            assert f"`{name}" in page, f"{name} has no line"
    assert api.PAGE.read_text() == page, "run `.venv/bin/python scripts/api.py`"
