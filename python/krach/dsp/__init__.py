"""`import krach.dsp as krs`: everything a DSP function is made of."""

from krach._signal import Signal
from krach.dsp.core import (
    control,
    delay,
    feedback,
    mem,
    sample_rate,
    select2,
    sr,
    unit_delay,
)
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
