"""Judges the proposals of a span anew by changed rules: reads decisions, proposals and hand-overs, and writes nothing.

One snapshot of the state is read. Of changed files only policies and seasons decide anew; the others are named, because
what they would have changed cannot be told from verdicts.
"""

from typing import Any

import msgspec
from sqlalchemy import Connection, select

from fieldfare.act.delivery.model import OutcomeKind
from fieldfare.act.delivery.store import attempt
from fieldfare.decide.gate.model import Sent
from fieldfare.decide.gate.store import decision
from fieldfare.decide.journeys import store as journey_store
from fieldfare.decide.journeys.model import Proposal
from fieldfare.flow.redecide.book import longest_us
from fieldfare.flow.redecide.diff import diff_of
from fieldfare.flow.redecide.model import Handed, Recorded
from fieldfare.flow.redecide.rejudge import Phases, Rules, rejudge
from fieldfare.flow.spans import read_span
from fieldfare.flow.versions.files import file_changes
from fieldfare.flow.versions.model import Files
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.instants import DAY, Instant, to_iso
from fieldfare.ground.store import State
from fieldfare.network.calendars.holds import Calendar

LAST_DAYS = 30
_PAGE = 500
_DECIDING = ("policies.yaml", "seasons.yaml")
_MADE = frozenset({OutcomeKind.HANDED_OVER.value, OutcomeKind.UNKNOWN.value})
_ACTION = "action"


class AskedDecisions(msgspec.Struct, frozen=True, kw_only=True):
    """Which verdicts are judged anew; ``None``: those of the last thirty days."""

    first: str | None = None
    last: str | None = None


class Redecide(msgspec.Struct, frozen=True, kw_only=True):
    """Judges anew, over one state."""

    state: State
    today: Workspace
    files: Files

    def run(self, asked: AskedDecisions, changed: Workspace, changed_files: Files, now: Instant) -> dict[str, Any]:
        """Return what would have been decided. Raises ``CallerError`` ``span_invalid``."""
        zone = self.today.time_zone
        span = read_span(asked.first, asked.last, zone)
        until = span.to_at if span.to_at is not None else now + 1
        since = span.from_at if span.from_at is not None else until - LAST_DAYS * DAY
        rules = Rules(
            today=self.today.gate_policy,
            changed=changed.gate_policy,
            phases=_phases(self.today, changed),
        )
        back = longest_us((rules.today, rules.changed))
        with self.state.read() as connection:
            rows = _rows(connection, since, until)
            ids = sorted({row.proposal_id for row in rows})
            proposals: dict[str, Proposal] = {}
            for start in range(0, len(ids), _PAGE):
                proposals |= journey_store.load_proposals(connection, ids[start : start + _PAGE])
            handed = _handed(connection, since - back, until)
        found = diff_of(rejudge(rows, proposals, handed, rules))
        notes = [
            f"{each.file} is {each.how.value}; verdicts do not tell what that would have done, `simulate` does"
            for each in file_changes(self.files, changed_files)
            if each.file not in _DECIDING and each.how.value != "reworded"
        ]
        versions = {"policy_today": rules.today.version, "policy_changed": rules.changed.version}
        return {"from": to_iso(since), "to": to_iso(until), **versions, **found, "not_looked_at": notes}


def _phases(today: Workspace, changed: Workspace) -> Phases:
    if today.seasons == changed.seasons:
        return None
    calendar = Calendar(changed.seasons, changed.locations, changed.time_zone)
    return lambda location, at: calendar.holds(location, at)[0]


def _rows(connection: Connection, since: Instant, until: Instant) -> list[Recorded]:
    table = decision.c
    wanted = select(
        table.seq,
        table.at,
        table.proposal_id,
        table.profile_id,
        table.journey,
        table.decision_outcome,
        table.reasons,
        table.inputs,
        table.phase,
        table.match_confidence,
        table.is_summary,
    ).where(table.at >= since, table.at < until, table.channel != _ACTION)
    return [
        Recorded(
            seq=row.seq,
            at=row.at,
            proposal_id=row.proposal_id,
            profile_id=row.profile_id,
            journey=row.journey,
            outcome=row.decision_outcome,
            reasons=tuple(msgspec.json.decode(row.reasons, type=list[str])),
            inputs=msgspec.json.decode(row.inputs, type=dict[str, Any]),
            phases=frozenset(row.phase.split(",")) - {""},
            match_confidence=row.match_confidence,
            is_summary=row.is_summary,
        )
        for row in connection.execute(wanted.order_by(table.at, table.seq))
    ]


def _handed(connection: Connection, since: Instant, until: Instant) -> list[Handed]:
    table = attempt.c
    wanted = select(attempt).where(table.granted_at >= since, table.granted_at < until)
    return [
        Handed(
            proposal_id=row.proposal_id,
            profile_id=row.profile_id,
            address_hash=bytes(row.address_hash),
            counts=bool(row.counts_toward_caps) and row.outcome in _MADE,
            sent=Sent(
                at=row.granted_at,
                channel=row.channel,
                purpose=row.purpose,
                journey=row.journey,
                tags=tuple(row.tags.split()),
                location=row.location,
                is_exempt=bool(row.is_exempt),
            ),
        )
        for row in connection.execute(wanted.order_by(table.granted_at, table.id))
    ]
