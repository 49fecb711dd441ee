"""Measures as they are declared and asked for, and what is wrong with the others."""

from typing import Any

import msgspec
import pytest

from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.measure_files import MeasuresFile
from fieldfare.know.audiences.model import Aggregate, Did, During, Limit, Look, MeasureTest, NamedMeasure, Window
from fieldfare.know.audiences.parse import parse_condition
from fieldfare.know.audiences.parse_measure import parse_measures
from fieldfare.know.profiles.model import PropertyTest

GOLD = (PropertyTest("tier", "is", "gold"),)
MONTH = Look(Window(Duration(30, "day")))
BOTH = {"over": "3 days", "between": "9 and 3 days ago"}
BEFORE = {"compared_to": {"between": "60 and 31 days ago"}}


def read(measures: dict[str, Any]) -> Any:
    return parse_measures(msgspec.convert({"measures": measures}, MeasuresFile))


def test_counts_sums_and_rates() -> None:
    found, problems = read(
        {
            "visits": {"event": "check_in", "where": {"tier": "gold"}, "description": "x", "owner": "y"},
            "spend": {"event": "order", "sum": "total"},
            "opens": {"rate": ["opened", {"event": "sent", "where": {"tier": "gold"}}]},
            "basket": {"rate": [{"event": "order", "sum": "total"}, "order"]},
        }
    )
    assert problems == []
    spend = Did("order", (), Aggregate.SUM, "total", ())
    assert found == {
        "visits": NamedMeasure("visits", Did("check_in", GOLD, bounds=())),
        "spend": NamedMeasure("spend", spend),
        "opens": NamedMeasure("opens", Did("opened", bounds=()), Did("sent", GOLD, bounds=())),
        "basket": NamedMeasure("basket", spend, Did("order", bounds=())),
    }


@pytest.mark.parametrize(
    ("name", "entry", "path", "what"),
    [
        ("Spend", {"event": "a"}, (), "`Spend` cannot name a measure"),
        ("count", {"event": "a"}, (), "`count` cannot name a measure"),
        ("m", {}, ("event",), "no event is named"),
        ("m", {"sum": "x"}, ("event",), "no event is named"),
        ("m", {"event": "a", "sum": ["x"]}, ("sum",), "`sum` does not name a property"),
        ("m", {"rate": ["a"]}, ("rate",), "`rate` is not of two"),
        ("m", {"rate": ["a", "b"], "event": "c"}, ("event",), "`event` stands beside `rate`"),
        ("m", {"rate": ["a", 3]}, ("rate", 1, "event"), "no event is named"),
        ("m", {"rate": ["a", {"event": "b", "of": "x"}]}, ("rate", 1, "of"), "`of` is none of its keys"),
        ("m", {"event": "a", "where": []}, ("where",), "`where` does not hold tests"),
    ],
)
def test_declarations_that_are_wrong(name: str, entry: dict[str, Any], path: tuple[str | int, ...], what: str) -> None:
    found, problems = read({name: entry})
    assert found is None
    assert [(problem.path, problem.what) for problem in problems] == [(("measures", name, *path), what)]


@pytest.mark.parametrize(
    ("node", "look", "limits", "baseline"),
    [
        ({"over": "30 days", "above": 300}, MONTH, (Limit("above", 300),), None),
        ({"at_least": 0.25, "at_most": "30.5 %"}, Look(), (Limit("at_least", 1, 4), Limit("at_most", 61, 200)), None),
        ({"over": "36 hours", "below": 1}, Look(Window(Duration(36, "hour"))), (Limit("below", 1),), None),
        (
            {"between": "120 and 30 days ago", "per": "1 week", "below": 2},
            Look(Window(Duration(120, "day"), Duration(30, "day")), None, Duration(1, "week")),
            (Limit("below", 2),),
            None,
        ),
        ({"during": "last peak", "above": 3}, Look(None, During("peak", 1)), (Limit("above", 3),), None),
        (
            {"over": "30 days", **BEFORE, "down_by": "50 %"},
            MONTH,
            (Limit("at_most", 1, 2),),
            Look(Window(Duration(60, "day"), Duration(31, "day"))),
        ),
        (
            {
                "over": "30 days",
                "compared_to": {"over": "90 days", "per": "30 days"},
                "up_by": "20 %",
                "below": "900 %",
            },
            MONTH,
            (Limit("below", 9), Limit("at_least", 6, 5)),
            Look(Window(Duration(90, "day")), None, Duration(30, "day")),
        ),
    ],
)
def test_conditions(node: dict[str, Any], look: Look, limits: tuple[Limit, ...], baseline: Look | None) -> None:
    condition, problems = parse_condition({"measure": "spend", **node}, ())
    assert problems == []
    assert condition == MeasureTest(NamedMeasure("spend"), look, limits, baseline)


