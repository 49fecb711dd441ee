"""The computed traits of traits.yaml as data: nodes, and every problem with its place."""

from typing import Any

import msgspec
import pytest

from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.model import Aggregate, Did, Window
from fieldfare.know.computed.model import Bands, Computed, DaysSinceEvent, Measured, Quintile
from fieldfare.know.computed.parse import find_computed_cycle, parse_traits_file
from fieldfare.know.profiles.files import TraitsFile
from fieldfare.know.profiles.model import PropertyTest, TraitType

TOLD = {
    "ltv": {"type": "number"},
    "since": {"type": "date"},
    "diagnosis": {"type": "text", "sensitivity": "health"},
}


def read(**computed: Any) -> TraitsFile:
    return msgspec.convert({"traits": TOLD, "computed": computed}, TraitsFile)


def test_nodes() -> None:
    traits, problems = parse_traits_file(
        read(
            visits={"measure": "count", "event": "X", "within": "7 days", "description": "how often"},
            recency={"days_since": "last", "event": "X"},
            tier={"bands": "visits", "steps": {"high": 3, "low": 0}},
            fifth={"quintile": "recency", "best": "low"},
        )
    )
    assert problems == []
    assert traits is not None
    assert sorted(traits.registry.by_name) == ["diagnosis", "ltv", "since"]
    window = Window(Duration(7, "day"))
    assert traits.computed == {
        "visits": Computed(
            "visits",
            Measured(Did("X", bounds=(), window=window)),
            TraitType.NUMBER,
            "how often",
        ),
        "recency": Computed(
            "recency", DaysSinceEvent(Did("X", aggregate=Aggregate.LAST_DAY, bounds=())), TraitType.NUMBER
        ),
        "tier": Computed("tier", Bands("visits", ((0.0, "low"), (3.0, "high"))), TraitType.TEXT),
        "fifth": Computed("fifth", Quintile("recency", is_low_best=True), TraitType.NUMBER),
    }


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        ({}, ()),
        ({"measure": "count", "bands": "x", "event": "X"}, ()),
        ({"measure": "median", "event": "X"}, ("measure",)),
        ({"measure": "count"}, ("event",)),
        ({"measure": "sum", "event": "X"}, ("of",)),
        ({"measure": "count", "event": "X", "of": "y"}, ("of",)),
        ({"measure": "count", "event": "X", "within": 30}, ("within",)),
        ({"measure": "count", "event": "X", "steps": {}}, ("steps",)),
        ({"days_since": "yesterday", "event": "X"}, ("days_since",)),
        ({"days_since": "last", "event": "X", "trait": "since"}, ("trait",)),
        ({"days_since": "trait"}, ()),
        ({"days_since": "trait", "trait": "ltv"}, ("trait",)),
        ({"moment_of": "middle", "event": "X"}, ("moment_of",)),
        ({"bands": "ltv"}, ("steps",)),
        ({"bands": "ltv", "steps": {"a": 1, "b": 1}}, ("steps",)),
        ({"bands": "ltv", "steps": {"a": "much"}}, ("steps",)),
        ({"bands": 3, "steps": {"a": 1}}, ("bands",)),
        ({"ratio": ["ltv"]}, ("ratio",)),
        ({"difference": ["ltv", True]}, ("difference",)),
        ({"coalesce": []}, ("coalesce",)),
        ({"coalesce": ["nobody"]}, ()),
        ({"coalesce": ["diagnosis"]}, ()),
        ({"join": "ltv"}, ("join",)),
        ({"quintile": "ltv"}, ("quintile",)),
        ({"quintile": "x", "best": "middle"}, ("best",)),
    ],
)
def test_problems_name_their_place(entry: dict[str, Any], place: tuple[str, ...]) -> None:
    traits, problems = parse_traits_file(read(x=entry))
    assert traits is None
    assert ("computed", "x", *place) in [problem.path for problem in problems], problems
    assert all(problem.what and problem.why and problem.fix for problem in problems)


@pytest.mark.parametrize("name", ["ltv", "Visits", "", "x" * 64])
def test_names(name: str) -> None:
    traits, problems = parse_traits_file(read(**{name: {"measure": "count", "event": "X"}}))
    assert traits is None
    assert [problem.path for problem in problems] == [("computed", name)]


def test_a_value_cannot_follow_from_itself() -> None:
    traits, problems = parse_traits_file(read(a={"coalesce": ["b"]}, b={"ratio": ["a", 2]}))
    assert traits is None
    assert "`a` -> `b` -> `a`" in problems[0].what
    assert find_computed_cycle({}) is None


def test_what_is_declared_wrongly_is_told_with_what_is_computed_wrongly() -> None:
    file = msgspec.convert({"traits": {"": {"type": "text"}}, "computed": {"x": {}}}, TraitsFile)
    _, problems = parse_traits_file(file)
    assert [problem.path[0] for problem in problems] == ["traits", "computed"]


SPEND = {"name": "spend", "event": "X", "sum": "total", "where": {"tier": "gold"}}


def test_a_named_measure_is_a_total_in_a_window() -> None:
    traits, problems = parse_traits_file(read(recent={"measure": SPEND, "within": "7 days"}))
    assert problems == []
    assert traits is not None
    where = (PropertyTest("tier", "is", "gold"),)
    total = Did("X", where, Aggregate.SUM, "total", (), Window(Duration(7, "day")))
    assert traits.computed == {"recent": Computed("recent", Measured(total), TraitType.NUMBER)}


def test_a_measure_that_nobody_declared_is_left_to_the_check_of_names() -> None:
    assert parse_traits_file(read(recent={"measure": "spnd"}))[1] == []


@pytest.mark.parametrize(
    ("entry", "path", "what"),
    [
        ({"measure": SPEND, "of": "total"}, ("of",), "`of` stands beside a named measure"),
        ({"measure": SPEND, "where": {"a": 1}}, ("where",), "`where` stands beside a named measure"),
        ({"measure": {"name": "r", "rate": ["X", "Y"]}}, ("measure",), "the measure `r` is a rate"),
        ({"measure": "cuont", "event": "X"}, ("measure",), "`cuont` is not a measure"),
    ],
)
def test_named_measures_that_do_not_fit(entry: dict[str, Any], path: tuple[str, ...], what: str) -> None:
    _, problems = parse_traits_file(read(recent=entry))
    assert [(problem.path, problem.what) for problem in problems] == [(("computed", "recent", *path), what)]
