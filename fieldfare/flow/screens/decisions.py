"""The decision log as people search it: a page of verdicts by person, journey, reason, time; one of them whole.

Reads only, and no personal value: a verdict names a profile by its id.
"""

from typing import Any

import msgspec

from fieldfare.decide.gate import search_store
from fieldfare.decide.gate.model import Reason
from fieldfare.flow.look import Look, told_verdict
from fieldfare.flow.spans import read_span
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import to_iso
from fieldfare.ground.store import State
from fieldfare.ground.workspace.suggest import nearest

MOST = 200
OUTCOMES = ("permit", "refusal", "deferral")


class DecisionFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which verdicts are asked for; what is left out does not narrow. Times as dates or date-times."""

    profile: str | None = None
    journey: str | None = None
    channel: str | None = None
    outcome: str | None = None
    reason: str | None = None
    first: str | None = None
    last: str | None = None
    cursor: int | None = None
    limit: int = 50


class DecisionAnswers:
    """Answers about verdicts."""

    def __init__(self, state: State, look: Look, zone: str) -> None:
        """Read from the state database; days are those of ``zone``."""
        self._state, self._look, self._zone = state, look, zone

    def search(self, asked: DecisionFilter) -> dict[str, Any]:
        """Return a page of verdicts, the newest first; ``next`` is the cursor of the page after."""
        wanted = self._wanted(asked)
        with self._state.read() as connection:
            found = search_store.page(connection, wanted, asked.cursor, max(1, min(asked.limit, MOST)))
        return {"decisions": [_told(row) for row in found.rows], "next": found.next}

    def show(self, number: int) -> dict[str, Any]:
        """Return one verdict whole, with the others about the same proposal. Raises ``decision_missing``."""
        with self._state.read() as connection:
            row = search_store.one(connection, number)
            others = search_store.of_proposal(connection, row["proposal_id"]) if row is not None else []
        if row is None:
            text = f"There is no verdict {number}. `GET /api/v1/decisions` lists them."
            raise CallerError("decision_missing", text, field="decision", status=404)
        return {
            **_told(row),
            "proposal_id": row["proposal_id"],
            "event_id": row["event_id"],
            "match_confidence": row["match_confidence"],
            "is_summary": bool(row["is_summary"]),
            "same_proposal": [_told(each) for each in others if each["seq"] != number],
        }

    def _wanted(self, asked: DecisionFilter) -> search_store.Wanted:
        for field, told, known in (("outcome", asked.outcome, OUTCOMES), ("reason", asked.reason, tuple(Reason))):
            if told is not None and told not in known:
                advice = nearest(told, known) or f"Write one of {', '.join(known)}."
                text = f"`{told[:80]}` is no {field} of a verdict. {advice}"
                raise CallerError("decision_filter", text, field=field)
        span = read_span(asked.first, asked.last, self._zone)
        profiles = tuple(sorted(self._look.family(asked.profile))) if asked.profile is not None else ()
        return search_store.Wanted(
            profiles=profiles,
            journey=asked.journey,
            channel=asked.channel,
            outcome=asked.outcome,
            reason=asked.reason,
            first_at=span.from_at,
            last_at=span.to_at,
        )


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["seq"],
        "profile_id": row["profile_id"],
        "journey": row["journey"],
        **told_verdict(row),
        "at": to_iso(row["at"]),
    }
