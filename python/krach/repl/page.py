"""`krach view`: a page for the browser of this machine that shows a session which plays in another process.

The page only reads. It needs the token of its address, it is served to this machine alone, and it ends with
the session.
"""

from __future__ import annotations

import hmac
import secrets
import sys
import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from krach._errors import error
from krach.repl.window import Looker, windows

_HOST = "127.0.0.1"
_PAUSE = 0.05
"""Seconds between two looks."""
_INTERRUPTED = 130
_PAGE = Path(__file__).with_name("page.html")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; connect-src 'self'; "
    "script-src 'unsafe-inline'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Page(ThreadingHTTPServer):
    """The server of the page: `/` is the page, `/stream` sends a picture of the session 20 times a second."""

    daemon_threads = True

    def __init__(self, window: Path, port: int | None = None) -> None:
        """Serves a window on a port of this machine, or on a free one. Raises KR0504 for a port in use."""
        try:
            super().__init__((_HOST, port or 0), _Visitor)
        except OSError as wrong:
            remedy = "choose another one with `--port`, or none for a free port"
            raise error("KR0504", f"cannot use port {port}: {wrong.strerror}", help=[remedy]) from wrong
        self.window = window
        self.token = secrets.token_urlsafe(16)
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        """The address of the page, with its token."""
        return f"http://{_HOST}:{self.server_port}/?token={self.token}"

    def knows(self, visitor: BaseHTTPRequestHandler) -> bool:
        """Whether a visitor has the token, and came by the name of this machine: no foreign page can ask."""
        given = parse_qs(urlsplit(visitor.path).query).get("token", [""])[0]
        host = visitor.headers.get("Host", "")
        own = host in (f"{_HOST}:{self.server_port}", f"localhost:{self.server_port}")
        return own and hmac.compare_digest(given.encode(), self.token.encode())

    def handle_error(self, request: object, client_address: object) -> None:
        """A visitor who left is no error."""


class _Visitor(BaseHTTPRequestHandler):
    """One visit of a browser."""

    server: Page  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        place = urlsplit(self.path).path
        if not self.server.knows(self):
            self.send_error(HTTPStatus.FORBIDDEN, "open the address that krach view printed")
        elif place == "/":
            self._begin("text/html; charset=utf-8")
            self.wfile.write(_PAGE.read_bytes())
        elif place == "/stream":
            self._stream()
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def _begin(self, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        for name, value in {"Content-Type": kind, **_HEADERS}.items():
            self.send_header(name, value)
        self.end_headers()

    def _stream(self) -> None:
        """Server-sent events: each is a picture; the last one says that the session has ended."""
        self._begin("text/event-stream")
        with suppress(OSError), Looker(self.server.window) as looker:
            while (picture := looker.look()) is not None:
                self.wfile.write(b"data: " + picture + b"\n")
                if self.server.ended.wait(_PAUSE):
                    break
        self.wfile.write(b"event: end\ndata: the session has ended\n\n")

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: standard error belongs to the user."""


def serve(port: int | None) -> int:
    """Shows the newest session until it ends, or until Ctrl-C. The answer is the exit code.

    Errors: KR0504 without a session, or for a port in use.
    """
    window = next(windows(), None)
    if window is None:
        remedy = (
            "start one in another terminal with `krach` or `krach run FILE.py`, or write `kr.page()` in it"
        )
        raise error("KR0504", "no session plays that a page could show", help=[remedy])
    with Page(window, port) as page, Looker(window) as looker:
        print(f"{page.url}\nshows the session until it ends; Ctrl-C ends the page", flush=True)
        threading.Thread(target=page.serve_forever, name="krach-page", daemon=True).start()
        try:
            while looker.look() is not None:
                page.ended.wait(1.0)
        except KeyboardInterrupt:
            return _INTERRUPTED
        finally:
            page.ended.set()
            page.shutdown()
    print("the session has ended", file=sys.stderr)
    return 0


__all__ = ["Page", "serve"]
