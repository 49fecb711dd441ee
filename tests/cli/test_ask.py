"""Commands that ask a running server say what it said, and say so when it does not answer or is not there."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from fieldfare.cli.ask import Remote, answering, running
from fieldfare.ground.errors import CallerError, ConfigError, TransientError

ANSWERS: dict[str, tuple[int, str, bytes]] = {
    "/healthz": (200, "application/json", b'{"status": "ok"}'),
    "/api/v1/status": (200, "application/json", b'{"profiles": 3}'),
    "/api/v1/profiles/7": (404, "application/json", b'{"code": "profile_unknown", "message": "Nobody is 7."}'),
    "/api/v1/audiences": (422, "application/json", b'{"detail": []}'),
    "/api/v1/experiments/x": (502, "text/html", b"<html>"),
}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, kind, body = ANSWERS[self.path.partition("?")[0]]
        if self.path.startswith("/api/") and self.headers["Authorization"] != "Bearer token":
            status, kind, body = 401, "application/json", b'{"code": "unauthorized", "message": "No token."}'
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the standard library
        """Stay quiet."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    made = HTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    thread.join()
    made.server_close()


def refusal_of(ask: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(CallerError) as caught:
        ask()
    return caught.value.code, caught.value.message


def test_answers_and_refusals_are_passed_on(server: str) -> None:
    remote = Remote(server, "token")
    assert remote.status() == {"profiles": 3}
    assert refusal_of(lambda: remote.profiles.show("7")) == ("profile_unknown", "Nobody is 7.")
    assert refusal_of(Remote(server, "wrong").status) == ("unauthorized", "No token.")


def test_a_refusal_without_code_is_told_by_its_status(server: str) -> None:
    remote = Remote(server, "token")
    assert refusal_of(remote.audiences.overview) == ("server_refused", "The server answered 422.")
    assert refusal_of(lambda: remote.readout("x")) == ("server_refused", "The server answered 502.")


def test_a_server_that_is_gone_is_a_transient_failure() -> None:
    with pytest.raises(TransientError) as caught:
        Remote("http://127.0.0.1:9", "token").status()
    assert caught.value.code == "server_silent"


def test_a_server_is_running_when_its_file_is_there_and_it_answers(tmp_path: Path, server: str) -> None:
    told = tmp_path / "server.json"
    assert running(tmp_path) is None
    told.write_text(json.dumps({"api": "http://127.0.0.1:9"}), "utf-8")
    assert running(tmp_path) is None
    told.write_text(json.dumps({"api": server}), "utf-8")
    assert running(tmp_path) == server


def test_without_data_there_is_nothing_to_ask(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no data") as caught, answering(tmp_path, tmp_path / "nowhere"):
        pass
    assert caught.value.code == "data_missing"
