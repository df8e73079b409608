"""Several edits as one step: `batch` and `transition`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from krach._entrance import entrance
from krach._errors import error

if TYPE_CHECKING:
    from krach._krach import Session
    from krach._mixer.facts import At


class Step:
    """`with` it, edits happen together at the end, or not at all if the block raises."""

    __slots__ = ("_at", "_bars", "_session")

    def __init__(self, session: Session, bars: float | None = None, at: At = None) -> None:
        """With `bars`, values that are set glide there in as many bars; `at` is the moment of the whole."""
        self._session = session
        self._bars = bars
        self._at: At = at

    @entrance
    def __enter__(self) -> None:
        if self._bars is not None and self._session.in_transition():
            message = "a transition is open already"
            raise error("KR0907", message, help=["write the changes into one block"])
        self._session.begin(self._bars, self._at)

    @entrance
    def __exit__(self, kind: type[BaseException] | None, *raised: object) -> None:
        if kind is None:
            self._session.finish(self._at)
        else:
            self._session.cancel()
