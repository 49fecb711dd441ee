"""Hostile and slow senders against the real process: bounded in memory and time, and nobody else waits for them."""

import asyncio
import contextlib
import gzip
import json
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from fieldfare.ground.log.ports import NORMAL
from fieldfare.ground.log.sqlite import SqliteLog
from tests.crash.running import until
from tests.web.door_process import KEY, RunningDoor, running_door

MOST_MB = 300
EVENT = b'{"type":"track","event":"Checked In","userId":"u1","writeKey":"key-of-app"}'
OK = b"HTTP/1.1 200"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDoor]:
    with running_door(tmp_path_factory.mktemp("door"), bounds={"request_s": 1}) as running:
        yield running


def post(body: bytes = EVENT, *, path: str = "/v1/track", version: str = "1.1", more: str = "") -> bytes:
    return f"POST {path} HTTP/{version}\r\nhost: x\r\ncontent-length: {len(body)}\r\n{more}\r\n".encode() + body


def talk(door: RunningDoor, *sent: bytes) -> bytes:
    """Send pieces, one after the other; return all that comes back until the door closes the connection."""
    with socket.create_connection(("127.0.0.1", door.port), timeout=20) as connection:
        with contextlib.suppress(ConnectionError):  # it may be refused before all of it is sent
            for piece in sent:
                connection.sendall(piece)
        got = b""
        while True:
            try:
                piece = connection.recv(65_536)
            except ConnectionError:
                return got
            if not piece:
                return got
            got += piece


CLOSE = "connection: close\r\n"


def test_old_pipelined_and_chunked_requests_are_taken(door: RunningDoor) -> None:
    before = len(door.items())
    assert talk(door, post(version="1.0")).startswith(OK)
    assert talk(door, post() * 5 + post(more=CLOSE)).count(OK) == 6
    chunked = f"POST /v1/track HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n{CLOSE}\r\n".encode()
    pieces = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (EVENT[:9], EVENT[9:])]
    assert talk(door, chunked, *pieces, b"0\r\n\r\n").startswith(OK)
    assert talk(door, post(more="expect: 100-continue\r\n" + CLOSE)).startswith(b"HTTP/1.1 100 Continue\r\n\r\n" + OK)
    assert len(door.items()) == before + 9


def test_who_asks_first_is_told_before_sending(door: RunningDoor) -> None:
    head = b"POST /v1/batch HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 40000000\r\n\r\n"
    assert talk(door, head).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    ("status", "code", "sent"),
    [
        (400, "bad_request", [b"\x16\x03\x01\x02\x00 garbage \r\n\r\n"]),
        (400, "bad_request", [b"POST /v1/track HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n"]),
        (400, "bad_request", [b"POST /v1/track HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"]),
        (400, "bad_request", [b"GET /\xff HTTP/1.1\r\n\r\n"]),
        (431, "head_too_large", [b"GET / HTTP/1.1\r\n" + b"".join(b"h%d: x\r\n" % n for n in range(300)) + b"\r\n"]),
        (431, "head_too_large", [b"GET / HTTP/1.1\r\nh: ", *[b"x" * 60_000] * 12]),
        (431, "head_too_large", [b"GET /", *[b"x" * 60_000] * 12]),
        (408, "request_timeout", [b"POST /v1/track HTTP/1.1\r\ncontent-length: 99\r\n\r\n{"]),
        (408, "request_timeout", [b"POST /v1/tr"]),
        (408, "request_timeout", []),
        (503, "too_many_connections", [post() * 100]),
    ],
)
def test_what_is_no_request_or_never_ends_is_refused_as_json(
    door: RunningDoor, status: int, code: str, sent: list[bytes]
) -> None:
    answer = talk(door, *sent)
    if not answer and status == 431:
        return  # the door closed while we still sent; the answer was lost on the way
    head, _, body = answer.rpartition(b"\r\n\r\n")
    if status == 503:  # what stood in line before is answered, or given up with the rest
        assert answer == b"" or head.count(OK) < 100
        return
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert json.loads(body)["code"] == code


def test_headers_cannot_be_injected(door: RunningDoor) -> None:
    answer = httpx.get(f"{door.url}/v1/projects/{KEY}/settings", headers={"host": "evil.example\tx"})
    assert answer.status_code in {200, 400}
    asked = {"access-control-request-headers": "x-a, x-b", "origin": "https://shop.example"}
    allowed = httpx.request("OPTIONS", f"{door.url}/v1/t", headers=asked).headers["access-control-allow-headers"]
    assert "x-a, x-b" in allowed
    odd = {"access-control-request-headers": "x-a; <script>"}
    assert "<" not in str(httpx.request("OPTIONS", f"{door.url}/v1/t", headers=odd).headers)


def _well_behaved(door: RunningDoor, ended: threading.Event) -> list[float]:
    """Send calls one after the other; return how long each took."""
    took: list[float] = []
    with httpx.Client(timeout=20, trust_env=False) as client:
        while not ended.wait(0.02):
            began = time.monotonic()
            assert client.post(f"{door.url}/v1/track", content=EVENT).status_code == 200
            took.append(time.monotonic() - began)
    return took


