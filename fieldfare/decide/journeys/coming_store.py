"""Whose proposals come up soon: statements over the table of proposals, for who plays time forward."""

from sqlalchemy import Connection, bindparam, select

from fieldfare.decide.journeys.model import ENDED
from fieldfare.decide.journeys.store import IS_WAITING, proposal
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import rows_of

_DUE_BY = select(proposal.c.profile_id, proposal.c.due_at).where(IS_WAITING, proposal.c.due_at <= bindparam("until"))
_FOLLOWED_BY = select(proposal.c.profile_id, proposal.c.follow_at).where(
    proposal.c.status.in_(ENDED), proposal.c.follow_at.is_not(None), proposal.c.follow_at <= bindparam("until")
)


def coming_by(connection: Connection, until: Instant) -> list[tuple[int, Instant]]:
    """Return for whom a proposal is due by then, or one that ended may be followed, and when."""
    return [(row[0], row[1]) for each in (_DUE_BY, _FOLLOWED_BY) for row in rows_of(connection, each, until=until)]
