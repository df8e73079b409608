"""Live coding: Python functions become native code that sounds.

>>> import krach.dsp as krs
>>> def beep():
...     gate = krs.control("gate", 0, 0, 1)
...     return krs.sine_osc(440) * krs.adsr(0.01, 0.1, 0.5, 0.2, gate)
>>> krs.transpile(beep).render(1.0, gate=1).shape
(1, 48000)
"""

import importlib
import sys
from typing import TYPE_CHECKING

from krach import _built as _built  # first: an outdated Rust module is refused here
from krach._krach import Control, Credit, Meter, Program, __version__

if TYPE_CHECKING:
    from krach import dsp as krs
    from krach import pattern as krp
    from krach._definition import DspDef
    from krach._errors import (
        DamagedLibrary,
        Error,
        FaustError,
        FaustSyntaxError,
        InvalidSyntax,
        InvalidType,
        InvalidUse,
        InvalidValue,
        Label,
        NoDevice,
        NotFinite,
        OutOfRange,
        Place,
        UnknownInstrument,
        UnknownName,
        UnknownNode,
        UnusedInput,
    )
    from krach._faust import faust
    from krach._krlib import Library, build_library, load_library
    from krach._samples import Samples, samples
    from krach._signal import Signal
    from krach._sound import loudness, play, read_wav, write_wav
    from krach._text_form import program
    from krach.ir.module import ModuleIr
    from krach.mixer import Mixer, ModuleHandle, NodeHandle
    from krach.module_proxy import ModuleProxy, SubModuleRef, module, module_decorator
    from krach.repl import LiveMixer

    kr: LiveMixer
    """The mixer of this process, made when it is first asked for."""

_HOMES = {
    "_definition": ["DspDef"],
    "_errors": [
        "DamagedLibrary",
        "Error",
        "FaustError",
        "FaustSyntaxError",
        "InvalidSyntax",
        "InvalidType",
        "InvalidUse",
        "InvalidValue",
        "Label",
        "NoDevice",
        "NotFinite",
        "OutOfRange",
        "Place",
        "UnknownInstrument",
        "UnknownName",
        "UnknownNode",
        "UnusedInput",
    ],
    "_faust": ["faust"],
    "_krlib": ["Library", "build_library", "load_library"],
    "_samples": ["Samples", "samples"],
    "_signal": ["Signal"],
    "_sound": ["loudness", "play", "read_wav", "write_wav"],
    "_text_form": ["program"],
    "ir.module": ["ModuleIr"],
    "mixer": ["Mixer", "ModuleHandle", "NodeHandle"],
    "module_proxy": ["ModuleProxy", "SubModuleRef", "module", "module_decorator"],
    "repl": ["LiveMixer"],
}
"""The public names of each module. The first use of a name imports its module."""
_HOME = {name: home for home, names in _HOMES.items() for name in names}
_PACKAGES = {"krs": "dsp", "krp": "pattern"} | {
    name: name
    for name in ("dsp", "ir", "mixer", "module_proxy", "node_types", "pattern", "repl", "signal", "stock")
}


def __getattr__(name: str) -> object:
    if name == "kr":
        found: object = importlib.import_module("krach.repl").LiveMixer()
    elif name in _HOME:
        found = getattr(importlib.import_module(f"krach.{_HOME[name]}"), name)
    elif name in _PACKAGES:
        found = importlib.import_module(f"krach.{_PACKAGES[name]}")
    else:
        raise AttributeError(
            f"module 'krach' has no attribute '{name}'", name=name, obj=sys.modules[__name__]
        )
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_PACKAGES})


__all__ = [
    "Control",
    "Credit",
    "DamagedLibrary",
    "DspDef",
    "Error",
    "FaustError",
    "FaustSyntaxError",
    "InvalidSyntax",
    "InvalidType",
    "InvalidUse",
    "InvalidValue",
    "Label",
    "Library",
    "LiveMixer",
    "Meter",
    "Mixer",
    "ModuleHandle",
    "ModuleIr",
    "ModuleProxy",
    "NoDevice",
    "NodeHandle",
    "NotFinite",
    "OutOfRange",
    "Place",
    "Program",
    "Samples",
    "Signal",
    "SubModuleRef",
    "UnknownInstrument",
    "UnknownName",
    "UnknownNode",
    "UnusedInput",
    "__version__",
    "build_library",
    "faust",
    "kr",
    "krp",
    "krs",
    "load_library",
    "loudness",
    "module",
    "module_decorator",
    "play",
    "program",
    "read_wav",
    "samples",
    "write_wav",
]
