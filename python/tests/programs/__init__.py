"""DSP functions of every kind, in plain Python: what the oracle and the benchmarks are asked about."""

from programs import families, instruments, library, primitives, random_cases
from programs.cases import CASES, Case

__all__ = ["CASES", "Case", "families", "instruments", "library", "primitives", "random_cases"]
