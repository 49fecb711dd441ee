"""The parts that entries, goals, exits and steps share."""

import pytest

from fieldfare.decide.journeys.definition import Trigger
from fieldfare.decide.journeys.parse_parts import condition_of, one_of, span_us, stray_where, trigger_of
from fieldfare.ground.instants import DAY, MINUTE
from fieldfare.ground.workspace.model import Problem
from fieldfare.know.audiences.files import ConditionNode


@pytest.mark.parametrize(("text", "expected"), [("2 days", 2 * DAY), ("1 week", 7 * DAY), ("90 minutes", 90 * MINUTE)])
def test_spans(text: str, expected: int) -> None:
    problems: list[Problem] = []
    assert span_us(text, ("x",), problems) == expected
    assert problems == []


@pytest.mark.parametrize("text", ["2", "0 days", "999999 weeks", "", "-1 days"])
def test_spans_that_are_none(text: str) -> None:
    problems: list[Problem] = []
    span_us(text, ("x",), problems)
    assert [each.path for each in problems] == [("x",)]


@pytest.mark.parametrize(
    ("given", "chosen", "what"),
    [
        ({"a": 1, "b": None}, "a", None),
        ({"a": None, "b": None}, None, "none of `a`, `b` is given"),
        ({"a": 1, "b": 2}, None, "both `a` and `b` are given"),
    ],
)
def test_one_of(given: dict[str, object], chosen: str | None, what: str | None) -> None:
    problems: list[Problem] = []
    assert one_of(given, ("x",), problems) == chosen
    assert [each.what for each in problems] == ([] if what is None else [what])


def test_triggers_and_conditions() -> None:
    problems: list[Problem] = []
    assert trigger_of("start", None, (), problems) == Trigger("start")
    assert trigger_of("start", {"level": 3}, (), problems).where[0].property == "level"
    assert condition_of(None, (), problems) is None
    assert condition_of(ConditionNode(trait="plan", exists=True), (), problems) is not None
    assert problems == []
    assert condition_of(ConditionNode(), ("when",), problems) is None
    trigger_of("", None, (), problems)
    stray_where(None, {"a": 1}, (), problems)
    assert [each.path for each in problems] == [("when",), ("event",), ("where",)]
