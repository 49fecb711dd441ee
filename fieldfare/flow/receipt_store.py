"""The table of receipts: what providers and our own links told of messages, each report once. Statements only.

What became of a message is not stored: it is what its receipts say together (``fates``), so there is nothing that a
late or repeated receipt could overwrite.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Connection, Index, Table, Text, select, update

from fieldfare.act.delivery.fates import Kept, Report
from fieldfare.act.delivery.model import OutcomeKind
from fieldfare.act.delivery.store import attempt
from fieldfare.decide.journeys.store import proposal
from fieldfare.decide.journeys.way_store import look_at
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import insert_ignore, metadata

_LOST = frozenset({"bounced", "failed"})
"""Reports after which a message may go by its next channel."""

receipt = Table(
    "receipt",
    metadata,
    Column("id", Text, primary_key=True),
    Column("attempt_id", Text, nullable=False),
    Column("proposal_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("code", Text),
    Column("is_soft", Boolean, nullable=False),
    Column("is_machine", Boolean, nullable=False),
    Column("is_verified", Boolean, nullable=False),
    Index("ix_receipt_proposal", "proposal_id"),
    Index("ix_receipt_received_at", "received_at"),
)


def keep(connection: Connection, receipts: Sequence[Kept], now: Instant) -> None:
    """Keep receipts, and mark as handed over what nobody knew whether the provider had it: it speaks of it."""
    rows = [
        {
            "id": each.id,
            "attempt_id": each.attempt_id,
            "proposal_id": each.proposal_id,
            "channel": each.channel,
            "status": each.report.status,
            "at": each.report.at,
            "received_at": now,
            "code": each.report.code,
            "is_soft": each.report.is_soft,
            "is_machine": each.report.is_machine,
            "is_verified": each.is_verified,
        }
        for each in receipts
    ]
    insert_ignore(connection, receipt, rows)
    proven = [each for each in receipts if each.is_verified]
    if not proven:
        return
    look_at(connection, {each.proposal_id for each in proven if each.report.status in _LOST}, now)
    unknown = attempt.c.outcome == OutcomeKind.UNKNOWN.value
    had = update(attempt).where(attempt.c.id.in_(sorted({each.attempt_id for each in proven})), unknown)
    told = had.values(outcome=OutcomeKind.HANDED_OVER.value, detail="receipt", look_up_at=None)
    if connection.execute(told).rowcount:
        which = proposal.c.id.in_(sorted({each.proposal_id for each in proven}))
        still = proposal.c.status.in_(("unknown", "due"))
        connection.execute(update(proposal).where(which, still).values(status="sent", claimed_by=None))


def reports_of(connection: Connection, proposal_ids: Collection[str]) -> dict[str, list[Report]]:
    """Return the reports about messages, by proposal, in the order in which they happened."""
    found: dict[str, list[Report]] = {}
    wanted = select(receipt).where(receipt.c.proposal_id.in_(sorted(proposal_ids)))
    for row in connection.execute(wanted.order_by(receipt.c.at, receipt.c.id)):
        found.setdefault(row.proposal_id, []).append(_report(row))
    return found


def _report(row: Any) -> Report:
    return Report(status=row.status, at=row.at, code=row.code, is_soft=row.is_soft, is_machine=row.is_machine)


def erase_receipts(connection: Connection, proposal_ids: Collection[str]) -> int:
    """Delete the receipts of these messages; return how many there were."""
    return connection.execute(receipt.delete().where(receipt.c.proposal_id.in_(sorted(proposal_ids)))).rowcount
