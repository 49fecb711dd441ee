"""A trace of the real door over HTTP: before each answer 200 the log was written and synced, on both databases.

What a killed process wrote stays in the kernel, so kills show nothing about syncs; the kernel's own record of the calls
does. On PostgreSQL the server's processes are traced together with the door.
"""

import os
from pathlib import Path

import httpx
import pytest

from fieldfare.assembly.stores import open_stores
from tests.crash.forking import Forking
from tests.crash.killing import Pair, can_trace
from tests.crash.running import KEY, Receiver, workspace_with
from tests.crash.tracing import answers_after_sync, traced
from tests.postgres_server import PostgresServer, give_up, missing

REQUESTS = 5


@pytest.fixture(autouse=True)
def strace() -> None:
    """Without strace the tests are skipped; on CI they fail."""
    if not can_trace():
        give_up("strace is not on this machine. Install it: apt-get install strace", ci=os.environ.get("CI", ""))


def trace_answers(folder: Path, forking: Forking, url: str | None, door: str, pids: tuple[int, ...] = ()) -> list[str]:
    """Start a door, send it some requests one after the other while it is traced; return the trace."""
    receiver = Receiver()
    receiver.close()
    pair = Pair(forking, workspace_with(folder / "workspace", receiver.port), folder / "data", url, door)
    open_stores(pair.data, pair.stores_environ).close()
    pair.door.start()
    try:
        pair.door.wait_ready()
        with httpx.Client(auth=(KEY, ""), trust_env=False, timeout=30) as client:
            send(client, pair, "warm")
            with traced([pair.door.pid, *pids, *backends(pids)], folder / "trace"):
                for number in range(REQUESTS):
                    send(client, pair, f"sync-{number}")
    finally:
        pair.door.kill()
    return (folder / "trace").read_text(encoding="utf-8", errors="replace").splitlines()


def send(client: httpx.Client, pair: Pair, name: str) -> None:
    call = {"type": "track", "event": "check_in", "userId": "m-1", "messageId": name}
    answer = client.post(f"{pair.address}/v1/batch", json={"batch": [call]})
    assert answer.status_code == 200, answer.text


def backends(servers: tuple[int, ...]) -> list[int]:
    """Return the processes of PostgreSQL servers: those that serve a connection and those that write for them."""
    return [
        int(child)
        for server in servers
        for child in Path(f"/proc/{server}/task/{server}/children").read_text(encoding="ascii").split()
    ]


def test_no_answer_before_the_sync_on_sqlite(tmp_path: Path, forking: Forking) -> None:
    assert answers_after_sync(trace_answers(tmp_path, forking, None, "door"), "log.sqlite-wal") == [True] * REQUESTS


def test_planted_a_log_that_syncs_nothing_is_seen(tmp_path: Path, forking: Forking) -> None:
    trace = trace_answers(tmp_path, forking, None, "lazy-door")
    assert answers_after_sync(trace, "log.sqlite-wal") == [False] * REQUESTS


@pytest.mark.parametrize("syncs", [True, False], ids=["as_it_is", "planted_a_server_that_syncs_nothing"])
def test_no_answer_before_the_sync_on_postgres(tmp_path: Path, forking: Forking, *, syncs: bool) -> None:
    reason = missing()
    if reason is not None:
        give_up(reason, ci=os.environ.get("CI", ""))
    server = PostgresServer(fsync="on" if syncs else "off")
    try:
        url = server.url(server.create_database())
        trace = trace_answers(tmp_path, forking, url, "door", (server.pid(),))
    finally:
        server.stop()
    assert answers_after_sync(trace, "/pg_wal/") == [syncs] * REQUESTS


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (['1 pwrite64(9</d/log-wal>, "", 8, 0) = 8', "1 fdatasync(9</d/log-wal>) = 0", "ANSWER"], [True]),
        (['1 pwrite64(9</d/log-wal>, "", 8, 0) = 8', "ANSWER", "1 fdatasync(9</d/log-wal>) = 0"], [False]),
        (['1 pwrite64(9</d/log-wal>, "", 8, 0) = 8', "1 fdatasync(9</d/other>) = 0", "ANSWER"], [False]),
        (["1 fdatasync(9</d/log-wal>) = 0", "ANSWER"], [False]),
        (["1 fdatasync(9</d/log-wal>) = 0", '1 pwrite64(9</d/log-wal>, "", 8, 0) = 8', "ANSWER"], [False]),
        (
            [
                '1 pwrite64(9</d/log-wal>, "", 8, 0) = 8',
                "1 fdatasync(9</d/log-wal> <unfinished ...>",
                "ANSWER",
                "1 <... fdatasync resumed>) = 0",
                "ANSWER",
            ],
            [False, False],
        ),
        (
            [
                '1 pwrite64(9</d/log-wal>, "", 8, 0) = 8',
                "1 fdatasync(9</d/log-wal> <unfinished ...>",
                "1 <... fdatasync resumed>) = 0",
                "ANSWER",
            ],
            [True],
        ),
        (
            [
                '1 pwrite64(9</d/log-wal>, "", 8, 0) = 8',
                "1 fdatasync(9</d/log-wal>) = -1 EIO (Input/output error)",
                "ANSWER",
            ],
            [False],
        ),
    ],
)
def test_the_trace_is_read_rightly(lines: list[str], expected: list[bool]) -> None:
    answer = '2 write(12<socket:[1]>, "HTTP/1.1 200 OK", 15) = 15'
    assert answers_after_sync([answer if line == "ANSWER" else line for line in lines], "log-wal") == expected
