"""The lift in short: the always-valid interval says it, a broken split and small arms silence it, variants share it."""

from typing import Any

import numpy as np
import pytest

from fieldfare.learn.experiments.registered.brief import VariantLift, lifts
from fieldfare.learn.experiments.registered.findings.model import Claim
from fieldfare.learn.experiments.statistics.sums import sums_of_hits
from tests.decide.learn.experiments.registered.plans import CAME, LEFT, SPENT, arms, known


def one(**more: Any) -> VariantLift:
    (found,) = lifts(CAME, known(**more), 0.95)
    return found


def test_a_large_difference_is_told_and_its_interval_is_wider_than_one_for_a_single_look() -> None:
    found = one(sums={"came": arms((300, 2_000), (110, 2_000))})
    assert (found.variant, found.claim, found.is_good) == ("treated", Claim.MORE, True)
    assert found.value == pytest.approx(0.095)
    assert found.low is not None
    assert found.high is not None
    wald = 1.96 * ((0.15 * 0.85 + 0.055 * 0.945) / 2_000) ** 0.5
    assert (found.high - found.low) / 2 > 1.5 * wald
    assert found.relative is not None
    assert found.relative.low > 0


def test_what_a_single_look_would_show_is_not_said() -> None:
    found = one(sums={"came": arms((150, 2_000), (110, 2_000))})
    assert (found.claim, found.is_good) == (Claim.NOTHING_SHOWN, None)


def test_less_of_what_is_bad_is_good() -> None:
    (found,) = lifts(LEFT, known(sums={"left": arms((60, 2_000), (250, 2_000))}), 0.95)
    assert (found.claim, found.is_good) == (Claim.LESS, True)


@pytest.mark.parametrize(
    ("more", "claim"),
    [
        ({"sizes": {"treated": 2_000, "holdout": 1_700}}, Claim.SPLIT_BROKEN),
        ({"sums": {"came": arms((20, 60), (10, 29))}}, Claim.NOT_COMPUTABLE),
        ({"sums": {"came": arms((300, 2_000), (9, 2_000))}}, Claim.TOO_EARLY),
        ({"sums": {"came": arms((1_991, 2_000), (900, 2_000))}}, Claim.TOO_EARLY),
        ({"sums": {}}, Claim.NOT_COMPUTABLE),
    ],
)
def test_what_cannot_be_said_has_its_reason_and_no_number(more: dict[str, Any], claim: Claim) -> None:
    found = one(**more)
    assert (found.claim, found.value, found.low) == (claim, None, None)
    assert found.why


def test_matched_places_are_read_by_their_pairs() -> None:
    """Few places say little at any moment, and their people apart would say much; many that agree say it."""
    sums = {"came": arms((900, 2_000), (300, 2_000))}
    sides = {"treated": [0.45, 0.34, 0.57, 0.43], "holdout": [0.15, 0.14, 0.16, 0.13]}
    few = one(sums=sums, matched={"came": sides})
    assert few.claim is Claim.NOTHING_SHOWN
    assert few.value == pytest.approx(0.3025)
    rng = np.random.default_rng(4)
    level = rng.uniform(0.1, 0.4, 60)
    many = {"treated": (level + rng.normal(0.1, 0.01, 60)).tolist(), "holdout": level.tolist()}
    assert one(sums={}, matched={"came": many}).claim is Claim.MORE
    assert one(sums=sums, matched={"came": {"treated": [0.4], "holdout": [None]}}).claim is Claim.NOT_COMPUTABLE


def test_money_needs_no_hits() -> None:
    (found,) = lifts(SPENT, known(sums={"spent": {}}), 0.95)
    assert found.claim is Claim.NOT_COMPUTABLE


def test_several_variants_share_the_error() -> None:
    hits = {"none": (110, 2_000), "short": (180, 2_000), "long": (180, 2_000)}
    weights = dict.fromkeys(hits, 1 / 3)
    sizes = dict.fromkeys(hits, 2_000)
    sums = {"came": {arm: sums_of_hits(*told) for arm, told in hits.items()}}
    alone = one(sums={"came": arms(hits["short"], hits["none"])})
    both = lifts(CAME, known(sums=sums, weights=weights, sizes=sizes, control="none"), 0.95)
    assert [each.variant for each in both] == ["short", "long"]
    for each in both:
        assert each.low is not None
        assert alone.low is not None
        assert each.low < alone.low


def test_who_looks_every_day_is_seldom_told_what_is_not_so() -> None:
    """With no effect, over forty looks each, fewer than one in twenty trials ever says that there is one."""
    drawn, said = np.random.default_rng(5), 0
    for _ in range(200):
        came = drawn.random((2, 4_000)) < 0.2
        looks = range(100, 4_001, 100)
        said += any(
            one(
                sums={"came": arms((int(came[0, :n].sum()), n), (int(came[1, :n].sum()), n))},
                sizes={"treated": n, "holdout": n},
            ).claim
            in {Claim.MORE, Claim.LESS}
            for n in looks
        )
    assert said <= 10
