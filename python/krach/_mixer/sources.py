"""The sound of a node, in each form that a session takes, as a DspDef."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias, cast

from krach._arguments import path as file_path
from krach._definition import DspDef, revived, transpile
from krach._errors import error
from krach._faust import faust, is_path
from krach._krlib import load_library
from krach._trace import describe

if TYPE_CHECKING:
    from krach._krach import Session
    from krach.mixer import NodeHandle

Source: TypeAlias = "DspDef | NodeHandle | Callable[..., object] | str | os.PathLike[str]"
"""A DSP function, a DspDef, a node, or a text: a `.dsp` file, `kit.krlib:name` or `faust:node`."""

_NODE = "faust:"
_LIBRARY = ".krlib:"


def resolve(session: Session, source: Source) -> DspDef:
    """The sound of a source."""
    if isinstance(source, DspDef):
        return source
    if isinstance(source, str):
        return _named(session, source)
    if isinstance(source, os.PathLike):
        return faust(file_path("KR0501", cast("object", source)))
    known = getattr(source, "sound", None)
    if isinstance(known, DspDef):
        return known
    if callable(source):
        return transpile(source)
    raise error("KR0114", f"a DSP function is wanted, not {describe(source)}", help=[_WAYS])


_WAYS = "a source is a function, a DspDef, a node, a .dsp file, or an instrument: `kit.krlib:kick`"


def _named(session: Session, source: str) -> DspDef:
    if source.startswith(_NODE):
        found = sound_of(session, source.removeprefix(_NODE))
        return found or faust(source.removeprefix(_NODE) + ".dsp")
    library, mark, instrument = source.rpartition(_LIBRARY)
    if mark:
        return load_library(file_path("KR0501", library + ".krlib"))[instrument]
    if is_path(source):
        return faust(source)
    raise error("KR0114", f"{describe(source)} is no sound", help=[_WAYS])


def sound_of(session: Session, name: str) -> DspDef | None:
    """The sound of a node of this session."""
    facts = session.node(name)
    if facts is None or facts["program"] is None:
        return None
    return revived(facts["program"], facts["text"], facts["precision"], bool(facts["text"]))


def text_of(sound: DspDef) -> str:
    """The Python text of the function of a sound, "" if it is not known or there is none."""
    return "" if sound.fn is None else sound.source
