"""`krach view`: the window of a session, the page that shows it, and the command."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import krach
from browser import browser, picture
from krach.repl import LiveMixer
from krach.repl.knobs import PAGE
from krach.repl.page import Page
from krach.repl.window import Looker, folder, windows
from shell import COMMAND
from shell import krach as command


@pytest.fixture(autouse=True)
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A short path: that of a socket has 107 bytes at most."""
    place = tempfile.mkdtemp(prefix="k")
    monkeypatch.setenv("XDG_RUNTIME_DIR", place)
    yield Path(place)
    shutil.rmtree(place)


@pytest.fixture
def kr() -> Iterator[LiveMixer]:
    with LiveMixer("null", bpm=480) as mixer:
        mixer.node("bass", mixer.synths.acid, gain=0.5) @ "A1 C2 A1 G1"
        mixer.node("kick", mixer.synths.kick, gain=0.8) @ "x . x x"
        mixer["bass"] >> (mixer.node("verb", mixer.fx.hall), 0.4)
        mixer.open_window()
        yield mixer


@pytest.fixture
def page(kr: LiveMixer) -> Iterator[Page]:
    kr.wait(bars=0.5)
    with Page(next(windows())) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.ended.set()
        server.shutdown()


def get(url: str, **headers: str) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as opened:
        return opened.read()


def refused(url: str, method: str = "GET", **headers: str) -> int:
    asked = urllib.request.Request(url, headers=headers, method=method)
    with pytest.raises(urllib.error.HTTPError) as status:
        urllib.request.urlopen(asked, timeout=30)
    status.value.close()
    return status.value.code


def check(found: dict[str, Any]) -> None:
    """A picture of the session above."""
    assert [node["name"] for node in found["nodes"]] == ["bass", "kick", "verb"]
    assert [note[3] for note in found["nodes"][0]["notes"]] == ["A1", "C2", "A1", "G1"]
    assert found["nodes"][0]["notes"][0] == [0, 0.125, 33, "A1"]
    assert found["nodes"][1]["notes"][0][2] is None
    assert found["routes"] == [["bass", "verb", 0.4]]
    assert found["now"]["tempo"] == 480
    left, right = found["scope"]
    assert len(left) == len(right) == 2048
    assert found["rate"] == 48000


def test_a_window_shows_the_session_and_closes_with_it(kr: LiveMixer, runtime: Path) -> None:
    (path,) = windows()
    assert path.parent == runtime / "krach"
    assert path.parent.stat().st_mode & 0o777 == 0o700
    kr.wait(bars=0.5)
    heard = 0.0
    with Looker(path) as looker:
        while heard == 0:
            found = json.loads(looker.look() or b"")
            heard = max(map(abs, found["scope"][0]))
        check(found)
        kr.close()
        assert looker.look() is None
    assert list(windows()) == []


def test_a_folder_that_others_can_open_is_refused(runtime: Path) -> None:
    (runtime / "krach").mkdir(mode=0o755)
    (runtime / "krach").chmod(0o755)
    with pytest.raises(krach.Error, match="KR0504"):
        folder()


def test_the_window_of_a_session_that_crashed_is_removed(runtime: Path) -> None:
    import socket

    left = folder() / "1-2.sock"
    with socket.socket(socket.AF_UNIX) as crashed:
        crashed.bind(os.fspath(left))
    assert list(windows()) == []
    assert not left.exists()


def test_the_page_is_for_its_token_and_this_machine(page: Page) -> None:
    assert b'<canvas id="scope"' in get(page.url)
    address = page.url.partition("?")[0]
    assert refused(address) == 403
    assert refused(f"{address}?token={page.token}x") == 403
    assert refused(f"{address}stream?token=") == 403
    assert refused(page.url, Host="krach.example") == 403
    assert refused(f"{address}other?token={page.token}") == 404
    assert refused(page.url, "POST") == 501


def test_the_stream_sends_pictures_until_the_session_ends(page: Page, kr: LiveMixer) -> None:
    with urllib.request.urlopen(page.url.replace("/?", "/stream?"), timeout=30) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        for _ in range(2):
            line = stream.readline()
            assert line.startswith(b"data: {")
            check(json.loads(line[6:]))
            assert stream.readline() == b"\n"
        kr.close()
        assert b"event: end\n" in stream.read()


