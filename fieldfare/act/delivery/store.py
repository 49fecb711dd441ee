"""Tables and statements of delivery: attempts, replays, captured messages, tasks, tracked links.

Everything runs inside the caller's transaction and works on SQLite and PostgreSQL. Addresses stand here as keyed
hashes; a captured message is sealed. This module decides nothing.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Boolean,
    Column,
    Connection,
    Index,
    LargeBinary,
    Select,
    Table,
    Text,
    bindparam,
    case,
    delete,
    false,
    func,
    select,
    text,
    update,
)

from fieldfare.act.delivery.model import HANDING_OVER, Attempt, Counted, Outcome, OutcomeKind, Tally, TrackedLink
from fieldfare.decide.gate.model import Sent
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import State, change, insert_ignore, insert_new, metadata, rows_in, rows_of, run_in

_OPEN = text(f"outcome = '{HANDING_OVER}'")
_TO_ASK = text("look_up_at IS NOT NULL")
_IS_KNOWN = text("provider_id IS NOT NULL")
_IS_OTHER = text(f"outcome NOT IN ('{HANDING_OVER}', '{OutcomeKind.HANDED_OVER.value}')")
"""Of nearly all attempts the outcome is one of these two, so no index of outcomes holds them."""

attempt = Table(
    "attempt",
    metadata,
    Column("id", Text, primary_key=True),
    Column("proposal_id", Text, nullable=False),
    Column("profile_id", BigInteger, nullable=False),
    Column("channel", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("journey", Text, nullable=False),
    Column("address_hash", LargeBinary, nullable=False),
    Column("granted_at", BigInteger, nullable=False),
    Column("call_started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("outcome", Text, nullable=False),
    Column("provider_id", Text),
    Column("counts_toward_caps", Boolean, nullable=False),
    Column("tags", Text, nullable=False, server_default=""),
    Column("location", Text),
    Column("is_exempt", Boolean, nullable=False, server_default=false()),
    Column("broadcast", Text),
    Column("units", BigInteger, nullable=False),
    Column("detail", Text),
    Column("looked_up", BigInteger, nullable=False),
    Column("look_up_at", BigInteger),
    Index("ix_attempt_other", "outcome", sqlite_where=_IS_OTHER, postgresql_where=_IS_OTHER),
    Index("ix_attempt_granted_at", "granted_at"),
    Index("ix_attempt_address", "address_hash", "granted_at"),
    Index("ix_attempt_proposal", "proposal_id"),
    Index("ix_attempt_provider", "provider_id", sqlite_where=_IS_KNOWN, postgresql_where=_IS_KNOWN),
    Index("ix_attempt_profile", "profile_id"),
    Index("ix_attempt_open", "granted_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("ix_attempt_look_up", "look_up_at", sqlite_where=_TO_ASK, postgresql_where=_TO_ASK),
)

message_replay = Table(
    "message_replay",
    metadata,
    Column("proposal_id", Text, primary_key=True),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("was", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
"""Who put a failed message on its way again: an append-only list. What failed before counts no more."""

captured_message = Table(
    "captured_message",
    metadata,
    Column("proposal_id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("channel", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("address_hash", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("ix_captured_message_at", "at"),
)

task = Table(
    "task",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("list", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("profile_id", BigInteger),
    Column("proposal_id", Text),
    Column("template", Text),
    Column("location", Text),
    Column("assignee", Text),
    Column("due_at", BigInteger),
    Column("done_at", BigInteger),
    Column("done_by", Text),
    Column("address_hash", LargeBinary),
    Column("sealed", LargeBinary, nullable=False),
    Index("ix_task_list", "list", "status", "due_at"),
    Index("ix_task_status", "status", "due_at"),
    Index("ix_task_location", "location", "status", "due_at"),
    Index("ix_task_profile", "profile_id"),
)

tracked_link = Table(
    "tracked_link",
    metadata,
    Column("id", Text, primary_key=True),
    Column("proposal_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("place", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("ix_tracked_link_proposal", "proposal_id"),
)

_columns = tuple(column for column in attempt.columns)
_names = tuple(column.name for column in _columns)
_COUNTING = frozenset({OutcomeKind.HANDED_OVER, OutcomeKind.UNKNOWN})
_many: BindParameter[Any] = bindparam("many", expanding=True)

_replayed = (
    select(message_replay.c.proposal_id, func.max(message_replay.c.at).label("at"))
    .where(message_replay.c.proposal_id.in_(_many))
    .group_by(message_replay.c.proposal_id)
    .subquery()
)
_since_replay = attempt.c.granted_at >= func.coalesce(_replayed.c.at, 0)
_tally = (
    select(
        attempt.c.proposal_id,
        func.count(),
        func.sum(case(((attempt.c.outcome == OutcomeKind.FAILED.value) & _since_replay, 1), else_=0)),
        func.sum(case(((attempt.c.outcome == OutcomeKind.UNKNOWN.value) & _since_replay, 1), else_=0)),
    )
    .select_from(attempt.outerjoin(_replayed, _replayed.c.proposal_id == attempt.c.proposal_id))
    .where(attempt.c.proposal_id.in_(_many))
    .group_by(attempt.c.proposal_id)
)
_past = (
    select(
        attempt.c.id,
        attempt.c.address_hash,
        attempt.c.profile_id,
        attempt.c.granted_at,
        attempt.c.channel,
        attempt.c.purpose,
        attempt.c.journey,
        attempt.c.tags,
        attempt.c.location,
        attempt.c.is_exempt,
    )
    .where(attempt.c.granted_at >= bindparam("since"))
    .where(attempt.c.counts_toward_caps)
)
_past_to = _past.where(attempt.c.address_hash.in_(_many))
_past_of = _past.where(attempt.c.profile_id.in_(_many))
_open = attempt.c.id.in_(_many) & (attempt.c.outcome == HANDING_OVER)
_unstarted = _open & attempt.c.call_started_at.is_(None)
_start = update(attempt).where(_unstarted).values(call_started_at=bindparam("at")).returning(attempt.c.id)
_finishing = select(attempt.c.id).where(_open).with_for_update()
_counts_no_more = update(attempt).where(attempt.c.id.in_(_many)).values(counts_toward_caps=False)
_close = {"ended_at": bindparam("at"), "outcome": bindparam("told"), "counts_toward_caps": False}
_abandon = update(attempt).where(_unstarted).values(_close).returning(attempt.c.id)
_give_back = update(attempt).where(_open).values(_close | {"call_started_at": None}).returning(attempt.c.id)
_answer = (
    update(attempt)
    .where(attempt.c.id == bindparam("attempt_id"))
    .where(attempt.c.outcome == OutcomeKind.UNKNOWN.value)
    .values(
        outcome=bindparam("new_outcome"),
        provider_id=func.coalesce(bindparam("provider", type_=Text), attempt.c.provider_id),
        detail=bindparam("told"),
        look_up_at=None,
        counts_toward_caps=attempt.c.counts_toward_caps & bindparam("counting", type_=Boolean),
    )
)
_plan = (
    update(attempt)
    .where(attempt.c.id == bindparam("attempt_id"))
    .where(attempt.c.outcome == OutcomeKind.UNKNOWN.value)
    .values(look_up_at=bindparam("ask"), looked_up=bindparam("asked"))
)
_to_ask = (
    select(*_columns)
    .where(attempt.c.look_up_at <= bindparam("by"))
    .order_by(attempt.c.look_up_at, attempt.c.id)
    .limit(bindparam("most"))
)
_unfinished = (
    select(*_columns).where(_OPEN).where(attempt.c.granted_at < bindparam("before")).order_by(attempt.c.granted_at)
)
_of_provider = (
    select(*_columns)
    .where(attempt.c.provider_id == bindparam("provider"))
    .where(attempt.c.channel == bindparam("on_channel"))
    .order_by(attempt.c.granted_at.desc())
    .limit(1)
)

_newest = select(*_columns).order_by(attempt.c.granted_at.desc(), attempt.c.id.desc()).limit(1)


class SqlAttempts:
    """``Attempts`` in the state database."""

    def lock(self, tx: Connection, hashes: Sequence[bytes]) -> None:
        """Hold the lock of each address. SQLite's write transaction already keeps every other writer out."""
        if tx.dialect.name == "postgresql":
            for number in sorted({int.from_bytes(value[:8], "big", signed=True) for value in hashes}):
                tx.execute(select(func.pg_advisory_xact_lock(number)))

    def tally(self, tx: Connection, proposal_ids: Sequence[str]) -> dict[str, Tally]:
        """Return attempts made and failed by proposal."""
        rows = rows_in(tx, _tally, proposal_ids)
        return {proposal_id: Tally(int(made), int(failed), int(unknown)) for proposal_id, made, failed, unknown in rows}

    def counted(
        self, tx: Connection, hashes: Sequence[bytes], profile_ids: Sequence[int], since: Instant
    ) -> list[Counted]:
        """Return what counts toward caps, oldest first."""
        rows = {row[0]: row[1:] for row in rows_in(tx, _past_to, hashes, since=since)}
        rows |= {row[0]: row[1:] for row in rows_in(tx, _past_of, profile_ids, since=since)}
        ordered = sorted(rows.values(), key=itemgetter(2))
        return [Counted(bytes(address_hash), profile_id, _sent(*rest)) for address_hash, profile_id, *rest in ordered]

    def add(self, tx: Connection, attempts: Sequence[Attempt]) -> None:
        """Write new attempts. An id that exists is a bug and raises an ``IntegrityError``."""
        insert_new(tx, attempt, [_row(item) for item in attempts])

    def start(self, tx: Connection, attempt_ids: Collection[str], at: Instant) -> set[str]:
        """Stamp the starts of calls, each once; return whose."""
        return {row[0] for row in rows_in(tx, _start, attempt_ids, at=at)}

    def finish(self, tx: Connection, ended: Mapping[str, Outcome], at: Instant) -> set[str]:
        """Write outcomes, each once; return whose."""
        found = {row[0] for row in rows_in(tx, _finishing, ended)}
        rows = [
            {
                "id": each,
                "ended_at": at,
                "outcome": ended[each].kind.value,
                "provider_id": ended[each].provider_id,
                "detail": ended[each].detail,
            }
            for each in sorted(found)
        ]
        change(tx, attempt, rows)
        run_in(tx, _counts_no_more, [each for each in found if ended[each].kind not in _COUNTING])
        return found

    def abandon(self, tx: Connection, attempt_ids: Collection[str], at: Instant, outcome: str) -> set[str]:
        """Close attempts that were never called; one that somebody starts at this moment is not."""
        return {row[0] for row in rows_in(tx, _abandon, attempt_ids, at=at, told=outcome)}

    def give_back(self, tx: Connection, attempt_ids: Collection[str], at: Instant, outcome: str) -> set[str]:
        """Close attempts whose start is on record and whose call, as the caller knows, was not made: no start."""
        return {row[0] for row in rows_in(tx, _give_back, attempt_ids, at=at, told=outcome)}

    def unfinished(self, tx: Connection, granted_before: Instant) -> list[Attempt]:
        """Return attempts that are handing over since before the instant."""
        return [_read(row) for row in rows_of(tx, _unfinished, before=granted_before)]

    def of_provider(self, tx: Connection, channel: str, provider_id: str) -> Attempt | None:
        """Return the latest attempt that the provider knows under this id."""
        row = tx.execute(_of_provider, {"provider": provider_id, "on_channel": channel}).first()
        return None if row is None else _attempt(row)

    def of_proposal(self, tx: Connection, channel: str, proposal_id: str) -> Attempt | None:
        """Return the latest attempt of a message on a channel, by our own id of the message."""
        wanted = _newest.where(attempt.c.proposal_id == proposal_id).where(attempt.c.channel == channel)
        return _first(tx, wanted)

    def all_of(self, tx: Connection, proposal_id: str) -> list[Attempt]:
        """Return every attempt of a message, in order."""
        rows = tx.execute(select(*_columns).where(attempt.c.proposal_id == proposal_id))
        return sorted((_attempt(row) for row in rows), key=lambda each: (each.granted_at, len(each.id), each.id))

    def of_message(self, tx: Connection, proposal_id: str) -> Attempt | None:
        """Return the latest attempt of a message whose call was started."""
        wanted = _newest.where(attempt.c.proposal_id == proposal_id).where(attempt.c.call_started_at.is_not(None))
        return _first(tx, wanted)

    def to_address(self, tx: Connection, address_hash: bytes, channel: str | None = None) -> Attempt | None:
        """Return the latest attempt to an address, on one channel where it is given."""
        wanted = _newest.where(attempt.c.address_hash == address_hash)
        return _first(tx, wanted if channel is None else wanted.where(attempt.c.channel == channel))


