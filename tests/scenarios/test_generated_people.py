"""Generated people of any workspace: what they do beside their habits."""

from collections import Counter

from fieldfare.flow.rehearsal.model import Terms
from fieldfare.flow.rehearsal.population import EVERY, live
from fieldfare.ground.instants import DAY
from tests.decide.flow.rehearsal.counts import START, a_plan

ZONES = ("Pacific/Auckland", "America/Los_Angeles")
TERMS = Terms(
    zone="UTC",
    locations=tuple((zone.partition("/")[2].lower(), zone) for zone in ZONES),
    wanted=(("served", {}), ("asked", {})),
    purposes=("marketing",),
    channels=("email",),
)
SPANS = 3
PLAN = a_plan(people=60, end=START + SPANS * EVERY * DAY)


def test_places_at_both_ends_of_the_world_are_told_in_the_order_of_time() -> None:
    told = list(live(PLAN, TERMS))
    assert [at for at, _ in told] == sorted(at for at, _ in told)
    assert told == list(live(PLAN, TERMS))


def test_each_thing_happens_to_everybody_once_in_a_span_from_the_day_on_which_they_join() -> None:
    """Who joins later does less of it; nobody does it more often."""
    found = Counter(
        (call["userId"], call["event"]) for _, call in live(PLAN, TERMS) if call.get("event") in {"served", "asked"}
    )
    assert len({user for user, _ in found}) > PLAN.people // 2
    assert max(found.values()) == SPANS
    assert sum(many == SPANS for many in found.values()) > len(found) // 3
