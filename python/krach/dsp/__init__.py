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
from krach.dsp.combs import allpass, fb_comb, ff_comb
from krach.dsp.controls import control, smooth
from krach.dsp.core import delay, feedback, mem, sample_rate, select2, sr, unit_delay
from krach.dsp.dynamics import compressor, limiter, noise_gate
from krach.dsp.effects import chorus, echo, fdelay, flanger, reverb
from krach.dsp.embedded import faust_expr
from krach.dsp.envelopes import adsr, ar, asr, decay, exp_adsr, latch, perc, trigger
from krach.dsp.equalisers import high_shelf, low_shelf, peak_eq
from krach.dsp.filters import (
    bandpass,
    dcblock,
    highpass,
    lowpass,
    notch,
    onepole,
    resonant,
    svf,
)
from krach.dsp.ints import to_int
from krach.dsp.ladders import ladder
from krach.dsp.lfos import lfo
from krach.dsp.maths import (
    abs_,
    acos,
    asin,
    atan,
    atan2,
    ceil,
    cos,
    exp,
    exp2,
    floor,
    fmod,
    log,
    log2,
    log10,
    max_,
    min_,
    pow_,
    remainder,
    rint,
    round_,
    sign,
    sin,
    sqrt,
    tan,
    tanh,
)
from krach.dsp.noise import pink_noise, white_noise
from krach.dsp.oscillators import (
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
from krach.dsp.oversampling import oversample
from krach.dsp.rooms import stereo_reverb
from krach.dsp.samples import sample, sample_stereo
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
from krach.dsp.tables import rdtable, rwtable
from krach.dsp.triggers import count, dust, impulse, line
from krach.dsp.waves import morph_osc, table, table_osc
from krach.dsp.wavetables import wavetable

__all__ = [
    "Signal",
    "abs_",
    "acos",
    "adsr",
    "allpass",
    "ar",
    "asin",
    "asr",
    "atan",
    "atan2",
    "bandpass",
    "ceil",
    "chorus",
    "clip",
    "compressor",
    "control",
    "cos",
    "count",
    "db_to_linear",
    "dcblock",
    "decay",
    "delay",
    "dust",
    "echo",
    "exp",
    "exp2",
    "exp_adsr",
    "faust_expr",
    "fb_comb",
    "fdelay",
    "feedback",
    "ff_comb",
    "flanger",
    "floor",
    "fmod",
    "freq_to_midi",
    "high_shelf",
    "highpass",
    "impulse",
    "ladder",
    "latch",
    "lerp",
    "lfo",
    "limiter",
    "line",
    "linear_to_db",
    "log",
    "log2",
    "log10",
    "low_shelf",
    "lowpass",
    "max_",
    "mem",
    "midi_to_freq",
    "min_",
    "morph_osc",
    "noise_gate",
    "notch",
    "onepole",
    "oversample",
    "pan",
    "passthrough",
    "peak_eq",
    "perc",
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
    "rint",
    "round_",
    "rwtable",
    "sample",
    "sample_rate",
    "sample_stereo",
    "saw",
    "select2",
    "sign",
    "sin",
    "sine_osc",
    "smooth",
    "sqrt",
    "square",
    "sr",
    "stereo_reverb",
    "stereo_width",
    "svf",
    "table",
    "table_osc",
    "tan",
    "tanh",
    "to_int",
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
