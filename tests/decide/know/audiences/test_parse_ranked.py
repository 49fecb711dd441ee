"""`top`, `bottom` and `percentile` as written: what they become, and what is said of slips."""

from typing import Any

import pytest

from fieldfare.know.audiences.model import AllOf, InAudience, Ranked
from fieldfare.know.audiences.parse import parse_condition
from fieldfare.know.cuts.model import Cut, Rank


def low(*shares: int) -> tuple[Rank, ...]:
    return tuple(Rank(is_top=False, share=share) for share in shares)


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"top": "5 %", "by": "spend"}, Ranked(Cut("spend", (Rank(is_top=True, share=50_000),)), (True,))),
        ({"top": "0.5%", "by": "spend"}, Ranked(Cut("spend", (Rank(is_top=True, share=5_000),)), (True,))),
        ({"bottom": 50, "by": "spend"}, Ranked(Cut("spend", (Rank(is_top=False, count=50),)), (True,))),
        (
            {"top": 200, "by": "score", "per": "location"},
            Ranked(Cut("score", (Rank(is_top=True, count=200),), "location"), (True,)),
        ),
        (
            {"percentile": {"of": "spend", "between": [60, 80]}, "per": "region"},
            Ranked(Cut("spend", low(600_000, 800_000), "region"), (False, True)),
        ),
        ({"percentile": {"of": "spend", "between": [0, 12.5]}}, Ranked(Cut("spend", low(125_000)), (True,))),
        ({"percentile": {"of": "spend", "between": [90, 100]}}, Ranked(Cut("spend", low(900_000)), (False,))),
    ],
)
def test_what_is_written(node: dict[str, Any], expected: Ranked) -> None:
    assert parse_condition(node, ("where",)) == (expected, [])


def test_among_is_membership_too() -> None:
    condition, problems = parse_condition({"top": 10, "by": "score", "among": "lapsed"}, ())
    ranked = Ranked(Cut("score", (Rank(is_top=True, count=10),), None, "lapsed"), (True,))
    assert (condition, problems) == (AllOf((InAudience("lapsed"), ranked)), [])


@pytest.mark.parametrize(
    ("node", "path", "said"),
    [
        ({"top": "5", "by": "spend"}, "top", "`top: 5` is neither a share nor a number"),
        ({"top": 0.05, "by": "spend"}, "top", "Write `top: 5 %`"),
        ({"top": "0 %", "by": "spend"}, "top", "`top: 0 %` is neither"),
        ({"top": "100 %", "by": "spend"}, "top", "`top: 100 %` is neither"),
        ({"top": 0, "by": "spend"}, "top", "`top: 0` is neither"),
        ({"top": True, "by": "spend"}, "top", "`top: True` is neither"),
        ({"top": None, "by": "spend"}, "top", "`top: nothing` is neither"),
        ({"bottom": "5 %"}, "by", "`bottom` does not say by which number"),
        ({"top": "5 %", "by": 3}, "by", "does not say by which number"),
        ({"top": "5 %", "by": "x", "per": "club"}, "per", "`per: club` is neither `location` nor `region`"),
        ({"top": "5 %", "by": "x", "among": "No Name"}, "among", "`among` does not hold the name of an audience"),
        ({"top": "5 %", "by": "x", "pre": "region"}, "pre", "Did you mean `per`?"),
        ({"percentile": 5}, "percentile", "`percentile` does not hold `of` and `between`"),
        ({"percentile": {"of": "x"}}, "percentile", "`percentile` does not hold"),
        ({"percentile": {"of": "x", "between": [80, 60]}}, "between", "is not a band of percentiles"),
        ({"percentile": {"of": "x", "between": [0, 100]}}, "between", "is not a band"),
        ({"percentile": {"of": "x", "between": [0, 101]}}, "between", "is not a band"),
        ({"percentile": {"of": "x", "between": ["a", 3]}}, "between", "is not a band"),
        ({"percentile": {"of": "x", "between": 3}}, "between", "`between: 3` is not a band"),
        ({"percentile": {"of": "", "between": [1, 3]}}, "of", "`of` does not name a trait"),
        ({"top": "5 %", "bottom": "5 %", "by": "x"}, "where", "says `top` and `bottom` at once"),
        ({"topp": "5 %", "by": "x"}, "where", "Did you mean `top`?"),
    ],
)
def test_slips(node: dict[str, Any], path: str, said: str) -> None:
    condition, problems = parse_condition(node, ("where",))
    assert condition is None
    assert len(problems) == 1
    assert problems[0].path[-1] == path
    assert said in f"{problems[0].what}. {problems[0].why}. {problems[0].fix}"
