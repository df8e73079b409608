"""`LiveMixer`: a Mixer with the builders of patterns, as `kr` is."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NoReturn

from krach import pattern as krp
from krach._entrance import entrance
from krach._errors import error
from krach._krach import nearest
from krach._mixer import words
from krach._samples import samples
from krach.mixer import Mixer, NodeHandle
from krach.stock import fx, synths

if TYPE_CHECKING:
    from krach.repl.window import Window

_SETTABLE = ("tempo", "meter", "master", "limiter", "seed", "tuning", "threads", "strict")


class LiveMixer(Mixer):
    """A Mixer with everything at hand, as `kr` is.

    `kr.synths` and `kr.fx` are the stock sounds, and `kr.samples(folder)` gives recordings. `kr.note`,
    `kr.seq`, `kr.hit` and the others build patterns as in `krach.pattern`; `kr.scale`, `kr.chord` and
    `kr.grid` help with harmony and beats.

    `from krach import kr` gives the one of this process.

    >>> kr.node("bass", kr.synths.acid) @ kr.seq("A1", None, "C2", "A1").over(2)
    Node('bass', acid, gain=0.50)
    >>> kr.node("pad", kr.synths.glass, count=4) @ kr.chords("Am7", "Fmaj7")
    Node('pad', glass, gain=0.50, count=4)
    """

    __slots__ = ("_window",)

    _window: Window | None

    synths = synths
    fx = fx
    samples = staticmethod(samples)

    scale = staticmethod(krp.scale)
    chord = staticmethod(krp.chord)
    chords = staticmethod(krp.chords)
    arpeggio = staticmethod(krp.arpeggio)
    grid = staticmethod(krp.grid)
    edo = staticmethod(krp.edo)
    scala = staticmethod(krp.scala)
    read_midi = staticmethod(krp.read_midi)

    note = staticmethod(krp.note)
    hit = staticmethod(krp.hit)
    seq = staticmethod(krp.seq)
    rest = staticmethod(krp.rest)
    cat = staticmethod(krp.cat)
    stack = staticmethod(krp.stack)
    struct = staticmethod(krp.struct)
    p = staticmethod(krp.p)
    tidal = staticmethod(krp.tidal)
    sine = staticmethod(krp.sine)
    saw = staticmethod(krp.saw)
    rand = staticmethod(krp.rand)
    ramp = staticmethod(krp.ramp)
    mod_sine = staticmethod(krp.mod_sine)
    mod_tri = staticmethod(krp.mod_tri)
    mod_ramp = staticmethod(krp.mod_ramp)
    mod_ramp_down = staticmethod(krp.mod_ramp_down)
    mod_square = staticmethod(krp.mod_square)
    mod_exp = staticmethod(krp.mod_exp)
    mtof = staticmethod(krp.mtof)
    ftom = staticmethod(krp.ftom)
    parse_note = staticmethod(krp.parse_note)

    def tour(self, stop: int = 1, *, hands_free: bool = False) -> None:
        """The first ten minutes, line by line: explains a line, waits for Enter, and plays it.

        The lines run where the tour is called, so `bass` is yours afterwards. `stop` is where to begin, from
        1 to 12; `hands_free=True` plays all lines without waiting. Errors: KR0904 for a stop out of range.

        >>> kr.tour(12, hands_free=True)  # doctest: +ELLIPSIS
        <BLANKLINE>
        12/12  Silence within 10 ms. The nodes stay.
        ...
        """
        from krach import dsp
        from krach.repl.tour import walk

        frame = inspect.currentframe()
        caller = None if frame is None else frame.f_back
        assert caller is not None, "CPython has frames"
        names = caller.f_globals
        names.update(kr=self, krs=dsp)
        walk(names, stop, hands_free)

    @entrance
    def knobs(self, node: str | NodeHandle) -> Any:
        """A node in a notebook: sliders for gain, pan and each control; play, stop, mute; meter and scope.

        It needs anywidget.

        `widget.values` is a dictionary of the values; setting it turns the controls. Errors: KR0901 for a
        node that does not exist.

        >>> kr.knobs(kr.node("bass", synths.acid, cutoff=700)).values["cutoff"]
        700.0
        """
        from krach.repl.knobs import knobs

        return knobs(self, words.name("a node", node))

    @entrance
    def view(self, seconds: float | None = None) -> None:
        """Shows the session in the terminal while it plays: meters, the notes of this bar, automation, news.

        It draws ten times a second, until Ctrl-C or for some seconds, and the music plays on. Without a
        terminal it draws once.

        >>> kr.node("kick", synths.kick) @ "x . x ."
        Node('kick', kick, gain=0.50)
        >>> kr.view()  # doctest: +ELLIPSIS
         bar 1.1 | 120 BPM | ...
        """
        from krach.repl.view import watch

        watch(self, seconds)

    @entrance
    def page(self) -> None:
        """Lets `krach view`, in another terminal, show this session as a page in the browser.

        The sessions of `krach` and `krach run` do that by themselves. The page only reads, and ends with
        `kr.close()`. Errors: KR0504 where the two cannot meet.

        >>> kr.page()
        `krach view`, in another terminal, shows this session in the browser
        >>> kr.close()
        """
        self.open_window()
        print("`krach view`, in another terminal, shows this session in the browser")

    def open_window(self) -> None:
        """Opens the window of `krach view`, as `page` does, and prints nothing."""
        from krach.repl.window import Window

        if getattr(self, "_window", None) is None:
            self._window = Window(self)

    def close(self) -> None:
        """Ends the sound and frees the device. Everything else stays, and `open` plays on from bar 1."""
        if (window := getattr(self, "_window", None)) is not None:
            self._window = None
            window.close()
        super().close()

    @entrance
    def __setattr__(self, name: str, value: object) -> None:
        """Refuses a name that is no property: a slip of the keys would be lost."""
        if name in _SETTABLE or name in ("_session", "_window"):
            return super().__setattr__(name, value)
        message = f"kr has no property '{name}': it has {', '.join(_SETTABLE)}"
        near = nearest(name, _SETTABLE)
        report = error("KR0113", message, help=[f"did you mean `{near}`?"] if near else [])
        raise AttributeError(str(report), name=name, obj=self)


def connect(bpm: float = 120, master: float | str = 0.7, build: bool = True) -> LiveMixer:
    """A new LiveMixer, as the original makes it. `build` has no effect: there is nothing to build.

    >>> krach.repl.connect(bpm=90).tempo
    90.0
    """
    return LiveMixer(bpm=bpm, master=master)


@entrance
def connect_remote(
    host: str, port: int, token: str | None = None, bpm: float = 120, master: float = 0.7
) -> NoReturn:
    """Not offered: krach plays in the process that uses it. Raises KR0503.

    >>> krach.repl.connect_remote("studio", 9000)
    Traceback (most recent call last):
        ...
    krach.Error: krach plays on this machine, not on `studio` [KR0503]
      help: run krach there, in a terminal of that machine, and send it MIDI or OSC
    """
    remedy = "run krach there, in a terminal of that machine, and send it MIDI or OSC"
    raise error("KR0503", f"krach plays on this machine, not on `{host}`", help=[remedy])


__all__ = ["LiveMixer", "connect", "connect_remote"]
