"""What a definition says of itself."""

from fieldfare.ground.instants import DAY
from tests.decide.decide.journeys.walks import compiled, simple


def test_a_walk_takes_no_longer_than_the_shortest_of_its_exits() -> None:
    steps = {"wait": "1 day"}
    assert simple(steps).lasts_us is None
    assert simple(steps, exit=[{"after": "9 days"}, {"event": "gone"}, {"after": "3 days"}]).lasts_us == 3 * DAY


def test_a_holdout_makes_an_experiment() -> None:
    raw = {"journey": "any", "entry": {"event": "start"}, "steps": [{"wait": "1 day"}]}
    assert compiled(raw).experiment is None
    assert compiled(raw | {"holdout": "15 %"}).experiment == "journey.any"