async def _upload(door: RunningDoor, pieces: list[bytes]) -> bytes:
    """Send pieces as fast as they are taken; return the first line of the answer."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    except OSError:
        return b""
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return await asyncio.wait_for(reader.readline(), 30)
    except OSError:
        return b""
    finally:
        writer.close()


def _crowd(door: RunningDoor, crowd: list[list[bytes]]) -> tuple[list[bytes], list[float]]:
    """Upload everything at once while somebody sends good calls; return the answers and how long the good ones took."""

    async def all_at_once() -> list[bytes]:
        return await asyncio.gather(*(_upload(door, pieces) for pieces in crowd))

    ended = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        good = pool.submit(_well_behaved, door, ended)
        try:
            answers = asyncio.run(all_at_once())
        finally:
            ended.set()
        return answers, good.result()


def _pieces(size: int, *, declared: bool, piece: int = 65_536) -> list[bytes]:
    if declared:
        head = b"POST /v1/batch HTTP/1.1\r\nx-write-key: key-of-app\r\ncontent-length: %d\r\n\r\n" % size
        return [head, *[b" " * piece] * (size // piece)]
    head = b"POST /v1/batch HTTP/1.1\r\nx-write-key: key-of-app\r\ntransfer-encoding: chunked\r\n\r\n"
    chunk = b"%x\r\n%b\r\n" % (piece, b" " * piece)
    return [head, *[chunk] * (size // piece), b"0\r\n\r\n"]


def test_hostile_crowds_neither_block_nor_fill_the_memory(tmp_path: Path) -> None:
    """A thousand large uploads, sixteen of 40 MB, a hundred that never end and packed bombs, all at once."""
    item = b'{"type":"track","event":"E","userId":"u","properties":{"a":"' + b"x" * 20_000 + b'"}}'
    large = b'{"batch":[' + b",".join([item] * 24) + b"]}"
    head = b"POST /v1/batch HTTP/1.1\r\nx-write-key: key-of-app\r\ncontent-length: %d\r\n\r\n"
    bomb = gzip.compress(b'{"batch":[' + b"1," * 2_000_000 + b"1]}", mtime=0)
    crowd = [
        *[[head % len(large), large[:200_000], large[200_000:]]] * 1_000,
        *[_pieces(40_000_000, declared=True)] * 8,
        *[_pieces(40_000_000, declared=False)] * 8,
        *[[head % 400_000, b" " * 300_000]] * 100,
        *[[head % len(bomb), bomb]] * 20,
    ]
    with running_door(tmp_path, bounds={"request_s": 5}) as door:
        answers, took = _crowd(door, crowd)
        memory = door.most_memory_mb()
        kept = len(door.items())
    counts = {
        status: sum(line.startswith(b"HTTP/1.1 %d" % status) for line in answers) for status in (200, 408, 413, 429)
    }
    assert not [line for line in answers if line.startswith(b"HTTP/1.1 500")]
    assert kept == counts[200] * 24 + len(took)
    assert counts[200] + counts[429] >= 900, counts
    assert counts[413] >= 20
    assert memory < MOST_MB
    assert len(took) > 5
    assert statistics.median(took) < 1, took


def _wait_for_status(door: RunningDoor, status: int) -> Any:
    until(lambda: httpx.get(f"{door.url}/readyz").status_code == status, 20, f"/readyz answers {status}")
    return httpx.get(f"{door.url}/readyz").json()


def test_a_full_log_refuses_and_recovers(tmp_path: Path) -> None:
    event = {"type": "track", "event": "E", "userId": "u", "properties": {"a": "x" * 20_000}}
    with running_door(tmp_path, log_max_bytes=3_000_000) as door, httpx.Client(auth=(KEY, "")) as client:
        taken = 0
        answer = client.post(f"{door.url}/v1/batch", json={"batch": [event] * 10})
        while answer.status_code == 200:
            taken += 1
            answer = client.post(f"{door.url}/v1/batch", json={"batch": [event] * 10})
        assert (answer.status_code, answer.json()["code"]) == (503, "log_full")
        assert int(answer.headers["retry-after"]) >= 1
        assert _wait_for_status(door, 503)["code"] == "not_ready"
        assert len(door.items()) == taken * 10
        log = SqliteLog(door.log)
        try:
            log.trim(NORMAL, log.head(NORMAL))
        finally:
            log.close()
        assert _wait_for_status(door, 200) == {"status": "ready"}
        assert client.post(f"{door.url}/v1/batch", json={"batch": [event] * 10}).status_code == 200
        assert len(door.items()) == 10


def test_pressure_says_when_to_come_back(tmp_path: Path) -> None:
    with running_door(tmp_path, limits={"reading_bytes": 100_000}) as door:
        held = socket.create_connection(("127.0.0.1", door.port))
        try:
            held.sendall(_pieces(400_000, declared=True)[0] + b" " * 90_000)
            until(lambda: _upload_status(door) == b"HTTP/1.1 429", 20, "a second large body is refused")
            assert httpx.post(f"{door.url}/v1/track", content=EVENT).status_code == 200
        finally:
            held.close()
        until(lambda: _upload_status(door) == b"HTTP/1.1 400", 20, "and taken when the first is gone")


def _upload_status(door: RunningDoor) -> bytes:
    return asyncio.run(_upload(door, _pieces(131_072, declared=True, piece=32_768)))[:12]
