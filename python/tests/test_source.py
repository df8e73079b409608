"""`.source`: the text that a function was compiled from, or nothing."""

from __future__ import annotations

import functools
import importlib
import linecache
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import krach.dsp as krs
from krach import node_types

TONE = "def tone(x):\n    return x * 2\n"
OTHER = "def other(x):\n    return x * 3\n\n\n"


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, ModuleType]]:
    """A module with a function `tone`, and its file."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    file = tmp_path / "written.py"
    file.write_text(TONE)
    importlib.invalidate_caches()
    yield file, importlib.import_module("written")
    del sys.modules["written"]


def test_a_function_of_an_edited_module_has_its_old_text(written: tuple[Path, ModuleType]) -> None:
    file, module = written
    assert krs.transpile(module.tone).source == TONE
    file.write_text(OTHER + TONE)
    assert krs.transpile(module.tone).source == TONE
    file.write_text("def tone(x")
    assert krs.transpile(module.tone).source == TONE
    file.unlink()
    assert krs.transpile(module.tone).source == TONE


def test_an_edited_module_whose_text_was_never_read_has_none(written: tuple[Path, ModuleType]) -> None:
    file, module = written
    file.write_text(OTHER + TONE)
    linecache.checkcache()
    assert krs.transpile(module.tone).source == ""
    assert krs.transpile(module.tone).render(inputs=[1]).tolist() == [[2]]


def test_a_reloaded_module_has_its_new_text(written: tuple[Path, ModuleType]) -> None:
    file, module = written
    old = module.tone
    assert krs.transpile(old).source == TONE
    new = "def tone(x):\n    return x * 5\n"
    file.write_text(OTHER + new)
    importlib.reload(module)
    assert krs.transpile(module.tone).source == new
    assert krs.transpile(old).source == TONE


def test_two_lambdas_on_one_line_have_a_text_each() -> None:
    half, twice = krs.transpile(lambda x: x / 2), krs.transpile(lambda x: (x, lambda: 1)[0] * 2)
    assert half.source == "lambda x: x / 2"
    assert twice.source == "lambda x: (x, lambda: 1)[0] * 2"
    nested = lambda gain: lambda x: x * gain  # noqa: E731
    assert krs.transpile(nested(3)).source == "lambda x: x * gain"


def test_a_text_begins_with_its_decorators_and_ends_with_its_last_line() -> None:
    def logged(function):
        @functools.wraps(function)
        def inner(x):
            return function(x)

        return inner

    @logged
    @krs.transpile
    def loud(x):
        return krs.tanh(
            x * 3,
        )

    @krs.transpile
    @logged
    def soft(x):
        return x / 3

    assert loud.__wrapped__.source.splitlines()[0].strip() == "@logged"
    assert loud.__wrapped__.source.rstrip().endswith(")")
    assert soft.source.strip() == "@krs.transpile\n    @logged\n    def soft(x):\n        return x / 3"


def test_things_without_text_have_none() -> None:
    scope: dict[str, object] = {}
    exec("def made(x):\n    return x / 4\n", scope)
    bound = functools.partial(lambda x, gain: x * gain, gain=2)
    for function in (scope["made"], bound):
        assert krs.transpile(function).source == ""  # type: ignore[arg-type]
    assert node_types.dsp(scope["made"], source="mine").source == "mine"  # type: ignore[arg-type]
