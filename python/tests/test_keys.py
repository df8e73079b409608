"""State goes on when a sound is edited as a musician edits it: phases, envelopes, filters."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

import krach.dsp as krs
from krach.repl import LiveMixer


def voice(signal: krs.Signal) -> krs.Signal:
    return signal * krs.adsr(0.01, 0.1, 0.7, 0.2, krs.control("gate", 0, 0, 1))


def source() -> krs.Signal:
    return krs.saw(krs.control("freq", 110, 20, 2000))


def bass() -> krs.Signal:
    dark = krs.lowpass(source(), 900)
    darker = krs.lowpass(dark, 900)
    return voice(darker)


def before() -> krs.Signal:
    thin = krs.highpass(source(), 90)
    dark = krs.lowpass(thin, 900)
    darker = krs.lowpass(dark, 900)
    return voice(darker)


def between() -> krs.Signal:
    dark = krs.lowpass(source(), 900)
    thin = krs.highpass(dark, 90)
    darker = krs.lowpass(thin, 900)
    return voice(darker)


def after() -> krs.Signal:
    dark = krs.lowpass(source(), 900)
    darker = krs.lowpass(dark, 900)
    thin = krs.highpass(darker, 90)
    return voice(thin)


def equal_between() -> krs.Signal:
    dark = krs.lowpass(source(), 900)
    new = krs.lowpass(dark, 900)
    darker = krs.lowpass(new, 900)
    return voice(darker)


def renamed() -> krs.Signal:
    dark = krs.lowpass(source(), 900)
    darker = krs.lowpass(dark, 900)
    return voice(darker)


def darkened(signal: krs.Signal) -> krs.Signal:
    dark = krs.lowpass(signal, 900)
    darker = krs.lowpass(dark, 900)
    return darker  # noqa: RET504 the state has this name


def helper() -> krs.Signal:
    return voice(darkened(source()))


def stereo() -> tuple[krs.Signal, krs.Signal]:
    dark = krs.lowpass(source(), 900)
    darker = krs.lowpass(dark, 900)
    heard = voice(darker)
    return heard, heard * 0.5


def pieces(line: str, word: str) -> list[tuple[str, int]]:
    """The pieces of state that were kept, begun or dropped, with their bytes."""
    part = next((part for part in line.split("; ") if part.startswith(word)), "")
    return [(key, int(size)) for key, size in re.findall(r"(\S+) \((\d+) bytes\)", part)]


EDITS: dict[str, tuple[Callable[[], object], int, bool]] = {
    "before": (before, 1, True),
    "between": (between, 1, True),
    "after": (after, 1, True),
    "an equal one between": (equal_between, 1, True),
    "renamed": (renamed, 1, False),
    "a helper": (helper, 1, False),
    "stereo": (stereo, 1, False),
    "eight voices": (bass, 8, False),
}


@pytest.fixture(scope="module")
def live() -> LiveMixer:
    return LiveMixer("null", block=128)


@pytest.mark.parametrize("name", EDITS)
def test_state_goes_on_through_an_edit(live: LiveMixer, name: str) -> None:
    edited, count, grows = EDITS[name]
    live.node("bass", bass)
    live.node("bass", edited, count=count)
    end = time.monotonic() + 30
    while len(live.diff()) < 2:
        assert time.monotonic() < end
        time.sleep(0.005)
    line = live.diff()[1]
    kept, begun, dropped = (pieces(line, word) for word in ("kept", "begun", "dropped"))
    assert dropped == []
    assert len(kept) >= 6, line
    assert bool(begun) == grows, line
    live.remove("bass")
