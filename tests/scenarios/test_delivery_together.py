"""Withdrawals, sends, merges, imports and crashes between any two transactions of two workers: the oracle counts zero.

Hypothesis makes a list of what happens and after how many transactions of a delivering worker it comes in between. All
parts are true ones, on SQLite and PostgreSQL; the provider is the capture channel. Whatever the order: no call starts
after a withdrawal was recorded, and no address gets the same broadcast twice.
"""

import itertools
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from fieldfare.act.broadcasts.model import Broadcast, Run, Standing
from fieldfare.act.broadcasts.moves import run_id
from fieldfare.act.delivery.run import Delivery
from fieldfare.assembly.delivering import open_feed
from fieldfare.collect.model import Mode
from fieldfare.flow import broadcast_store
from fieldfare.flow.take_turns import drain_urgent
from fieldfare.ground.instants import DAY, MINUTE, SECOND
from fieldfare.ground.log.ports import NORMAL
from fieldfare.know.profiles import store as profile_store
from fieldfare.testing.delivery import Killed
from tests.postgres_server import PostgresServer
from tests.scenarios.people import NOON, granted, joins, signs_in, visits, withdrawn
from tests.scenarios.test_broadcasts import workspace_in
from tests.scenarios.whole import Whole, opened

FULL = os.environ.get("FIELDFARE_ROUNDS") == "full"
EXAMPLES = 60 if FULL else 3
PEOPLE = 4
USERS = st.integers(0, PEOPLE - 1)
INTRUSIONS = st.lists(
    st.tuples(
        st.integers(0, 6), st.sampled_from(["withdraw", "grant", "merge", "import", "apply", "other", "crash"]), USERS
    ),
    max_size=6,
)
ROUNDS = st.lists(INTRUSIONS, min_size=2, max_size=4)
Intrusion = tuple[int, str, int]


class Interrupted:
    """The state database; after each transaction of the worker something else may happen first."""

    def __init__(self, town: "Town") -> None:
        self._town = town

    @contextmanager
    def write(self, *, replayable: bool = False) -> Iterator[Connection]:
        with self._town.whole.stores.state.write(replayable=replayable) as connection:
            yield connection
        self._town.between()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._town.whole.stores.state.read() as connection:
            yield connection
        self._town.between()


class Blind:
    """A planted fault: consent is in force whatever the ledger says."""

    def __init__(self, true: Any) -> None:
        self._true = true

    def __getattr__(self, name: str) -> Any:
        return getattr(self._true, name)

    def in_force(self, _tx: Any, questions: Sequence[Any], _now: int) -> list[str]:
        return ["granted"] * len(questions)

    def told(self, _tx: Any, questions: Sequence[Any], _now: int) -> list[tuple[str, tuple[str, ...]]]:
        return [("granted", ())] * len(questions)


