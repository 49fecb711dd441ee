"""How ranks and the cuts that they compare with are said in words."""

from typing import Any

import pytest

from fieldfare.ground.instants import parse_iso
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.explain import sentence, why
from fieldfare.know.audiences.model import Audience
from fieldfare.know.audiences.parse import parse_condition
from fieldfare.know.audiences.say_ranked import exact_relative_to
from fieldfare.know.cuts.model import LEAST, Cut, CutsInForce, CutVersion, Mark, PlaceMarks, Rank
from fieldfare.know.profiles.model import Document, TraitValue

AT = parse_iso("2026-03-01T02:00:00Z")


@pytest.mark.parametrize(
    ("node", "said"),
    [
        ({"top": "5 %", "by": "spend"}, "is among the 5 % with the greatest spend"),
        (
            {"bottom": 50, "by": "spend", "per": "region"},
            "is among the 50 profiles with the least spend in the region of the home location",
        ),
        (
            {"percentile": {"of": "spend", "between": [60, 80]}, "per": "location"},
            "spend lies above percentile 60 and at most at percentile 80 at the home location",
        ),
        (
            {"percentile": {"of": "spend", "between": [90, 100]}},
            "spend lies above percentile 90 and at most at percentile 100",
        ),
        (
            {"top": 3, "by": "spend", "among": "vip"},
            "all of (is in audience vip; is among the 3 profiles with the greatest spend among vip)",
        ),
    ],
)
def test_conditions(node: dict[str, Any], said: str) -> None:
    condition, problems = parse_condition(node, ())
    assert condition is not None, problems
    assert sentence(condition) == said


TOP = Cut("spend", (Rank(is_top=True, count=2),), "location")


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("north", " at north: top-2 is at least 512.5 (of those with this number up to profile 7), of 90 ranked"),
        ("south", " at south: top-2 is everybody who has a number, of 1 ranked"),
        ("east", ": nobody at east had spend then"),
        (None, ": without a location nobody is ranked"),
    ],
)
def test_relative_to_what(place: str | None, said: str) -> None:
    places = {"north": PlaceMarks((Mark(512.5, 7),), 90), "south": PlaceMarks((Mark(LEAST),), 1)}
    version = CutVersion(TOP.name, 7, AT, places)
    head = "exact relative to cut spend.top-2.per-location v7 of 2026-03-01T02:00:00Z"
    assert exact_relative_to(TOP, version, place) == head + said


def test_why_names_the_cut_of_each_part_and_says_when_there_is_none() -> None:
    condition, _ = parse_condition({"not": {"top": "5 %", "by": "spend"}}, ())
    assert condition is not None
    document = Document(traits={"spend": TraitValue(600, "app", AT, AT)})
    audience = Audience("a", condition, "d")
    reasons = why(audience, document, AT, Evaluator([], zone="UTC"))
    assert [(each.truth, each.cuts) for each in reasons] == [
        (None, ()),
        (None, ("not computable: the cut spend.top-5pct was never published",)),
    ]
    cuts = CutsInForce({"spend.top-5pct": CutVersion("spend.top-5pct", 2, AT, {"": PlaceMarks((Mark(512.5),), 40)})})
    reasons = why(audience, document, AT, Evaluator([], zone="UTC", cuts=cuts))
    said = "exact relative to cut spend.top-5pct v2 of 2026-03-01T02:00:00Z: top-5pct is at least 512.5, of 40 ranked"
    assert [(each.truth, each.value, each.cuts) for each in reasons] == [(False, None, ()), (True, 600, (said,))]
