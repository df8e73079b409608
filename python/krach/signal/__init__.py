"""Another path to `krach.dsp`, by which sessions of the original import it.

`krach.signal.transpile` is the module of that name, all other names are those of `krach.dsp`.
"""

from krach import dsp
from krach.signal import transpile as transpile


def __getattr__(name: str) -> object:
    return getattr(dsp, name)


def __dir__() -> list[str]:
    return dir(dsp)
