"""`krach run`: plays a session file, and runs changed statements again while the music goes on."""

from __future__ import annotations

import ast
import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from types import CodeType
from typing import Any, NamedTuple

from krach import dsp as krs
from krach import pattern as krp
from krach._errors import Error, error
from krach._host import imported_as, reported
from krach._mixer.step import Step
from krach.pattern import NOTES
from krach.repl import LiveMixer
from krach.repl._drawing import drawn

_LOOK = 0.1
"""Seconds between two looks at the file."""
_FADE = 0.05
"""Seconds of the fade at the end."""
_PAUSES = frozenset({"wait", "record", "preview"})
"""Methods of `kr` that need the sound of the statements before them."""
_INTERRUPTED = 130


class Statement(NamedTuple):
    """A statement at the top level of a file. Two of the same text do the same."""

    text: str
    code: CodeType
    makes: frozenset[str]
    """The names that it gives a value."""
    uses: frozenset[str]
    pauses: bool


Facts = dict[tuple[str, str], object]
"""Nodes, routes and drivers of a session, each with a value that is another one when it changes."""


def statements(text: str, file: str) -> list[Statement]:
    """The statements of a file, each compiled with its own lines."""
    found: list[Statement] = []
    for node in ast.parse(text, file).body:
        parts = list(ast.walk(node))
        names = [part for part in parts if isinstance(part, ast.Name)]
        uses = frozenset(name.id for name in names if isinstance(name.ctx, ast.Load))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            makes, pauses = frozenset({node.name}), False
        else:
            aliases = [part for part in parts if isinstance(part, ast.alias)]
            imported = {(alias.asname or alias.name).split(".")[0] for alias in aliases}
            stored = {name.id for name in names if not isinstance(name.ctx, ast.Load)}
            makes = frozenset(stored | imported)
            pauses = any(isinstance(part, ast.Attribute) and part.attr in _PAUSES for part in parts)
        code = compile(ast.Module([node], []), file, "exec", dont_inherit=True)
        found.append(Statement(ast.unparse(node), code, makes, uses, pauses))
    return found


def stale(before: list[Statement], after: list[Statement]) -> Iterator[Statement]:
    """The statements that have to run: new ones, and those with a name that one of them gives a value."""
    known = [statement.text for statement in before]
    fresh: set[str] = set()
    for statement in after:
        if statement.text in known and not (statement.uses | statement.makes) & fresh:
            known.remove(statement.text)
        else:
            fresh |= statement.makes
            yield statement


class Running(LiveMixer):
    """The `kr` of a file that `krach run` plays: the command itself waits at the end of the file."""

    __slots__ = ()

    def wait(self, bars: float | None = None) -> None:
        """Waits some bars; without a number it returns, and the music plays on."""
        if bars is not None:
            super().wait(bars)


class Player:
    """A session file that plays."""

    def __init__(self, kr: LiveMixer, file: str) -> None:
        """A file for a session; nothing of it has run."""
        self.kr = kr
        self.file = file
        self.names: dict[str, Any] = {"__name__": "__krach__", "__file__": file, **NOTES}
        self.names.update(kr=kr, mix=kr, krs=krs, krp=krp)
        self._ran: list[Statement] = []
        self._owners: dict[tuple[str, str], str] = {}
        """The text of the statement that made each fact."""
        self._seen = self._stamp()

    def _stamp(self) -> tuple[int, int] | None:
        try:
            about = os.stat(self.file)
        except OSError:
            return None
        return about.st_mtime_ns, about.st_size

    def changed(self) -> bool:
        """Whether the file has changed since the last call. One that is gone or empty is being written."""
        now = self._stamp()
        if now is None or now[1] == 0 or now == self._seen:
            return False
        self._seen = now
        return True

    def run(self) -> int:
        """Runs the changed statements as one change of the music; returns their number.

        An error changes nothing, except sound from before a statement that waits.
        """
        try:
            with open(self.file, encoding="utf-8") as opened:
                text = opened.read()
        except (OSError, UnicodeDecodeError) as wrong:
            raise error("KR0501", f"cannot read `{self.file}`: {wrong}") from wrong
        session = self.kr._session  # pyright: ignore[reportPrivateUsage]
        names, owners = dict(self.names), dict(self._owners)
        try:
            with reported("KR0117", "the session file raised ", self.file), imported_as(self.kr):
                after = statements(text, self.file)
                waiting = list(stale(self._ran, after))
                pause = next((at for at, one in enumerate(waiting) if one.pauses), len(waiting))
                with Step(session):
                    for statement in waiting[:pause]:
                        self._execute(statement)
                    if pause == len(waiting):
                        self._end(after)
                for statement in waiting[pause:]:
                    self._execute(statement)
                with Step(session):
                    self._end(after)
        except BaseException:
            self.names.clear()
            self.names.update(names)
            self._owners = owners
            raise
        self._ran = after
        return len(waiting)

    def _execute(self, statement: Statement) -> None:
        before = self._facts()
        exec(statement.code, self.names)
        after = self._facts()
        for fact, value in after.items():
            if before.get(fact) != value:
                self._owners[fact] = statement.text

    def _end(self, after: list[Statement]) -> None:
        """Ends the nodes, routes and drivers of statements that are gone."""
        kept = {statement.text for statement in after}
        facts = self._facts()
        for (kind, name), owner in list(self._owners.items()):
            if owner in kept:
                continue
            del self._owners[kind, name]
            if (kind, name) in facts:
                source, _, target = name.partition("\0")
                if kind == "node":
                    self.kr.remove(name)
                elif kind == "route":
                    self.kr.unsend(source, target)
                else:
                    self.kr.hush(name)
                facts = self._facts()

    def _facts(self) -> Facts:
        session = self.kr._session  # pyright: ignore[reportPrivateUsage]
        facts: Facts = {}
        for name in session.nodes():
            row = session.node(name)
            facts["node", name] = row and (row["program"], row["count"], row["channel"])
        for source, target, port, level, pre in session.routes():
            facts["route", f"{source}\0{target}"] = (port, level, pre)
        for driver in session.drivers():
            facts["driver", driver["path"]] = driver["pattern"] or driver["text"]
        return facts


