"""Tables of broadcasts: runs, what was done to them, and the frozen list of recipients. Statements only.

A recipient's row says whether it was proposed; from then on its state is the status of its proposal, so there is one
truth. Nothing remembers a last id: what was not proposed is found by looking for it, so that a run that was stopped
anywhere goes on with exactly those who are left.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    and_,
    bindparam,
    func,
    insert,
    select,
    text,
    update,
)

from fieldfare.act.broadcasts.model import Broadcast, Run, Standing
from fieldfare.act.broadcasts.propose import NOT_PROPOSED
from fieldfare.act.delivery.model import HANDING_OVER, OutcomeKind
from fieldfare.act.delivery.store import attempt
from fieldfare.decide.journeys.model import HELD, Proposal
from fieldfare.decide.journeys.store import IS_UNDER_WAY, proposal
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import insert_ignore, metadata, rows_in, run_each

_LEFT = text("proposal_id IS NULL")

broadcast = Table(
    "broadcast",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("edition", Text, nullable=False),
    Column("standing", Text, nullable=False),
    Column("listed_at", BigInteger, nullable=False),
    Column("recipients", BigInteger, nullable=False),
    Column("started_by", Text, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("body", LargeBinary, nullable=False),
    Index("ux_broadcast_name", "name", "edition", unique=True),
)

broadcast_act = Table(
    "broadcast_act",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("broadcast_id", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_broadcast_act_broadcast", "broadcast_id", "at"),
)

recipient = Table(
    "recipient",
    metadata,
    Column("broadcast_id", Text, primary_key=True),
    Column("profile_id", BigInteger, primary_key=True, autoincrement=False),
    Column("proposal_id", Text),
    Column("arm", Text),
    Column("stratum", BigInteger),
    Index("ix_recipient_left", "broadcast_id", "profile_id", sqlite_where=_LEFT, postgresql_where=_LEFT),
    Index("ix_recipient_proposal", "proposal_id"),
    sqlite_with_rowid=False,
)

_known = proposal.alias("known")
_REACHED = (
    select(attempt.c.address_hash, proposal.c.enrollment_id)
    .select_from(attempt.outerjoin(proposal, proposal.c.id == attempt.c.proposal_id))
    .where(attempt.c.address_hash.in_(bindparam("many", expanding=True)), attempt.c.broadcast == bindparam("run"))
    .where(attempt.c.outcome.in_((OutcomeKind.HANDED_OVER.value, OutcomeKind.UNKNOWN.value, HANDING_OVER)))
)
_PROPOSED = (
    update(recipient)
    .where(recipient.c.broadcast_id == bindparam("run"), recipient.c.profile_id == bindparam("whose"), _LEFT)
    .values(proposal_id=bindparam("which"))
)
_BODIES = select(broadcast.c.id, broadcast.c.body).where(broadcast.c.id.in_(bindparam("many", expanding=True)))
_RUNS = _BODIES.where(broadcast.c.standing == bindparam("standing"))
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Broadcast).decode
_defined = lru_cache(maxsize=32)(_decode)
"""The broadcast of a stored body, for those that are asked about in every set of messages."""


def find(connection: Connection, run_id: str, *, lock: bool = False) -> Run | None:
    """Return a run; ``lock``: nobody moves it until the transaction ends."""
    wanted = select(broadcast).where(broadcast.c.id == run_id)
    row = connection.execute(wanted.with_for_update() if lock else wanted).first()
    return None if row is None else _run(row)


def all_runs(connection: Connection, standing: Standing | None = None) -> list[Run]:
    """Return runs, the newest first; ``standing``: only those that stand so."""
    wanted = select(broadcast).order_by(broadcast.c.listed_at.desc(), broadcast.c.id)
    if standing is not None:
        wanted = wanted.where(broadcast.c.standing == standing.value)
    return [_run(row) for row in connection.execute(wanted)]


def audiences_of(connection: Connection, run_ids: Collection[str]) -> dict[str, str]:
    """Return the audience of each run whose recipients must still be in it."""
    if not run_ids:
        return {}
    told = {name: _defined(bytes(body)) for name, body in rows_in(connection, _BODIES, run_ids)}
    return {name: each.audience for name, each in told.items() if each.stays}


def insert_run(connection: Connection, run: Run) -> bool:
    """Write a new run; false when it is there already."""
    row = {
        "id": run.id,
        "name": run.broadcast.name,
        "edition": run.broadcast.edition,
        "standing": run.standing.value,
        "listed_at": run.listed_at,
        "recipients": run.recipients,
        "started_by": run.started_by,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "body": _encode(run.broadcast),
    }
    before = connection.execute(select(func.count()).where(broadcast.c.id == run.id)).scalar_one()
    insert_ignore(connection, broadcast, [row])
    return not before


def move(connection: Connection, run_id: str, to: Standing, **values: Any) -> None:
    """Set how a run stands, and other columns."""
    connection.execute(update(broadcast).where(broadcast.c.id == run_id).values(standing=to.value, **values))


def note_act(connection: Connection, run_id: str, act: str, actor: str, reason: str, at: Instant) -> None:
    """Append what somebody did."""
    row = {"broadcast_id": run_id, "act": act, "actor": actor, "reason": reason, "at": at}
    connection.execute(insert(broadcast_act), [row])


def acts_of(connection: Connection, run_id: str) -> list[dict[str, Any]]:
    """Return what was done to a run, in order."""
    table = broadcast_act.c
    wanted = select(table.act, table.actor, table.reason, table.at).where(table.broadcast_id == run_id)
    return [dict(row._mapping) for row in connection.execute(wanted.order_by(table.seq))]  # noqa: SLF001 - a row by name


class Place(NamedTuple):
    """Whom a page of the list proposes to next."""

    profile_id: int
    arm: str | None
    """``None`` where all get the same."""
    stratum: int | None
    """In which its shares were dealt; ``None``: a coin decided for each."""


def add_recipients(
    connection: Connection,
    run_id: str,
    profile_ids: Sequence[int],
    arms: Mapping[int, str] = MappingProxyType({}),
    strata: Mapping[int, int] = MappingProxyType({}),
) -> None:
    """Put people on the list, with their arms and strata; who stands there already stays as they are."""
    rows = [
        {
            "broadcast_id": run_id,
            "profile_id": each,
            "proposal_id": None,
            "arm": arms.get(each),
            "stratum": strata.get(each),
        }
        for each in profile_ids
    ]
    insert_ignore(connection, recipient, rows)


def count_recipients(connection: Connection, run_id: str) -> int:
    """Return how many people are on the list."""
    return int(connection.execute(select(func.count()).where(recipient.c.broadcast_id == run_id)).scalar_one())


def left(connection: Connection, run_id: str, most: int) -> list[Place]:
    """Return people of the list that were not proposed; on PostgreSQL past those of somebody else."""
    wanted = select(recipient.c.profile_id, recipient.c.arm, recipient.c.stratum)
    mine = wanted.where(recipient.c.broadcast_id == run_id, _LEFT)
    ordered = mine.order_by(recipient.c.profile_id).limit(most).with_for_update(skip_locked=True)
    return [Place(*row) for row in connection.execute(ordered)]


def set_proposed(connection: Connection, run_id: str, proposals: Iterable[tuple[int, str]]) -> None:
    """Note by which proposal each was proposed."""
    run_each(connection, _PROPOSED, [{"run": run_id, "whose": whose, "which": each} for whose, each in proposals])


def set_followers(connection: Connection, pairs: Iterable[tuple[Proposal, Proposal]]) -> None:
    """Note the messages that took the place (before, follower) of those that did not reach their recipients."""
    rows = [
        {"run": before.broadcast, "whose": before.profile_id, "old": before.id, "new": follower.id}
        for before, follower in pairs
    ]
    if rows:
        mine = (recipient.c.broadcast_id == bindparam("run")) & (recipient.c.profile_id == bindparam("whose"))
        told = update(recipient).where(mine, recipient.c.proposal_id == bindparam("old"))
        connection.execute(told.values(proposal_id=bindparam("new")), rows)


def under_way(connection: Connection, journey: str, now: Instant) -> int:
    """Return how many of its proposals could be handed over by now and were not."""
    table = proposal.c
    wanted = select(func.count()).where(table.journey == journey, IS_UNDER_WAY, table.status != HELD)
    return int(connection.execute(wanted.where(table.due_at <= now)).scalar_one())


def set_held(connection: Connection, journey: str, run_id: str, *, held: str, to: str) -> None:
    """Change the status of the run's messages that wait: held ones become due again, or waiting ones cancelled."""
    which = and_(IS_UNDER_WAY, proposal.c.journey == journey, proposal.c.status == held, _of_run(run_id))
    connection.execute(update(proposal).where(which).values(status=to, claimed_by=None, claimed_until=None))


