"""DSP functions of every kind, in plain Python: what the oracle and the benchmarks are asked about.

Each is a `Case`: a function for `krs.transpile`, how long to listen, and what is turned meanwhile. Values
and events are exact in single precision, because that is all the official compiler's controls can hold.

    from programs import CASES
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Dsp = Callable[..., Any]
Event = tuple[int, str, float]


@dataclass(frozen=True)
class Case:
    """A DSP function and how it is listened to."""

    name: str
    function: Dsp
    frames: int = 3000
    values: Mapping[str, float] = field(default_factory=dict)
    events: Sequence[Event] = ()
    settled: bool = True
    """Whether it is to sound the same for ever; examples may be retuned, and have no goldens."""

    @property
    def num_inputs(self) -> int:
        """Parameters without default are audio inputs."""
        parameters = inspect.signature(self.function).parameters.values()
        return sum(parameter.default is parameter.empty for parameter in parameters)


CASES: dict[str, Case] = {}


def add(name: str, function: Dsp, **how: Any) -> None:
    """Enters a function under a name of its own."""
    assert name not in CASES, name
    function.__name__ = name
    CASES[name] = Case(name, function, **how)


def case(**how: Any) -> Callable[[Dsp], Dsp]:
    """Enters a function under its own name."""

    def enter(function: Dsp) -> Dsp:
        add(function.__name__, function, **how)
        return function

    return enter


def single(value: float) -> float:
    """The nearest number in single precision."""
    return float(np.float32(value))


def turning(name: str, *values: float, every: int = 500) -> list[Event]:
    """Events that set a control to one value after the other."""
    return [(every * (i + 1) + i, name, single(value)) for i, value in enumerate(values)]


def played(on: int = 100, off: int = 1500, name: str = "gate") -> list[Event]:
    """One note."""
    return [(on, name, 1.0), (off, name, 0.0)]
