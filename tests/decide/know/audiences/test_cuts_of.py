"""Which cuts conditions compare with, what each needs, and whether time alone changes its number."""

from typing import Any

from fieldfare.know.audiences.cuts_of import cuts_of, wanted_cuts
from fieldfare.know.audiences.model import Audience, Condition
from fieldfare.know.audiences.parse import parse_condition
from fieldfare.know.computed.compute import TraitsComputed
from tests.decide.know.computed.test_compute import COMPUTED, computed_of

TRAITS = TraitsComputed(computed_of(COMPUTED | {"both": {"difference": ["r", "f"]}}), "UTC")
OF_RECENCY = "recency_days.bottom-20pct.bottom-40pct.bottom-60pct.bottom-80pct"
OF_VISITS = "visits.bottom-20pct.bottom-40pct.bottom-60pct.bottom-80pct"


def parsed(node: dict[str, Any]) -> Condition:
    condition, problems = parse_condition(node, ())
    assert condition is not None, problems
    return condition


def test_what_a_condition_compares_with() -> None:
    asked = parsed({"all": [{"top": "5 %", "by": "score"}, {"trait": "rf", "is": "55low"}, {"in": "other"}]})
    assert {cut.name for cut in cuts_of(asked, TRAITS)} == {"score.top-5pct", OF_RECENCY, OF_VISITS}
    assert cuts_of(parsed({"trait": "visits", "above": 3}), TRAITS) == []


def test_what_is_wanted_and_after_what() -> None:
    asked: dict[str, dict[str, Any]] = {
        "vip": {"top": "5 %", "by": "score"},
        "member": {"not": {"in": "vip"}},
        "called": {"top": 200, "by": "both", "among": "member"},
    }
    audiences = {name: Audience(name, parsed(node), name) for name, node in asked.items()}
    wanted = wanted_cuts([parsed({"bottom": 3, "by": "recency_days"})], audiences, TRAITS)
    assert {name: (each.needs, each.moves) for name, each in wanted.items()} == {
        "both.top-200.among-member": (frozenset({OF_RECENCY, OF_VISITS, "score.top-5pct"}), True),
        "recency_days.bottom-3": (frozenset(), True),
        "score.top-5pct": (frozenset(), False),
        OF_RECENCY: (frozenset(), True),
        OF_VISITS: (frozenset(), False),
    }