class Town:
    """A few people, a worker that is interrupted, and another one."""

    def __init__(self, whole: Whole, *, blind: bool = False) -> None:
        self.whole, self._editions = whole, itertools.count()
        self._plan: list[Intrusion] = []
        self._left = 0
        made = whole.installation.delivery
        ports = made._ports
        if blind:
            ports = msgspec.structs.replace(ports, consent=Blind(ports.consent))
        parts = made._channels, made.composer.unsubscribe, whole.clock
        self._worker = Delivery(made._settings, msgspec.structs.replace(ports, state=Interrupted(self)), *parts)
        self._other = Delivery(made._settings, ports, *parts, owner="other")
        self._feed = open_feed(whole.installation)

    def send(self) -> None:
        """Begin a broadcast to everybody there is."""
        now, edition = self.whole.clock.now(), str(next(self._editions))
        told = Broadcast(
            name="news",
            edition=edition,
            audience="everybody",
            channel="email",
            template="spring",
            purpose="marketing",
            priority=40,
            expires_us=2 * DAY,
            stays=False,
            version="v",
        )
        name = run_id("news", edition)
        run = Run(id=name, broadcast=told, standing=Standing.RUNNING, listed_at=now, started_by="ada", started_at=now)
        with self.whole.stores.state.write() as connection:
            broadcast_store.insert_run(connection, run)
            people = profile_store.load_after(connection, 0, 1_000)
            broadcast_store.add_recipients(connection, name, sorted(people))
        self._feed.run()

    def deliver(self, plan: list[Intrusion]) -> None:
        """Let the worker run one round, interrupted as planned; it may not survive it."""
        self._plan, self._left = list(plan), plan[0][0] if plan else 0
        with suppress(Killed):
            self._worker.run_due(self.whole.clock.now(), 100)
        self._plan = []

    def between(self) -> None:
        """Let happen what is planned for this moment."""
        while self._plan and self._left <= 0:
            _, what, user = self._plan.pop(0)
            self._left = self._plan[0][0] if self._plan else 0
            self._happen(what, user)
        self._left -= 1

    def _happen(self, what: str, user: int) -> None:
        whole, name = self.whole, f"m-{user}"
        whole.clock.move_to(whole.clock.now() + SECOND)
        now = whole.clock.now()
        if what == "withdraw":
            whole.send(withdrawn(name, now), now)
        elif what == "grant":
            whole.send(granted(name, now), now)
        elif what == "merge":
            whole.send(visits(f"b-{user}", now), now)
            whole.send(signs_in(f"m-{(user + 1) % PEOPLE}", f"b-{user}", now), now)
            whole.send(signs_in(name, f"b-{user}", now), now)
        elif what == "import":
            whole.send([call for _, call in joins(name, now)[:1]], now, mode=Mode.BACKFILL)
        elif what == "apply":
            drain_urgent(whole.installation.pipeline)
            whole.installation.pipeline.apply(NORMAL)
        elif what == "other":
            self._other.run_due(now, 100)
        else:
            raise Killed(what)

    def settle(self) -> None:
        """Let everything end: events applied, attempts recovered, what is due delivered."""
        whole = self.whole
        for _ in range(3):
            whole.until_quiet(whole.clock.now() + 6 * MINUTE)

    def check(self) -> None:
        """The promises."""
        told = self.whole.replayed()
        assert told.breaches == (), told
        reached = Counter(
            (row["broadcast"], row["address_hash"])
            for row in self.whole.attempts()
            if row["outcome"] in {"handed_over", "unknown"}
        )
        assert max(reached.values(), default=0) <= 1, reached
        assert all(row["outcome"] != "handing_over" for row in self.whole.attempts())


@contextmanager
def a_town(folder: Path, url: str | None, *, blind: bool = False) -> Iterator[Town]:
    with opened(folder / "data", NOON, workspace_in(folder / "workspace"), url=url) as whole:
        calls = [call for number in range(PEOPLE) for call in joins(f"m-{number}", NOON + number * SECOND)]
        whole.play(calls, NOON + MINUTE)
        whole.clock.move_to(NOON + 8 * DAY)
        whole.until_quiet(NOON + 8 * DAY)
        yield Town(whole, blind=blind)


def live(town: Town, rounds: list[list[Intrusion]]) -> None:
    for plan in rounds:
        town.send()
        town.deliver(plan)
        town.whole.clock.move_to(town.whole.clock.now() + 8 * DAY)
    town.settle()
    town.check()


def explore(places: Callable[[], tuple[Path, str | None]]) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
        derandomize=True,
    )
    @given(ROUNDS)
    def one_life(rounds: list[list[Intrusion]]) -> None:
        folder, url = places()
        with a_town(folder, url) as town:
            live(town, rounds)

    one_life()


def test_nothing_goes_out_that_should_not_and_nothing_twice(tmp_path_factory: pytest.TempPathFactory) -> None:
    explore(lambda: (tmp_path_factory.mktemp("town"), None))


def test_the_same_on_postgresql(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer, postgres_tables: str
) -> None:
    def place() -> tuple[Path, str]:
        name = postgres_server.create_database(like=postgres_tables)
        return tmp_path_factory.mktemp("town"), postgres_server.url(name)

    explore(place)


def test_planted_fault_a_gate_without_the_consent_rule_is_caught(tmp_path: Path) -> None:
    plan: list[list[Intrusion]] = [[(0, "withdraw", 1), (0, "apply", 1)], []]
    with a_town(tmp_path / "sound", None) as town:
        live(town, plan)
    with a_town(tmp_path / "blind", None, blind=True) as town, pytest.raises(AssertionError, match="refused"):
        live(town, plan)
