"""A headless Chromium, for tests of pages: it opens a page, waits for a condition, and takes a picture."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_SECONDS = 30.0


@contextmanager
def browser(folder: Path) -> Iterator[int]:
    """The port of a Chromium that keeps its files in a folder; without Chromium the test is skipped."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip("there is no Chromium: apt install chromium-headless-shell")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"]
    command = [found, *options, f"--user-data-dir={folder}", "about:blank"]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as child:
        assert child.stderr is not None
        try:
            line = next(line for line in child.stderr if "DevTools listening on" in line)
            yield int(line.rpartition(":")[2].partition("/")[0])
        finally:
            os.killpg(child.pid, signal.SIGKILL)  # its helpers too


def picture(port: int, url: str, until: str, answer: str) -> tuple[Any, bytes]:
    """Opens a page, waits until an expression of JavaScript is true; the value of another, and a PNG."""
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/json/new?about:blank", method="PUT")
    with urllib.request.urlopen(asked, timeout=_SECONDS) as opened:
        socket = json.load(opened)["webSocketDebuggerUrl"]
    return asyncio.run(asyncio.wait_for(_picture(socket, url, until, answer), _SECONDS))


async def _picture(socket: str, url: str, until: str, answer: str) -> tuple[Any, bytes]:
    websocket = pytest.importorskip("tornado.websocket", reason="tornado comes with distributed")
    line = await websocket.websocket_connect(socket, max_message_size=1 << 26)

    async def call(method: str, **parameters: Any) -> Any:
        await line.write_message(json.dumps({"id": 1, "method": method, "params": parameters}))
        while True:
            heard = json.loads(await line.read_message())
            if heard.get("id") == 1:
                assert "error" not in heard, heard
                return heard["result"]

    async def value(expression: str) -> Any:
        found = await call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    await call(
        "Emulation.setDeviceMetricsOverride", width=1100, height=800, deviceScaleFactor=1, mobile=False
    )
    await call("Page.navigate", url=url)
    while not await value(until):
        await asyncio.sleep(0.05)
    taken = await call("Page.captureScreenshot", format="png")
    found = await value(answer)
    line.close()
    while await line.read_message() is not None:  # until the connection is closed on both sides
        pass
    return found, base64.b64decode(taken["data"])
