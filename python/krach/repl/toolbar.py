"""The line below the prompt: where the music is, and how the machine copes."""

from __future__ import annotations

from math import log10

from krach.repl import LiveMixer

_SILENT = -90.0
"""dBFS below which a peak is shown as silence."""


class Toolbar:
    """The state of a mixer as one line of text, made anew whenever it is called.

    >>> print(Toolbar(kr)())
     bar 1.1 | 120 BPM | no sound device: kr.render() hears the session
    """

    def __init__(self, kr: LiveMixer) -> None:
        """The line of this mixer."""
        self._kr = kr
        self._limited = 0.0
        self.peaks: dict[str, float] = {}
        """The peaks of the nodes since the line before."""

    def __call__(self) -> str:
        """Bar and beat, tempo, load of the processor, peak, limiter,
        late blocks, recording, pending changes."""
        kr = self._kr
        now = kr.now
        parts = [f"bar {now.bar}.{int(now.beat)}", f"{now.tempo:.4g} BPM"]
        stats = kr.stats()
        self.peaks = {name.removeprefix("peak/"): peak for name, peak in stats.items() if "peak/" in name}
        if not stats:
            parts.append("no sound device: kr.render() hears the session")
        else:
            late = stats["xruns"] + stats["late_blocks"]
            limits = stats["limited"] > self._limited
            self._limited = stats["limited"]
            parts += [
                f"CPU {stats['load']:.0%}",
                f"peak {decibels(stats['peak'])}",
                ("limiting" if limits else "limiter on") if kr.limiter else "limiter off",
                f"xruns {late:.0f}",
            ]
            if stats["takes"]:
                parts.append("recording")
        if pending := sum(len(changes) for changes in kr.pending.values()):
            parts.append(f"pending {pending}")
        return f" {' | '.join(parts)}"


def decibels(peak: float) -> str:
    """A peak in dBFS, or `silent`.

    >>> decibels(0.5), decibels(0)
    ('-6 dB', 'silent')
    """
    level = 20 * log10(peak) if peak > 0 else _SILENT
    return "silent" if level <= _SILENT else f"{level:.0f} dB"
