"""Tables of journeys: walks and proposals. Statements only; callers own the transaction and decide nothing here.

A walk is rewritten whole in the pipeline's transaction, with the watermark; a crash before its commit leaves the old
one, and the event comes again. A proposal is inserted once: a second delivery of the same wish leaves the first row,
with whatever status it has by then: one row per walk (or recipient of a broadcast), step, visit of the step and
channel. Workers take what is due by a claim, for a while; a claim that ran out is anybody's.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    Connection,
    Index,
    LargeBinary,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.sql.elements import TextClause

from fieldfare.decide.journeys.model import (
    CHOOSING,
    DONE,
    DUE,
    ENDED,
    GIVEN_UP,
    UNDER_WAY,
    WAITING,
    Claim,
    Enrollment,
    Proposal,
    Standing,
    Status,
)
from fieldfare.decide.journeys.reservation_store import reservation
from fieldfare.ground.instants import Day, Instant
from fieldfare.ground.store.read import rows_in, rows_of, run_in
from fieldfare.ground.store.schema import metadata
from fieldfare.ground.store.write import add_counts, change, insert_ignore, upsert


def _is_one_of(statuses: Collection[str]) -> TextClause:
    """Return the condition in the very words of an index over these statuses alone: no other wording would use it."""
    return text("status IN ({})".format(", ".join(f"'{each}'" for each in statuses)))


_LIVES = _is_one_of([each.value for each in Status if each not in DONE])
"""Walks that go on; those that ended are not looked at."""

enrollment = Table(
    "enrollment",
    metadata,
    Column("profile_id", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Text, primary_key=True),
    Column("journey", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("due_at", BigInteger),
    Column("body", LargeBinary, nullable=False),
    Index("ix_enrollment_due_at", "due_at", "profile_id"),
    Index("ix_enrollment_journey_status", "journey", "status"),
    Index(
        "ix_enrollment_standing",
        "journey",
        "version",
        "step",
        "status",
        sqlite_where=_LIVES,
        postgresql_where=_LIVES,
    ),
)

journey_version = Table(
    "journey_version",
    metadata,
    Column("journey", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("definition", LargeBinary, nullable=False),
)
"""What people entered, as it was then: whoever walks an older version follows that."""

journey_tally = Table(
    "journey_tally",
    metadata,
    Column("journey", Text, primary_key=True),
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("what", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
)
"""How many entered, were refused and ended, by UTC day: ``entered``, ``refused:REASON``, ``ended:REASON``."""

journey_edge = Table(
    "journey_edge",
    metadata,
    Column("journey", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("source", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
)
"""How often walks of a version went from one step to the next, by UTC day."""
EDGE_DAYS = 366
"""So long these counts are kept."""

_IS_CLAIMABLE = text(f"status = '{DUE}'")
_FOLLOWS = text("follow_at IS NOT NULL")
IS_WAITING, IS_UNDER_WAY, IS_GIVEN_UP = map(_is_one_of, (WAITING, UNDER_WAY, GIVEN_UP))
"""Each is the condition of an index: a message changes its status twice or more, and most end in none of them."""


def _narrow(name: str, *columns: str, where: TextClause) -> Index:
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


proposal = Table(
    "proposal",
    metadata,
    Column("id", Text, primary_key=True),
    Column("profile_id", BigInteger, nullable=False),
    Column("journey", Text, nullable=False),
    Column("enrollment_id", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("visit", BigInteger, nullable=False),
    Column("channel", Text, nullable=False),
    Column("location", Text),
    Column("status", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("claimed_by", Text),
    Column("claimed_until", BigInteger),
    Column("follow_at", BigInteger),
    Column("body", LargeBinary, nullable=False),
    Index("ux_proposal_message", "enrollment_id", "step", "visit", "channel", unique=True),
    Index("ix_proposal_profile_id", "profile_id"),
    _narrow("ix_proposal_waiting", "due_at", where=IS_WAITING),
    _narrow("ix_proposal_claimable", "channel", "due_at", where=_IS_CLAIMABLE),
    _narrow("ix_proposal_under_way", "journey", "due_at", where=IS_UNDER_WAY),
    _narrow("ix_proposal_given_up", "due_at", where=IS_GIVEN_UP),
    _narrow("ix_proposal_follow_at", "status", "follow_at", where=_FOLLOWS),
)

_MANY: BindParameter[Any] = bindparam("many", expanding=True)
_OF_PROFILES = select(enrollment.c.body).where(enrollment.c.profile_id.in_(_MANY))
_IS_DUE = and_(IS_WAITING, proposal.c.status == DUE, proposal.c.due_at <= bindparam("now"))
_AMONG = proposal.c.id.in_(_MANY)
_STANDS = proposal.c.id, proposal.c.status, proposal.c.due_at, proposal.c.claimed_by
_OF_IDS = select(*_STANDS).where(_AMONG)  # asked of the rows: no plan begins with all that is due
_ANY_DUE = select(proposal.c.id).where(_IS_DUE).limit(1)
_BODIES = select(proposal.c.body).where(_AMONG)
_NEXT_DUE = select(func.min(proposal.c.due_at)).where(IS_WAITING)
_NEXT_FOLLOW = select(func.min(proposal.c.follow_at)).where(proposal.c.status.in_(ENDED), _FOLLOWS)

_encode = msgspec.msgpack.Encoder().encode
_decode_proposal = msgspec.msgpack.Decoder(Proposal).decode


decode_enrollment = msgspec.msgpack.Decoder(Enrollment).decode
"""Returns the walk of a stored body."""


def load_enrollments(
    connection: Connection,
    profile_ids: Collection[int],
    decode: Callable[[bytes], Enrollment] = decode_enrollment,
) -> list[Enrollment]:
    """Return all walks of the profiles, ended ones included, in the order of entry."""
    found = [decode(row[0]) for row in rows_in(connection, _OF_PROFILES, profile_ids)]
    found.sort(key=lambda each: (each.entered_at, each.id))
    return found


def upsert_enrollments(connection: Connection, enrollments: Sequence[Enrollment]) -> None:
    """Write walks whole."""
    rows = [
        {
            "profile_id": each.profile_id,
            "id": each.id,
            "journey": each.journey,
            "version": each.version,
            "step": each.step,
            "status": each.status.value,
            "due_at": each.due_at,
            "body": _encode(each),
        }
        for each in enrollments
    ]
    upsert(connection, enrollment, rows)


def due_enrollments(connection: Connection, now: Instant, limit: int) -> list[tuple[int, Instant]]:
    """Return profiles whose timer is due, and when it was due; the longest waiting first."""
    statement = select(enrollment.c.profile_id, enrollment.c.due_at).where(enrollment.c.due_at <= now)
    ordered = statement.order_by(enrollment.c.due_at, enrollment.c.profile_id).limit(limit)
    return [(row.profile_id, row.due_at) for row in connection.execute(ordered)]


def next_timer_at(connection: Connection) -> Instant | None:
    """Return when the earliest timer of all fires."""
    return connection.execute(select(func.min(enrollment.c.due_at))).scalar()


def count_enrollments(connection: Connection) -> dict[tuple[str, str], int]:
    """Return the number of walks by journey and status."""
    statement = select(enrollment.c.journey, enrollment.c.status, func.count()).group_by(
        enrollment.c.journey, enrollment.c.status
    )
    return {(journey, status): count for journey, status, count in connection.execute(statement)}


def count_standing(connection: Connection) -> list[Standing]:
    """Return where those who walk stand, by journey, version, step and state."""
    columns = enrollment.c.journey, enrollment.c.version, enrollment.c.step, enrollment.c.status
    statement = select(*columns, func.count()).where(_LIVES).group_by(*columns)
    return sorted(Standing(*row) for row in connection.execute(statement))


def note_versions(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep definitions that people entered; one that is there already stays."""
    insert_ignore(connection, journey_version, rows)


