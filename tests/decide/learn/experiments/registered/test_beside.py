"""Time to event, small lists and cohorts: nothing is told that was not read, and every variant has its line."""

from fieldfare.learn.experiments.registered.beside import cohorts, dealt_anew, survivals
from fieldfare.learn.experiments.statistics.model import Effect
from fieldfare.learn.experiments.statistics.small import Dealt, permutation
from fieldfare.learn.experiments.statistics.survival import Hazards, hazards, table_of
from tests.decide.learn.experiments.registered.plans import METRICS, arms, known


def test_what_was_not_read_is_not_told() -> None:
    assert (survivals(known(), 0.95), dealt_anew(known()), cohorts(known(), METRICS, 0.95)) == ((), (), ())


def test_each_variant_stands_beside_the_control() -> None:
    lives = {
        "plain": table_of(100, dict.fromkeys(range(30), (2, 0)) | {30: (0, 40)}),
        "warm": table_of(100, dict.fromkeys(range(25), (1, 0)) | {40: (0, 75)}),
        "cold": table_of(100, dict.fromkeys(range(30), (2, 1))),
    }
    values = {"plain": [1.0, 2.0, 3.0], "warm": [4.0, 5.0, 6.0], "cold": [1.0, 1.0, 2.0]}
    weights = {"plain": 1.0, "warm": 1.0, "cold": 1.0}
    kept = {30: ("kept", arms((60, 100), (50, 100)) | {"plain": arms((40, 100), (1, 1))["treated"]})}
    told = known(lives=lives, values=values, weights=weights, control="plain", cohorts=kept)
    found = survivals(told, 0.95)
    assert [(each.variant, each.horizon) for each in found] == [("warm", 30), ("cold", 29)]
    assert isinstance(found[0].hazards, Hazards)
    assert found[0].hazards == hazards(lives["warm"], lives["plain"])
    assert isinstance(found[0].days, Effect)
    assert found[0].days.value > 0
    small = dealt_anew(told)
    assert [each.variant for each in small] == ["warm", "cold"]
    assert small[0].dealt == permutation(values["warm"], values["plain"])
    assert isinstance(small[0].dealt, Dealt)
    assert small[0].dealt.exact
    assert [(each.day, each.variant) for each in cohorts(told, METRICS, 0.95)] == [(30, "warm"), (30, "cold")]
