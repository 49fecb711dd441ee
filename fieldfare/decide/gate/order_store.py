"""Tables of what people ordered and what is used up: pauses, modes, holds, what waits for a person, limits, the group.

Statements only; callers own the transaction and decide nothing here. Orders are never deleted: what ended says when, by
whom and why. Reasons are people's words and stay here; the decision log names an order by its id.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    bindparam,
    delete,
    func,
    select,
    text,
    update,
)

from fieldfare.decide.gate.groups import Member
from fieldfare.decide.gate.limits import Use
from fieldfare.decide.gate.model import Hold, HoldKind, Mode, Pause, Scope
from fieldfare.ground.instants import Instant
from fieldfare.ground.store.read import rows_in, rows_of
from fieldfare.ground.store.schema import metadata
from fieldfare.ground.store.write import insert_ignore

WAITING, RELEASED, REJECTED = "waiting", "released", "rejected"
_STANDS = text("ended_at IS NULL")
_WAITS = text(f"status = '{WAITING}'")

pause = Table(
    "pause",
    metadata,
    Column("id", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("since_at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("until", BigInteger),
    Column("ended_at", BigInteger),
    Column("ended_by", Text),
    Column("ended_because", Text),
    Index("ix_pause_stands", "since_at", sqlite_where=_STANDS, postgresql_where=_STANDS),
)

marketing_hold = Table(
    "marketing_hold",
    metadata,
    Column("id", Text, primary_key=True),
    Column("profile_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("since_at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("until", BigInteger),
    Column("ended_at", BigInteger),
    Column("ended_by", Text),
    Column("ended_because", Text),
    Index("ix_marketing_hold_profile", "profile_id"),
)

automation_mode = Table(
    "automation_mode",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("automation", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_automation_mode_automation", "automation", "seq"),
)

gate_queue = Table(
    "gate_queue",
    metadata,
    Column("proposal_id", Text, primary_key=True),
    Column("needs", Text, primary_key=True),
    Column("profile_id", BigInteger, nullable=False),
    Column("automation", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("approvers", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("decided_at", BigInteger),
    Column("actor", Text),
    Column("reason", Text),
    Index("ix_gate_queue_waits", "expires_at", sqlite_where=_WAITS, postgresql_where=_WAITS),
    Index("ix_gate_queue_profile", "profile_id"),
)
"""What waits for a person: ``release`` (mode manual), ``approval``, ``resume`` (paused)."""

control_member = Table(
    "control_member",
    metadata,
    Column("address_hash", LargeBinary, primary_key=True),
    Column("share_ppm", Integer, primary_key=True, autoincrement=False),
    Column("profile_id", BigInteger, nullable=False),
    Column("is_control", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_control_member_profile", "profile_id"),
)

deliverable = Table(
    "deliverable",
    metadata,
    Column("address_hash", LargeBinary, primary_key=True),
    Column("profile_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_deliverable_profile", "profile_id"),
)
"""Who was met at which address: for what must hold for every profile on it."""

limit_use = Table(
    "limit_use",
    metadata,
    Column("proposal_id", Text, primary_key=True),
    Column("limit_name", Text, primary_key=True),
    Column("place", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_limit_use_limit", "limit_name", "place", "at"),
)

_MANY: BindParameter[Any] = bindparam("many", expanding=True)
_PAUSES = (
    select(pause.c.id, pause.c.scope, pause.c.name, pause.c.since_at, pause.c.actor, pause.c.reason, pause.c.until)
    .where(_STANDS)
    .where(pause.c.since_at <= bindparam("now"))
    .order_by(pause.c.since_at)
)
_HOLDS = select(
    marketing_hold.c.id,
    marketing_hold.c.profile_id,
    marketing_hold.c.kind,
    marketing_hold.c.since_at,
    marketing_hold.c.actor,
    marketing_hold.c.reason,
    marketing_hold.c.until,
).where(marketing_hold.c.profile_id.in_(_MANY), marketing_hold.c.ended_at.is_(None))
_NEWEST = select(func.max(automation_mode.c.seq)).group_by(automation_mode.c.automation).scalar_subquery()
_MODES = select(automation_mode).where(automation_mode.c.seq.in_(_NEWEST)).order_by(automation_mode.c.automation)
_IN_FORCE = select(automation_mode.c.automation, automation_mode.c.mode).where(automation_mode.c.seq.in_(_NEWEST))
_GIVEN = select(gate_queue.c.proposal_id, gate_queue.c.needs, gate_queue.c.status).where(
    gate_queue.c.proposal_id.in_(_MANY), gate_queue.c.status != WAITING
)
_MEMBERS = select(control_member)
_USED = select(func.coalesce(func.sum(limit_use.c.amount), 0)).where(
    limit_use.c.limit_name == bindparam("name"),
    limit_use.c.place == bindparam("at_place"),
    limit_use.c.at >= bindparam("since"),
)
_MET = select(deliverable.c.address_hash, deliverable.c.profile_id).where(deliverable.c.address_hash.in_(_MANY))


def _fields(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def pauses_standing(connection: Connection, now: Instant) -> list[Pause]:
    """Return the pauses that nobody ended, the oldest first; those whose time is over among them."""
    return [
        Pause(id=which, scope=Scope(scope), name=name, since_at=since, actor=actor, reason=reason, until=until)
        for which, scope, name, since, actor, reason, until in rows_of(connection, _PAUSES, now=now)
    ]


def insert_pause(connection: Connection, one: Pause) -> None:
    """Keep a pause."""
    row = {name: getattr(one, name) for name in one.__struct_fields__} | {"scope": one.scope.value}
    connection.execute(pause.insert(), [row])


def pauses_known(connection: Connection, ids: Collection[str]) -> set[str]:
    """Return those of the ids that are of a pause, ended ones too."""
    return set(connection.execute(select(pause.c.id).where(pause.c.id.in_(sorted(ids)))).scalars())


def pauses_by(connection: Connection, actor: str) -> list[dict[str, Any]]:
    """Return ``name`` and ``ended_at`` of every pause that an actor ordered, ended ones too."""
    wanted = select(pause.c.name, pause.c.ended_at).where(pause.c.actor == actor)
    return [dict(row._mapping) for row in connection.execute(wanted)]  # noqa: SLF001 - the documented way


def end_pauses(connection: Connection, ids: Collection[str], at: Instant, actor: str, reason: str) -> int:
    """End pauses that stand; return how many there were."""
    ended = update(pause).where(pause.c.id.in_(sorted(ids)), pause.c.ended_at.is_(None))
    return connection.execute(ended.values(ended_at=at, ended_by=actor, ended_because=reason)).rowcount


def holds_of(connection: Connection, profile_ids: Collection[int]) -> list[Hold]:
    """Return the holds on profiles that nobody lifted."""
    return [
        Hold(id=which, profile_id=whose, kind=HoldKind(kind), since_at=since, actor=actor, reason=reason, until=until)
        for which, whose, kind, since, actor, reason, until in rows_in(connection, _HOLDS, profile_ids)
    ]


def insert_hold(connection: Connection, one: Hold) -> None:
    """Keep a hold."""
    row = {name: getattr(one, name) for name in one.__struct_fields__} | {"kind": one.kind.value}
    connection.execute(marketing_hold.insert(), [row])


def end_holds(connection: Connection, ids: Collection[str], at: Instant, actor: str, reason: str) -> int:
    """Lift holds that stand; return how many there were."""
    ended = update(marketing_hold).where(marketing_hold.c.id.in_(sorted(ids)), marketing_hold.c.ended_at.is_(None))
    return connection.execute(ended.values(ended_at=at, ended_by=actor, ended_because=reason)).rowcount


def modes_in_force(connection: Connection) -> dict[str, Mode]:
    """Return the mode of every automation for which one was ever set."""
    return {automation: Mode(mode) for automation, mode in rows_of(connection, _IN_FORCE)}


def mode_rows(connection: Connection) -> list[dict[str, Any]]:
    """Return who set which automation to which mode, when and why, as it stands."""
    names = ("automation", "mode", "at", "actor", "reason")
    return [_fields(row, *names) for row in connection.execute(_MODES)]


def insert_mode(connection: Connection, automation: str, mode: Mode, at: Instant, actor: str, reason: str) -> None:
    """Keep a change of mode."""
    row = {"automation": automation, "mode": mode.value, "at": at, "actor": actor, "reason": reason}
    connection.execute(automation_mode.insert(), [row])


def decided_of(connection: Connection, proposal_ids: Collection[str]) -> dict[str, dict[str, str]]:
    """Return what people decided on proposals: id -> needs -> ``released`` or ``rejected``."""
    found: dict[str, dict[str, str]] = {}
    for proposal_id, needs, status in rows_in(connection, _GIVEN, proposal_ids):
        found.setdefault(proposal_id, {})[needs] = status
    return found


def insert_queue(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Let proposals wait for a person; one that waits or was decided is left as it is."""
    blank = {"status": WAITING, "decided_at": None, "actor": None, "reason": None}
    insert_ignore(connection, gate_queue, [blank | row for row in rows])


