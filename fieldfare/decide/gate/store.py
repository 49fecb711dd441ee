"""The decision log: one row per verdict, refusals and deferrals too. Statements only; callers own the transaction.

Rows are appended in the transaction that writes the attempt and the proposal's status. Only ``delivery_status``,
``action_sent`` and ``ticket_id`` are filled in later, when it is known what became of a permit; after some days the
inputs give way to their hash. Nothing personal.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Row,
    Table,
    Text,
    bindparam,
    case,
    false,
    func,
    select,
    text,
    update,
)

from fieldfare.decide.gate.model import FAILED_WITH, Reason
from fieldfare.ground.ids import text_digest
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import insert_new, metadata, rows_in, run_in

_MOST_FAILURES = 10_000
_IN_FULL = text("NOT is_summary")

decision = Table(
    "decision",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("proposal_id", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("external_id_hash", LargeBinary),
    Column("profile_id", BigInteger, nullable=False),
    Column("rule_id", Text, nullable=False),
    Column("decision_outcome", Text, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("inputs", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("channel", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("journey", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("arm", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("match_confidence", Integer, nullable=False),
    Column("delivery_status", Text),
    Column("action_sent", Text),
    Column("ticket_id", Text),
    Column("journey_version", Text, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("is_summary", Boolean, nullable=False, server_default=false()),
    Index("ix_decision_full", "at", sqlite_where=_IN_FULL, postgresql_where=_IN_FULL),
    Index("ix_decision_counts", "decision_outcome", "rule_id"),
    Index("ix_decision_profile_id", "profile_id", "seq"),
    Index("ix_decision_proposal_id", "proposal_id", "seq"),
    sqlite_autoincrement=True,
)


def insert_decisions(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Append rows with the columns of the table, ``seq`` excepted; all rows name the same columns."""
    insert_new(connection, decision, rows)


_LATEST = (  # the outcome is asked of the rows, so that no plan begins with all permits that there are
    select(func.max(case((decision.c.decision_outcome == "permit", decision.c.seq))))
    .where(decision.c.proposal_id.in_(bindparam("many", expanding=True)))
    .group_by(decision.c.proposal_id)
)
_NOTE = (
    update(decision)
    .where(decision.c.seq.in_(_LATEST))
    .values(delivery_status=bindparam("became"), action_sent=bindparam("sent"))
)


def set_delivery(connection: Connection, became: Mapping[str, tuple[str, str | None]]) -> None:
    """Note on the latest permit of each proposal what became of it: its delivery status, and what was sent."""
    alike: dict[tuple[str, str | None], list[str]] = {}
    for proposal_id, told in became.items():
        alike.setdefault(told, []).append(proposal_id)
    for (status, sent), proposal_ids in alike.items():
        run_in(connection, _NOTE, proposal_ids, became=status, sent=sent)


_FULL = select(decision.c.seq, decision.c.inputs).where(_IN_FULL)


def forget_people(connection: Connection, profile_ids: Collection[int], hashes: Collection[bytes]) -> None:
    """Keep of the verdicts on these profiles or by these hashes what old ones keep: no hash of an identifier."""
    theirs = decision.c.profile_id.in_(sorted(profile_ids)) | decision.c.external_id_hash.in_(sorted(hashes))
    _summarise(connection, connection.execute(_FULL.where(theirs)).all())


def summarise_before(connection: Connection, before: Instant, limit: int) -> int:
    """Keep of older decisions a hash of what was looked at, and no hash of an identifier; return how many.

    Outcome and reasons stay: why somebody got something is told for ever, from which numbers for a while.
    """
    rows = connection.execute(_FULL.where(decision.c.at < before).order_by(decision.c.at).limit(limit)).all()
    _summarise(connection, rows)
    return len(rows)


def _summarise(connection: Connection, rows: Sequence[Row[Any, Any]]) -> None:
    if rows:
        change = update(decision).where(decision.c.seq == bindparam("which"))
        values = change.values(inputs=bindparam("told"), external_id_hash=None, is_summary=True)
        connection.execute(values, [{"which": row[0], "told": summary_of(row[1])} for row in rows])


def summary_of(inputs: str) -> str:
    """Return what is kept of a verdict's inputs instead of them."""
    return f'{{"hash":"{text_digest(inputs).hex()}"}}'


