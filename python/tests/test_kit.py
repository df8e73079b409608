"""Instrument libraries: built by the command, loaded in Python, and treated badly."""

from __future__ import annotations

import json
import os
import resource
import runpy
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import krach
import krach.dsp as krs
import shell

KIT = Path(__file__).resolve().parents[2] / "examples" / "kit"
NAMES = ["acid", "sub", "kick", "snare", "hat", "bell", "organ", "pad", "pluck", "room", "dub"]

JAM = '''\
import krach.dsp as krs


def soft(amount=0.25):
    """A quiet saw."""
    return krs.saw(krs.control("freq", 55, 20, 2000)) * amount


@krs.transpile
def loud(x):
    return krs.tanh(x * 2), x
'''


def built(cwd: Path, *arguments: str, code: int = 0, **environment: str) -> str:
    done = shell.krach(cwd, "build", *arguments, **environment)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kit")
    shutil.copytree(KIT, folder / "kit", ignore=shutil.ignore_patterns("__pycache__"))
    text = built(folder, "kit", "-o", "kit.krlib")
    assert text.startswith("wrote kit.krlib: 11 instruments, ")
    return folder


@pytest.fixture
def jam(tmp_path: Path) -> Path:
    (tmp_path / "jam.py").write_text(JAM)
    return tmp_path


def sound_of(definition: krach.DspDef, **wishes: Any) -> np.ndarray:
    names = [control.name for control in definition.controls]
    events = [(64, "gate", 1), (1200, "gate", 0)] if "gate" in names else []
    inputs = (
        np.linspace(-1, 1, 2000)[None].repeat(definition.num_inputs, 0) if definition.num_inputs else None
    )
    return definition.render(0.05, inputs=inputs, events=events, **wishes)


@pytest.mark.parametrize("trust", ["tag", "program", "code"])
def test_every_instrument_sounds_as_if_compiled_here(kit: Path, trust: Any) -> None:
    library = krach.load_library(kit / "kit.krlib", trust=trust)
    assert list(library) == NAMES
    functions = {name: f for path in KIT.glob("*.py") for name, f in runpy.run_path(str(path)).items()}
    for name, definition in library.items():
        expected = sound_of(krs.transpile(functions[name]))
        assert np.abs(expected).max() > 0.001, f"{name} sounds"
        assert np.array_equal(sound_of(definition), expected), name
        assert definition.faust == krs.transpile(functions[name]).faust
        assert f"def {name}(" in definition.source


def test_the_kit_sounds_well_wherever_its_controls_are(kit: Path) -> None:
    noise = np.random.default_rng(0).uniform(-0.7, 0.7, (2, 24000))
    for name, definition in krach.load_library(kit / "kit.krlib").items():
        inputs = noise[: definition.num_inputs] if definition.num_inputs else None
        knobs = [control for control in definition.controls if control.name != "gate"]
        gate = [(64, "gate", 1), (14000, "gate", 0)] if len(knobs) < len(definition.controls) else []
        lowest, highest = {knob.name: knob.lo for knob in knobs}, {knob.name: knob.hi for knob in knobs}
        for values in [{}] if definition.num_inputs else [{}, lowest, highest]:
            sound = definition.render(0.5, inputs=inputs, events=gate, controls=values)
            silent = name == "organ" and values is lowest  # with every drawbar pushed in
            assert np.abs(sound).max() <= 1, (name, values)
            assert silent == (np.abs(sound).max() < 0.001), (name, values)
            assert abs(sound.mean()) < 0.02, (name, values)