def test_looking_changes_nothing(page: Page, kr: LiveMixer) -> None:
    history, values = kr.history, kr.ctrl_values
    with Looker(page.window) as looker:
        looker.look()
    assert (kr.history, kr.ctrl_values) == (history, values)
    assert any("plays on null" in line for line in kr.log()), "the news wait for the user"


def test_the_command_shows_the_session_of_another_process(tmp_path: Path) -> None:
    (tmp_path / "jam.py").write_text(
        'kr.node("kick", kr.synths.kick) @ "x x x x"\nprint("plays", flush=True)\n'
    )
    run = [*COMMAND, "run", "jam.py", "--device", "null"]
    with subprocess.Popen(run, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as session:
        assert session.stdout is not None
        assert session.stdout.readline() == "plays\n"
        while not list(windows()):
            assert session.poll() is None
        view = subprocess.Popen(
            [*COMMAND, "view"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert view.stdout is not None
        url = view.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{20,}", url)
        with urllib.request.urlopen(url.replace("/?", "/stream?"), timeout=30) as stream:
            assert json.loads(stream.readline()[6:])["nodes"][0]["name"] == "kick"
        session.send_signal(signal.SIGINT)
        assert session.wait(30) == 130
        assert "the session has ended" in view.communicate(timeout=30)[1]
        assert view.returncode == 0


def test_without_a_session_the_command_says_how_to_start_one(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "errors" / "KR0504.md").read_text()
    done = command(tmp_path, "view")
    assert done.returncode == 1
    assert f"```text\n{done.stderr}```" in page


def not_blank(png: bytes) -> None:
    image = pytest.importorskip("PIL.Image", reason="pillow comes with matplotlib").open(io.BytesIO(png))
    colours = image.convert("RGB").getcolors(1 << 20)
    assert len(colours) > 8
    assert max(count for count, _ in colours) < image.width * image.height


def test_a_browser_draws_the_page(page: Page, tmp_path: Path) -> None:
    drawn = "document.querySelectorAll('#nodes tr').length === 3"
    answer = (
        "[document.getElementById('moment').textContent, document.querySelectorAll('#graph text').length,"
        "[...document.querySelectorAll('canvas')].map((canvas) => new Set(canvas.getContext('2d')"
        ".getImageData(0, 0, canvas.width, canvas.height).data).size > 2)]"
    )
    with browser(tmp_path / "chromium") as port:
        (moment, labels, canvases), png = picture(port, page.url, drawn, answer)
    assert re.fullmatch(r"bar \d+\.\d, 480\.0 BPM", moment)
    assert labels == 5, "four names and the level of one route"
    assert canvases == [True, True, True]
    not_blank(png)
    (tmp_path / "page.png").write_bytes(png)


def test_a_browser_draws_the_knobs(kr: LiveMixer, tmp_path: Path) -> None:
    pytest.importorskip("anywidget")
    kr.wait(bars=0.5)
    widget = kr.knobs("bass")
    names = ("title", "muted", "peak", "scope", "playing", "playable", "controls", "values")
    state = json.dumps({name: getattr(widget, name) for name in names})
    (tmp_path / "knobs.html").write_text(
        f'<!doctype html><meta charset="utf-8"><div id="el"></div><script type="module">'
        f"{PAGE.replace('export default', 'const page =')}\nconst state = {state}, heard = [];"
        "const model = { get: (name) => state[name], set() {}, save_changes() {}, send() {},"
        " on: (event, then) => heard.push(then) };"
        "page.render({ model, el: document.getElementById('el') });"
        "heard.forEach((then) => then()); window.ready = true;</script>"
    )
    answer = "[...document.querySelectorAll('label span')].map((label) => label.textContent)"
    with browser(tmp_path / "chromium") as port:
        url = (tmp_path / "knobs.html").as_uri()
        labels, png = picture(port, url, "window.ready === true", answer)
    assert labels[:4] == ["pattern", "mute", "gain", "pan"]
    assert labels[-2:] == ["peak", "master"]
    not_blank(png)
    (tmp_path / "knobs.png").write_bytes(png)
