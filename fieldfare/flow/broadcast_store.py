"""Tables of broadcasts: runs, what was done to them, and the frozen list of recipients. Statements only.

A recipient's row says whether it was proposed; from then on its state is the status of its proposal, so there is one
truth. Nothing remembers a last id: what was not proposed is found by looking for it, so that a run that was stopped
anywhere goes on with exactly those who are left.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    bindparam,
    func,
    insert,
    select,
    text,
    update,
)

from fieldfare.act.broadcasts.model import Broadcast, Run, Standing
from fieldfare.act.broadcasts.propose import NOT_PROPOSED, UNDER_WAY
from fieldfare.act.delivery.model import HANDING_OVER, OutcomeKind
from fieldfare.act.delivery.store import attempt
from fieldfare.decide.journeys.model import Proposal
from fieldfare.decide.journeys.store import proposal
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import insert_ignore, metadata

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
    Index("ix_recipient_left", "broadcast_id", "profile_id", sqlite_where=_LEFT, postgresql_where=_LEFT),
    Index("ix_recipient_proposal", "proposal_id"),
    sqlite_with_rowid=False,
)

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Broadcast).decode
_GOING = ("choosing", "due", "permitted")
_TAKEN = (OutcomeKind.HANDED_OVER.value, OutcomeKind.UNKNOWN.value, HANDING_OVER)


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
    wanted = select(broadcast.c.id, broadcast.c.body).where(broadcast.c.id.in_(sorted(run_ids)))
    told = {row.id: _decode(row.body) for row in connection.execute(wanted)}
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


def add_recipients(
    connection: Connection, run_id: str, profile_ids: Sequence[int], arms: Mapping[int, str] = MappingProxyType({})
) -> None:
    """Put people on the list, with their arms; who stands there already stays as they are."""
    rows = [
        {"broadcast_id": run_id, "profile_id": each, "proposal_id": None, "arm": arms.get(each)} for each in profile_ids
    ]
    insert_ignore(connection, recipient, rows)


def count_recipients(connection: Connection, run_id: str) -> int:
    """Return how many people are on the list."""
    return int(connection.execute(select(func.count()).where(recipient.c.broadcast_id == run_id)).scalar_one())


def left(connection: Connection, run_id: str, most: int) -> list[tuple[int, str | None]]:
    """Return people of the list that were not proposed, and their arms; on PostgreSQL past those of somebody else."""
    wanted = select(recipient.c.profile_id, recipient.c.arm).where(recipient.c.broadcast_id == run_id, _LEFT)
    ordered = wanted.order_by(recipient.c.profile_id).limit(most).with_for_update(skip_locked=True)
    return [(profile_id, arm) for profile_id, arm in connection.execute(ordered)]


def set_proposed(connection: Connection, run_id: str, proposals: Iterable[tuple[int, str]]) -> None:
    """Note by which proposal each was proposed."""
    told = update(recipient).where(
        recipient.c.broadcast_id == run_id, recipient.c.profile_id == bindparam("whose"), _LEFT
    )
    rows = [{"whose": profile_id, "which": each} for profile_id, each in proposals]
    if rows:
        connection.execute(told.values(proposal_id=bindparam("which")), rows)


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
    wanted = select(func.count()).where(table.journey == journey, table.status.in_(_GOING))
    return int(connection.execute(wanted.where(table.due_at <= now)).scalar_one())


def set_held(connection: Connection, journey: str, run_id: str, *, held: str, to: str) -> None:
    """Change the status of the run's proposals that wait: held ones become due again, or waiting ones cancelled."""
    mine = select(recipient.c.proposal_id).where(
        recipient.c.broadcast_id == run_id, recipient.c.proposal_id.is_not(None)
    )
    which = (proposal.c.journey == journey) & (proposal.c.status == held) & proposal.c.id.in_(mine)
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


def is_any_left(connection: Connection, run_id: str, journey: str) -> bool:
    """Return whether somebody on the list has no final state yet, or a second message is under way."""
    open_ones = select(proposal.c.id).where(proposal.c.journey == journey, proposal.c.status.in_(_GOING))
    if connection.execute(open_ones.limit(1)).first() is not None:
        return True
    joined = recipient.outerjoin(proposal, proposal.c.id == recipient.c.proposal_id)
    to_follow = proposal.c.follow_at.is_not(None)
    is_open = recipient.c.proposal_id.is_(None) | proposal.c.status.in_(sorted(UNDER_WAY)) | to_follow
    wanted = select(recipient.c.profile_id).select_from(joined).where(recipient.c.broadcast_id == run_id, is_open)
    return connection.execute(wanted.limit(1)).first() is not None


class SqlBroadcasts:
    """``Broadcasts``, as delivery asks."""

    def running(self, tx: Connection, broadcasts: Collection[str]) -> dict[str, int | None]:
        """Return which of these runs may hand over now, and how many messages a minute."""
        wanted = select(broadcast.c.id, broadcast.c.body).where(
            broadcast.c.id.in_(sorted(broadcasts)), broadcast.c.standing == Standing.RUNNING.value
        )
        return {row.id: _decode(row.body).per_minute for row in tx.execute(wanted)}

    def reached(
        self, tx: Connection, broadcasts: Collection[str], hashes: Collection[bytes]
    ) -> set[tuple[str, bytes, str]]:
        """Return which addresses have, or may have, the message of which run, and by which proposal."""
        table = attempt.c
        wanted = select(table.broadcast, table.address_hash, table.proposal_id).where(
            table.broadcast.in_(sorted(broadcasts)),
            table.address_hash.in_(sorted(hashes)),
            table.outcome.in_(_TAKEN),
        )
        return {(name, bytes(address), each) for name, address, each in tx.execute(wanted)}


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
