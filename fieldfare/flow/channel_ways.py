"""What the choice of channels needs of the stores: messages to choose and follow, and how people answer. No rule here.

Answers of places are counted by quarters of an hour, because every offset of a time zone is a number of quarters; so
they can be read as hours of any zone.
"""

from collections.abc import Sequence

from sqlalchemy import BindParameter, Connection, and_, bindparam, case, func, literal_column, select

from fieldfare.act.delivery.fates import Fate, fate_of
from fieldfare.act.delivery.follow import Ended
from fieldfare.act.delivery.model import OutcomeKind
from fieldfare.act.delivery.store import attempt
from fieldfare.act.delivery.way_ports import Answered
from fieldfare.decide.gate import store as gate_store
from fieldfare.decide.journeys import way_store
from fieldfare.decide.journeys.definition import Answer
from fieldfare.decide.journeys.model import Proposal
from fieldfare.flow import broadcast_store
from fieldfare.flow.receipt_store import receipt, reports_of
from fieldfare.ground.instants import MINUTE, Instant
from fieldfare.ground.store.read import rows_in
from fieldfare.know.identity import store as identity_store

QUARTER = 15 * MINUTE
_MANY: BindParameter[str] = bindparam("many", expanding=True)
_ANSWERS = [answer.value for answer in Answer]
_IS_ANSWER = receipt.c.status.in_(_ANSWERS) & ~receipt.c.is_machine
_TAKEN = [OutcomeKind.HANDED_OVER.value, OutcomeKind.UNKNOWN.value]
_CALLS = (
    select(
        attempt.c.proposal_id,
        func.max(attempt.c.call_started_at),
        func.max(case((attempt.c.outcome == OutcomeKind.UNKNOWN.value, 1), else_=0)),
    )
    .where(attempt.c.proposal_id.in_(_MANY))
    .group_by(attempt.c.proposal_id)
)
_NEVER: tuple[Instant | None, bool] = (None, False)
_ANSWERED = (
    select(attempt.c.profile_id, attempt.c.channel, attempt.c.proposal_id, func.min(receipt.c.at))
    .select_from(attempt.outerjoin(receipt, and_(receipt.c.proposal_id == attempt.c.proposal_id, _IS_ANSWER)))
    .where(attempt.c.profile_id.in_(_MANY), attempt.c.granted_at >= bindparam("since"), attempt.c.outcome.in_(_TAKEN))
    .group_by(attempt.c.profile_id, attempt.c.channel, attempt.c.proposal_id)
)
_quarter = (receipt.c.at - receipt.c.at % literal_column(str(QUARTER))).label("quarter")
_PLACES = (
    select(attempt.c.location, _quarter, func.count())
    .select_from(receipt.join(attempt, attempt.c.id == receipt.c.attempt_id))
    .where(receipt.c.received_at >= bindparam("since"), _IS_ANSWER)
    .group_by(attempt.c.location, _quarter)
)


class SqlWays:
    """``Ways`` over the tables of proposals, decisions, attempts and receipts."""

    def is_any(self, tx: Connection, now: Instant) -> bool:
        """Return whether anything is to be chosen or followed."""
        return way_store.is_any(tx, now)

    def to_choose(self, tx: Connection, now: Instant, most: int) -> list[Proposal]:
        """Return what is to be chosen."""
        return way_store.to_choose(tx, now, most)

    def write_chosen(self, tx: Connection, chosen: Sequence[Proposal]) -> None:
        """Write what was chosen."""
        way_store.write_chosen(tx, chosen)

    def to_follow(self, tx: Connection, now: Instant, most: int) -> list[Ended]:
        """Return what ended, with what is known of it."""
        found = way_store.to_follow(tx, now, most)
        if not found:
            return []
        ids = [wish.id for wish, _ in found]
        refused = [wish.id for wish, status in found if status == "refused"]
        reasons = gate_store.last_reasons(tx, refused) if refused else {}
        calls = {row[0]: (row[1], bool(row[2])) for row in rows_in(tx, _CALLS, ids)}
        reports = reports_of(tx, ids)
        return [
            Ended(
                proposal=wish,
                status=status,
                reasons=reasons.get(wish.id, frozenset()),
                handed_at=calls.get(wish.id, _NEVER)[0],
                may_have_arrived=calls.get(wish.id, _NEVER)[1],
                fate=fate_of(reports[wish.id]) if wish.id in reports else Fate(),
            )
            for wish, status in found
        ]

    def write_looked(self, tx: Connection, looked: Sequence[tuple[str, Instant | None]]) -> None:
        """Write when messages are looked at again."""
        way_store.write_looked(tx, looked)

    def write_followers(self, tx: Connection, pairs: Sequence[tuple[Proposal, Proposal]]) -> None:
        """Write followers; of a broadcast, what takes the place of a lost message is its recipient's message now."""
        way_store.write_followers(tx, pairs)
        in_place = [pair for pair in pairs if pair[0].broadcast is not None and not pair[1].is_second]
        broadcast_store.set_followers(tx, in_place)


class SqlAnswers:
    """``Answers`` over attempts and receipts."""

    def of_people(self, tx: Connection, profile_ids: Sequence[int], since: Instant) -> dict[int, list[Answered]]:
        """Return the messages of every person, and when each was first answered."""
        families = identity_store.families(tx, set(profile_ids))
        members = {member: asked for asked, family in families.items() for member in family}
        found: dict[int, list[Answered]] = {}
        for profile_id, channel, _, at in rows_in(tx, _ANSWERED, sorted(members), since=since):
            found.setdefault(members[profile_id], []).append(Answered(channel, at))
        return found

    def of_places(self, tx: Connection, since: Instant) -> dict[str | None, dict[Instant, int]]:
        """Return the answers of every place by quarter of an hour."""
        found: dict[str | None, dict[Instant, int]] = {}
        for location, quarter, count in tx.execute(_PLACES, {"since": since}):
            found.setdefault(location, {})[quarter] = count
        return found