def count_attempts(connection: Connection) -> dict[str, int]:
    """Return how many attempts there are, by outcome, as of the connection's snapshot.

    Those that were handed over are what the others leave of all, which a database counts many times as fast.
    """
    others = select(attempt.c.outcome, func.count()).where(_IS_OTHER).group_by(attempt.c.outcome)
    found = {row[0]: row[1] for row in connection.execute(others)}
    found[HANDING_OVER] = connection.execute(select(func.count()).select_from(attempt).where(_OPEN)).scalar_one()
    total = connection.execute(select(func.count()).select_from(attempt)).scalar_one()
    found[OutcomeKind.HANDED_OVER.value] = total - sum(found.values())
    return {outcome: count for outcome, count in sorted(found.items()) if count}


class SqlLookUps:
    """``LookUps`` in the state database."""

    def plan(self, tx: Connection, attempt_id: str, at: Instant | None, looked_up: int) -> bool:
        """Say when the provider is asked next, and how often it was."""
        return tx.execute(_plan, {"attempt_id": attempt_id, "ask": at, "asked": looked_up}).rowcount == 1

    def due(self, tx: Connection, now: Instant, most: int) -> list[Attempt]:
        """Return attempts whose provider is to be asked."""
        return [_read(row) for row in rows_of(tx, _to_ask, by=now, most=most)]

    def others(self, tx: Connection, lost: Attempt) -> frozenset[str]:
        """Return the provider's ids of the other attempts on the channel to the same address."""
        same = (attempt.c.address_hash == lost.address_hash) & (attempt.c.channel == lost.channel)
        wanted = select(attempt.c.provider_id).where(same, attempt.c.id != lost.id, attempt.c.provider_id.is_not(None))
        return frozenset(tx.execute(wanted).scalars())

    def answer(self, tx: Connection, attempt_id: str, outcome: Outcome) -> bool:
        """Write what is known now, once."""
        values = {
            "attempt_id": attempt_id,
            "new_outcome": outcome.kind.value,
            "provider": outcome.provider_id,
            "told": outcome.detail,
            "counting": outcome.kind in _COUNTING,
        }
        return tx.execute(_answer, values).rowcount == 1


