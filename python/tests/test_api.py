"""`docs/API.md` lists the package as it is."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import subprocess
import sys
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


LATER = ("krach._definition", "krach.dsp", "krach.mixer", "krach.pattern", "krach.repl", "numpy")


@pytest.mark.parametrize("start", [["-c", "import krach"], ["-m", "krach", "--version"]])
def test_a_start_imports_only_the_parts_that_it_needs(start: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *start], capture_output=True, text=True, check=True
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "krach._krach" in imported
    assert not imported & set(LATER)


def test_every_public_name_is_found_and_completed() -> None:
    code = "import krach; print(dir(krach)); [getattr(krach, name) for name in krach.__all__]; krach.stock.fx"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(ast.literal_eval(done.stdout)) >= {*krach.__all__, "dsp", "pattern", "mixer", "repl", "stock"}
    with pytest.raises(AttributeError, match="module 'krach' has no attribute 'lowpass'"):
        krach.lowpass  # type: ignore[attr-defined]  # noqa: B018
