"""Stretches of seasons as they are written, and what is wrong with the others."""

from typing import Any

import pytest

from fieldfare.ground.workspace.model import Problem
from fieldfare.know.audiences.model import During
from fieldfare.know.audiences.parse_during import parse_during, phase_in


@pytest.mark.parametrize(
    ("value", "during"),
    [
        ("last january.peak", During("january.peak", 1)),
        (" last  peak ", During("peak", 1)),
        ("current cool_down", During("cool_down", 0)),
        ({"phase": "peak", "before_last": 0}, During("peak", 1)),
        ({"phase": "january.off", "before_last": 2}, During("january.off", 3)),
    ],
)
def test_what_may_be_written(value: Any, during: During) -> None:
    problems: list[Problem] = []
    assert parse_during({"during": value}, (), problems) == during
    assert problems == []
    assert phase_in(value) == during.phase


@pytest.mark.parametrize(
    ("node", "path", "what"),
    [
        ({"during": "peak"}, ("during",), "`during: peak` does not name a stretch"),
        ({"during": "next peak"}, ("during",), "`during: next peak` does not name a stretch"),
        ({"during": "last paek"}, ("during",), "`paek` is not a phase"),
        ({"during": ["last", "peak"]}, ("during",), "`during` does not name a stretch"),
        ({"during": {"phase": "peak"}}, ("during",), "`during` does not name a stretch"),
        ({"during": {"phase": 3, "before_last": 1}}, ("during",), "`3` is not a phase"),
        ({"during": {"phase": "peak", "before_last": True}}, ("during", "before_last"), "`before_last: True` does not"),
        ({"during": {"phase": "peak", "before_last": 10}}, ("during", "before_last"), "`before_last: 10` does not"),
        ({"during": "last peak", "within": "3 days"}, (), "the condition says `during` and `within` at once"),
        ({"during": "last peak", "over": "3 days"}, (), "the condition says `during` and `over` at once"),
    ],
)
def test_what_is_wrong(node: dict[str, Any], path: tuple[str, ...], what: str) -> None:
    problems: list[Problem] = []
    assert parse_during(node, (), problems) is None
    assert [(problem.path, problem.what[: len(what)]) for problem in problems] == [(path, what)]
    assert problems[0].fix


def test_nothing_written_is_no_stretch() -> None:
    assert parse_during({}, (), []) is None
    assert phase_in(None) is None
    assert phase_in("peak") is None
