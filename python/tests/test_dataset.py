"""`krach dataset`: sounds named by their hash, a manifest of their values, and sets that are continued."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import krach
import krach.dsp as krs
from shell import krach as run

SOUNDS = """\
import krach.dsp as krs


def bass():
    freq = krs.control("freq", 55, 20, 2000)
    width = krs.control("width", 0.5, 0.1, 0.9)
    tone = krs.pulse(freq, width) + 0.1 * krs.white_noise()
    return tone * krs.adsr(0.01, 0.01, 0.5, 0.01, krs.control("gate", 0, 0, 1))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sounds.py").write_text(SOUNDS)
    return tmp_path


def dataset(folder: Path, number: int, *more: str) -> str:
    common = ["dataset", "sounds.py:bass", "-n", str(number), "--seed", "3", "-o", "set", "--seconds", "0.02"]
    done = run(folder, *common, *more)
    assert done.returncode == 0, done.stderr
    return done.stderr


def rows(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "set" / "manifest.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_each_sound_is_the_one_that_its_row_describes(folder: Path) -> None:
    assert "wrote 12 sounds" in dataset(folder, 12, "--format", "npy")
    names: dict[str, Any] = {}
    exec(compile(SOUNDS, "sounds.py", "exec"), names)
    bass = krs.transpile(names["bass"])
    listed = rows(folder)
    assert [row["index"] for row in listed] == list(range(12))
    gate = [(0, "gate", 1.0), (480, "gate", 0.0)]
    for row in listed:
        assert row["file"] == f"{row['name']}.npy"
        assert set(row["values"]) == {"freq", "width"}
        sound = np.load(folder / "set" / row["file"])
        single = bass.render(0.02, events=gate, instance=row["seed"], **row["values"])
        assert np.array_equal(sound, single)
        assert sound.any()
    assert len({row["name"] for row in listed}) == 12


def test_a_set_goes_on_where_it_stopped(folder: Path) -> None:
    dataset(folder, 5)
    before = {path.name: path.stat().st_mtime_ns for path in (folder / "set").glob("*.wav")}
    lost = rows(folder)[2]["file"]
    (folder / "set" / lost).unlink()
    assert "wrote 4 sounds to set, 4 were there" in dataset(folder, 8)
    after = {path.name: path.stat().st_mtime_ns for path in (folder / "set").glob("*.wav")}
    assert len(after) == 8
    assert all(after[name] == made for name, made in before.items() if name != lost)
    assert sorted(row["index"] for row in rows(folder)) == list(range(8))
    assert "wrote 0 sounds" in dataset(folder, 8)


def test_an_archive_has_a_sound_and_its_row_under_one_name(folder: Path) -> None:
    dataset(folder, 3, "--format", "webdataset", "--set", "width=0.3")
    with tarfile.open(folder / "set" / "shard-00000000.tar") as archive:
        names = archive.getnames()
        assert names == [f"{row['name']}.{ending}" for row in rows(folder) for ending in ("wav", "json")]
        for row in rows(folder):
            member = archive.extractfile(f"{row['name']}.json")
            assert member is not None
            assert json.loads(member.read()) == row
            assert set(row["values"]) == {"freq"}
        archive.extractall(folder / "out", filter="data")
    sound, rate = krach.read_wav(folder / "out" / names[0])
    assert (sound.shape, rate) == ((1, 960), 48000)


def test_another_set_does_not_go_into_the_folder(folder: Path) -> None:
    dataset(folder, 2)
    for change in ({"--seed": "4"}, {"--rate": "44100"}, {"--format": "npy"}, {"--set": "width=0.5"}):
        options = {"-n": "2", "--seed": "3", "-o": "set", "--seconds": "0.02"} | change
        done = run(folder, "dataset", "sounds.py:bass", *(part for row in options.items() for part in row))
        assert done.returncode == 1
        assert "KR0502" in done.stderr
    assert len(rows(folder)) == 2
