"""Another path to `krs.transpile` and `krs.control`."""

from krach.dsp import control, transpile

__all__ = ["control", "transpile"]
