"""The wheel: what is in it, and that it works away from this checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import krach

ROOT = Path(__file__).resolve().parents[2]
MATURIN = Path(sys.executable).with_name("maturin")


@pytest.mark.skipif(
    "KRACH_FULL" not in os.environ, reason="slow: a part of `make test-full`, as of `make wheel`"
)
@pytest.mark.skipif(not MATURIN.exists(), reason="maturin is not beside this Python")
def test_the_wheel_is_installed_and_plays(tmp_path: Path) -> None:
    # The profile of `make build`, so that nothing is compiled here; `make wheel` tries the smaller one.
    built = subprocess.run(
        [str(MATURIN), "build", "--release", "--out", str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    assert re.fullmatch(rf"krach-{krach.__version__}-cp311-abi3-\w+\.whl", wheel.name)
    with zipfile.ZipFile(wheel) as parts:
        names = parts.namelist()
        parts.extractall(tmp_path / "site")
    assert [name for name in names if name.endswith(".krlib")] == [
        f"krach/stock/{path.name}" for path in (ROOT / "python/krach/stock").glob("*.krlib")
    ]
    assert not [name for name in names if "tests" in name or name.endswith(".wav")]
    assert {"krach/py.typed", "krach/_krach.pyi", "krach/repl/page.html"} <= set(names)
    shutil.copy(ROOT / "scripts" / "wheel_check.py", tmp_path / "site")
    folder = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "KRACH_CACHE": "off"}
    code = (
        f"import krach, wheel_check; assert krach.__file__.startswith({str(tmp_path)!r}); wheel_check.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=folder, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"krach {krach.__version__} on Python 3.")


def test_a_packed_wheel_holds_the_same_files(tmp_path: Path) -> None:
    pytest.importorskip("zopfli", reason="zopfli comes with the dev packages")
    wheel, text = tmp_path / "sound-1.0-py3-none-any.whl", b"a line that repeats\n" * 200
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as parts:
        module = zipfile.ZipInfo("sound/_s\u00e4ge.so", (1980, 1, 1, 0, 0, 0))
        module.external_attr = 0o100755 << 16
        module.compress_type = zipfile.ZIP_DEFLATED
        parts.writestr(module, text)
        parts.writestr("sound/empty.py", b"")
        parts.writestr("sound/noise.bin", os.urandom(64))
    # As the file has it: a ZIP counts time in steps of two seconds.
    with zipfile.ZipFile(wheel) as parts:
        before = [(one.filename, one.CRC, one.date_time, one.external_attr) for one in parts.infolist()]
    size = wheel.stat().st_size
    subprocess.run([sys.executable, str(ROOT / "scripts" / "pack_wheel.py"), str(wheel)], check=True)
    with zipfile.ZipFile(wheel) as parts:
        assert [
            (one.filename, one.CRC, one.date_time, one.external_attr) for one in parts.infolist()
        ] == before
        assert parts.read("sound/_s\u00e4ge.so") == text
        assert parts.testzip() is None
    assert wheel.stat().st_size <= size
