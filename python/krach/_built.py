"""Refuses a Rust module that was built for another version of this package, before anything uses it."""

from __future__ import annotations

import os

from krach import _krach


def check(written: str, built: object) -> None:
    """Compares the stub beside the module with the one that the module was built with."""
    if built != written:
        raise ImportError(
            "krach's Rust module was built from other sources than this Python package: run scripts/build.sh",
            name="krach._krach",
        )


with open(os.path.join(os.path.dirname(__file__), "_krach.pyi"), encoding="utf-8") as _stub:
    check(_stub.read(), getattr(_krach, "stub", None))
