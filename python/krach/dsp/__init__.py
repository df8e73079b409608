"""Sound as Python functions: `import krach.dsp as krs`.

A DSP function takes Signals (its audio inputs) and returns one Signal, or a tuple of them. `krs.transpile`
calls it once and turns it into native code:

>>> def leak(x, amount=0.5):
...     return krs.feedback(lambda before: x + amount * before)
>>> krs.transpile(leak).render(4 / 48000, inputs=[[1]])
array([[1.   , 0.5  , 0.25 , 0.125]], dtype=float32)

Wherever a Signal is wanted a number will do. Every function here is a few lines of Python over the primitives
of `krach.dsp.core` and `krach.dsp.maths`, to be read, copied and changed.
"""

from krach._definition import transpile
from krach._signal import Signal
from krach.dsp.controls import control, smooth
from krach.dsp.core import delay, feedback, mem, sample_rate, select2, sr, unit_delay
from krach.dsp.dynamics import compressor
from krach.dsp.effects import chorus, echo, fdelay, flanger, reverb
from krach.dsp.embedded import faust_expr
from krach.dsp.envelopes import adsr, ar, decay, latch, trigger
from krach.dsp.filters import bandpass, dcblock, highpass, lowpass, onepole, resonant
from krach.dsp.maths import (
    abs_,
    acos,
    asin,
    atan,
    atan2,
    ceil,
    cos,
    exp,
    floor,
    fmod,
    log,
    log10,
    max_,
    min_,
    pow_,
    remainder,
    round_,
    sin,
    sqrt,
    tan,
    tanh,
)
from krach.dsp.noise import pink_noise, white_noise
from krach.dsp.oscillators import (
    lfo,
    phasor,
    polyblep_saw,
    polyblep_square,
    polyblep_triangle,
    pulse,
    saw,
    sine_osc,
    square,
    triangle,
)
from krach.dsp.shaping import (
    clip,
    db_to_linear,
    freq_to_midi,
    lerp,
    linear_to_db,
    midi_to_freq,
    pan,
    passthrough,
    stereo_width,
    wrap,
)
from krach.dsp.tables import rdtable, rwtable, wavetable

__all__ = [
    "Signal",
    "abs_",
    "acos",
    "adsr",
    "ar",
    "asin",
    "atan",
    "atan2",
    "bandpass",
    "ceil",
    "chorus",
    "clip",
    "compressor",
    "control",
    "cos",
    "db_to_linear",
    "dcblock",
    "decay",
    "delay",
    "echo",
    "exp",
    "faust_expr",
    "fdelay",
    "feedback",
    "flanger",
    "floor",
    "fmod",
    "freq_to_midi",
    "highpass",
    "latch",
    "lerp",
    "lfo",
    "linear_to_db",
    "log",
    "log10",
    "lowpass",
    "max_",
    "mem",
    "midi_to_freq",
    "min_",
    "onepole",
    "pan",
    "passthrough",
    "phasor",
    "pink_noise",
    "polyblep_saw",
    "polyblep_square",
    "polyblep_triangle",
    "pow_",
    "pulse",
    "rdtable",
    "remainder",
    "resonant",
    "reverb",
    "round_",
    "rwtable",
    "sample_rate",
    "saw",
    "select2",
    "sin",
    "sine_osc",
    "smooth",
    "sqrt",
    "square",
    "sr",
    "stereo_width",
    "tan",
    "tanh",
    "transpile",
    "triangle",
    "trigger",
    "unit_delay",
    "wavetable",
    "white_noise",
    "wrap",
]


def __dir__() -> list[str]:
    return __all__