def _first(tx: Connection, wanted: Select[Any]) -> Attempt | None:
    row = tx.execute(wanted).first()
    return None if row is None else _attempt(row)


def _row(item: Attempt) -> dict[str, Any]:
    row = msgspec.structs.asdict(item)
    row["tags"] = " ".join(item.tags)
    return row


def _sent(at: Instant, channel: str, purpose: str, journey: str, tags: str, location: str | None, exempt: bool) -> Sent:  # noqa: FBT001 - a row
    return Sent(
        at=at,
        channel=channel,
        purpose=purpose,
        journey=journey,
        tags=tuple(tags.split()),
        location=location,
        is_exempt=bool(exempt),
    )


def _attempt(row: Any) -> Attempt:
    return _read(tuple(row))


def _read(row: Sequence[Any]) -> Attempt:
    """Return an attempt of the values of ``_columns``, as the driver gives them."""
    values = dict(zip(_names, row, strict=True))
    values["address_hash"] = bytes(values["address_hash"])
    values["tags"] = tuple(values["tags"].split())
    for name in ("counts_toward_caps", "is_exempt"):
        values[name] = bool(values[name])
    return Attempt(**values)


def erase_captured(connection: Connection, proposal_ids: Collection[str], hashes: Collection[bytes]) -> int:
    """Delete captured messages of these proposals or to these addresses; return how many there were."""
    to = captured_message.c.proposal_id.in_(sorted(proposal_ids)) | captured_message.c.address_hash.in_(sorted(hashes))
    return connection.execute(delete(captured_message).where(to)).rowcount


