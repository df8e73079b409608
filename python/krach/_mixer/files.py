"""Sessions as Python files: written, and run as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
from typing import Any

from krach import _place
from krach import dsp as krs
from krach import pattern as krp
from krach._arguments import path as file_path
from krach._entrance import entrance
from krach._errors import error
from krach._mixer.functions import Functions
from krach._mixer.modules import Modules
from krach._mixer.step import Step
from krach.pattern import NOTES
from krach.pattern.tuning import Tuning

_FILE = '''"""A session of krach, written by `kr.export`. `kr.exec_file` and `krach render` play it."""

import json

from krach import kr, krp, krs

{functions}
# Each scene, and last what sounded: nodes with their sounds, routes, patterns, values.
SCENES = json.loads({scenes})
SESSION = json.loads({session})

with kr.batch():
    for name, scene in [*SCENES.items(), (None, SESSION)]:
        for node in list(kr.nodes):
            kr.remove(node)
        for node in scene.get("nodes", []):
            if "function" in node["source"]:
                function, precision = globals()[node["source"]["function"]], node["source"]["precision"]
                node["source"] = krs.transpile(function, precision=precision)
        kr.load(scene)
        if name is not None:
            kr.save(name)
    kr.limiter, kr.seed, kr.tuning = {limiter}, {seed}, {hertz}
{tuning}    for name in {soloed}:
        kr.solo(name, add=True)
    for cc, path, lo, hi, channel in {maps}:
        kr.midi_map(cc, path, lo, hi, channel)
'''


class Files(Modules):
    """Session files of a mixer."""

    __slots__ = ()

    @entrance
    def export(self, path: str | os.PathLike[str]) -> None:
        """Writes the session, its scenes and MIDI maps as a Python file that makes them again, to the sample.

        A sound is in the file as the text of its function, if that text alone makes the same sound; else, as
        for a closure, as its program. So the file needs nothing else.
        Errors: KR0502 for a file that cannot be written.

        >>> _ = kr.node("bass", synths.acid) @ "A1 C2"
        >>> kr.export("jam.py")
        >>> other = krach.LiveMixer("off")
        >>> other.exec_file("jam.py")
        >>> bool((other.render(bars=1) == kr.render(bars=1)).all())
        True
        """
        target = file_path("KR0502", path)
        modules = {name: self.scene(name) for name in self.scenes}
        hertz, tuning = self._session.tuning
        functions = Functions()
        scenes = {name: functions.named(module) for name, module in modules.items()}
        session = functions.named(self.capture())
        text = _FILE.format(
            functions=functions.text,
            scenes=_quoted(scenes),
            session=_quoted(session),
            limiter=self._session.limiter,
            seed=self._session.seed,
            hertz=hertz,
            tuning=f"    kr.tuning = krp.{tuning!r}\n" if isinstance(tuning, Tuning) else "",
            soloed=self._session.soloed(),
            maps=self._session.ports().midi_maps(),
        )
        try:
            _write(target, text)
        except OSError as wrong:
            raise error("KR0502", f"cannot write `{target}`: {wrong.strerror or wrong}") from wrong

    @entrance
    def recover(self, path: str | os.PathLike[str] | None = None) -> str:
        """Brings back the session that a journal holds, the last one by default, as one change.

        Nodes, patterns, values and scenes are as after its last step; `undo` takes it back. While a device
        plays, krach writes a journal of every change into `krach/journal` of the state folder
        (`KRACH_JOURNAL=off` writes none, `KRACH_JOURNAL=audio` also keeps recorded samples). The answer is
        its path, which `krach replay` renders.

        Errors: KR0501 without a journal, or for a file that is none.

        >>> kr.open("null", block=128)
        >>> _ = kr.node("bass", synths.acid) @ "A1 C2"
        >>> kr.close()
        >>> again = krach.LiveMixer("off")
        >>> _ = again.recover()
        >>> again.slots["bass"].pattern
        Pattern(A1, C2)
        """
        asked = None if path is None else os.path.expanduser(file_path("KR0501", path))
        file, whole = self._session.recover(asked)
        if not whole:
            _place.warn(f"`{file}` ends in the middle of a record: all before it is back", UserWarning)
        return str(file)

    @entrance
    def exec_file(self, path: str | os.PathLike[str]) -> None:
        """Runs a Python session file, as one change: if it raises, nothing has changed.

        The file sees `kr` (also as `mix`), `krs`, `krp` and the note names, such as `C4` and `Cs4`.

        Errors: KR0501 for a file that cannot be read, KR0117 with its line for an exception in the file.

        >>> import pathlib
        >>> _ = pathlib.Path("jam.py").write_text("kr.tempo = 90")
        >>> kr.exec_file("jam.py")
        >>> kr.tempo
        90.0
        """
        from krach._host import imported_as, reported  # not needed to play

        file = os.path.expanduser(file_path("KR0501", path))
        try:
            with open(file, encoding="utf-8") as opened:
                text = opened.read()
        except OSError as wrong:
            message = f"scene file not found: cannot read `{file}`: {wrong.strerror or wrong}"
            raise error("KR0501", message) from wrong
        except UnicodeDecodeError as wrong:
            raise error("KR0501", f"cannot read `{file}`: it is no text in UTF-8") from wrong
        names: dict[str, Any] = {"__name__": "__krach__", "__file__": file, **NOTES}
        names.update(kr=self, mix=self, krs=krs, krp=krp)
        with reported("KR0117", "the session file raised ", file), imported_as(self), Step(self._session):
            exec(compile(text, file, "exec", dont_inherit=True), names)


def _write(target: str, text: str) -> None:
    """Writes a file as a whole: on a full disk the old one stays."""
    if os.path.exists(target) and not os.path.isfile(target):
        beside = target  # a device or a pipe keeps nothing
    else:
        target = os.path.realpath(target)
        beside = f"{target}.{os.getpid()}.part"
    try:
        with open(beside, "w", encoding="utf-8") as file:
            file.write(text)
        if beside != target:
            os.replace(beside, target)
    except BaseException:
        if beside != target:
            with contextlib.suppress(OSError):
                os.unlink(beside)
        raise


def _quoted(parts: dict[str, Any]) -> str:
    import json  # read with the first file

    return repr(json.dumps(parts))
