"""Arms of a list: by the coin, or exactly inside strata; the same again for the same list."""

from collections import Counter

import pytest

from fieldfare.act.broadcasts.assign import arms_of
from fieldfare.act.broadcasts.model import Variant
from tests.decide.act.broadcasts.builders import a_broadcast

VARIANTS = (Variant(name="plain", template="hello"), Variant(name="warm", template="warm"))
PEOPLE = list(range(1, 1_001))


def test_where_all_get_the_same_nobody_is_assigned() -> None:
    assert arms_of(a_broadcast(), "brand", PEOPLE, {}) == {}


def test_the_coin_keeps_the_shares_about() -> None:
    told = a_broadcast(holdout=0.2, variants=VARIANTS)
    counted = Counter(arms_of(told, "brand", PEOPLE, {}).values())
    assert counted["holdout"] == pytest.approx(200, abs=4 * 12.7)
    assert counted["warm"] == pytest.approx(400, abs=4 * 15.5)
    assert arms_of(told, "brand", PEOPLE[500:], {}) == {
        each: arm for each, arm in arms_of(told, "brand", PEOPLE, {}).items() if each > 500
    }


def test_strata_keep_them_exactly_in_each() -> None:
    told = a_broadcast(holdout=0.2, variants=VARIANTS, strata=("plan",))
    strata = {each: "gold" if each % 10 == 0 else "basic" for each in PEOPLE[:-10]}
    chosen = arms_of(told, "brand", PEOPLE, strata)
    counted = Counter((strata.get(each, ""), arm) for each, arm in chosen.items())
    assert (counted["gold", "holdout"], counted["gold", "warm"]) == (20, 40) or counted["gold", "holdout"] in {19, 20}
    for stratum, size in Counter(strata.get(each, "") for each in PEOPLE).items():
        for arm, share in told.weights.items():
            assert abs(counted[stratum, arm] - size * share) < 1
    assert arms_of(told, "brand", PEOPLE[::-1], strata) == chosen
