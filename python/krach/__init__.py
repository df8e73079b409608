"""Live coding: Python functions become native code that sounds.

>>> import krach.dsp as krs
>>> def beep():
...     gate = krs.control("gate", 0, 0, 1)
...     return krs.sine_osc(440) * krs.adsr(0.01, 0.1, 0.5, 0.2, gate)
>>> krs.transpile(beep).render(1.0, gate=1).shape
(1, 48000)
"""

from krach._definition import Control, Credit, DspDef, Meter
from krach._errors import (
    Error,
    FaustError,
    FaustSyntaxError,
    InvalidSyntax,
    InvalidType,
    InvalidUse,
    InvalidValue,
    Label,
    Place,
    UnknownInstrument,
)
from krach._faust import faust
from krach._krach import Program, __version__
from krach._krlib import DamagedLibrary, Library, load_library
from krach._signal import Signal
from krach._sound import play, write_wav

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
    "Meter",
    "Place",
    "Program",
    "Signal",
    "UnknownInstrument",
    "__version__",
    "faust",
    "load_library",
    "play",
    "write_wav",
]
