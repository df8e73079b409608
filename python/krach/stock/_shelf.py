"""A shelf of stock sounds: names, families, and each sound as a DspDef when it is first asked for."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from krach import _krach
from krach._definition import DspDef, transpile
from krach._errors import error
from krach._source import source_of
from krach.stock._shipped import shipped


class Shelf(Mapping[str, DspDef]):
    """Sounds by name: `synths.acid` or `synths["acid"]`, each a DspDef.

    A sound is made on first use; its code for 44.1 and 48 kHz ships with krach. `print(synths)` shows a
    table of all of them, a notebook shows players. `synths.families` has the names by family.

    Errors: KR0704, a `KeyError` or an `AttributeError`, for a name that is not there, with the nearest one.

    >>> synths.kick.name
    'kick'
    >>> "kick" in synths, list(synths)[:2]
    (True, ['kick', 'kick_808'])
    >>> synths.families["basses"][:3]
    ('acid', 'sub', 'reese')
    """

    def __init__(self, name: str, families: tuple[str, ...]) -> None:
        """The functions of the modules `families` of this package, in the order in which they stand there."""
        self._name = name
        self._folders = families
        self._functions: dict[str, tuple[str, Callable[..., Any]]] | None = None
        self._made: dict[str, DspDef] = {}

    def _all(self) -> dict[str, tuple[str, Callable[..., Any]]]:
        """The family and the function of each name, imported on first use: krach starts sooner."""
        if self._functions is None:
            modules = [(family, importlib.import_module(f"krach.stock.{family}")) for family in self._folders]
            self._functions = {
                name: (family, value)
                for family, module in modules
                for name, value in vars(module).items()
                if inspect.isfunction(value) and value.__module__ == module.__name__ and name[0] != "_"
            }
        return self._functions

    @property
    def families(self) -> dict[str, tuple[str, ...]]:
        """The names of the sounds in each family."""
        rows = self._all().items()
        return {family: tuple(name for name, (of, _) in rows if of == family) for family in self._folders}

    def __getitem__(self, name: str) -> DspDef:
        if name not in self._made:
            if name not in self._all():
                raise self._unknown(name)
            function, built = self._all()[name][1], shipped(self._name, name)
            self._made[name] = (
                self.traced(name) if built is None else DspDef(function, built, source=source_of(function))
            )
        return self._made[name]

    def traced(self, name: str) -> DspDef:
        """The sound traced now, without the code that ships with krach."""
        return transpile(self._all()[name][1])

    def __getattr__(self, name: str) -> DspDef:
        if name.startswith("_") or name not in self._all():
            raise AttributeError(f"{self._name} has no sound `{name}`", name=name, obj=self)
        return self[name]

    def _unknown(self, name: object) -> Exception:
        near = _krach.nearest(name, list(self._all())) if isinstance(name, str) else None
        remedy = f"did you mean `{near}`?" if near else f"print({self._name}) lists them"
        return error("KR0704", f"{self._name} has no sound `{name}`", help=[remedy])

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._all()]

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._all())

    def __reduce__(self) -> tuple[object, ...]:
        return _shelf, (self._name,)

    def __repr__(self) -> str:
        wide = max(len(name) for name in self)
        lines = [f"<{self._name}: {len(self)} sounds>"]
        for family, names in self.families.items():
            lines += ["", f"{family}:", *[f"  {name:<{wide}}  {self._says(name)}" for name in names]]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        rows = "".join(
            f"<tr><td>{escape(name)}</td><td>{escape(self._says(name))}</td>"
            f'<td><audio controls preload="none" src="{_player(self[name])}"></audio></td></tr>'
            for name in self
        )
        return f"<div><strong>{self._name}</strong><table>{rows}</table></div>"

    def _says(self, name: str) -> str:
        """The first sentence of the docstring, up to its colon or full stop."""
        doc = " ".join((inspect.getdoc(self._all()[name][1]) or "").split("\n\n")[0].split())
        return doc.split(". ")[0].split(" (")[0].rstrip(".")


def _shelf(name: str) -> Shelf:
    """The shelf of that name, in another process."""
    return getattr(importlib.import_module("krach.stock"), name)


def _player(sound: DspDef) -> str:
    """1.5 seconds of the sound, inside the page itself."""
    import base64

    from krach._page import preview

    return "data:audio/wav;base64," + base64.b64encode(_krach.wav_bytes(preview(sound), 44100)).decode()