def walked_versions(connection: Connection) -> dict[tuple[str, str], bytes]:
    """Return the kept definitions that somebody still walks, by journey and version."""
    same = (enrollment.c.journey == journey_version.c.journey) & (enrollment.c.version == journey_version.c.version)
    walked = select(enrollment.c.id).where(same, _LIVES).exists()
    statement = select(journey_version.c.journey, journey_version.c.version, journey_version.c.definition).where(walked)
    return {(row.journey, row.version): bytes(row.definition) for row in connection.execute(statement)}


def versions_of(connection: Connection, journey: str) -> list[tuple[str, Instant]]:
    """Return the versions of a journey that somebody entered, the oldest first, and since when."""
    statement = select(journey_version.c.version, journey_version.c.at).where(journey_version.c.journey == journey)
    return sorted(((row.version, row.at) for row in connection.execute(statement)), key=lambda each: each[1])


def add_tallies(connection: Connection, counts: Mapping[tuple[str, Day, str], int]) -> None:
    """Add to the counts by (journey, day, what)."""
    rows = [
        {"journey": journey, "day": day, "what": what, "count": count}
        for (journey, day, what), count in sorted(counts.items())
    ]
    add_counts(connection, journey_tally, rows, ("count",))


def tallies(connection: Connection, since: Day) -> dict[str, dict[str, int]]:
    """Return the counts since a day, by journey and what."""
    found: dict[str, dict[str, int]] = {}
    columns = journey_tally.c.journey, journey_tally.c.what
    statement = select(*columns, func.sum(journey_tally.c.count)).where(journey_tally.c.day >= since)
    for journey, what, count in connection.execute(statement.group_by(*columns).order_by(*columns)):
        found.setdefault(journey, {})[what] = int(count)
    return found


def add_edges(connection: Connection, counts: Mapping[tuple[str, str, Day, str, str], int]) -> None:
    """Add to the counts by (journey, version, day, source, target)."""
    rows = [
        {"journey": journey, "version": version, "day": day, "source": source, "target": target, "count": count}
        for (journey, version, day, source, target), count in sorted(counts.items())
    ]
    add_counts(connection, journey_edge, rows, ("count",))


def edges(connection: Connection, journey: str, version: str, since: Day) -> dict[tuple[str, str], int]:
    """Return how often walks of a version went from one step to the next since a day, by (source, target)."""
    columns = journey_edge.c.source, journey_edge.c.target
    of_version = (journey_edge.c.journey == journey) & (journey_edge.c.version == version)
    statement = select(*columns, func.sum(journey_edge.c.count)).where(of_version, journey_edge.c.day >= since)
    return {(source, target): int(count) for source, target, count in connection.execute(statement.group_by(*columns))}


def forget_edges(connection: Connection, before: Day) -> None:
    """Delete the counts of steps before a day."""
    connection.execute(delete(journey_edge).where(journey_edge.c.day < before))


def has_live(connection: Connection, journey: str) -> bool:
    """Return whether anybody still walks the journey."""
    live = select(enrollment.c.id).where(enrollment.c.journey == journey, _LIVES).limit(1)
    return connection.execute(live).first() is not None


def insert_proposals(connection: Connection, proposals: Sequence[Proposal]) -> None:
    """Queue proposals, those first for a choice that have one; what is there already is left alone."""
    rows = [
        {
            "id": each.id,
            "profile_id": each.profile_id,
            "journey": each.journey,
            "enrollment_id": each.enrollment_id,
            "step": each.step,
            "visit": each.visit,
            "channel": each.channel,
            "location": each.location,
            "status": CHOOSING if each.must_be_chosen else DUE,
            "due_at": each.due_at,
            "follow_at": each.due_at if each.ways.fallbacks or each.ways.escalation is not None else None,
            "body": _encode(each),
        }
        for each in proposals
    ]
    insert_ignore(connection, proposal, rows)


def is_any_due(connection: Connection, now: Instant) -> bool:
    """Return whether anything is due, claimed or not."""
    return bool(rows_of(connection, _ANY_DUE, now=now))


def waiting_by_location(connection: Connection, channels: Collection[str], now: Instant) -> dict[str | None, int]:
    """Return how many proposals of the channels are due, by location."""
    wanted = (
        select(proposal.c.location, func.count())
        .where(_IS_DUE, proposal.c.channel.in_(sorted(channels)))
        .group_by(proposal.c.location)
    )
    return {row[0]: row[1] for row in connection.execute(wanted, {"now": now})}


_HOLD = update(proposal).where(_AMONG).values(claimed_by=bindparam("owner"), claimed_until=bindparam("until"))


def claim_proposals(connection: Connection, now: Instant, claim: Claim) -> list[Proposal]:
    """Claim what is due and nobody else's, earliest first; on PostgreSQL past what another transaction is claiming."""
    values: dict[str, Any] = {"now": now, "owner": claim.owner, "most": claim.most}
    if claim.by_location:
        values["place"] = claim.location
    wanted = _claimable(claim.channels, others=claim.others, by_location=claim.by_location)
    rows = rows_of(connection, wanted, **values)
    run_in(connection, _HOLD, [each for each, _ in rows], owner=claim.owner, until=claim.until)
    return [_decode_proposal(body) for _, body in rows]


@lru_cache(maxsize=128)
def _claimable(channels: tuple[str, ...] | None, *, others: bool, by_location: bool) -> Select[tuple[str, bytes]]:
    free = or_(
        proposal.c.claimed_until.is_(None),
        proposal.c.claimed_until <= bindparam("now"),
        proposal.c.claimed_by == bindparam("owner"),
    )
    wanted = select(proposal.c.id, proposal.c.body).where(_IS_DUE, free)
    if channels is not None:
        among = proposal.c.channel.in_(channels)
        wanted = wanted.where(~among if others else among)
    if by_location:
        wanted = wanted.where(proposal.c.location.is_not_distinct_from(bindparam("place", type_=Text)))
    ordered = wanted.order_by(proposal.c.due_at, proposal.c.id).limit(bindparam("most"))
    return ordered.with_for_update(skip_locked=True)


def release_claims(connection: Connection) -> None:
    """Let go of all claims: for a process that knows that it is alone."""
    held = update(proposal).where(IS_WAITING, proposal.c.status == DUE, proposal.c.claimed_by.is_not(None))
    connection.execute(held.values(claimed_by=None, claimed_until=None))


def still_due(connection: Connection, proposal_ids: Collection[str], now: Instant, owner: str) -> set[str]:
    """Return those that are due and the owner's inside this transaction; another worker may have taken them over."""
    rows = rows_in(connection, _OF_IDS, proposal_ids)
    return {each for each, status, due_at, by in rows if status == DUE and due_at <= now and by == owner}


def load_proposals(connection: Connection, proposal_ids: Collection[str]) -> dict[str, Proposal]:
    """Return proposals by id."""
    found = (_decode_proposal(row[0]) for row in rows_in(connection, _BODIES, proposal_ids))
    return {each.id: each for each in found}


def next_proposal_at(connection: Connection) -> Instant | None:
    """Return when the earliest waiting proposal is due, or one that ended may be followed."""
    found: list[Instant | None] = [rows_of(connection, each)[0][0] for each in (_NEXT_DUE, _NEXT_FOLLOW)]
    return min((at for at in found if at is not None), default=None)


_SET_STATUS = (
    update(proposal).where(proposal.c.id.in_(_MANY)).values(status=bindparam("to"), claimed_by=None, claimed_until=None)
)
_WAITING = select(proposal.c.body).where(proposal.c.profile_id.in_(_MANY), proposal.c.status.in_(WAITING))
_GIVE = (
    update(proposal)
    .where(proposal.c.id == bindparam("which"))
    .values(profile_id=bindparam("whose"), body=bindparam("told"))
)


def set_proposal(connection: Connection, proposal_id: str, status: str, due_at: Instant | None = None) -> None:
    """Set a proposal's status, and when it is due again where that is given."""
    set_proposals(connection, [(proposal_id, status, due_at)])


def set_proposals(connection: Connection, changes: Sequence[tuple[str, str, Instant | None]]) -> None:
    """Set status and, where given, ``due_at`` of many proposals: (id, status, due_at)."""
    alike: dict[str, list[str]] = {}
    for which, to, at in changes:
        if at is None:
            alike.setdefault(to, []).append(which)
    for to, ids in alike.items():
        run_in(connection, _SET_STATUS, ids, to=to)
    free = {"claimed_by": None, "claimed_until": None}
    moved = [{"id": which, "status": to, "due_at": at} | free for which, to, at in changes if at is not None]
    change(connection, proposal, moved)


def make_due(connection: Connection, proposal_ids: Collection[str], now: Instant) -> None:
    """Let proposals that wait for a later moment be judged now."""
    later = proposal.c.id.in_(sorted(proposal_ids)) & (proposal.c.status == DUE) & (proposal.c.due_at > now)
    connection.execute(update(proposal).where(later).values(due_at=now))


def set_bodies(connection: Connection, proposals: Sequence[Proposal], status: str, due_at: Instant) -> None:
    """Rewrite proposals whole, with a new status and instant."""
    told = {"status": status, "due_at": due_at, "claimed_by": None, "claimed_until": None}
    change(connection, proposal, [{"id": each.id, "body": _encode(each)} | told for each in proposals])


def move_proposals(connection: Connection, walkers: Mapping[str, int], among: Collection[int]) -> None:
    """Give what waits under the profiles ``among`` to those whose the walks (id -> profile) are now."""
    if not walkers:
        return
    waiting = [_decode_proposal(row[0]) for row in rows_in(connection, _WAITING, among)]
    rows = [
        {"which": each.id, "whose": whose, "told": _encode(msgspec.structs.replace(each, profile_id=whose))}
        for each in waiting
        if (whose := walkers.get(each.enrollment_id, each.profile_id)) != each.profile_id
    ]
    if rows:
        connection.execute(_GIVE, rows)


def proposals_of(connection: Connection, profile_ids: Collection[int]) -> list[tuple[Proposal, str, Instant]]:
    """Return what was proposed to the profiles, oldest first: proposal, status, due_at. For explanations."""
    statement = select(proposal.c.body, proposal.c.status, proposal.c.due_at).where(
        proposal.c.profile_id.in_(sorted(profile_ids))
    )
    found: list[tuple[Proposal, str, Any]] = [
        (_decode_proposal(row.body), row.status, row.due_at) for row in connection.execute(statement)
    ]
    return sorted(found, key=lambda each: (each[0].proposed_at, each[0].id))


def erase(connection: Connection, profile_ids: Collection[int]) -> tuple[int, list[str]]:
    """Delete walks and what waits to be judged; return how many walks, and the ids of the proposals that are done."""
    ids = sorted(profile_ids)
    theirs = proposal.c.profile_id.in_(ids)
    connection.execute(delete(proposal).where(theirs, proposal.c.status.in_(WAITING)))
    connection.execute(update(proposal).where(theirs).values(follow_at=None))
    connection.execute(delete(reservation).where(reservation.c.profile_id.in_(ids)))
    done = list(connection.execute(select(proposal.c.id).where(proposal.c.profile_id.in_(ids))).scalars())
    return connection.execute(delete(enrollment).where(enrollment.c.profile_id.in_(ids))).rowcount, done


def remove_enrollments(connection: Connection, walks: Collection[tuple[int, str]]) -> None:
    """Remove the rows of walks (profile, id) that are another profile's now; the caller writes them anew."""
    if walks:
        gone = delete(enrollment).where(
            enrollment.c.profile_id == bindparam("whose"), enrollment.c.id == bindparam("which")
        )
        connection.execute(gone, [{"whose": profile_id, "which": walk} for profile_id, walk in sorted(walks)])


def some_walks(connection: Connection, journey: str, version: str, limit: int) -> list[Enrollment]:
    """Return so many walks of a version of a journey, at most; which ones is not said."""
    found = select(enrollment.c.body).where(enrollment.c.journey == journey, enrollment.c.version == version)
    return [decode_enrollment(row[0]) for row in connection.execute(found.limit(limit))]


def definition_of(connection: Connection, journey: str, version: str) -> bytes | None:
    """Return a definition that people entered, as it was then."""
    found = select(journey_version.c.definition).where(
        journey_version.c.journey == journey, journey_version.c.version == version
    )
    return connection.execute(found).scalar_one_or_none()
