"""Two processes on one PostgreSQL database deliver the same broadcast at once: everybody gets it, nobody twice."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from fieldfare.act.broadcasts.moves import run_id
from fieldfare.act.delivery.store import attempt
from fieldfare.assembly.answering import open_message_answers
from fieldfare.assembly.files import STATE_URL
from fieldfare.flow import broadcast_store
from fieldfare.ground.instants import DAY, MINUTE, SECOND
from tests.scenarios.people import NOON, joins, withdrawn
from tests.scenarios.test_broadcasts import workspace_in
from tests.scenarios.whole import ENVIRON, opened

PEOPLE, LEFT = 120, 20


def deliver(folder: Path, workspace: Path, url: str, now: int) -> list[list[str]]:
    """Deliver with two processes at once; return what each of them handed over, as ``proposal address``."""
    outs = [folder / f"out-{number}" for number in range(2)]
    workers = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.scenarios.deliver_worker"),
                *(str(folder / "data"), str(workspace), str(out), str(now)),
            ],
            env=os.environ | ENVIRON | {STATE_URL: url},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for out in outs
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    told = [worker.communicate(timeout=300)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0]
    lists = [out.read_text().splitlines() for out in outs]
    assert [int(each) for each in told] == [len(each) for each in lists]
    return lists


def test_two_processes_deliver_one_broadcast_and_nobody_gets_two(tmp_path: Path, postgres_database: str) -> None:
    workspace = workspace_in(tmp_path / "workspace")
    (workspace / "policies.yaml").write_text("caps: []\n")
    with opened(tmp_path / "data", NOON, workspace, url=postgres_database) as whole:
        whole.send([call for number in range(PEOPLE) for _, call in joins(f"p-{number}", NOON)], NOON)
        whole.send([withdrawn(f"p-{number}", NOON + MINUTE) for number in range(LEFT)], NOON + MINUTE)
        whole.until_quiet(NOON + 2 * DAY)
        open_message_answers(whole.installation, whole.lake).broadcasts.start("spring", "ada", "spring")
        now = whole.clock.now() + SECOND
    shares = deliver(tmp_path, workspace, postgres_database, now)
    assert min(map(len, shares)) > 0, "both had a hand in it"
    proposals, addresses = zip(*(line.split() for share in shares for line in share), strict=True)
    assert max(Counter(proposals).values()) == 1
    assert max(Counter(addresses).values()) == 1
    assert len(addresses) == PEOPLE - LEFT
    with opened(tmp_path / "data", now, workspace, url=postgres_database) as whole:
        with whole.stores.state.read() as connection:
            states = broadcast_store.states_of(connection, run_id("spring", ""))
            attempts = list(connection.execute(attempt.select().where(attempt.c.broadcast.is_not(None))))
        assert states == {"sent": PEOPLE - LEFT, "refused": LEFT}
        assert Counter(row.outcome for row in attempts) == {"handed_over": PEOPLE - LEFT}
