"""Measures behind conditions: shared, stable, long enough."""

from fieldfare.ground.instants import HOUR
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.measures import measure_key, measures_of
from fieldfare.know.audiences.model import Aggregate, AllOf, AnyOf, Bound, Did, Negation, Window
from fieldfare.know.profiles.model import Measure, PropertyTest


def test_the_same_definition_is_one_measure_with_the_longest_window() -> None:
    month = Did("X", window=Window(Duration(30, "day")))
    quarter = Did("X", bounds=(Bound("at_least", 3),), window=Window(Duration(90, "day"), Duration(30, "day")))
    hours = Did("X", window=Window(Duration(6, "hour")))
    key = measure_key(month)
    assert measures_of([AllOf((month, Negation(quarter))), AnyOf((hours, Did("X")))]) == {
        key: Measure(key, "X", horizon_days=90, horizon_us=6 * HOUR)
    }


def test_a_window_of_today_alone_has_tiles() -> None:
    did = Did("X", window=Window(Duration(0, "day")))
    assert measures_of([did])[measure_key(did)].horizon_days == 1


def test_keys_tell_definitions_apart_and_never_change() -> None:
    gold = PropertyTest("plan", "is", "gold")
    big = PropertyTest("total", "above", 3)
    dids = [
        Did("X"),
        Did("Y"),
        Did("X", (gold,)),
        Did("X", (PropertyTest("plan", "is", operand=True),)),
        Did("X", (PropertyTest("plan", "is", 1),)),
        Did("X", (gold, big)),
        Did("X", (), Aggregate.SUM, "total", (Bound("above", 1),)),
    ]
    assert len({measure_key(did) for did in dids}) == len(dids)
    assert measure_key(Did("X", (gold, big))) == measure_key(Did("X", (big, gold)))
    # Stored documents hold this key.
    assert measure_key(Did("Order Completed")) == "61b242462049"
