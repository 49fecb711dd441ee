"""How often people answered lately, for the dynamic throttle: its events counted in the last seven times 24 hours.

The counts are measures of the profile's document like those of audiences: exact, and kept by the fold. Where a measure
cannot be answered yet (a new definition that is still being filled in) nothing counts as engagement.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from fieldfare.decide.gate.policy import Policy
from fieldfare.flow.work import decode_document
from fieldfare.ground.instants import Instant
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.model import Did, Window
from fieldfare.know.profiles import store as profile_store

SPAN = Window(Duration(7 * 24, "hour"))


def engagement_of(policy: Policy) -> dict[str, Did]:
    """Return what is counted, by the name of the event."""
    return {event: Did(event=event, window=SPAN) for rule in policy.throttles for event in rule.events}


class Engagement:
    """Counts the events of throttles."""

    def __init__(self, policy: Policy, evaluator: Evaluator) -> None:
        """Count what the policy's throttles name."""
        self._counted, self._evaluator = engagement_of(policy), evaluator

    def of(self, tx: Connection, families: Mapping[int, Collection[int]], now: Instant) -> dict[int, dict[str, int]]:
        """Return the counts of every profile asked for, by event; ``families``: all ids of each person."""
        if not self._counted:
            return {}
        people = {each for family in families.values() for each in family}
        by_id = {
            profile_id: self._count(profile_id, body, now) for profile_id, body, _ in profile_store.load(tx, people)
        }
        return {
            asked: next((by_id[each] for each in sorted(family) if each in by_id), {})
            for asked, family in families.items()
        }

    def _count(self, profile_id: int, body: bytes, now: Instant) -> dict[str, int]:
        document = decode_document(profile_id, body)
        found = {event: self._evaluator.amount(did, document, now) for event, did in self._counted.items()}
        return {event: amount for event, amount in found.items() if isinstance(amount, int)}
