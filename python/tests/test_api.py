"""`docs/API.md` lists the package as it is."""

from __future__ import annotations

import importlib.util
import inspect
from pathlib import Path
from types import ModuleType

import pytest

import krach
import krach.dsp as krs

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "api.py"


@pytest.fixture(scope="module")
def api() -> ModuleType:
    spec = importlib.util.spec_from_file_location("api", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_the_api_is_the_package(api: ModuleType) -> None:
    page = api.page()
    for name in [*krs.__all__, *krach.__all__]:
        if name not in ("Signal", "__version__"):
            assert f"`{name}" in page, f"{name} has no line"
    assert api.PAGE.read_text() == page, "run `.venv/bin/python scripts/api.py`"


def test_a_parameter_has_the_unit_of_its_docstring(api: ModuleType) -> None:
    """`rate` of a player is no frequency, and the `size` of a room no number of entries."""
    for parameter in api.parameters("sample"):
        assert api.unit_of("sample", parameter) == api.unit_of("sample_stereo", parameter), parameter
    for name in krs.__all__:
        taken = {parameter: api.unit_of(name, parameter) for parameter in api.parameters(name)}
        doc = (inspect.getdoc(getattr(krs, name)) or "").lower()
        assert "entries of a table" not in taken.values() or "entr" in doc or "table" in doc, name
        assert "samples" not in taken.values() or "sample" in doc, name
        if taken.get("rate") == "Hz":
            assert "a second" in doc or "hz" in doc, name
        if taken.get("depth") == "s":
            assert "second" in doc, name
    for name, parameter in api.EXCEPTIONS:
        assert parameter in api.parameters(name), f"{name} has no `{parameter}`"
