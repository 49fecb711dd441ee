"""The words about places: no lift, all estimators, the placebo, and at most that a test is worth its while."""

import msgspec
import pytest

from fieldfare.learn.experiments.model import Interval, NotComputable, Why
from fieldfare.learn.experiments.registered.findings.places import (
    place_courses,
    place_lines,
    place_plots,
    verdict_of,
)
from fieldfare.learn.experiments.registered.model import Places
from fieldfare.learn.experiments.registered.places import Estimator, Gap, Weaker
from tests.decide.learn.experiments.registered.plans import AS_OF, CAME, PLAN, SPENT

OF_PLACES = msgspec.structs.replace(
    PLAN, journey="", places=Places(starts={"north": 19_900, "south": 19_950}, since=19_800, period_days=7)
)
FOUND = Weaker(
    estimators=(
        Estimator(name="roll-out in steps", value=1_250.0, interval=Interval(200.0, 2_300.0, "m")),
        Estimator(name="synthetic control, mean gap of the places", value=900.0),
    ),
    placebo_rank=1,
    placebo_of=20,
    before={-2: 30.0, -1: -10.0},
    treated=2,
    others=19,
    periods=28,
)


def test_several_estimators_and_the_placebo_and_no_lift() -> None:
    text = "\n".join(place_lines(OF_PLACES, SPENT, FOUND, AS_OF, "EUR"))
    assert "(2 places)" in text
    assert "NOT RANDOMISED: weaker evidence. No lift is claimed" in text
    assert "roll-out in steps: +12.5, interval +2 to +23" in text
    assert (
        "placebo: rank 1 of 20 (the median of the places); the share of places that moved at least as much is 5%"
        in text
    )
    assert "before the start, where nothing should have moved: -2: +30, -1: -10" in text
    assert text.endswith(
        "WEAKER_EVIDENCE: The estimators agree and few places without it moved as much. Randomise to be sure."
    )


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, "weaker_evidence"),
        ({"placebo_rank": 3}, "inconclusive"),
        ({"placebo_rank": None}, "inconclusive"),
        ({"estimators": (*FOUND.estimators, Estimator(name="x", value=-1.0))}, "inconclusive"),
    ],
)
def test_the_verdict_needs_agreement_and_a_rare_placebo(change: dict[str, object], verdict: str) -> None:
    assert verdict_of(msgspec.structs.replace(FOUND, **change))[0] == verdict


def test_the_course_of_a_place_is_its_gap_with_the_band_of_the_placebos() -> None:
    gap = Gap(place="north", start=2, gaps=(0.0, 50.0, 900.0), low=(-100.0, -90.0, -80.0), high=(110.0, 90.0, 120.0))
    assert OF_PLACES.places is not None
    (course,) = place_courses(OF_PLACES.places, SPENT, msgspec.structs.replace(FOUND, gaps=(gap,)))
    assert (course.place, course.started, course.is_money) == ("north", 2, True)
    assert [each.on for each in course.periods] == ["2024-03-18", "2024-03-25", "2024-04-01"]
    last = course.periods[-1]
    assert (last.value, last.low, last.high) == (900.0, -80.0, 120.0), "money in minor units"
    ((caption, svg),) = place_plots(OF_PLACES, SPENT, (course,), "EUR")
    assert "no interval. Weaker evidence." in caption
    assert "begun in period 3: in the last period +9, places without it -0.8 to +1.2 EUR" in svg
    assert place_courses(OF_PLACES.places, SPENT, NotComputable(Why.NO_DATA, "Nothing yet.")) == ()


def test_without_a_number_there_is_a_reason() -> None:
    missing = NotComputable(Why.NO_DATA, "Nothing yet.")
    assert place_lines(OF_PLACES, CAME, missing, AS_OF, "EUR")[-1] == "came: not computable (no_data). Nothing yet."
    assert verdict_of(missing) == ("wait", "Nothing yet.")
