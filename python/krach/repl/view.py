"""`kr.view()`: the session in the terminal while it plays: meters, the notes of this bar, and news."""

from __future__ import annotations

import shutil
import sys
import time
from collections import deque
from fractions import Fraction
from math import log10

from krach._krach import Pattern
from krach.repl import LiveMixer
from krach.repl.toolbar import Toolbar

_STEPS = 32
"""Columns of a bar."""
_METER = 12
_RANGE = 48.0
"""Decibels from the left end of a meter to full scale."""
_NEWS = 5
_SECONDS = 0.1
_ALONE, _BACK, _HOME, _REST = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l", "\x1b[H", "\x1b[J"


class View:
    """A picture of a session in plain text, made anew by each call.

    >>> kr.node("kick", synths.kick) @ "x . x ."
    Node('kick', kick, gain=0.50)
    >>> print(View(kr)(80))
     bar 1.1 | 120 BPM | no sound device: kr.render() hears the session
    <BLANKLINE>
    kick  kick  0.50                |x---............x---............
    """

    def __init__(self, kr: LiveMixer) -> None:
        """The picture of this session."""
        self._kr = kr
        self._toolbar = Toolbar(kr)
        self._news: deque[str] = deque(maxlen=_NEWS)

    def __call__(self, width: int) -> str:
        """The lines, none longer than `width`: position and load; the nodes; the last news."""
        kr = self._kr
        lines = [self._toolbar(), ""]
        peaks, slots, cycle = self._toolbar.peaks, kr.slots, kr.now.cycle
        rows: list[tuple[str, str, str, str, str]] = []
        for name, node in kr.nodes.items():
            sound = node.sound
            level = "muted" if kr.is_muted(name) else f"{kr.get_ctrl(name, 'gain'):.2f}"
            slot = slots.get(name)
            roll = "" if slot is None else bar(slot.pattern, int(cycle))
            rows.append((name, "" if sound is None else sound.name, level, meter(peaks.get(name, 0)), roll))
        wide = [max((len(row[column]) for row in rows), default=0) for column in range(4)]
        for row in rows:
            shown = "  ".join(part.ljust(most) for part, most in zip(row, wide, strict=False))
            lines.append(f"{shown}  |{row[4]}")
        if rows and any(row[4] for row in rows) and kr.device is not None:
            place = sum(wide) + 2 * len(wide) + 1 + int(cycle % 1 * _STEPS)
            lines.append(" " * place + "^")
        lines += [f"{path}: {text}" for path, text in kr.automations.items()]
        self._news.extend(kr.log())
        lines += ["", *self._news] if self._news else []
        return "\n".join(line[:width].rstrip() for line in lines)


def meter(peak: float) -> str:
    """A peak as a bar, full at 0 dBFS.

    >>> meter(1), meter(0.1), meter(0)
    ('############', '#######     ', '            ')
    """
    part = 1 + 20 * log10(peak) / _RANGE if peak > 0 else 0.0
    return ("#" * round(_METER * min(max(part, 0), 1))).ljust(_METER)


def bar(pattern: Pattern, cycle: int) -> str:
    """One bar of a pattern: `x` where an event begins, `-` while its note is held, `.` where nothing is.

    >>> bar(krp.p("x . x x"), 0)
    'x---............x---....x---....'
    """
    columns = ["."] * _STEPS
    for event in pattern.query(cycle, cycle + 1):
        first = max(int((event.start - cycle) * _STEPS), 0)
        last = min(max(int((Fraction(event.release) - cycle) * _STEPS), first + 1), _STEPS)
        held = "-" * (last - first)
        columns[first:last] = ("x" + held[1:]) if event.part[0] == event.start else held
    return "".join(columns)


def watch(kr: LiveMixer, seconds: float | None) -> None:
    """Draws the session ten times a second, for some seconds or until Ctrl-C; once without a terminal."""
    view = View(kr)
    if not sys.stdout.isatty():
        print(view(shutil.get_terminal_size().columns))
        return
    end = None if seconds is None else time.monotonic() + seconds
    try:
        sys.stdout.write(_ALONE)
        while end is None or time.monotonic() < end:
            size = shutil.get_terminal_size()
            lines = view(size.columns).splitlines()[: size.lines - 1]
            sys.stdout.write(_HOME + "".join(f"{line}\x1b[K\n" for line in lines) + _REST)
            sys.stdout.flush()
            time.sleep(_SECONDS)
    except KeyboardInterrupt:
        pass
    finally:
        sys.stdout.write(_BACK)
        sys.stdout.flush()


__all__ = ["View", "watch"]
