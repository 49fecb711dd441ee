"""The proposal of a recipient."""

from fieldfare.act.broadcasts.propose import journey_of, proposal_of
from fieldfare.ground.instants import DAY, HOUR
from fieldfare.testing.delivery import START
from tests.decide.act.broadcasts.builders import a_broadcast, a_run


def test_the_same_recipient_makes_the_same_proposal() -> None:
    first, again = (proposal_of(a_run(), 7, "north", at) for at in (START, START + HOUR))
    assert (first.id, first.enrollment_id, first.expires_at) == (again.id, again.enrollment_id, again.expires_at)
    assert proposal_of(a_run(), 8, None, START).id != first.id
    assert proposal_of(a_run(id="brd_2"), 7, None, START).id != first.id


def test_it_is_the_broadcasts_and_expires_after_the_start() -> None:
    wish = proposal_of(a_run(), 7, "north", START + HOUR)
    assert (wish.broadcast, wish.location, wish.journey) == ("brd_1", "north", "broadcast:spring")
    assert wish.expires_at == START + 2 * DAY
    assert journey_of(a_broadcast(name="autumn")) == "broadcast:autumn"
