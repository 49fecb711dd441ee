"""Spans of time, and what is said of a text that is none."""

import pytest

from fieldfare.ground.workspace.model import Duration, Problem
from fieldfare.know.audiences.parse_span import parse_span


def test_a_span_is_read() -> None:
    problems: list[Problem] = []
    assert parse_span("within", "2 weeks", (), problems) == Duration(2, "week")
    assert problems == []


@pytest.mark.parametrize(
    ("value", "part"), [(30, "has no unit"), ("soon", "is not a span of time"), ("40000 days", "a hundred years")]
)
def test_what_is_wrong(value: object, part: str) -> None:
    problems: list[Problem] = []
    assert parse_span("within", value, ("where",), problems) is None
    assert problems[0].path == ("where", "within")
    assert part in problems[0].what
