"""A real HTTP server on this machine that plays a provider, and misbehaves as told.

What it answers to a sound call is said by whoever makes it (``twilio``, ``sendgrid``). Faults are the same for all:
``busy`` (429 with Retry-After), ``broken`` (500), ``garbage`` (a success that is no JSON), ``hang`` (takes it and never
answers), ``break`` (takes it and closes), ``cut`` (begins an answer and closes).
"""

import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec

RETRY_AFTER_S = 7
_AT_MOST_S = 20.0


class Asked(msgspec.Struct, frozen=True):
    """One call as the provider got it; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Told(msgspec.Struct, frozen=True):
    """What the provider answers."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}

    @property
    def is_success(self) -> bool:
        """Return whether the call was taken."""
        return self.status < 300  # noqa: PLR2004 - HTTP's own numbers


class Provider:
    """The server. ``mode`` says how it behaves; ``taken`` holds the calls that it took, in order."""

    def __init__(self, answer: Callable[[Asked], Told]) -> None:
        """Listen on a free port of the loopback."""
        self.mode = "accept"
        self.taken: list[Asked] = []
        self.calls = 0
        self._answer = answer
        self._release = threading.Event()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                provider.serve(self)

            def do_GET(self) -> None:
                provider.serve(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one call."""
        self.calls += 1
        headers = {name.lower(): value for name, value in handler.headers.items()}
        asked = Asked(handler.command, handler.path, headers, handler.rfile.read(int(headers.get("content-length", 0))))
        handler.close_connection = True
        if self.mode == "busy":
            _write(handler, Told(429, b'{"code": 20429}', {"Retry-After": str(RETRY_AFTER_S)}))
            return
        if self.mode == "broken":
            _write(handler, Told(500, b"<html>oops ada@example.com</html>"))
            return
        told = self._answer(asked)
        if told.is_success and asked.method == "POST":
            self.taken.append(asked)
        if self.mode == "hang":
            self._release.wait(_AT_MOST_S)
        elif self.mode == "garbage":
            _write(handler, Told(told.status, b"\xff\x00 not json", told.headers))
        elif self.mode == "cut":
            handler.wfile.write(b'HTTP/1.1 201 Created\r\ncontent-length: 500\r\n\r\n{"si')
        elif self.mode != "break":
            _write(handler, told)

    def close(self) -> None:
        """Stop listening; whoever waits for an answer is let go."""
        self._release.set()
        self._server.shutdown()
        self._server.server_close()


def _write(handler: BaseHTTPRequestHandler, told: Told) -> None:
    handler.send_response(told.status)
    for name, value in told.headers.items():
        handler.send_header(name, value)
    handler.send_header("content-length", str(len(told.body)))
    handler.send_header("connection", "close")
    handler.end_headers()
    handler.wfile.write(told.body)
