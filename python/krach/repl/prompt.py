"""The prompt of `krach`: IPython with the music at hand, or Python's own prompt where IPython is missing."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import krach
import krach.dsp as krs
import krach.pattern as krp
from krach._errors import Error
from krach._host import remedies
from krach.pattern import NOTES
from krach.repl import LiveMixer
from krach.repl._drawing import drawn
from krach.repl.toolbar import Toolbar
from krach.stock import fx, synths

if TYPE_CHECKING:
    from types import TracebackType

_SECONDS = 0.25
"""Between two looks of the toolbar."""

_PLAIN = "without IPython there is no toolbar and no completion: `pip install ipython` brings them"


def prompt() -> int:
    """Opens the prompt and returns the exit code 0 when it is left. Leaving fades the sound out."""
    kr = krach.kr
    banner = f"krach {krach.__version__}, {_sound(kr)}\n{_HINTS}"
    names: dict[str, Any] = {
        "__name__": "__krach__",  # no script: `if __name__ == "__main__"` is for those
        **NOTES,
    }
    names.update(kr=kr, krs=krs, krp=krp, krach=krach, synths=synths, fx=fx)
    with suppress(Error):  # without a place for it, `krach view` cannot show this session
        kr.open_window()
    enter(kr, names, banner)
    kr.close()
    return 0


def enter(kr: LiveMixer, names: dict[str, Any], banner: str) -> None:
    """Opens the prompt on a session and its names, until it is left."""
    if find_spec("IPython") is None:
        _plain(banner, names)
    else:
        _ipython(banner, names, Toolbar(kr))


_HINTS = """\
kr plays, krs makes sounds, krp makes patterns; print(kr.synths) lists instruments, kr.tour() shows the way.
try:  bass = kr.node("bass", kr.synths.acid, gain=0.4); bass @ "A2 D3 ~ E2"
"""


def _sound(kr: LiveMixer) -> str:
    """Opens the device, so that the first note sounds at once, and says which it is."""
    try:
        kr._session.wake()  # pyright: ignore[reportPrivateUsage]
    except Error as silent:
        return (
            f"without sound: {silent.message} (`krach doctor` finds out why; kr.render() hears the session)"
        )
    found = kr.device
    return "without sound" if found is None else f"playing on {found['device']} at {found['sample_rate']} Hz"


def _plain(banner: str, names: dict[str, Any]) -> None:
    import code

    code.interact(f"{banner}({_PLAIN})", local=names, exitmsg="")


def _ipython(banner: str, names: dict[str, Any], toolbar: Toolbar) -> None:
    from IPython.terminal.ipapp import TerminalIPythonApp
    from traitlets.config import Config

    config = Config()
    config.TerminalInteractiveShell.banner1 = banner
    config.TerminalInteractiveShell.banner2 = ""
    config.TerminalInteractiveShell.enable_tip = False
    config.TerminalInteractiveShell.confirm_exit = False
    config.TerminalInteractiveShell.term_title = False
    app: Any = TerminalIPythonApp.instance(config=config, user_ns=names)
    app.initialize([])
    shell: Any = app.shell
    shell.set_custom_exc((Error, AttributeError, NameError), _draw)
    if shell.pt_app is not None:  # None where standard input is no terminal
        shell.pt_app.bottom_toolbar = toolbar
        shell.pt_app.refresh_interval = _SECONDS
    app.start()


def _draw(
    shell: Any, kind: type[Exception], raised: Exception, trace: TracebackType, tb_offset: int | None = None
) -> None:
    """Shows an error of krach with its line, as the command does, and the nearest name below a wrong one."""
    if isinstance(raised, Error):
        print(drawn(raised), file=sys.stderr)
        return
    shell.showtraceback((kind, raised, trace), tb_offset=tb_offset, running_compiled_code=True)
    for help in remedies(raised):
        print(f"help: {help}", file=sys.stderr)


__all__ = ["enter", "prompt"]