def test_the_index_has_its_shape(kit: Path) -> None:
    found = json.loads(shell.krach(kit, "inspect", "kit.krlib", "--json").stdout)
    assert list(found) == ["schema", "krach_version", "created_by", "instruments"]
    assert (found["schema"], found["krach_version"]) == (2, krach.__version__)
    assert [instrument["name"] for instrument in found["instruments"]] == NAMES
    keys = ["name", "doc", "key", "inputs", "outputs", "controls", "targets"]
    code = ["arch", "features", "rate", "precision", "voices", "code_bytes", "state_bytes"]
    for instrument in found["instruments"]:
        assert list(instrument) == keys
        assert instrument["doc"]
        assert len(instrument["key"]) == 64
        (target,) = instrument["targets"]
        assert list(target) == code
        assert (target["rate"], target["precision"], target["voices"]) == (48000, "single", 1)
        assert min(target["code_bytes"], target["state_bytes"]) > 0
    one = json.loads(shell.krach(kit, "inspect", "kit.krlib", "acid", "--json").stdout)
    assert one["instruments"] == found["instruments"][:1]


def test_texts_come_one_by_one_all_together_and_as_json(kit: Path) -> None:
    def shown(*flags: str) -> str:
        done = shell.krach(kit, "inspect", "kit.krlib", *flags)
        assert done.returncode == 0, done.stderr
        return done.stdout

    for flag, comment in [("--faust", "// "), ("--program", "# "), ("--controls", "")]:
        one, every = shown("acid", flag), shown(flag)
        assert every.startswith(f"{comment}acid\n{one}\n{comment}sub\n")
        assert [line for line in every.splitlines() if line in {comment + name for name in NAMES}] == [
            comment + name for name in NAMES
        ]
        plain, found = (json.loads(shown(*flags))["instruments"] for flags in (["--json"], ["--json", flag]))
        texts = [instrument.pop(flag[2:]) for instrument in found if flag != "--controls"]
        assert found == plain
        assert texts[:1] == [one][: len(texts)]


def test_inspect_reads_for_people(kit: Path) -> None:
    lines = shell.krach(kit, "inspect", "kit.krlib").stdout.splitlines()
    assert lines[0].startswith("kit.krlib: 11 instruments")
    assert [line.split()[0] for line in lines[3:]] == NAMES
    one = shell.krach(kit, "inspect", "kit.krlib", "acid").stdout
    assert "squelch" in one
    assert "runs here" in one
    assert "process" in shell.krach(kit, "inspect", "kit.krlib", "acid", "--faust").stdout
    text = shell.krach(kit, "inspect", "kit.krlib", "acid", "--program").stdout
    assert text == shell.krach(kit, "dump", "kit/bass.py:acid").stdout
    assert "cutoff" in shell.krach(kit, "inspect", "kit.krlib", "acid", "--controls").stdout
    wrong = shell.krach(kit, "inspect", "kit.krlib", "acdi")
    assert wrong.returncode == 1
    assert "error[KR0704]" in wrong.stderr
    assert "did you mean `acid`?" in wrong.stderr


def test_one_instrument_is_rendered_by_name(kit: Path) -> None:
    wishes = ["--seconds", "0.1", "--set", "gate=1"]
    done = shell.krach(kit, "render", "kit.krlib:acid", "-o", "a.wav", *wishes)
    assert done.returncode == 0, done.stderr
    shell.krach(kit, "render", "kit/bass.py:acid", "-o", "b.wav", *wishes)
    assert (kit / "a.wav").read_bytes() == (kit / "b.wav").read_bytes()
    done = shell.krach(kit, "render", "kit.krlib:acdi", "-o", "c.wav")
    assert "did you mean `acid`?" in done.stderr


def test_a_library_is_a_mapping_that_shows_itself(kit: Path) -> None:
    library = krach.load_library(kit / "kit.krlib")
    assert len(library) == 11
    assert "acid" in library
    assert library["acid"] is library["acid"]
    assert library._ipython_key_completions_() == NAMES
    assert repr(library).splitlines()[2].split()[:3] == ["acid", "0", "1"]
    assert "<td>acid</td>" in library._repr_html_()
    assert repr(library["room"]).startswith("<DspDef room: 2 in, 2 out")
    assert library.get("missing") is None
    with pytest.raises(KeyError, match="did you mean `kick`"):
        library["kik"]
    with pytest.raises(krach.Error, match="its Python function is not"):
        library["acid"].fn()
    with pytest.raises(krach.InvalidValue, match="trust is"):
        krach.load_library(kit / "kit.krlib", trust="everyone")  # type: ignore[arg-type]


