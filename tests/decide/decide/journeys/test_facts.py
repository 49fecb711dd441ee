"""What is known where nobody looks after places."""

from fieldfare.decide.journeys.facts import Facts
from tests.decide.decide.journeys.walks import always


def test_no_place_is_taken_where_nobody_counts() -> None:
    assert Facts(always, lambda _: None, "UTC").taken("spot", "") == 0
