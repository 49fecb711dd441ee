"""Which value survives, and what is kept at all."""

import itertools
from random import Random

import pytest

from fieldfare.know.profiles.model import Basis, TraitSpec, TraitType, TraitValue
from fieldfare.know.profiles.survive import as_declared, hold_limit, instant_text, keep, outranks, too_large, why_lost

RANKS = {"billing": 2, "app": 1}
RANKED = [
    TraitValue("z", "billing", 9, 9, Basis.INFERRED),
    TraitValue("z", "z", 1, 9, Basis.VERIFIED),
    TraitValue("z", "z", 2, 3),
    TraitValue("a", "z", 2, 4),
    TraitValue("b", "z", 2, 4),
    TraitValue("a", "zz", 2, 4),
    TraitValue("a", "z", 2, 4, confidence=101),
    TraitValue("a", "z", 2, 4, Basis.VERIFIED),
    TraitValue("z", "app", 1, 1),
    TraitValue("z", "billing", 0, 0),
    TraitValue("z", "fieldfare", 0, 0, Basis.CORRECTED),
    TraitValue(None, "fieldfare", 1, 1, Basis.CORRECTED),
]
"""From the lowest to the highest."""
LOST = ["inferred", "older", "older", "tie", "tie", "tie", "tie", "lower_source", "lower_source", "corrected", "older"]
"""Why each is lower than the next."""


def test_rank_is_total_and_any_order_leads_to_its_top() -> None:
    for low, high in itertools.combinations(RANKED, 2):
        assert outranks(high, low, RANKS)
        assert not outranks(low, high, RANKS)
    drawn = Random(1)
    for _ in range(300):
        order = drawn.sample(RANKED, len(RANKED))
        traits: dict[str, TraitValue] = {}
        for fact in order:
            keep(traits, "plan", fact, RANKS)
        assert traits["plan"] == RANKED[-1]


def test_why_a_value_does_not_survive() -> None:
    assert [why_lost(low, high, RANKS) for low, high in itertools.pairwise(RANKED)] == LOST
    assert why_lost(RANKED[0], RANKED[-3], RANKS) == "inferred"
    assert why_lost(RANKED[2], RANKED[-4], RANKS) == "lower_source"
    assert why_lost(RANKED[0], RANKED[-1], RANKS) == "corrected"


def test_keep_says_whether_the_value_changed() -> None:
    traits: dict[str, TraitValue] = {}
    assert not keep(traits, "plan", TraitValue(None, "a", 0, 0))
    assert keep(traits, "plan", TraitValue("gold", "a", 1, 1))
    assert not keep(traits, "plan", TraitValue("gold", "a", 2, 2))
    assert not keep(traits, "plan", TraitValue("basic", "a", 0, 2))
    assert keep(traits, "plan", TraitValue(None, "a", 3, 3))


def test_declared_traits_always_fit() -> None:
    specs = {"zz": TraitSpec("zz", TraitType.TEXT)}
    traits = {f"t{number:03}": TraitValue(1, "a", 0, 0) for number in range(301)}
    traits["zz"] = TraitValue(1, "a", 0, 0)
    assert hold_limit(traits, specs) == ["t300"]
    assert len(traits) == 301
    assert "zz" in traits


@pytest.mark.parametrize(
    ("value", "kind", "kept"),
    [
        ("2026-03-01", TraitType.DATE, "2026-03-01"),
        ("2026-03-01T23:30:00-05:00", TraitType.DATE, "2026-03-01"),
        ("2026-02-30", TraitType.DATE, None),
        (20_000, TraitType.DATE, None),
        ("2026-03-01", TraitType.INSTANT, "2026-03-01T00:00:00.000000Z"),
        ("2026-03-01T01:00:00.5+01:00", TraitType.INSTANT, "2026-03-01T00:00:00.500000Z"),
        ("0001-01-01T00:00:00+14:00", TraitType.INSTANT, None),
        ("soon", TraitType.INSTANT, None),
        (7, TraitType.INSTANT, None),
        (7, TraitType.NUMBER, 7),
        (True, TraitType.NUMBER, None),
        (False, TraitType.BOOLEAN, False),
        ([1], TraitType.LIST, [1]),
    ],
)
def test_declared_forms(value: object, kind: TraitType, kept: object) -> None:
    assert as_declared(value, kind) == ((value, False) if kept is None else (kept, True))


def test_null_fits_every_type() -> None:
    assert all(as_declared(None, kind) == (None, True) for kind in TraitType)


@pytest.mark.parametrize(
    ("value", "large"),
    [("x" * 4_096, False), ("x" * 4_097, True), (["x" * 4_000], False), (["x" * 4_100], True), (10**18, False)],
)
def test_sizes(value: object, large: bool) -> None:
    assert too_large(value) is large


def test_texts_of_instants_sort_as_instants_do() -> None:
    instants = [-62_135_596_800_000_000, -1, 0, 1, 999_999, 1_000_000, 1_773_964_800_000_000]
    texts = [instant_text(instant) for instant in instants]
    assert texts == sorted(texts)
    assert {len(text) for text in texts} == {27}
