"""What folding and journeys need of a definition, compiled."""

import pytest

from fieldfare.know.profiles.model import Measure, PropertyTest
from fieldfare.know.profiles.plan import FoldPlan, Touched, passes, property_of
from tests.decide.know.worlds import TRAITS, make_event


def test_measures_by_event() -> None:
    plan = FoldPlan([Measure("a", "X", horizon_days=3), Measure("b", "X", horizon_us=5), Measure("c", "Y")], TRAITS)
    assert [*plan.by_event["X"].rules] == [("a", None, None, True, False), ("b", None, None, False, True)]
    assert plan.by_event["X"].all_touched == Touched(measures=("a", "b"))
    assert plan.sealed_traits == {"diagnosis"}


@pytest.mark.parametrize(("day", "weekday"), [(0, "thu"), (4, "mon"), (20_532, "fri"), (20_533, "sat"), (-1, "wed")])
def test_weekdays_of_the_local_day(day: int, weekday: str) -> None:
    assert property_of(make_event(day=day, payload={"weekday": "own"}), "weekday") == weekday


def test_derived_properties_go_before_own_ones() -> None:
    event = make_event(location="north", payload={"location": "own", "total": 3})
    assert property_of(event, "location") == "north"
    assert passes(event, (PropertyTest("location", "is", "north"), PropertyTest("total", "above", 2)))
    assert not passes(event, (PropertyTest("location", "is", "own"),))
    assert passes(event, ())
