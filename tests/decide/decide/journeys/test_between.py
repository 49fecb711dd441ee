"""What journeys mean to one another: who rests for whom, and who has the person."""

import msgspec
import pytest

from fieldfare.decide.journeys.between import Suppression, owner_of, suppression_of
from fieldfare.decide.journeys.model import Enrollment, Status
from fieldfare.ground.instants import DAY
from tests.decide.decide.journeys.walks import NOON, begin, send, simple

PROMO = simple({"wait": "9 days"}, send(), journey="promo")


def walking(journey_name: str, status: Status = Status.WAITING, entered_at: int = NOON) -> Enrollment:
    state, _ = begin(simple({"wait": "9 days"}, journey=journey_name), entered_at)
    return msgspec.structs.replace(state, status=status)


@pytest.mark.parametrize(
    ("rule", "status", "age", "expected"),
    [
        ({"purposes": ["marketing"]}, Status.WAITING, 0, Suppression("onboarding", None)),
        ({"journeys": ["promo"]}, Status.ENTERED, 0, Suppression("onboarding", None)),
        ({"journeys": ["other"]}, Status.WAITING, 0, None),
        ({"purposes": ["service"]}, Status.WAITING, 0, None),
        ({"purposes": ["marketing"]}, Status.EXITED, 0, None),
        ({"purposes": ["marketing"]}, Status.SUPPRESSED, 0, None),
        ({"purposes": ["marketing"], "for": "14 days"}, Status.EXITED, 1, Suppression("onboarding", NOON + 13 * DAY)),
        ({"purposes": ["marketing"], "for": "14 days"}, Status.WAITING, 14, None),
    ],
)
def test_who_rests(rule: dict[str, object], status: Status, age: int, expected: Suppression | None) -> None:
    onboarding = simple({"wait": "9 days"}, journey="onboarding", suppresses=rule)
    journeys = {"onboarding": onboarding, "promo": PROMO}
    walks = [walking("onboarding", status, NOON - age * DAY)]
    assert suppression_of(PROMO, walks, journeys, NOON) == expected
    assert suppression_of(onboarding, walks, journeys, NOON) is None, "nobody rests for themselves"


@pytest.mark.parametrize(
    ("mine", "theirs", "group", "expected"),
    [
        (50, 50, "retention", None),
        (50, 60, "retention", None),
        (60, 50, "retention", "gives way"),
        (50, 60, "other", "free"),
        (50, 60, None, "free"),
    ],
)
def test_who_has_the_person(mine: int, theirs: int, group: str | None, expected: str | None) -> None:
    one = simple({"wait": "1 day"}, journey="one", exclusive=group, priority=mine)
    two = simple({"wait": "1 day"}, journey="two", exclusive="retention", priority=theirs)
    walk = walking("two")
    found = owner_of(one, [walk], {"one": one, "two": two})
    assert found == {"gives way": (walk.id,), "free": (), None: None}[expected]
    assert owner_of(one, [msgspec.structs.replace(walk, status=Status.EXITED)], {"one": one, "two": two}) == ()
