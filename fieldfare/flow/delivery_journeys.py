"""What delivery needs of journeys and of the decision log, over their stores: walks re-judged, proposals, decisions.

No rule is here.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from fieldfare.act.delivery.model import ProposalChange
from fieldfare.decide.gate import store as gate_store
from fieldfare.decide.journeys import store as journey_store
from fieldfare.decide.journeys.hear import is_live
from fieldfare.decide.journeys.model import Claim, Enrollment, Proposal
from fieldfare.decide.journeys.versions import Versions
from fieldfare.flow import broadcast_store
from fieldfare.flow.glance import glance_at
from fieldfare.flow.work import decode_document
from fieldfare.ground.instants import Instant
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.identity import store as identity_store
from fieldfare.know.profiles import store as profile_store
from fieldfare.know.profiles.model import Document


class SqlJourneyState:
    """``JourneyState``: the walk behind a proposal, its exits judged again now; of a broadcast, the audience."""

    def __init__(self, versions: Versions, evaluator: Evaluator) -> None:
        """Judge by these definitions."""
        self._versions, self._evaluator = versions, evaluator

    def live(self, tx: Connection, proposals: Sequence[Proposal], now: Instant) -> set[str]:
        """Return the ids of proposals whose walk nothing has stopped."""
        standing = identity_store.standing_ids(tx, {proposal.profile_id for proposal in proposals})
        people = set(standing.values())
        bodies = {row[0]: row[1] for row in profile_store.load(tx, people)}
        walking = {standing[each.profile_id] for each in proposals if each.broadcast is None}
        walks = {walk.id: walk for walk in journey_store.load_enrollments(tx, walking)}
        stays = broadcast_store.audiences_of(tx, {each.broadcast for each in proposals if each.broadcast is not None})
        found = set()
        for proposal in proposals:
            who = standing[proposal.profile_id]
            if who not in bodies:
                continue
            if proposal.broadcast is None:
                lives = self._lives(walks.get(proposal.enrollment_id), decode_document(who, bodies[who]), now)
            else:
                audience = stays.get(proposal.broadcast)
                lives = audience is None or audience in glance_at(who, bodies[who]).memberships
            if lives:
                found.add(proposal.id)
        return found

    def _lives(self, walk: Enrollment | None, document: Document, now: Instant) -> bool:
        journey = self._versions.of(walk) if walk is not None else None
        if walk is None or journey is None or self._versions.is_superseded(walk):
            return False
        return is_live(journey, walk, lambda condition: self._evaluator.truth(condition, document, now))


class SqlProposals:
    """``Proposals`` over their table."""

    def is_any_due(self, tx: Connection, now: Instant) -> bool:
        """Return whether anything is due."""
        return journey_store.is_any_due(tx, now)

    def waiting(self, tx: Connection, channels: Collection[str], now: Instant) -> dict[str | None, int]:
        """Return how many are due, by location."""
        return journey_store.waiting_by_location(tx, channels, now)

    def claim(self, tx: Connection, now: Instant, claim: Claim) -> list[Proposal]:
        """Claim what is due, earliest first."""
        return journey_store.claim_proposals(tx, now, claim)

    def release(self, tx: Connection) -> None:
        """Let go of all claims."""
        journey_store.release_claims(tx)

    def still_due(self, tx: Connection, proposal_ids: Sequence[str], now: Instant, owner: str) -> set[str]:
        """Return those that are due and the owner's inside this transaction."""
        return journey_store.still_due(tx, proposal_ids, now, owner)

    def load(self, tx: Connection, proposal_ids: Collection[str]) -> dict[str, Proposal]:
        """Return proposals by id."""
        return journey_store.load_proposals(tx, proposal_ids)

    def change(self, tx: Connection, changes: Sequence[ProposalChange]) -> None:
        """Write status and ``due_at``."""
        journey_store.set_proposals(tx, [(each.proposal_id, each.status, each.due_at) for each in changes])


class SqlDecisions:
    """``Decisions`` over the decision log."""

    def add(self, tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
        """Append rows."""
        gate_store.insert_decisions(tx, rows)

    def delivered(self, tx: Connection, became: Mapping[str, tuple[str, str | None]]) -> None:
        """Note on the latest permit of each proposal what became of it."""
        gate_store.set_delivery(tx, became)