def decisions_of(
    connection: Connection, profile_id: int, also: Collection[int] = (), since: Instant = 0
) -> list[dict[str, Any]]:
    """Return the decisions about a profile since then, oldest first; ``also``: ids that were merged into it."""
    theirs = decision.c.profile_id.in_(sorted({profile_id, *also}))
    statement = select(decision).where(theirs, decision.c.at >= since)
    return [_as_dict(row) for row in connection.execute(statement.order_by(decision.c.seq))]


_LAST_REASONS = (
    select(decision.c.proposal_id, decision.c.reasons)
    .where(decision.c.proposal_id.in_(bindparam("many", expanding=True)))
    .order_by(decision.c.seq)
)


def last_reasons(connection: Connection, proposal_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """Return the reasons of the latest verdict on each proposal."""
    rows = rows_in(connection, _LAST_REASONS, proposal_ids)
    return {row[0]: frozenset(msgspec.json.decode(row[1], type=list[str])) for row in rows}


def decisions_after(connection: Connection, seq: int, limit: int) -> list[dict[str, Any]]:
    """Return the next decisions of all profiles after a place in the log, for whoever copies it to the lake."""
    statement = select(decision).where(decision.c.seq > seq).order_by(decision.c.seq).limit(limit)
    return [_as_dict(row) for row in connection.execute(statement)]


_BETWEEN = (decision.c.seq > bindparam("after"), decision.c.seq <= bindparam("through"))
_PLACES = select(decision.c.seq, decision.c.is_summary).where(*_BETWEEN).order_by(decision.c.seq)
_FIRST_FULL = select(decision.c.seq).where(*_BETWEEN, _IN_FULL).order_by(decision.c.seq).limit(1)
_SUMMARIES = select(decision.c.seq, decision.c.inputs).where(*_BETWEEN).order_by(decision.c.seq)


def summarised_through(connection: Connection, after: int, through: int) -> int:
    """Return the last place, at most ``through``, up to which no decision behind ``after`` is kept in full.

    One that is summed up earlier than those before it, of an erased person or by its age, is told when its turn comes.
    """
    full = connection.execute(_FIRST_FULL, {"after": after, "through": through}).scalar()
    return max(after, through) if full is None else int(full) - 1


def summaries_after(connection: Connection, seq: int, through: int, most: int) -> tuple[list[tuple[int, str]], int]:
    """Return the next decisions of which a hash is left (place, inputs), and the last place that was looked at."""
    span = {"after": seq, "through": through}
    first = connection.execute(_PLACES.limit(1), span).first()
    if first is not None and not first.is_summary:  # the usual case: nothing grew old since the last look
        return [], first.seq - 1
    places = connection.execute(_PLACES.limit(most), span).all()
    full = next((row.seq for row in places if not row.is_summary), None)
    end = full - 1 if full is not None else places[-1].seq if len(places) == most else max(seq, through)
    rows = connection.execute(_SUMMARIES, span | {"through": end}).all()
    return [(row.seq, row.inputs) for row in rows], end


def count_decisions(connection: Connection, after: int | None = None) -> dict[tuple[str, str], int]:
    """Return the number of decisions by outcome and first rule: of all, or of those ``after`` a place in the log."""
    statement = select(decision.c.decision_outcome, decision.c.rule_id, func.count()).group_by(
        decision.c.decision_outcome, decision.c.rule_id
    )
    if after is not None:
        statement = statement.where(decision.c.seq > after)
    return {(outcome, rule): count for outcome, rule, count in connection.execute(statement)}


_FAILED_RULES = (
    select(decision.c.inputs)
    .where(_IN_FULL, decision.c.at >= bindparam("since"), decision.c.reasons.contains(f'"{Reason.RULE_FAILED.value}"'))
    .order_by(decision.c.at.desc())
    .limit(_MOST_FAILURES)
)


def count_rule_failures(connection: Connection, since: Instant) -> dict[str, int]:
    """Return how often rules failed since then, by rule; of very many the latest ten thousand verdicts count."""
    counts: Counter[str] = Counter()
    for row in connection.execute(_FAILED_RULES, {"since": since}):
        told = msgspec.json.decode(row.inputs)
        counts.update(rule for rule, seen in told.items() if isinstance(seen, dict) and FAILED_WITH in seen)
    return dict(sorted(counts.items()))


def _as_dict(row: Row[Any]) -> dict[str, Any]:
    return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public way to a row as a mapping