def erase_tasks(connection: Connection, proposal_ids: Collection[str], profile_ids: Collection[int]) -> int:
    """Delete tasks about these people; return how many there were."""
    about = task.c.proposal_id.in_(sorted(proposal_ids)) | task.c.profile_id.in_(sorted(profile_ids))
    return connection.execute(delete(task).where(about)).rowcount


def open_tasks(connection: Connection, lists: Collection[str]) -> dict[str, int]:
    """Return how many tasks wait on each list."""
    open_ones = select(task.c.list, func.count()).where(task.c.list.in_(sorted(lists)), task.c.status == "open")
    return {row[0]: row[1] for row in connection.execute(open_ones.group_by(task.c.list))}


def erase_links(connection: Connection, proposal_ids: Collection[str]) -> int:
    """Delete the links of these messages, which lead nowhere from then on; return how many there were."""
    return connection.execute(delete(tracked_link).where(tracked_link.c.proposal_id.in_(sorted(proposal_ids)))).rowcount


class SqlLinks:
    """``TrackedLinks`` in the state database. Targets are sealed: they may carry what is personal."""

    def __init__(self, seal: Callable[[bytes], bytes], unseal: Callable[[bytes], bytes]) -> None:
        """Take the sealing."""
        self._seal, self._unseal = seal, unseal

    def add(self, tx: Connection, links: Sequence[TrackedLink], at: Instant) -> None:
        """Keep links; the same id twice is one row."""
        rows = [
            {
                "id": link.id,
                "proposal_id": link.proposal_id,
                "kind": link.kind,
                "place": link.place,
                "at": at,
                "sealed": self._seal(link.target.encode()),
            }
            for link in links
        ]
        insert_ignore(tx, tracked_link, rows)

    def find(self, tx: Connection, link_id: str) -> TrackedLink | None:
        """Return a link by its id."""
        row = tx.execute(select(tracked_link).where(tracked_link.c.id == link_id)).first()
        if row is None:
            return None
        target = self._unseal(row.sealed).decode()
        return TrackedLink(id=row.id, proposal_id=row.proposal_id, kind=row.kind, place=row.place, target=target)


