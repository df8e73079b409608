"""The mixer on the null device: position, changes that wait for their bar, and Python that is busy."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import krach
import krach.dsp as krs
from krach._krach import run_cli
from krach.repl import LiveMixer


def tone() -> krs.Signal:
    return krs.saw(krs.control("freq", 110, 20, 2000)) * krs.control("gate", 0, 0, 1)


@pytest.fixture
def kr() -> Iterator[LiveMixer]:
    with LiveMixer("null", bpm=480) as mixer:
        yield mixer


def test_the_first_node_opens_the_device_and_close_frees_it(kr: LiveMixer) -> None:
    assert kr.device is None
    assert kr.now.bar == 1
    kr.node("bass", tone)
    assert kr.device is not None
    assert kr.device["device"] == "null"
    kr.close()
    assert kr.device is None
    assert kr.stats() == {}
    kr.node("lead", tone)
    assert kr.device is None, "closed stays closed"


def test_waiting_ends_with_its_bar(kr: LiveMixer) -> None:
    kr.node("bass", tone) @ "A1 C2"
    start = kr.now.cycle
    kr.wait(bars=1.5)
    assert kr.now.cycle >= start + 1.5
    assert kr.now.tempo == 480
    stats = kr.stats()
    assert stats["frames"] > 0
    assert stats["peak"] > 0
    assert stats["peak/bass"] > 0


def test_a_change_waits_for_its_bar_and_can_be_undone_unheard(kr: LiveMixer) -> None:
    kr.node("bass", tone)
    kr.mute("bass", at=1_000_000)
    assert kr.pending == {1_000_000.0: ["mute bass"]}
    assert kr.undo()
    assert kr.pending == {}
    with kr.at(2_000_000):
        kr.gain("bass", 0.1)
        kr.tempo = 90
    assert list(kr.pending) == [2_000_000.0]
    with pytest.raises(krach.Error, match="KR0904"):
        kr.hush("bass", at="tomorrow")


def test_a_fade_is_read_where_it_is(kr: LiveMixer) -> None:
    kr.node("bass", tone, freq=100)
    kr.fade("bass/freq", 1000, bars=1_000_000)
    kr.wait(bars=1)
    assert 100 <= kr["bass/freq"] < 200
    kr.panic()
    assert kr.automations == {}
    assert kr.slots == {}


def test_stats_have_the_load_of_each_node(kr: LiveMixer) -> None:
    kr.node("bass", tone)
    assert "load/bass" not in kr.stats()
    kr.wait(bars=0.1)
    stats = kr.stats()
    assert 0 < stats["load/bass"] < stats["worst_load"] + 1
    assert stats["priority"] in {0, 1}


@pytest.mark.skipif(sys.platform != "linux", reason="calls the C library of Linux")
def test_the_music_plays_on_while_python_holds_its_lock(kr: LiveMixer, tmp_path: Path) -> None:
    seconds = 10 if os.environ.get("KRACH_FULL") else 1
    kr.node("bass", tone) @ (kr.hit() * 4)
    kr.node("lead", tone, count=2) @ "A3 [C4 E4] . G4?"
    kr.mod("lead/gain", "sine", 0.1, 0.5, bars=0.75)
    kr.wait(bars=0.5)
    journal = kr._session.journal()
    before = kr.stats()
    with kr.record(tmp_path / "take.wav", bits="float") as rec:
        # PyDLL does not release the lock: no other thread of Python runs meanwhile.
        ctypes.PyDLL(None).usleep(seconds * 1_000_000)
        after = kr.stats()
    kr.close()
    assert after["frames"] - before["frames"] > seconds * 24_000
    assert after["lost_events"] == 0
    assert run_cli(["krach", "replay", str(journal), "-o", str(tmp_path / "again.wav")]) == 0
    take, again = (krach.read_wav(tmp_path / f"{name}.wav")[0] for name in ("take", "again"))
    assert np.abs(take).max() > 0.1
    loud = int(np.argmax(np.abs(take[0])))
    starts = np.nonzero(again[0] == take[0, loud])[0] - loud
    assert rec.stop()[0].exists()
    assert any(np.array_equal(again[:, at : at + take.shape[1]], take) for at in starts if at >= 0)


def test_a_device_that_is_not_there_leaves_the_session_silent() -> None:
    kr = LiveMixer("no such device")
    with pytest.warns(krach.NoDevice, match="stays silent"):
        kr.node("bass", tone)
    kr.node("lead", tone) @ "A1"
    assert kr.render(seconds=0.1).any()
    with pytest.raises(krach.Error, match="KR0503"):
        kr.open("no such device")
