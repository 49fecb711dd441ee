"""Erasure from the gate's own tables: what was ordered about a person, what waited for them, where they were met.

Statements only. A pause of a profile loses its words and stays in the record of what was stopped when.
"""

from collections.abc import Collection

from sqlalchemy import Connection, delete, update

from fieldfare.decide.gate.action_store import forget_requests
from fieldfare.decide.gate.model import Scope
from fieldfare.decide.gate.order_store import (
    control_member,
    deliverable,
    gate_queue,
    limit_use,
    marketing_hold,
    pause,
)


def forget_orders(
    connection: Connection, profile_ids: Collection[int], hashes: Collection[bytes], proposal_ids: Collection[str]
) -> int:
    """Delete what there is about people, by their ids and the hashes of their addresses; return how many rows."""
    people, addresses = sorted(profile_ids), sorted(hashes)
    gone = forget_requests(connection, people)
    statements = (
        delete(marketing_hold).where(marketing_hold.c.profile_id.in_(people)),
        delete(gate_queue).where(gate_queue.c.profile_id.in_(people)),
        delete(limit_use).where(limit_use.c.proposal_id.in_(sorted(proposal_ids))),
        delete(control_member).where(
            control_member.c.profile_id.in_(people) | control_member.c.address_hash.in_(addresses)
        ),
        delete(deliverable).where(deliverable.c.profile_id.in_(people) | deliverable.c.address_hash.in_(addresses)),
    )
    gone += sum(connection.execute(statement).rowcount for statement in statements)
    theirs = (pause.c.scope == Scope.PROFILE.value) & pause.c.name.in_([str(each) for each in people])
    connection.execute(update(pause).where(theirs).values(reason="erased"))
    return gone
