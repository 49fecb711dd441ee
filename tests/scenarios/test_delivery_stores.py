"""The crash matrix again, over the real tables on SQLite and PostgreSQL: what was committed stays, the rest is gone."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, select

from fieldfare.act.delivery.model import HANDING_OVER, Attempt, ConsentQuestion
from fieldfare.act.delivery.parts import DeliveryPorts
from fieldfare.act.delivery.provider_store import SqlProviders, provider, rate_bucket
from fieldfare.act.delivery.store import SqlAttempts, SqlLinks, SqlLookUps, attempt, message_replay
from fieldfare.decide.gate.store import decision
from fieldfare.decide.journeys.store import insert_proposals, proposal
from fieldfare.flow.broadcast_store import SqlBroadcasts
from fieldfare.flow.channel_ways import SqlAnswers, SqlWays
from fieldfare.flow.delivery_journeys import SqlDecisions, SqlProposals
from fieldfare.flow.delivery_ports import SqlExposures, SqlOutbox
from fieldfare.flow.store import outbox
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.instants import MINUTE
from fieldfare.ground.store import State, metadata, open_state
from fieldfare.learn.experiments.store import exposure
from fieldfare.testing.delivery import START, Fuse, Fused, Killed, World
from fieldfare.testing.keys import memory_keys
from fieldfare.trust.consent.model import Suppression
from fieldfare.trust.consent.suppression_store import (
    insert_suppressions,
    load_suppressions,
    suppression,
    suppression_act,
)
from tests.decide.act.delivery.builders import delivery
from tests.scenarios.test_delivery_crash import POLICY, Mailbox, a_world, check

NO_EVENT = {HANDING_OVER, "failed", "abandoned", "stopped"}
TABLES = (
    attempt,
    message_replay,
    provider,
    rate_bucket,
    decision,
    proposal,
    exposure,
    outbox,
    suppression,
    suppression_act,
)


class FusedState:
    """The true database behind a fuse."""

    def __init__(self, state: State, fuse: Fuse) -> None:
        self._state = state
        self._fuse = fuse

    @contextmanager
    def write(self, *, replayable: bool = False) -> Iterator[Connection]:
        with self._state.write() as tx:
            yield tx
            self._fuse.pass_by("before commit")
        self._fuse.pass_by("after commit")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._state.read() as tx:
            yield tx


class Consent:
    """The fake's ledger, the true suppression list."""

    def __init__(self, world: World) -> None:
        self._fake = world.ports().consent

    def in_force(self, *asked: Any) -> list[str]:
        return self._fake.in_force(*asked)

    def told(self, *asked: Any) -> list[tuple[str, tuple[str, ...]]]:
        return self._fake.told(*asked)

    def pending(self, tx: Connection, questions: list[ConsentQuestion]) -> list[bool]:
        return [False] * len(questions)

    def suppressed(self, tx: Connection, hashes: list[bytes]) -> dict[bytes, int]:
        return {address: each.since_at for address, each in load_suppressions(tx, hashes).items()}

    def suppress(self, tx: Connection, address_hash: bytes, reason: str, at: int, source: str) -> None:
        insert_suppressions(tx, [Suppression(address_hash=address_hash, reason=reason, since_at=at, source=source)])


def ports_over(state: State, world: World, fuse: Fuse) -> DeliveryPorts:
    fake = world.ports()
    keys = memory_keys()
    parts: dict[str, Any] = {
        "people": fake.people,
        "journeys": fake.journeys,
        "consent": Consent(world),
        "orders": fake.orders,
        "proposals": SqlProposals(),
        "attempts": SqlAttempts(),
        "look_ups": SqlLookUps(),
        "providers": SqlProviders(),
        "broadcasts": SqlBroadcasts(),
        "decisions": SqlDecisions(),
        "exposures": SqlExposures(),
        "outbox": SqlOutbox(keys, 14),
        "links": SqlLinks(keys.seal_token, keys.open_token),
        "ways": SqlWays(),
        "answers": SqlAnswers(),
    }
    return DeliveryPorts(state=FusedState(state, fuse), **{name: Fused(part, fuse) for name, part in parts.items()})


def run(state: State, world: World, channel: Mailbox, clock: SimulatedClock, fuse: Fuse) -> None:
    delivery(ports_over(state, world, fuse), Fused(channel, fuse), clock, POLICY, batch=2).run_due(clock.now(), 100)


def rows(tx: Connection, table: Table) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in tx.execute(select(table))]


def read_back(state: State, world: World) -> None:
    """Put what the tables hold into the world, so that the same check looks at it."""
    with state.read() as tx:
        for row in rows(tx, proposal):
            kept = world.rows.proposals[row["id"]][0]
            world.rows.proposals[row["id"]] = (kept, row["status"], row["due_at"])
        world.rows.attempts = {row["id"]: Attempt(**row) for row in rows(tx, attempt)}
        world.rows.decisions = tuple(rows(tx, decision))
        found = rows(tx, exposure)
        world.rows.exposures = {(row["experiment"], row["profile_id"]): (row["arm"], row["at"]) for row in found}
        world.rows.suppressions = {bytes(row["address_hash"]): (row["since"], "") for row in rows(tx, suppression)}
        sent = [each for each in world.rows.attempts.values() if each.outcome not in NO_EVENT]
        assert len(rows(tx, outbox)) == len(sent)
        world.rows.outbox = {each.id: {"properties": {"proposal_id": each.proposal_id}} for each in sent}


def one_life(state: State, at: int) -> bool:
    """Kill at one boundary, restart, finish, check; return whether the process was killed."""
    world, channel, clock, fuse = a_world(), Mailbox(), SimulatedClock(START), Fuse(at)
    with state.write() as tx:
        for table in TABLES:
            if table is not suppression_act:  # nothing takes an act away; the same one again is one
                tx.execute(table.delete())
        insert_proposals(tx, [each for each, _, _ in world.rows.proposals.values()])
    with suppress(Killed):
        run(state, world, channel, clock, fuse)
    for _ in range(40):
        clock.move_to(clock.now() + MINUTE)
        run(state, world, channel, clock, Fuse())
        read_back(state, world)
        if world.next_due() is None and all(each.outcome != HANDING_OVER for each in world.rows.attempts.values()):
            break
    check(world, channel)
    return fuse.burnt is not None


@pytest.fixture(params=["sqlite", "postgres"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[State]:
    url = (
        f"sqlite:///{tmp_path}/state.db" if request.param == "sqlite" else request.getfixturevalue("postgres_database")
    )
    made = open_state(url, durable=False)
    metadata.create_all(made.engine, tables=list(TABLES))
    yield made
    made.close()


def test_ended_between_calls_over_real_tables(state: State) -> None:
    assert not one_life(state, 0), "a whole run needs no restart"
    stride = 3 if state.is_sqlite else 23
    killed = [one_life(state, at) for at in range(1, 190, stride)]
    assert sum(killed) > len(killed) * 0.8, "most of the boundaries exist"
