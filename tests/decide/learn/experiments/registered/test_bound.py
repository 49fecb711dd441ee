"""A guardrail's own bound where people are assigned together: people are counted, units vary, whenever one looks."""

import msgspec
import numpy as np
import pytest

from fieldfare.learn.experiments.metrics.model import MetricKind
from fieldfare.learn.experiments.model import UnitKind
from fieldfare.learn.experiments.registered.bound import beyond
from fieldfare.learn.experiments.registered.evaluate import evaluate
from fieldfare.learn.experiments.registered.findings.model import Money
from fieldfare.learn.experiments.registered.model import Guardrail
from fieldfare.learn.experiments.statistics.model import Sums
from fieldfare.learn.experiments.statistics.sums import sums_of, sums_of_hits
from tests.decide.learn.experiments.registered.plans import AS_OF, METRICS, PLAN, known

PLACES = msgspec.structs.replace(
    PLAN, unit=UnitKind.LOCATION, guardrails=(Guardrail(metric="left", at_most=0.01),), units=None
)

CHURN, DELIVERY = MetricKind.CHURN, MetricKind.DELIVERY
RATES = [0.01, 0.03, 0.05, 0.10]


def together(hits: list[int], people: list[int]) -> Sums:
    return sums_of({"value": hits, "base": people})


def test_places_are_held_to_the_share_of_their_people() -> None:
    """Twenty of ten thousand people in ten places are far below one in a hundred, not twenty of ten."""
    tripped, why = beyond(0.01, together([2] * 10, [1_000] * 10), PLACES, CHURN)
    assert (tripped, why) == (False, "20 of 10,000 = 0.20%; not shown to be more than 1.00%")


@pytest.mark.parametrize(("places", "people"), [(10, 1_000), (40, 300), (2_000, 2)])
def test_a_true_harm_trips(places: int, people: int) -> None:
    hits = np.random.default_rng(3).binomial(people, 0.05, places).tolist()
    tripped, why = beyond(0.01, together(hits, [people] * places), PLACES, CHURN)
    assert tripped
    assert why.endswith("more than 1.00%")


def test_one_bad_place_of_many_is_no_harm_shown() -> None:
    """People alone would cross the bound by far; places say that it is one of them."""
    assert beyond(0.01, sums_of_hits(250, 10_000), PLAN, CHURN)[0]
    assert not beyond(0.01, together([200, *[5] * 10], [900] * 11), PLACES, CHURN)[0]


@pytest.mark.parametrize("sums", [together([], []), together([3], [3]), together([0, 0], [0, 0])])
def test_too_little_to_say_trips_nothing(sums: Sums) -> None:
    assert not beyond(0.01, sums, PLACES, CHURN)[0]


def test_who_looks_every_day_seldom_pauses_what_keeps_to_its_bound() -> None:
    """Places differ, their mean is the bound; units come day by day, and fewer than one in twenty trials ever trips."""
    drawn, tripped = np.random.default_rng(8), 0
    for _ in range(200):
        shares = drawn.beta(2, 198, 300)
        people = drawn.integers(20, 200, 300)
        hits = drawn.binomial(people, shares)
        looks = (together(hits[:n].tolist(), people[:n].tolist()) for n in range(10, 301, 10))
        tripped += any(beyond(0.01, sums, PLACES, CHURN)[0] for sums in looks)
    assert tripped <= 10


def test_money_and_costs_are_of_people_not_of_units() -> None:
    """Forty places of fifty people each: the worked example's people, in fewer units."""
    rng = np.random.default_rng(1)
    sides = {"treated": rng.binomial(50, 0.3, 40), "holdout": rng.binomial(50, 0.1, 40)}
    came = {arm: together(hits.tolist(), [50] * 40) for arm, hits in sides.items()}
    one = {"came": came, "left": {arm: together([0] * 40, [50] * 40) for arm in came}}
    told = evaluate(PLACES, METRICS, known(sums=one, sizes=dict.fromkeys(came, 40), messages={"treated": 2_000}), AS_OF)
    more = int(sides["treated"].sum() - sides["holdout"].sum())
    assert isinstance(told.money, Money)
    assert told.money.additional == pytest.approx(more)
    assert told.costs == {"cost": pytest.approx(10 * 2_000 / more)}, "as many messages as were handed over"
    assert [rail.why for rail in told.rails] == ["0 of 2,000 = 0.00%; not shown to be more than 1.00%"]


@pytest.mark.parametrize("most", RATES)
@pytest.mark.parametrize("sent", [1, 2, 5, 20])
def test_the_first_lost_message_of_few_pauses_nothing(most: float, sent: int) -> None:
    """Two thousand units are there, and hardly one of them had a message yet."""
    nobody = [0] * (2_000 - sent)
    one = together([1, *[0] * (sent - 1), *nobody], [*[1] * sent, *nobody])
    assert not beyond(most, one, PLAN, DELIVERY)[0]
    half = together([1, 0] * 100 + [0] * 1_800, [1] * 200 + [0] * 1_800)
    assert beyond(most, half, PLAN, DELIVERY)[0]


@pytest.mark.parametrize("most", RATES)
def test_messages_lost_at_the_very_bound_seldom_pause(most: float) -> None:
    """Looked at after each of the first messages and every twenty later ones: at most one of twenty runs ever trips."""
    drawn, runs, units = np.random.default_rng(21), 150, 600
    looks, tripped = [*range(20), *range(20, units, 20)], 0
    for _ in range(runs):
        sent = drawn.integers(1, 3, units)
        lost = drawn.binomial(sent, most)
        pairs = {("base", "base"): sent * sent, ("base", "value"): sent * lost, ("value", "value"): lost * lost}
        so_far = {pair: np.cumsum(product).tolist() for pair, product in pairs.items()}
        totals = {"base": np.cumsum(sent).tolist(), "value": np.cumsum(lost).tolist()}
        read = (
            Sums(
                size=5 * units,
                sums={name: total[look] for name, total in totals.items()},
                products={pair: product[look] for pair, product in so_far.items()},
            )
            for look in looks
        )
        tripped += any(beyond(most, sums, PLAN, DELIVERY)[0] for sums in read)
    assert tripped <= 0.05 * runs
