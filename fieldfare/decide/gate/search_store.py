"""Reading the decision log page by page, for people who search it. Statements only; every read is bounded.

Rows are numbered in the order of their commits, so their times grow with their numbers but for seconds. The number at
which an instant begins is therefore found by halving, and a page looks at so many rows at most, however few match.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from fieldfare.decide.gate.store import decision
from fieldfare.ground.instants import MINUTE, Instant

LOOKED_AT = 100_000
"""Most rows that one page looks at."""
SLACK_US = 5 * MINUTE
"""By so much the order of times may differ from that of numbers."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which decisions; what is left out does not narrow. ``profiles``: all ids of one person."""

    profiles: tuple[int, ...] = ()
    journey: str | None = None
    channel: str | None = None
    outcome: str | None = None
    reason: str | None = None
    first_at: Instant | None = None
    last_at: Instant | None = None


class Page(msgspec.Struct, frozen=True):
    """Rows, the newest first, and the number below which the next page begins; ``None`` when there is none."""

    rows: list[dict[str, Any]]
    next: int | None


def newest(connection: Connection) -> int:
    """Return the number of the newest decision, 0 when there is none."""
    return connection.execute(select(func.max(decision.c.seq))).scalar_one() or 0


def begins_at(connection: Connection, at: Instant) -> int:
    """Return the number of the first decision at or after an instant, or one past the newest."""
    low, high = 1, newest(connection) + 1
    while low < high:
        middle = (low + high) // 2
        found = connection.execute(
            select(decision.c.at).where(decision.c.seq >= middle).order_by(decision.c.seq).limit(1)
        ).scalar_one_or_none()
        if found is not None and found < at:
            low = middle + 1
        else:
            high = middle
    return low


def page(connection: Connection, wanted: Wanted, before: int | None, limit: int) -> Page:
    """Return the next decisions below a number that fit."""
    top = before if before is not None else newest(connection) + 1
    if wanted.last_at is not None:
        top = min(top, begins_at(connection, wanted.last_at + SLACK_US))
    bottom = begins_at(connection, wanted.first_at - SLACK_US) if wanted.first_at is not None else 0
    low = bottom if wanted.profiles else max(bottom, top - LOOKED_AT)
    found = select(decision).where(decision.c.seq < top, decision.c.seq >= low, *_fits(wanted))
    rows = [_mapped(row) for row in connection.execute(found.order_by(decision.c.seq.desc()).limit(limit + 1))]
    if len(rows) > limit:
        return Page(rows[:limit], rows[limit - 1]["seq"])
    return Page(rows, low if low > max(bottom, 1) else None)


def one(connection: Connection, seq: int) -> dict[str, Any] | None:
    """Return a decision by its number."""
    row = connection.execute(select(decision).where(decision.c.seq == seq)).first()
    return None if row is None else _mapped(row)


def of_proposal(connection: Connection, proposal_id: str) -> list[dict[str, Any]]:
    """Return every decision about a proposal, the oldest first."""
    found = select(decision).where(decision.c.proposal_id == proposal_id).order_by(decision.c.seq)
    return [_mapped(row) for row in connection.execute(found)]


def tally(connection: Connection, after: int, upto: int, since: Instant) -> dict[tuple[str, str, str], int]:
    """Return how often each outcome, first rule and channel came in a stretch of numbers, since an instant."""
    of = decision.c.decision_outcome, decision.c.rule_id, decision.c.channel
    found = select(*of, func.count()).where(decision.c.seq > after, decision.c.seq <= upto, decision.c.at >= since)
    return {(row[0], row[1], row[2]): row[3] for row in connection.execute(found.group_by(*of))}


def _fits(wanted: Wanted) -> list[Any]:
    found: list[Any] = []
    if wanted.profiles:
        found.append(decision.c.profile_id.in_(wanted.profiles))
    for column, value in (("journey", wanted.journey), ("channel", wanted.channel), ("outcome", wanted.outcome)):
        if value is not None:
            found.append(decision.c[column if column != "outcome" else "decision_outcome"] == value)
    if wanted.reason is not None:
        found.append(decision.c.reasons.contains(f'"{wanted.reason}"', autoescape=True))
    if wanted.first_at is not None:
        found.append(decision.c.at >= wanted.first_at)
    if wanted.last_at is not None:
        found.append(decision.c.at < wanted.last_at)
    return found


def _mapped(row: Any) -> dict[str, Any]:
    found: Mapping[str, Any] = row._mapping  # noqa: SLF001 - SQLAlchemy's public way to a row by name
    return dict(found)
