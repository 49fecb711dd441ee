"""When a journey pauses itself: above the share, and with enough cases to tell."""

import pytest

from fieldfare.decide.journeys.definition import Stop
from fieldfare.decide.journeys.stop import COUNTED, Count, must_stop
from fieldfare.ground.instants import DAY

RULE = Stop(what="bounced", above=0.02, within_us=DAY, at_least=50)


@pytest.mark.parametrize(
    ("count", "stops"),
    [(Count(0, 0), False), (Count(1, 50), False), (Count(2, 50), True), (Count(40, 49), False), (Count(2, 100), False)],
)
def test_a_rule(count: Count, stops: bool) -> None:
    found = must_stop([RULE], [count])
    assert (found is not None) is stops
    if found is not None:
        assert found.what in COUNTED
        assert "2 of 50 are bounced (4.0 %), and at most 2 % may be" in found.why


def test_the_first_rule_that_is_broken_is_told() -> None:
    other = Stop(what="failed", above=0.5, within_us=DAY, at_least=1)
    found = must_stop([RULE, other], [Count(0, 0), Count(9, 10)])
    assert found is not None
    assert found.what == "failed"


def test_in_a_phase_its_own_share_counts() -> None:
    rule = Stop(what="failed", above=0.1, within_us=DAY, at_least=1, by_phase={"peak": 0.02})
    assert must_stop([rule], [Count(5, 100)], frozenset({"off"})) is None
    found = must_stop([rule], [Count(5, 100)], frozenset({"peak", "january.peak"}))
    assert found is not None
    assert found.why.endswith("and at most 2 % in peak may be")