def queue_rows(connection: Connection, status: str, limit: int, now: Instant) -> list[dict[str, Any]]:
    """Return what waits and is not too late, or what was decided; the most urgent first."""
    statement = select(gate_queue).where(gate_queue.c.status == status)
    if status == WAITING:
        statement = statement.where(gate_queue.c.expires_at > now)
    ordered = statement.order_by(gate_queue.c.expires_at, gate_queue.c.proposal_id).limit(limit)
    return [dict(row._mapping) for row in connection.execute(ordered)]  # noqa: SLF001 - SQLAlchemy's way to a mapping


def queued(connection: Connection, proposal_id: str) -> list[dict[str, Any]]:
    """Return everything that a proposal waits or waited for."""
    statement = select(gate_queue).where(gate_queue.c.proposal_id == proposal_id).order_by(gate_queue.c.needs)
    return [dict(row._mapping) for row in connection.execute(statement)]  # noqa: SLF001 - the same


def decide_queued(
    connection: Connection, keys: Iterable[tuple[str, str]], status: str, at: Instant, actor: str, reason: str
) -> int:
    """Write a person's word on what waits; what was decided already stands. Return how many it was."""
    done = 0
    for proposal_id, needs in keys:
        statement = update(gate_queue).where(
            gate_queue.c.proposal_id == proposal_id, gate_queue.c.needs == needs, gate_queue.c.status == WAITING
        )
        values = {"status": status, "decided_at": at, "actor": actor, "reason": reason}
        done += connection.execute(statement.values(**values)).rowcount
    return done


