"""`Recording`: the music, written to a file as it plays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from krach._entrance import entrance
from krach._krach import Take

if TYPE_CHECKING:
    from pathlib import Path


class Recording:
    """A take that is running, as `kr.record` begins it. As a context manager it ends with its block."""

    __slots__ = ("_files", "_take")

    def __init__(self, take: Take) -> None:
        self._take = take
        self._files: list[Path] = []

    @entrance
    def stop(self) -> list[Path]:
        """Ends the take. The answer are its files: the master, then the stems.

        Errors: KR0502 where it ended early, such as on a full disk; the part before can be played.
        """
        if (files := self._take.stop()) is not None:
            self._files = files
        return self._files

    @property
    def failure(self) -> str | None:
        """Why it ended early, such as a full disk; `None` while all is well."""
        return self._take.failure()

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()
