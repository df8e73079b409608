"""Live coding: Python functions become native code that sounds.

>>> import krach.dsp as krs
>>> def beep():
...     gate = krs.control("gate", 0, 0, 1)
...     return krs.sine_osc(440) * krs.adsr(0.01, 0.1, 0.5, 0.2, gate)
>>> krs.transpile(beep).render(1.0, gate=1).shape
(1, 48000)
"""

from typing import TYPE_CHECKING

from krach import _built as _built  # first: an outdated Rust module is refused here
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
from krach._krach import Control, Credit, Meter, Program, __version__
from krach._krlib import Library, build_library, load_library
from krach._samples import Samples, samples
from krach._signal import Signal
from krach._sound import loudness, play, read_wav, write_wav
from krach._text_form import program
from krach.ir.module import ModuleIr
from krach.mixer import Mixer, ModuleHandle, NodeHandle
from krach.module_proxy import ModuleProxy, SubModuleRef, module, module_decorator
from krach.repl import LiveMixer

if TYPE_CHECKING:
    kr: LiveMixer
    """The mixer of this process, made when it is first asked for."""


def __getattr__(name: str) -> LiveMixer:
    if name != "kr":
        raise AttributeError(f"module 'krach' has no attribute '{name}'", name=name)
    made = globals()["kr"] = LiveMixer()
    return made


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
