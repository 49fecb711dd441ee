"""What stands with consent: records, suppressions, how fast withdrawals are enforced, what waits, what is flagged.

Reads only, from one snapshot. Enforced means recorded: the gate reads the ledger itself, and every channel is called
only by its permit, so a withdrawal counts for a channel from the commit that records it. No channel keeps a list of its
own that would have to be written to, so nothing waits to be pushed.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from fieldfare.act.delivery.store import task
from fieldfare.flow.consent_compare import flagged_journeys, shown_disputes
from fieldfare.flow.inbound import REVIEW_LIST
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.instants import DAY, Instant, to_iso
from fieldfare.ground.store import State
from fieldfare.trust.consent import store as consent_store
from fieldfare.trust.consent import suppression_store
from fieldfare.trust.consent.comparison_store import comparisons
from fieldfare.trust.consent.model import EVERY

MOST_TIMED = 10_000
_MILLISECOND = 1_000


def consent_status(state: State, workspace: Workspace, now: Instant) -> dict[str, Any]:
    """Return the status as JSON values."""
    with state.read() as connection:
        recent = consent_store.refused_since(connection, now - DAY, MOST_TIMED)
        waiting = select(func.count()).select_from(task).where(task.c.list == REVIEW_LIST, task.c.status == "open")
        return {
            "records": consent_store.count_records(connection),
            "suppressed": suppression_store.count_suppressions(connection),
            "refusals_last_day": len(recent),
            "accepted_to_enforced_ms": spread([each.recorded_at - each.received_at for each in recent]),
            "accepted_to_suppressed_ms": {
                name: spread([each.recorded_at - each.received_at for each in recent if each.channel in {name, EVERY}])
                for name in sorted(workspace.channels)
            },
            "open_reviews": connection.execute(waiting).scalar_one(),
            "compared": [{**row, "at": to_iso(row["at"])} for row in comparisons(connection)],
            "disputed": shown_disputes(connection),
            "flagged_journeys": flagged_journeys(connection, workspace.journeys),
        }


def spread(times: Sequence[int]) -> dict[str, float] | None:
    """Return median, 99th percentile and maximum of some microseconds, in milliseconds; ``None`` of none."""
    if not times:
        return None
    ordered = sorted(times)
    at = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    last = len(ordered) - 1
    return {name: round(ordered[min(last, int(share * len(ordered)))] / _MILLISECOND, 3) for name, share in at.items()}
