"""Statements on messages that may go by several channels: which are to be chosen, which ended and may be followed.

A message whose channel or moment is to be chosen stands as ``choosing`` until it is; then it is due like any other. One
that may be followed has ``follow_at``, from its first row on; it is looked at once it has ended and that instant has
come, and the instant is cleared, in the transaction that writes the follower, when nothing more can follow. Callers own
the transaction and decide.
"""

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import Connection, and_, bindparam, select, update

from fieldfare.decide.journeys.model import CHOOSING, DUE, ENDED, Proposal
from fieldfare.decide.journeys.store import IS_WAITING, insert_proposals, proposal
from fieldfare.ground.instants import Instant
from fieldfare.ground.store.read import rows_of

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Proposal).decode

_TO_CHOOSE = and_(IS_WAITING, proposal.c.status == CHOOSING, proposal.c.due_at <= bindparam("now"))
_TO_FOLLOW = proposal.c.status.in_(ENDED) & (proposal.c.follow_at <= bindparam("now"))
_ANY_TO_CHOOSE = select(proposal.c.id).where(_TO_CHOOSE).limit(1)
_ANY_TO_FOLLOW = select(proposal.c.id).where(_TO_FOLLOW).limit(1)
_CHOSEN = (
    update(proposal)
    .where(proposal.c.id == bindparam("which"), proposal.c.status == CHOOSING)
    .values(status=bindparam("to"), channel=bindparam("by"), due_at=bindparam("at"), body=bindparam("told"))
)
_LOOKED = update(proposal).where(proposal.c.id == bindparam("which")).values(follow_at=bindparam("at"))
_FOLLOWED = _LOOKED.values(body=bindparam("told"))


def is_any(connection: Connection, now: Instant) -> bool:
    """Return whether anything is to be chosen or followed."""
    return bool(rows_of(connection, _ANY_TO_CHOOSE, now=now) or rows_of(connection, _ANY_TO_FOLLOW, now=now))


def to_choose(connection: Connection, now: Instant, most: int) -> list[Proposal]:
    """Return messages whose channel or moment is to be chosen, the longest waiting first. Nothing is locked."""
    wanted = select(proposal.c.body).where(_TO_CHOOSE).order_by(proposal.c.due_at, proposal.c.id).limit(most)
    return [_decode(row.body) for row in connection.execute(wanted, {"now": now})]


def write_chosen(connection: Connection, chosen: Sequence[Proposal]) -> None:
    """Write what was chosen; what somebody else has chosen meanwhile, or removed, stays as it is."""
    rows = [
        {
            "which": each.id,
            "to": CHOOSING if each.must_be_chosen else DUE,
            "by": each.channel,
            "at": each.due_at,
            "told": _encode(each),
        }
        for each in chosen
    ]
    if rows:
        connection.execute(_CHOSEN, rows)


def to_follow(connection: Connection, now: Instant, most: int) -> list[tuple[Proposal, str]]:
    """Return messages that ended and may be followed now, with their status; locked until the transaction ends."""
    wanted = select(proposal.c.body, proposal.c.status).where(_TO_FOLLOW)
    ordered = wanted.order_by(proposal.c.follow_at, proposal.c.id).limit(most).with_for_update(skip_locked=True)
    return [(_decode(row.body), row.status) for row in connection.execute(ordered, {"now": now})]


def write_looked(connection: Connection, looked: Sequence[tuple[str, Instant | None]]) -> None:
    """Write when messages are looked at again; ``None``: never."""
    if looked:
        connection.execute(_LOOKED, [{"which": which, "at": at} for which, at in looked])


def write_followers(connection: Connection, pairs: Sequence[tuple[Proposal, Proposal]]) -> None:
    """Write followers, and on those before them (before, follower) that they were followed."""
    if not pairs:
        return
    insert_proposals(connection, [follower for _, follower in pairs])
    rows = [
        {"which": before.id, "at": None, "told": _encode(msgspec.structs.replace(before, followed_by=follower.id))}
        for before, follower in pairs
    ]
    connection.execute(_FOLLOWED, rows)


def look_at(connection: Connection, proposal_ids: Collection[str], now: Instant) -> None:
    """Let ended messages be looked at now, because a provider told that they did not arrive."""
    if not proposal_ids:
        return
    which = proposal.c.id.in_(sorted(proposal_ids)) & proposal.c.status.in_(ENDED)
    connection.execute(update(proposal).where(which).values(follow_at=now))
