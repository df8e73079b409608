"""Rows of facts that go to the Rust side and come from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from krach._audition import Precision
    from krach._krach import Control, Pattern, Program


At: TypeAlias = "Literal['now', 'beat', 'bar'] | float | None"
"""When a change is heard: at once, on the next beat or bar line, or in a bar, counted from 1.

Without, a new pattern waits for the next bar, and all else happens at once.
"""


class Request(TypedDict):
    """A request to a sound device; `None` leaves a value to the system."""

    device: str | None
    sample_rate: int | None
    block: int | None
    inputs: int


class Format(TypedDict):
    """A sound device as it was opened: its name, rate in Hz, frames of a block, channels."""

    device: str
    sample_rate: int
    block: int
    outputs: int
    inputs: int


class DriverFacts(TypedDict):
    """The driver of a path, "pattern", "mod" or "fade".

    `offset` is the cycle on which cycle 0 of a pattern plays; `shape` is that of a mod with its ends and its
    period in bars, or ("fade", target, target, bars).
    """

    path: str
    kind: str
    pattern: Pattern | None
    offset: int
    shape: tuple[str, float, float, float] | None
    text: str


class Forecast(TypedDict):
    """The sound of the next bars, before it is heard.

    `sound` has the shape (2, frames) and begins on the frame `start`. `loudness` is in LUFS, `dc` the mean of
    a channel, `limited` a number of samples, `load` the part of the time that computing took, `peaks` the
    largest sample of each node. `offence` is the first fault: its frame, its node, and its kind.
    """

    sound: NDArray[np.float32]
    start: int
    peak: float
    loudness: float
    dc: float
    limited: int
    load: float
    peaks: dict[str, float]
    offence: tuple[int, str | None, str] | None


class NodeFacts(TypedDict):
    """One node of a session. `values` are the controls that were set, `text` is the text of its function."""

    gain: float
    pan: float
    out: str | list[int] | None
    muted: bool
    count: int
    inputs: list[str]
    outputs: int
    channel: int | None
    program: Program | None
    precision: Precision
    controls: list[Control]
    values: dict[str, float]
    text: str