def play(
    file: str | os.PathLike[str], watch: bool, interactive: bool, device: str | None, threads: int = 1
) -> int:
    """Plays a session file until Ctrl-C, or until the end of the prompt. The answer is the exit code.

    Errors: KR0503 without a device. Without `watch`, an error of the file ends it.
    """
    path = os.fspath(file)
    directory = os.path.dirname(os.path.abspath(path))
    if directory not in sys.path:
        sys.path.insert(0, directory)
    sys.argv = [path]
    kr = Running(device, threads=threads)
    kr.strict = True
    player = Player(kr, path)
    try:
        kr.open(device)
        with suppress(Error):  # without a place for it, `krach view` cannot show this session
            kr.open_window()
        attempt(player, watch)
        if interactive:
            _prompt(player, watch)
            return 0
        while True:
            time.sleep(_LOOK)
            if watch:
                _look(player)
    except KeyboardInterrupt:
        return _INTERRUPTED
    finally:
        _fade_out(kr)


def _look(player: Player) -> None:
    if player.changed():
        attempt(player, True)


def attempt(player: Player, watch: bool) -> None:
    """Runs the changed statements; an error in a watched file is printed, and the old music plays on."""
    begun = time.monotonic()
    try:
        ran = player.run()
    except Error as wrong:
        if not watch:
            raise
        text = f"{drawn(wrong)}\nhelp: the music plays on as it was; save the file again"
        print(text, file=sys.stderr, flush=True)
        return
    took = 1000 * (time.monotonic() - begun)
    print(f"{os.path.basename(player.file)}: {ran} statements in {took:.0f} ms", file=sys.stderr, flush=True)


def _prompt(player: Player, watch: bool) -> None:
    """The prompt on the session of a file; while it is open a thread watches the file."""
    import threading

    from krach.repl.prompt import enter

    done = threading.Event()

    def look() -> None:
        while not done.wait(_LOOK):
            _look(player)

    watcher = threading.Thread(target=look, name="krach-watch", daemon=True)
    if watch:
        watcher.start()
    try:
        enter(player.kr, player.names, f"{player.kr!r}\n")
    finally:
        done.set()
        if watch:
            watcher.join()


def _fade_out(kr: LiveMixer) -> None:
    """Fades the master within 50 ms, ends all notes and frees the device."""
    now = kr.now
    if kr.device is not None:
        kr.fade("master", 0, bars=_FADE * now.tempo / 60 / kr.meter)
        end = time.monotonic() + 1
        while kr.now.seconds < now.seconds + 2 * _FADE and time.monotonic() < end:
            time.sleep(0.005)
        kr.panic()
    kr.close()


def recover(journal: str | os.PathLike[str] | None, output: str | os.PathLike[str]) -> int:
    """Writes the session of a journal, that of the last session by default, as a session file.

    Errors: KR0502 for a file that exists, as it may have been edited; KR0501 without a journal.
    """
    kr = LiveMixer("off")
    target = os.fspath(output)
    if os.path.isfile(target):
        remedy = "choose another name with `-o`: nothing is overwritten"
        raise error("KR0502", f"cannot write `{target}`: it exists", help=[remedy])
    found = kr.recover(journal)
    kr.export(target)
    print(f"wrote {target} from {found}: krach run -i {target} plays it", file=sys.stderr)
    return 0
