"""Counts in the lake what stop criteria of journeys ask for: how often something happened, among how many. Reads only.

What happened to a message counts when it happened, what was tried when it was permitted. A message counts once,
however often it was tried or its provider reports it; a call that failed and is tried again has not failed yet.
"""

from typing import Any

from ibis import _

from fieldfare.decide.journeys.stop import Count
from fieldfare.ground.instants import Instant
from fieldfare.ground.lake.ports import Lake
from fieldfare.know.audiences.lake_json import Value

_REPORTS = {
    "bounced": ("Message Bounced",),
    "complained": ("Message Complained",),
    "unsubscribed": ("Message Unsubscribed",),
    "failed": ("Message Failed",),
}
_REASONS = {"refused": ('"consent_', '"suppressed"'), "unsure": ('"low_confidence"',)}
_WITHDRAWAL = "Consent Updated"


class StopCounts:
    """Counts for one lake."""

    def __init__(self, lake: Lake) -> None:
        """Count in this lake, as it is loaded."""
        self._backend = lake.ibis()

    def count(self, journey: str, what: str, since: Instant) -> Count:
        """Return the cases of ``what`` of a journey after ``since``, and among how many."""
        if what in _REASONS:
            return self._judged(journey, _REASONS[what], since)
        tried = self._table("message_rows").filter(_.journey == journey, _.granted_at > since)
        among = tried if what == "failed" else tried.filter(_.outcome == "handed_over")
        return Count(self._reported(journey, what, since), int(among.proposal_id.nunique().to_pyarrow().as_py()))

    def _reported(self, journey: str, what: str, since: Instant) -> int:
        rows = self._table("event_rows").filter(_.occurred_at > since)
        told = rows.filter(_.name.isin(_REPORTS[what]), Value(rows.properties, "journey").equals(journey))
        if what == "bounced":
            told = told.filter(Value(told.properties, "suppress").truth())
        found = told.select(proposal_id=Value(told.properties, "proposal_id").text())
        if what == "unsubscribed":
            left = rows.filter(_.name == _WITHDRAWAL, Value(rows.properties, "action").equals("withdraw"))
            wanted = left.select(proposal_id=Value(left.properties, "proposal_id").text())
            own = self._table("message_rows").filter(_.journey == journey).select("proposal_id").distinct()
            found = found.union(wanted.semi_join(own, "proposal_id"))
        return int(found.proposal_id.nunique().to_pyarrow().as_py())

    def _judged(self, journey: str, reasons: tuple[str, ...], since: Instant) -> Count:
        rows = self._table("decision_rows").filter(
            _.journey == journey, _["at"] > since, _.decision_outcome != "deferral"
        )
        hit = rows.reasons.contains(reasons[0])
        for reason in reasons[1:]:
            hit = hit | rows.reasons.contains(reason)
        told = rows.aggregate(
            cases=rows.proposal_id.nunique(where=(rows.decision_outcome == "refusal") & hit),
            of=rows.proposal_id.nunique(),
        )
        (row,) = told.to_pyarrow().to_pylist()
        return Count(int(row["cases"]), int(row["of"]))

    def _table(self, name: str) -> Any:
        return self._backend.table(name)
