"""The window of a session: a socket through which `krach view`, in another process, looks at what plays.

It lies in a folder that only its user can open. A look changes nothing: the answer is one line of JSON.
"""

from __future__ import annotations

import json
import os
import socket
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from krach import _krach
from krach._errors import Error, error
from krach._krach import Pattern
from krach._piano_roll import pitch_of
from krach.repl import LiveMixer

_FRAMES = 2048
"""Of the scope: 43 ms at 48 kHz, and lines of the spectrum that are 23 Hz apart."""
_MOST_NOTES = 500
"""Of one node in one bar."""
_LOOK = b"look\n"
_SECONDS = 10.0
"""Without an answer after that, a session is lost."""

Picture = dict[str, Any]
"""What a look finds, as values for JSON."""


def folder() -> Path:
    """The folder of the windows of this user, made where it is missing. Raises KR0504 without one."""
    if not hasattr(socket, "AF_UNIX"):
        raise error("KR0504", "this system has no local sockets")
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    place = Path(runtime, "krach") if runtime else Path(tempfile.gettempdir(), f"krach-{os.getuid()}")
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        about = place.lstat()
    except OSError as wrong:
        raise error("KR0504", f"cannot make the folder `{place}`: {wrong.strerror}") from wrong
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid() or about.st_mode & 0o077:
        remedy = f"remove it, or close it to others: chmod 700 {place}"
        raise error("KR0504", f"`{place}` is no folder of yours alone", help=[remedy])
    return place


class Eye:
    """Looks at a session. It remembers the notes of the bar, which are the same in most looks."""

    def __init__(self, kr: LiveMixer) -> None:
        """Looks at this session."""
        self._kr = kr
        self._rolls: dict[str, tuple[Pattern, int, list[list[Any]]]] = {}

    def look(self) -> Picture:
        """The moment, the counters, the last 43 ms of the master, the nodes with their notes, the routes.

        >>> kr.node("bass", synths.acid) @ "A1 C2"
        Node('bass', acid, gain=0.50)
        >>> Eye(kr).look()["nodes"][0]["notes"]
        [[0.0, 0.25, 33.0, 'A1'], [0.5, 0.25, 36.0, 'C2']]
        """
        kr = self._kr
        session = kr._session  # pyright: ignore[reportPrivateUsage]
        now, stats, device, slots = kr.now, kr.stats(), kr.device, kr.slots
        nodes: list[Picture] = []
        for name in session.nodes():
            if (facts := session.node(name)) is not None:
                peak, out, sound = stats.pop(f"peak/{name}", 0.0), facts["out"], facts["program"]
                shown = {key: facts[key] for key in ("gain", "muted")}
                notes = self._notes(name, slots[name].pattern, int(now.cycle)) if name in slots else []
                shown |= {"name": name, "sound": "input" if sound is None else sound.name, "peak": peak}
                nodes.append({**shown, "out": out if isinstance(out, str) else None, "notes": notes})
        scope = session.scope(_FRAMES) or [[], []]
        return {
            "version": _krach.__version__,
            "device": None if device is None else device["device"],
            "rate": 48000 if device is None else device["sample_rate"],
            "now": {
                "bar": now.bar,
                "beat": now.beat,
                "cycle": now.cycle,
                "tempo": now.tempo,
                "meter": kr.meter,
            },
            "stats": stats,
            "limiter": kr.limiter,
            "scope": [[round(sample, 4) for sample in channel] for channel in scope],
            "nodes": nodes,
            "routes": [[route.source, route.target, route.level] for route in kr.routes],
            "automations": kr.automations,
        }

    def _notes(self, name: str, pattern: Pattern, cycle: int) -> list[list[Any]]:
        """The notes of a bar: begin and length in bars, MIDI number (none without a pitch), its word."""
        known = self._rolls.get(name)
        if known is not None and known[:2] == (pattern, cycle):
            return known[2]
        notes: list[list[Any]] = []
        with suppress(Error):  # a pattern that cannot be asked plays nothing either
            for event in pattern.query(cycle, cycle + 1)[:_MOST_NOTES]:
                begin = float(event.start - cycle)
                pitch = pitch_of(event)
                shown = None if pitch is None else round(pitch, 3)
                notes.append([begin, float(event.release) - cycle - begin, shown, event.sound])
        self._rolls[name] = (pattern, cycle, notes)
        return notes


class Window:
    """The socket of a session, while it is open."""

    def __init__(self, kr: LiveMixer) -> None:
        """Opens a window on a session. Raises KR0504 where the system has no place for it."""
        self.path = folder() / f"{os.getpid()}-{id(kr):x}.sock"
        self._eye = Eye(kr)
        self._looking = threading.Lock()
        self._open: set[socket.socket] = set()
        self._socket = socket.socket(socket.AF_UNIX)
        with suppress(OSError):
            self.path.unlink()
        try:
            self._socket.bind(os.fspath(self.path))
            self._socket.listen()
        except OSError as wrong:
            self._socket.close()
            raise error("KR0504", f"cannot open `{self.path}`: {wrong}") from wrong
        threading.Thread(target=self._serve, name="krach-window", daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):  # closed
            while True:
                looker, _ = self._socket.accept()
                self._open.add(looker)
                threading.Thread(target=self._answer, args=(looker,), daemon=True).start()

    def _answer(self, looker: socket.socket) -> None:
        with suppress(OSError, ValueError), looker, looker.makefile("rwb") as file:
            while file.readline(len(_LOOK)) == _LOOK:
                with self._looking:
                    picture = self._eye.look()
                file.write(json.dumps(picture, allow_nan=False).encode() + b"\n")
                file.flush()
        self._open.discard(looker)

    def close(self) -> None:
        """Closes the window: all that look through it see the end."""
        with suppress(OSError):
            self.path.unlink()
        for one in (self._socket, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class Looker:
    """The other side of a window."""

    def __init__(self, path: Path) -> None:
        """Connects to a window. Raises OSError where nothing listens."""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(_SECONDS)
        try:
            self._socket.connect(os.fspath(path))
        except OSError:
            self._socket.close()
            raise
        self._file = self._socket.makefile("rwb")

    def look(self) -> bytes | None:
        """What plays now, as a line of JSON; `None` after the end of the session."""
        with suppress(OSError):
            self._file.write(_LOOK)
            self._file.flush()
            return self._file.readline() or None
        return None

    def close(self) -> None:
        """Leaves the window."""
        with suppress(OSError):
            self._file.close()
        self._socket.close()

    def __enter__(self) -> Looker:
        """Leaves the window at the end of the block."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Leaves the window."""
        self.close()


def windows() -> Iterator[Path]:
    """The windows of sessions that play, the newest first. Those that a crash left behind are removed."""
    paths = {path: path.stat().st_mtime for path in folder().glob("*.sock")}
    for path in sorted(paths, key=lambda path: -paths[path]):
        try:
            Looker(path).close()
        except OSError:
            path.unlink(missing_ok=True)
            continue
        yield path


__all__ = ["Eye", "Looker", "Picture", "Window", "folder", "windows"]