@pytest.mark.parametrize(
    ("node", "path", "what"),
    [
        ({"measure": 3, "above": 1}, ("measure",), "`measure` does not name a measure"),
        ({"over": "30 days"}, (), "nothing is asked of the measure `spend`"),
        ({"within": "30 days", "above": 1}, ("within",), "`within` does not go with `measure`"),
        ({"over": "30", "above": 1}, ("over",), "`over: 30` has no unit"),
        ({"over": "0 hours", "above": 1}, ("over",), "`over: 0 hours` is empty"),
        ({**BOTH, "above": 1}, (), "the condition says `over` and `between` at once"),
        ({"between": "long ago", "above": 1}, ("between",), "`between: long ago` is not a stretch of the past"),
        ({"over": "30 days", "above": "many"}, ("above",), "`above: many` is not a number"),
        ({"over": "30 days", "above": True}, ("above",), "`above: True` is not a number"),
        ({"over": "30 days", "above": 10**12}, ("above",), f"`above: {10**12}` is not a number"),
        ({"over": "30 days", "above": 0.1234567}, ("above",), "`above: 0.1234567` is not a number"),
        ({"over": "30 days", "down_by": "50 %"}, ("down_by",), "`down_by` stands without `compared_to`"),
        ({"over": "30 days", **BEFORE, "down_by": "101 %"}, ("down_by",), "`down_by: 101 %` is not a share"),
        ({"over": "30 days", **BEFORE, "down_by": 0.5}, ("down_by",), "`down_by: 0.5` is not a share"),
        ({"over": "30 days", **BEFORE, "below": 1}, ("below",), "`below: 1` is not a share"),
        ({"over": "30 days", **BEFORE}, (), "nothing is asked of the measure `spend`"),
        ({"compared_to": "before", "down_by": "5 %"}, ("compared_to",), "`compared_to` holds no window"),
        (
            {"compared_to": {"ovr": "9 days"}, "down_by": "5 %"},
            ("compared_to", "ovr"),
            "`ovr` does not go into `compared_to`",
        ),
        ({"over": "30 days", "per": "0 days", "above": 1}, ("per",), "`per: 0 days` gives no average here"),
        ({"over": "30 days", "per": "3 hours", "above": 1}, ("per",), "`per: 3 hours` gives no average here"),
        ({"per": "3 days", "above": 1}, ("per",), "`per: 3 days` gives no average here"),
        ({"during": "current peak", "per": "7 days", "above": 1}, ("per",), "`per: 7 days` gives no average here"),
        (
            {"measure": {"rate": ["a", "b"]}, "over": "9 days", "per": "7 days", "above": 1},
            ("per",),
            "`per: 7 days` gives no average here",
        ),
        ({"measure": {"rate": "a"}, "above": 1}, ("measure", "rate"), "`rate` is not of two"),
    ],
)
def test_conditions_that_are_wrong(node: dict[str, Any], path: tuple[str, ...], what: str) -> None:
    condition, problems = parse_condition({"measure": "spend", **node}, ())
    assert condition is None
    assert [(problem.path, problem.what) for problem in problems] == [(path, what)]
    assert problems[0].fix


def test_a_slip_between_over_and_within_is_mended_both_ways() -> None:
    assert parse_condition({"measure": "m", "within": "3 days", "above": 1}, ())[1][0].fix == "Did you mean `over`?"
    assert parse_condition({"did": "a", "over": "3 days"}, ())[1][0].fix == "Did you mean `within`?"


def test_a_definition_may_stand_in_place_of_a_name() -> None:
    condition, problems = parse_condition({"measure": {"name": "v", "event": "check_in", "owner": "x"}, "above": 1}, ())
    assert problems == []
    assert isinstance(condition, MeasureTest)
    assert condition.measure == NamedMeasure("v", Did("check_in", bounds=()))
