"""The proposal of a recipient."""

from fieldfare.act.broadcasts.model import Variant
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


def test_each_arm_has_its_version_and_the_held_out_are_proposed_too() -> None:
    warm = Variant(name="warm", template="warm", variables={"x": 1})
    run = a_run(broadcast=a_broadcast(holdout=0.2, variants=(Variant(name="plain", template="hello"), warm)))
    told = {arm: proposal_of(run, 7, None, START, arm) for arm in ("holdout", "plain", "warm")}
    assert {each.experiment for each in told.values()} == {"broadcast.spring"}
    assert {arm: (each.arm, each.template) for arm, each in told.items()} == {
        "holdout": ("holdout", "hello"),
        "plain": ("plain", "hello"),
        "warm": ("warm", "warm"),
    }
    assert told["warm"].variables == {"x": 1}
    assert proposal_of(a_run(), 7, None, START).experiment is None
