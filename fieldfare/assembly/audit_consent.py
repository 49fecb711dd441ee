"""``fieldfare audit consent``: the promise replayed from what is left behind, by an oracle without code of the gate.

Ledger, suppressions and attempts are read in one snapshot. Every permit and every call that was started is checked
against what had been recorded before it. Reads only. The answer names its denominators: a count of zero means nothing
without them.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from fieldfare.act.delivery.store import attempt
from fieldfare.ground.clock import Clock
from fieldfare.ground.instants import Instant, to_iso
from fieldfare.ground.store import State
from fieldfare.know.identity import store as identity_store
from fieldfare.trust.consent import store as consent_store
from fieldfare.trust.consent import suppression_store
from fieldfare.trust.consent.model import ConsentPolicy
from fieldfare.trust.consent.replay import Breach, CallStart, breaches


def consent_audit(state: State, policy: ConsentPolicy, clock: Clock) -> Callable[[], dict[str, Any]]:
    """Return what runs the audit: permits and calls that were looked at, and those that must not have been."""

    def run() -> dict[str, Any]:
        with state.read() as connection:
            rows = connection.execute(select(attempt)).all()
            families = identity_store.families(connection, {row.profile_id for row in rows})
            ledger, hushed = consent_store.all_records(connection), suppression_store.all_suppressions(connection)

        def started(row: Any, at: Instant) -> CallStart:
            return CallStart(
                proposal_id=row.proposal_id,
                profile_ids=tuple(sorted(families[row.profile_id])),
                address_hash=bytes(row.address_hash),
                purpose=row.purpose,
                channel=row.channel,
                at=at,
            )

        permits = [started(row, row.granted_at) for row in rows]
        calls = [started(row, row.call_started_at) for row in rows if row.call_started_at is not None]
        found = breaches(ledger, hushed, permits, policy), breaches(ledger, hushed, calls, policy)
        return {
            "permits": len(permits),
            "calls": len(calls),
            "records": len(ledger),
            "suppressions": len(hushed),
            "breaches": {"permits": [_told(each) for each in found[0]], "calls": [_told(each) for each in found[1]]},
            "ok": not any(found),
            "as_of": to_iso(clock.now()),
        }

    return run


def _told(breach: Breach) -> dict[str, Any]:
    since = to_iso(breach.since) if breach.since is not None else None
    return {"proposal_id": breach.proposal_id, "kind": breach.kind, "at": to_iso(breach.at), "since": since}
