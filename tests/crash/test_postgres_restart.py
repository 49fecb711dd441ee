"""PostgreSQL is stopped and started again under load: the door says 503, the worker waits, both go on by themselves.

Neither is started again. The server stops as an operator stops it (*fast*) and as a crash does (*immediate*); besides,
its sessions are ended at random moments, also between a commit and its answer.
"""

import os
import random
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.crash.forking import Forking
from tests.crash.killing import Kept, Pair
from tests.crash.promise import exactly_once, left_by
from tests.crash.running import Load, Receiver, post, until, workspace_with
from tests.postgres_server import PostgresServer, give_up, missing

WAIT_S = 60
SESSIONS = 20
"""So many sessions are ended at random moments."""
_END_ONE = text(
    """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1"""
)


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """Return a server of the test's own, which it may stop; it syncs, for it is made to crash."""
    reason = missing()
    if reason is not None:
        give_up(reason, ci=os.environ.get("CI", ""))
    made = PostgresServer(fsync="on")
    yield made
    made.stop()


class Loaded:
    """A pair over a server, under load."""

    def __init__(self, folder: Path, forking: Forking, url: str) -> None:
        self.receiver = Receiver()
        self.pair = Pair(forking, workspace_with(folder / "workspace", self.receiver.port), folder / "data", url)
        self.pair.start()
        self.pids = self.pair.door.pid, self.pair.worker.pid
        self.load = Load(self.pair.address, 7)
        self.wait_for_answers()

    def wait_for_answers(self) -> None:
        """Wait until a few hundred more events are answered 200."""
        before = len(self.load.answered)
        until(lambda: len(self.load.answered) > before + 300, WAIT_S, f"answers\n{self.pair.worker.told()}")

    def settle(self) -> None:
        """Let it come to rest; check the promise, and that nothing was started again."""
        self.wait_for_answers()
        self.load.stop()
        self.pair.wait_quiet()
        assert self.pair.door.is_running()
        assert (self.pair.door.pid, self.pair.worker.pid) == self.pids
        assert "Traceback" not in self.pair.worker.told() + self.pair.door.told()
        self.pair.kill()
        self.load.sent["probe"] = "probed"
        exactly_once(left_by(self.pair, [self.load], self.receiver))

    def close(self) -> None:
        """Leave nothing behind."""
        self.load.stop()
        self.receiver.close()


@pytest.mark.crash
@pytest.mark.slow
def test_a_restarted_server_is_waited_out(tmp_path: Path, forking: Forking, server: PostgresServer) -> None:
    loaded = Loaded(tmp_path, forking, server.url(server.create_database()))
    try:
        for mode in ("fast", "immediate"):
            server.halt(mode)
            refusal = post(loaded.pair.address, "probe")
            assert (refusal.status_code, refusal.json()["code"]) == (503, "log_unavailable")
            assert int(refusal.headers["retry-after"]) >= 1
            until(lambda: "loop_waits" in loaded.pair.worker.told(), WAIT_S, "the worker waits")
            server.start()
            loaded.wait_for_answers()
        loaded.settle()
    finally:
        loaded.close()


@pytest.mark.crash
def test_sessions_that_end_at_any_moment(tmp_path: Path, forking: Forking, server: PostgresServer) -> None:
    loaded = Loaded(tmp_path, forking, server.url(server.create_database()))
    killer = create_engine(str(loaded.pair.stores_environ["FIELDFARE_STATE_URL"]), isolation_level="AUTOCOMMIT")
    draw, ended = random.Random(11), 0
    try:
        with killer.connect() as connection:
            while ended < SESSIONS:
                threading.Event().wait(draw.random() * 0.1)
                ended += len(connection.execute(_END_ONE).all())
        loaded.settle()
    finally:
        killer.dispose()
        loaded.close()


@pytest.mark.crash
def test_a_second_worker_is_refused_until_the_first_is_killed(
    tmp_path: Path, forking: Forking, postgres_database: str
) -> None:
    receiver = Receiver()
    receiver.close()
    workspace = workspace_with(tmp_path / "workspace", receiver.port)
    first = Pair(forking, workspace, tmp_path / "data", postgres_database).worker
    first.start()
    first.wait_ready()
    (tmp_path / "other").mkdir()
    second = Kept(
        forking,
        "worker",
        [str(workspace), str(tmp_path / "other"), str(tmp_path / "ready")],
        {"FIELDFARE_STATE_URL": postgres_database},
        tmp_path / "second.out",
        lambda _: (tmp_path / "ready").exists(),
    )
    shutil.copytree(tmp_path / "data" / "keys", tmp_path / "other" / "keys")
    second.start()
    until(lambda: not second.is_running(), WAIT_S, "the second worker ends")
    assert "Another worker applies events to this database" in second.told()
    first.kill()
    second.start()
    second.wait_ready()
    second.kill()