def test_the_same_input_gives_the_same_bytes(jam: Path) -> None:
    for name in ("a.krlib", "b.krlib"):
        built(jam, "jam.py", "-o", name, "--rate", "44100", "48000")
    assert (jam / "a.krlib").read_bytes() == (jam / "b.krlib").read_bytes()
    targets = json.loads(shell.krach(jam, "inspect", "a.krlib", "--json").stdout)["instruments"][0]["targets"]
    assert [target["rate"] for target in targets] == [44100, 48000]


def test_a_library_without_texts_is_smaller_and_sounds_the_same(tmp_path: Path) -> None:
    def soft(amount=0.25):
        return krs.saw(krs.control("freq", 55, 20, 2000)) * amount

    whole = krach.build_library({"soft": soft}, tmp_path / "whole.krlib")
    lean = krach.build_library({"soft": soft}, tmp_path / "lean.krlib", texts=False)
    assert (tmp_path / "lean.krlib").stat().st_size < (tmp_path / "whole.krlib").stat().st_size
    assert whole["soft"].source.lstrip().startswith("def soft")
    assert lean["soft"].source == ""
    assert lean["soft"].faust == whole["soft"].faust, "it is printed from the program"
    assert np.array_equal(lean["soft"].render(0.1), whole["soft"].render(0.1))
    shown = shell.krach(tmp_path, "inspect", "lean.krlib")
    assert (shown.returncode, "soft" in shown.stdout) == (0, True), shown.stderr


def test_rates_are_checked_before_anything_is_built(jam: Path) -> None:
    done = shell.krach(jam, "build", "jam.py", "-o", "jam.krlib", "--rate", "48000", "7")
    assert done.returncode == 2
    assert done.stderr.count("error[KR0403]") == 1
    text = built(jam, "jam.py", "./jam.py", "-o", "jam.krlib", "--rate", "44100,44100")
    assert text.endswith("at 44100 Hz\n")
    found = json.loads(shell.krach(jam, "inspect", "jam.krlib", "--json").stdout)
    assert [len(instrument["targets"]) for instrument in found["instruments"]] == [1, 1]


def test_the_same_bytes_in_any_folder_and_on_any_number_of_processors(kit: Path, tmp_path: Path) -> None:
    shutil.copytree(kit / "kit", tmp_path / "kit")
    (processor, *_) = os.sched_getaffinity(0)
    subprocess.run(
        [*shell.COMMAND, "build", "kit", "-o", "kit.krlib"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {processor}),
    )
    assert (tmp_path / "kit.krlib").read_bytes() == (kit / "kit.krlib").read_bytes()