def count_waiting(connection: Connection, now: Instant) -> dict[str, int]:
    """Return how many proposals wait for a person, by what they need."""
    statement = select(gate_queue.c.needs, func.count()).where(_WAITS).where(gate_queue.c.expires_at > now)
    return {row[0]: row[1] for row in connection.execute(statement.group_by(gate_queue.c.needs))}


def drop_resumed(connection: Connection, limit: int) -> list[str]:
    """Return proposals that wait for a pause to end, at most so many, and let them wait no more."""
    statement = select(gate_queue.c.proposal_id).where(gate_queue.c.needs == "resume").limit(limit)
    ids = [row[0] for row in connection.execute(statement)]
    gone = delete(gate_queue).where(gate_queue.c.proposal_id.in_(ids), gate_queue.c.needs == "resume")
    connection.execute(gone)
    return ids


def members_of(connection: Connection, hashes: Collection[bytes], profile_ids: Collection[int]) -> list[Member]:
    """Return the memberships of addresses and of everybody's other addresses."""
    theirs = control_member.c.address_hash.in_(sorted(hashes)) | control_member.c.profile_id.in_(sorted(profile_ids))
    names = Member.__struct_fields__
    return [
        Member(**(_fields(row, *names) | {"address_hash": bytes(row.address_hash)}))
        for row in connection.execute(_MEMBERS.where(theirs))
    ]


def insert_members(connection: Connection, members: Sequence[Member]) -> None:
    """Keep memberships; the first of an address and a share stands."""
    rows = [{name: getattr(one, name) for name in one.__struct_fields__} for one in members]
    insert_ignore(connection, control_member, rows)


def insert_met(connection: Connection, met: Collection[tuple[bytes, int]], at: Instant) -> None:
    """Keep who was met at which address."""
    rows = [{"address_hash": address, "profile_id": profile_id, "at": at} for address, profile_id in sorted(met)]
    insert_ignore(connection, deliverable, rows)


def met_at(connection: Connection, hashes: Collection[bytes]) -> dict[bytes, set[int]]:
    """Return all profiles that were met at each address."""
    found: dict[bytes, set[int]] = {}
    for address, profile_id in rows_in(connection, _MET, hashes):
        found.setdefault(bytes(address), set()).add(profile_id)
    return found


def used_since(connection: Connection, limit: str, place: str, since: Instant) -> int:
    """Return how much of a limit was taken at a place since then, then included."""
    found = connection.execute(_USED, {"name": limit, "at_place": place, "since": since}).scalar()
    return int(found or 0)


def insert_uses(connection: Connection, proposal_id: str, uses: Sequence[Use], at: Instant) -> None:
    """Keep what a permit takes; a second permit of the same proposal takes nothing more."""
    rows = [
        {"proposal_id": proposal_id, "limit_name": use.limit, "place": use.place, "amount": use.amount, "at": at}
        for use in uses
    ]
    insert_ignore(connection, limit_use, rows)


def drop_uses(connection: Connection, proposal_ids: Collection[str]) -> None:
    """Give back what proposals took that came to nothing."""
    connection.execute(delete(limit_use).where(limit_use.c.proposal_id.in_(sorted(proposal_ids))))