def states_of(connection: Connection, run_id: str) -> dict[str, int]:
    """Return how many recipients are in which state."""
    joined = recipient.outerjoin(proposal, proposal.c.id == recipient.c.proposal_id)
    wanted = select(proposal.c.status, func.count()).select_from(joined).where(recipient.c.broadcast_id == run_id)
    return {row[0] or NOT_PROPOSED: row[1] for row in connection.execute(wanted.group_by(proposal.c.status))}


def recipients_of(
    connection: Connection, run_id: str, after: int, most: int, state: str | None = None
) -> list[tuple[int, str, str | None]]:
    """Return a page of recipients by id: profile, state, proposal."""
    shown = func.coalesce(proposal.c.status, NOT_PROPOSED)
    joined = recipient.outerjoin(proposal, proposal.c.id == recipient.c.proposal_id)
    wanted = (
        select(recipient.c.profile_id, shown, recipient.c.proposal_id)
        .select_from(joined)
        .where(recipient.c.broadcast_id == run_id, recipient.c.profile_id > after)
    )
    if state is not None:
        wanted = wanted.where(shown == state)
    rows = connection.execute(wanted.order_by(recipient.c.profile_id).limit(most))
    return [(profile_id, told, proposal_id) for profile_id, told, proposal_id in rows]