MAPS = """
import sys, krach
acid = krach.load_library(sys.argv[1], trust=sys.argv[2])["acid"]
acid.render(0.01)
print(krach._krach.cache_info()[1])
for line in open("/proc/self/maps"):
    print(line.split()[1], *line.split()[5:])
"""


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="the system does not tell its mappings")
@pytest.mark.parametrize("trust", ["tag", "program", "code"])
def test_code_is_never_writable_once_it_can_run(kit: Path, trust: str) -> None:
    command = [sys.executable, "-c", MAPS, str(kit / "kit.krlib"), trust]
    done = subprocess.run(command, env={**os.environ, "KRACH_CACHE": "off"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    compiled, *mappings = done.stdout.splitlines()
    assert compiled == ("1" if trust == "program" else "0")
    assert "r-xp" in mappings, "code that lies in no file"
    assert not [mapping for mapping in mappings if "w" in mapping[:4] and "x" in mapping[:4]]


def test_the_secret_is_private_and_in_the_state_folder(jam: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    built(jam, "jam.py", "-o", "jam.krlib", XDG_STATE_HOME=str(state))
    (secret,) = (path for path in state.rglob("*") if path.is_file())
    assert secret == state / "krach" / "secret"
    assert (secret.stat().st_mode & 0o777, secret.stat().st_size) == (0o600, 32)
    secret.chmod(0o644)
    built(jam, "jam.py", "-o", "open.krlib", XDG_STATE_HOME=str(state))
    shown = shell.krach(jam, "inspect", "jam.krlib", "soft", XDG_STATE_HOME=str(state)).stdout
    assert "not run, but compiled from the program: it was not compiled by this user" in shown


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_ctrl_c_leaves_the_old_file(jam: Path) -> None:
    built(jam, "jam.py", "-o", "jam.krlib")
    before = (jam / "jam.krlib").read_bytes()
    (jam / "long.py").write_text(
        "import sys, krach.dsp as krs\n"
        "def long():\n"
        "    print('traced', file=sys.stderr, flush=True)\n"
        "    return sum(krs.lowpass(krs.saw(50 + n), 900, order=8) for n in range(200))\n"
    )
    rates = [str(44100 + n) for n in range(40)]
    done = shell.interrupt(jam, "build", "long.py", "-o", "jam.krlib", "--rate", *rates)
    assert done == (130, "interrupted\n")
    assert (jam / "jam.krlib").read_bytes() == before
    assert not list(jam.glob(".krach-*"))


def test_where_no_library_can_be_nothing_is_built(jam: Path) -> None:
    (jam / "folder.krlib").mkdir()
    for output, why in [
        ("folder.krlib", "it is a directory"),
        ("no/such/jam.krlib", "there is no directory `no/such`"),
        ("/proc/jam.krlib", "cannot write `/proc/jam.krlib`"),
    ]:
        text = built(jam, "jam.py", "-o", output, code=1)
        assert text.startswith("error[KR0502]")
        assert why in text


def test_code_for_the_baseline_and_in_double_precision(jam: Path) -> None:
    built(jam, "jam.py", "-o", "jam.krlib", "--target", "baseline", "--precision", "double")
    soft = krach.load_library(jam / "jam.krlib")["soft"]
    assert soft.precision == "double"
    here = krs.transpile(runpy.run_path(str(jam / "jam.py"))["soft"], precision="double")
    assert np.array_equal(sound_of(soft, dtype="float64"), sound_of(here, dtype="float64"))
    assert "runs here" in shell.krach(jam, "inspect", "jam.krlib", "soft").stdout


def test_what_is_built_is_chosen_and_listed(jam: Path) -> None:
    listed = shell.krach(jam, "build", "jam.py", "--list").stdout.split()
    assert listed == ["soft", "jam.py:4", "loud", "jam.py:9"]
    built(jam, "jam.py", "-o", "jam.krlib", "--only", "loud")
    assert list(krach.load_library(jam / "jam.krlib")) == ["loud"]
    assert "did you mean `loud`?" in built(jam, "jam.py", "-o", "jam.krlib", "--only", "lound", code=1)


def test_two_instruments_of_one_name_are_both_named(jam: Path) -> None:
    (jam / "more.py").write_text("import krach.dsp as krs\ndef soft():\n    return krs.saw(1)\n")
    text = built(jam, "jam.py", "more.py", "-o", "jam.krlib", code=1)
    assert text.startswith("more.py:2:1: error[KR0705]: `soft` is the name of two instruments")
    assert "jam.py:4" in text
    assert not (jam / "jam.krlib").exists()


def test_one_that_fails_does_not_keep_the_others(jam: Path) -> None:
    (jam / "bad.py").write_text("import krach.dsp as krs\ndef bad(x):\n    return krs.lowpass(x, 'high')\n")
    text = built(jam, "jam.py", "bad.py", "-o", "jam.krlib", code=1)
    assert "bad.py:3:" in text
    assert "1 failed" in text
    assert list(krach.load_library(jam / "jam.krlib")) == ["soft", "loud"]
    built(jam, "jam.py", "bad.py", "-o", "jam.krlib", "--keep-going")
    (jam / "worse.py").write_text("def (\n")
    assert "worse.py:1:" in built(jam, "jam.py", "worse.py", "-o", "jam.krlib", code=1)
    text = built(jam, "bad.py", "-o", "none.krlib", code=1)
    assert "none.krlib is not written" in text
    assert not (jam / "none.krlib").exists()


def test_another_users_code_is_compiled_afresh(kit: Path, tmp_path: Path) -> None:
    program = (
        "import krach, numpy as np\n"
        f"acid = krach.load_library({str(kit / 'kit.krlib')!r})['acid']\n"
        "sound = acid.render(0.1, gate=1)\n"
        "print(krach._krach.cache_info()[1], sound.tobytes().hex()[-64:])\n"
    )

    def play(state: Path) -> list[str]:
        environment = {**os.environ, "XDG_STATE_HOME": str(state), "KRACH_CACHE": "off"}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.split()

    own, stranger = play(Path(os.environ["XDG_STATE_HOME"])), play(tmp_path)
    assert own[0] == "0", "the code of the library is run"
    assert stranger[0] == "1", "the program is compiled"
    assert own[1] == stranger[1]
    shown = shell.krach(kit, "inspect", "kit.krlib", "acid", XDG_STATE_HOME=str(tmp_path)).stdout
    assert "it was not compiled by you on this machine" in shown


def test_a_second_start_compiles_nothing(tmp_path: Path) -> None:
    program = (
        "import krach, krach.dsp as krs\n"
        "for n in range(5):\n"
        "    krs.transpile(lambda: krs.lowpass(krs.saw(50 + n), 900)).render(0.01)\n"
        "print(*krach._krach.cache_info()[:2])\n"
    )

    def start(**environment: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "XDG_CACHE_HOME": str(tmp_path), **environment},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    assert start(KRACH_CACHE="off") == "0 5"
    assert not list(tmp_path.iterdir())
    assert start() == "0 5"
    assert start() == "5 0"
    for path in list(tmp_path.rglob("*.krlib"))[:2]:
        path.write_bytes(path.read_bytes()[:-100])
    assert start() == "3 2"
    assert start() == "5 0"
    shown = shell.krach(tmp_path, "cache", "--json", XDG_CACHE_HOME=str(tmp_path))
    found = json.loads(shown.stdout)
    assert list(found) == ["schema", "enabled", "folder", "files", "bytes", "limit_bytes"]
    assert (found["enabled"], found["files"]) == (True, 5)
    assert shell.krach(tmp_path, "cache", "--clear", XDG_CACHE_HOME=str(tmp_path)).returncode == 0
    assert start() == "0 5"
    off = shell.krach(tmp_path, "cache", "--json", KRACH_CACHE="off")
    assert json.loads(off.stdout)["enabled"] is False


def test_starts_at_once_share_the_cache(tmp_path: Path) -> None:
    program = (
        "import krach.dsp as krs\n"
        "for n in range(20):\n"
        "    krs.transpile(lambda: krs.saw(50 + n)).render(0.01)\n"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    children = [subprocess.Popen([sys.executable, "-c", program], env=environment) for _ in range(4)]
    assert [child.wait(120) for child in children] == [0] * 4
    assert len(list(tmp_path.rglob("*.krlib"))) == 20
    assert not list(tmp_path.rglob("*.part"))


def test_a_full_disk_leaves_the_old_file(jam: Path) -> None:
    built(jam, "jam.py", "-o", "jam.krlib")
    before = (jam / "jam.krlib").read_bytes()
    done = subprocess.run(
        [*shell.COMMAND, "build", "jam.py", "-o", "jam.krlib", "--rate", "8000"],
        cwd=jam,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "KRACH_CACHE": "off"},
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)),
    )
    assert done.returncode == 1
    assert "error[KR0502]: cannot write `jam.krlib`" in done.stderr
    assert (jam / "jam.krlib").read_bytes() == before
    assert not list(jam.glob(".krach-*"))


def test_killed_at_any_moment_the_old_file_is_whole(jam: Path) -> None:
    built(jam, "jam.py", "-o", "jam.krlib")
    command = [*shell.COMMAND, "build", "jam.py", "-o", "jam.krlib"]
    begun = time.monotonic()
    subprocess.run(command, cwd=jam, check=True, capture_output=True)
    takes = time.monotonic() - begun
    for attempt in range(12):
        child = subprocess.Popen(command, cwd=jam, stderr=subprocess.DEVNULL)
        time.sleep(takes * (attempt + 1) / 12)
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert np.array_equal(
            sound_of(krach.load_library(jam / "jam.krlib")["soft"]), sound_of(krs.transpile(soft_saw))
        )


def soft_saw() -> krach.Signal:
    return krs.saw(krs.control("freq", 55, 20, 2000)) * 0.25


def test_two_builds_of_one_file_leave_one_of_them(jam: Path) -> None:
    orders = [["--rate", "44100"], ["--rate", "48000"]]
    for _ in range(3):
        children = [
            subprocess.Popen(
                [*shell.COMMAND, "build", "jam.py", "-o", "jam.krlib", *order],
                cwd=jam,
                stderr=subprocess.DEVNULL,
            )
            for order in orders
        ]
        assert [child.wait(120) for child in children] == [0, 0]
        done = shell.krach(jam, "inspect", "jam.krlib", "--json")
        assert done.returncode == 0
        (rate,) = {t["rate"] for i in json.loads(done.stdout)["instruments"] for t in i["targets"]}
        assert rate in (44100, 48000)
    assert sorted(path.name for path in jam.iterdir() if path.is_file()) == ["jam.krlib", "jam.py"]


def test_damage_is_told_and_the_rest_is_played(jam: Path) -> None:
    built(jam, "jam.py", "-o", "jam.krlib")
    whole = (jam / "jam.krlib").read_bytes()
    at = whole.index(b'program "soft"')
    (jam / "jam.krlib").write_bytes(whole[:at] + b"P" + whole[at + 1 :])
    done = shell.krach(jam, "inspect", "jam.krlib")
    assert done.returncode == 1
    assert "error[KR0703]: `jam.krlib` is damaged: the program of `soft` cannot be used" in done.stderr
    library = krach.load_library(jam / "jam.krlib")
    with pytest.raises(krach.Error, match="the checksum differs"):
        library["soft"]
    assert sound_of(library["loud"]).shape == (2, 2400)


def test_programs_are_saved_from_a_file_that_lost_its_end(jam: Path) -> None:
    built(jam, "jam.py", "-o", "jam.krlib")
    whole = (jam / "jam.krlib").read_bytes()
    expected = sound_of(krach.load_library(jam / "jam.krlib")["soft"])
    # Without its end, and with a bit of its index changed.
    for damaged in (whole[: len(whole) // 2], whole.replace(b'"schema":2', b'"schema":3')):
        (jam / "jam.krlib").write_bytes(damaged)
        with pytest.warns(krach.DamagedLibrary, match="could be saved") as warned:
            library = krach.load_library(jam / "jam.krlib")
        assert warned[0].filename == __file__
        assert np.array_equal(sound_of(library["soft"]), expected)
        assert library["soft"].source == ""
        shown = shell.krach(jam, "inspect", "jam.krlib", "--json")
        assert shown.returncode == 1
        assert shown.stderr.startswith("warning[KR070")
        assert json.loads(shown.stdout)["instruments"][0]["name"] == "soft"
        done = shell.krach(jam, "render", "jam.krlib:soft", "-o", "soft.wav", "--seconds", "0.01")
        assert done.returncode == 0
        assert "could be saved" in done.stderr
        assert (jam / "jam.krlib").read_bytes() == damaged, "it is not written to"
    built(jam, "jam.krlib", "-o", "mended.krlib")
    assert np.array_equal(sound_of(krach.load_library(jam / "mended.krlib")["soft"]), expected)
    (jam / "jam.krlib").write_bytes(whole[:100])
    with pytest.raises(krach.Error, match="KR0701"):
        krach.load_library(jam / "jam.krlib")