class Tasks:
    """Where tasks are put, each in a transaction of its own; an id twice is one task."""

    def __init__(self, state: State) -> None:
        """Write and look there."""
        self._state = state

    def keep(self, rows: Sequence[dict[str, Any]]) -> None:
        """Keep tasks. Raises ``TransientError`` when the database does not answer."""
        with self._state.write() as tx:
            insert_ignore(tx, task, rows)

    def has(self, proposal_id: str) -> bool:
        """Return whether the task was put there."""
        with self._state.read() as tx:
            return tx.execute(select(task.c.id).where(task.c.id == proposal_id)).first() is not None


class CapturedMessages:
    """Where the capture channel keeps messages, in a transaction of its own; a message id twice is one row.

    They lie where their outcomes are written: what makes those durable makes these.
    """

    def __init__(self, state: State) -> None:
        """Write and look there."""
        self._state = state

    def keep(self, rows: Sequence[dict[str, Any]]) -> None:
        """Keep messages. Raises ``TransientError`` when the database does not answer."""
        with self._state.write(replayable=True) as tx:
            insert_ignore(tx, captured_message, rows)

    def has(self, proposal_id: str) -> bool:
        """Return whether the message was kept."""
        table = captured_message.c.proposal_id
        with self._state.read() as tx:
            return tx.execute(select(table).where(table == proposal_id)).first() is not None