def is_any_unproposed(connection: Connection, run_id: str) -> bool:
    """Return whether somebody on the list was not proposed."""
    wanted = select(recipient.c.profile_id).where(recipient.c.broadcast_id == run_id, _LEFT)
    return connection.execute(wanted.limit(1)).first() is not None


def is_any_left(connection: Connection, run_id: str, journey: str) -> bool:
    """Return whether somebody on the list has no final state yet, or a second message is under way or held."""
    is_mine = (proposal.c.journey == journey) & _of_run(run_id)
    probes = (  # each by an index of its own
        select(proposal.c.id).where(proposal.c.follow_at.is_not(None), is_mine),
        select(proposal.c.id).where(IS_UNDER_WAY, is_mine),
    )
    return is_any_unproposed(connection, run_id) or any(
        connection.execute(each.limit(1)).first() is not None for each in probes
    )


def _of_run(run_id: str) -> ColumnElement[bool]:
    """Return the condition that a proposal is for a recipient of the run: the one on the list, or a second message."""
    theirs = recipient.join(_known, _known.c.id == recipient.c.proposal_id)
    mine = (recipient.c.broadcast_id == run_id) & (_known.c.enrollment_id == proposal.c.enrollment_id)
    return select(recipient.c.profile_id).select_from(theirs).where(mine).correlate(proposal).exists()


class SqlBroadcasts:
    """``Broadcasts``, as delivery asks."""

    def running(self, tx: Connection, broadcasts: Collection[str]) -> dict[str, int | None]:
        """Return which of these runs may hand over now, and how many messages a minute."""
        rows = rows_in(tx, _RUNS, broadcasts, standing=Standing.RUNNING.value)
        return {name: _defined(bytes(body)).per_minute for name, body in rows}

    def reached(
        self, tx: Connection, broadcasts: Collection[str], hashes: Collection[bytes]
    ) -> set[tuple[str, bytes, str]]:
        """Return which addresses have, or may have, the message of which run, and as which recipient."""
        return {
            (name, bytes(address), recipient_id or "")
            for name in broadcasts
            for address, recipient_id in rows_in(tx, _REACHED, hashes, run=name)
        }

    def reopen(self, tx: Connection, broadcasts: Collection[str]) -> set[str]:
        """Let runs that are done run on; return which."""
        done = broadcast.c.id.in_(sorted(broadcasts)) & (broadcast.c.standing == Standing.DONE.value)
        on = update(broadcast).where(done).values(standing=Standing.RUNNING.value, ended_at=None)
        return set(tx.execute(on.returning(broadcast.c.id)).scalars())

    def cancelled(self, tx: Connection, broadcasts: Collection[str]) -> set[str]:
        """Return which of these runs were cancelled."""
        return {name for name, _ in rows_in(tx, _RUNS, broadcasts, standing=Standing.CANCELLED.value)}


def erase_recipients(connection: Connection, profile_ids: Collection[int]) -> int:
    """Forget that these people are on a list, unless they were proposed; return how many rows there were."""
    gone = recipient.delete().where(recipient.c.profile_id.in_(sorted(profile_ids)))
    return connection.execute(gone).rowcount


def _run(row: Any) -> Run:
    return Run(
        id=row.id,
        broadcast=_decode(row.body),
        standing=Standing(row.standing),
        listed_at=row.listed_at,
        recipients=row.recipients,
        started_by=row.started_by,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )
