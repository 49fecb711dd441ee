"""Tables of audiences: who joined and left, definitions, runs of queries, findings, uses, exports. Statements only.

Membership changes are append-only; they are written in the transaction of the documents that they follow from, so a
crash leaves both or neither; a second delivery is dropped before it gets here. Memberships as they are now live in the
documents; how many there are of each audience is kept beside the changes, in their transaction. The log of exports is
append-only in the database itself.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    Table,
    Text,
    bindparam,
    delete,
    event,
    func,
    insert,
    select,
)

from fieldfare.ground.instants import Day, Instant
from fieldfare.ground.store import add_counts, insert_new, metadata, rows_of, upsert
from fieldfare.know.audiences.health import Difference, Finding
from fieldfare.know.audiences.model import Audience
from fieldfare.know.audiences.sizes import NO_STEPS, Change, steps_of
from fieldfare.know.audiences.stays import Recorded

_Seq = BigInteger().with_variant(Integer, "sqlite")
membership_change = Table(
    "membership_change",
    metadata,
    Column("seq", _Seq, primary_key=True, autoincrement=True),
    Column("audience", Text, nullable=False),
    Column("profile_id", BigInteger, nullable=False),
    Column("joined", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("cause", Text, nullable=False),
    Column("event_id", Text, nullable=True),
    Column("definition", Text, nullable=True),
    Index("membership_change_profile", "profile_id", "at"),
)
"""``at`` is the instant of the edge; ``cause`` is one of :class:`fieldfare.know.audiences.causes.Cause`.

``definition`` is the digest of the condition that decided; none where the audience or the person is gone.
"""
audience_size = Table(
    "audience_size",
    metadata,
    Column("audience", Text, primary_key=True),
    Column("members", BigInteger, nullable=False),
)
"""How many members each audience has that ever had one. Derived: the changes say the same, and take long to count."""
audience_definition = Table(
    "audience_definition",
    metadata,
    Column("seq", _Seq, primary_key=True, autoincrement=True),
    Column("audience", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("definition", Text, nullable=False),
    Column("meaning", Text, nullable=False),
    Column("refresh", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_audience_definition_audience", "audience", "version", unique=True),
    sqlite_autoincrement=True,
)
"""Every definition that was ever in force, counted from 1 by audience; one that comes back counts anew."""
audience_run = Table(
    "audience_run",
    metadata,
    Column("audience", Text, primary_key=True),
    Column("definition", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("succeeded_at", BigInteger, nullable=True),
    Column("members", BigInteger, nullable=False),
    Column("unknown", BigInteger, nullable=False),
    Column("code", Text, nullable=True),
    Column("message", Text, nullable=True),
)
"""The last run of each audience's own query; ``code`` and ``message`` say why it failed, and the members stayed."""
audience_finding = Table(
    "audience_finding",
    metadata,
    Column("seq", _Seq, primary_key=True, autoincrement=True),
    Column("day", Integer, nullable=False, index=True),
    Column("audience", Text, nullable=False),
    Column("metric", Text, nullable=False),
    Column("value", Float, nullable=False),
    Column("threshold", Float, nullable=True),
    Column("ok", Boolean, nullable=False),
    sqlite_autoincrement=True,
)
membership_difference = Table(
    "membership_difference",
    metadata,
    Column("seq", _Seq, primary_key=True, autoincrement=True),
    Column("day", Integer, nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("audience", Text, nullable=False),
    Column("profile_id", BigInteger, nullable=False),
    Column("kept", Boolean, nullable=False),
    Column("recorded", Boolean, nullable=False),
    Column("answered", Boolean, nullable=False),
    Column("evaluated", Boolean, nullable=True),
    sqlite_autoincrement=True,
)
audience_use = Table(
    "audience_use",
    metadata,
    Column("audience", Text, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("times", BigInteger, nullable=False),
)
"""When an audience was last read or exported by somebody, and how often."""
audience_export = Table(
    "audience_export",
    metadata,
    Column("seq", _Seq, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("channel", Text, nullable=True),
    Column("form", Text, nullable=False),
    Column("fields", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("withheld", BigInteger, nullable=False),
    Column("revealed", Boolean, nullable=False),
)
"""Who took which fields of whom, when and what for; no value. Append-only."""
APPEND_ONLY: dict[str, tuple[str, ...]] = {
    "sqlite": (
        (
            "CREATE TRIGGER audience_export_no_update BEFORE UPDATE ON audience_export "
            "BEGIN SELECT RAISE(ABORT, 'audience_export is append-only'); END"
        ),
        (
            "CREATE TRIGGER audience_export_no_delete BEFORE DELETE ON audience_export "
            "BEGIN SELECT RAISE(ABORT, 'audience_export is append-only'); END"
        ),
    ),
    "postgresql": (
        (
            "CREATE OR REPLACE FUNCTION audience_export_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'audience_export is append-only'; END $$"
        ),
        (
            "CREATE TRIGGER audience_export_no_change BEFORE UPDATE OR DELETE ON audience_export "
            "FOR EACH ROW EXECUTE FUNCTION audience_export_append_only()"
        ),
        (
            "CREATE TRIGGER audience_export_no_truncate BEFORE TRUNCATE ON audience_export "
            "FOR EACH STATEMENT EXECUTE FUNCTION audience_export_append_only()"
        ),
    ),
}
for _dialect, _statements in APPEND_ONLY.items():
    for _statement in _statements:
        event.listen(audience_export, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]
_SIZES = select(audience_size.c.audience, audience_size.c.members)
_AFTER = (
    select(membership_change.c.audience, membership_change.c.joined, membership_change.c.cause)
    .where(membership_change.c.seq > bindparam("after"))
    .order_by(membership_change.c.seq)
    .limit(bindparam("most"))
)
_FINDING = ("audience", "metric", "value", "threshold", "ok")
_DIFFERENCE = ("audience", "profile_id", "kept", "recorded", "answered", "evaluated")


def insert_changes(connection: Connection, rows: Sequence[dict[str, Any]], again: Mapping[str, int] = NO_STEPS) -> None:
    """Append rows: audience, profile_id, joined, at, cause, event_id, definition; ``seq`` follows their order.

    ``again``: by audience, how many of them say ``joined`` of somebody who is in already.
    """
    insert_new(connection, membership_change, rows)
    add_sizes(connection, steps_of(rows, again))


def add_sizes(connection: Connection, steps: Mapping[str, int]) -> None:
    """Let audiences have so many members more, or fewer."""
    told = [{"audience": name, "members": step} for name, step in sorted(steps.items()) if step]
    add_counts(connection, audience_size, told, ("members",))


def sizes(connection: Connection) -> dict[str, int]:
    """Return how many members each audience has that ever had one."""
    return {row[0]: row[1] for row in rows_of(connection, _SIZES)}


def changes_after(connection: Connection, seq: int, most: int) -> list[Change]:
    """Return the next changes after a place: audience, whether somebody joined, cause."""
    return [Change(*row) for row in rows_of(connection, _AFTER, after=seq, most=most)]


def changes_of(connection: Connection, profile_ids: Collection[int]) -> list[Recorded]:
    """Return every change of these profiles, in the order of recording."""
    table = membership_change.c
    wanted = select(*(table[name] for name in Recorded._fields)).where(table.profile_id.in_(sorted(profile_ids)))
    return [Recorded(*row) for row in connection.execute(wanted.order_by(table.seq))]


def record_definitions(
    connection: Connection, audiences: Collection[tuple[Audience, str]], at: Instant
) -> dict[str, int]:
    """Write the definitions (each with its meaning) that are not the newest of their audience; return versions."""
    known = {row["audience"]: row for row in definitions(connection)}
    rows, versions = [], {}
    for audience, meaning in audiences:
        last = known.get(audience.name)
        version = 0 if last is None else int(last["version"])
        said = (audience.digest, audience.rhythm)
        if last is None or (last["definition"], last["refresh"]) != said:
            version += 1
            row = {"audience": audience.name, "version": version, "definition": audience.digest, "at": at}
            rows.append(row | {"meaning": meaning, "refresh": audience.rhythm})
        versions[audience.name] = version
    if rows:
        connection.execute(insert(audience_definition), rows)
    return versions


def definitions(connection: Connection) -> list[dict[str, Any]]:
    """Return every recorded definition, oldest first."""
    wanted = select(audience_definition).order_by(audience_definition.c.seq)
    return [dict(row) for row in connection.execute(wanted).mappings()]


def runs(connection: Connection) -> dict[str, dict[str, Any]]:
    """Return the last run of each audience's query, by audience."""
    return {row["audience"]: dict(row) for row in connection.execute(select(audience_run)).mappings()}


def keep_run(connection: Connection, row: dict[str, Any]) -> None:
    """Write how the last run of a query went."""
    upsert(connection, audience_run, [row])


def keep_findings(connection: Connection, day: Day, findings: Sequence[Finding]) -> None:
    """Keep the findings of a day; those of an earlier look of the day give way."""
    connection.execute(delete(audience_finding).where(audience_finding.c.day == day))
    rows = [{"day": day, **{name: getattr(each, name) for name in _FINDING}} for each in findings]
    if rows:
        connection.execute(insert(audience_finding), rows)


def findings_of(connection: Connection, day: Day) -> list[Finding]:
    """Return the findings of a day, in the order in which they were kept."""
    wanted = select(*(audience_finding.c[name] for name in _FINDING)).where(audience_finding.c.day == day)
    return [Finding(*row) for row in connection.execute(wanted.order_by(audience_finding.c.seq))]


def last_day(connection: Connection) -> Day | None:
    """Return the newest day there are findings of."""
    found: Any = connection.execute(select(func.max(audience_finding.c.day))).scalar_one()
    return found if found is None else int(found)


def sizes_before(connection: Connection, day: Day, metric: str) -> dict[str, float]:
    """Return the newest number of a metric before a day, by audience."""
    table = audience_finding.c
    wanted = select(table.audience, table.value).where(table.metric == metric, table.day < day)
    return {row[0]: row[1] for row in connection.execute(wanted.order_by(table.day, table.seq))}


def keep_differences(
    connection: Connection, day: Day, at: Instant, audiences: Collection[str], found: Sequence[Difference]
) -> None:
    """Keep what differs in these audiences; what an earlier look of the day found there gives way."""
    table = membership_difference
    connection.execute(delete(table).where(table.c.day == day, table.c.audience.in_(sorted(audiences))))
    rows = [{"day": day, "at": at, **{name: getattr(each, name) for name in _DIFFERENCE}} for each in found]
    if rows:
        connection.execute(insert(table), rows)


def differences_of(connection: Connection, day: Day, most: int) -> list[Difference]:
    """Return what differed on a day, as far as ``most`` go."""
    table = membership_difference
    wanted = select(*(table.c[name] for name in _DIFFERENCE)).where(table.c.day == day)
    return [Difference(*row) for row in connection.execute(wanted.order_by(table.c.seq).limit(most))]


def note_use(connection: Connection, audience: str, what: str, at: Instant) -> None:
    """Note that somebody used the audience."""
    table = audience_use.c
    wanted = select(table.times).where(table.audience == audience, table.what == what)
    times = connection.execute(wanted).scalar() or 0
    upsert(connection, audience_use, [{"audience": audience, "what": what, "at": at, "times": times + 1}])


def uses(connection: Connection) -> list[dict[str, Any]]:
    """Return who was used how, when last and how often."""
    wanted = select(audience_use).order_by(audience_use.c.audience, audience_use.c.what)
    return [dict(row) for row in connection.execute(wanted).mappings()]


def insert_export(connection: Connection, row: dict[str, Any]) -> None:
    """Record an export that is about to be handed out."""
    connection.execute(insert(audience_export), row)


def exports(connection: Connection, audience: str | None, most: int) -> list[dict[str, Any]]:
    """Return the newest exports, of one audience or of all."""
    wanted = select(audience_export).order_by(audience_export.c.seq.desc()).limit(most)
    if audience is not None:
        wanted = wanted.where(audience_export.c.audience == audience)
    return [dict(row) for row in connection.execute(wanted).mappings()]
