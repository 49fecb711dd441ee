"""One generated member's time: nothing outside the span, no gap that is no drifting away, nothing after leaving."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from fieldfare.flow.generate.calls import CONSENT_EVENT
from fieldfare.flow.generate.effects import WINDOW_DAYS
from fieldfare.flow.generate.life import LONGEST_GAP, Happening, _Days, _goes, live
from fieldfare.flow.generate.members import Member, member
from fieldfare.flow.generate.season import training
from fieldfare.ground.instants import Day, day_start, local_day

FIRST_DAY, DAYS, SEED = 20_089, 365, 5
PEOPLE = [member(number, FIRST_DAY, DAYS, SEED) for number in range(400)]
LIVES = [(each, live(each, FIRST_DAY, DAYS, SEED)) for each in PEOPLE]


def days_of(person: Member, lived: list[Happening], name: str) -> list[Day]:
    return sorted(local_day(each.at, person.club.zone) for each in lived if each.name == name)


def test_a_life_is_a_function_of_member_and_seed() -> None:
    assert live(PEOPLE[3], FIRST_DAY, DAYS, SEED) == LIVES[3][1]
    assert live(PEOPLE[3], FIRST_DAY, DAYS, SEED + 1) != LIVES[3][1]


def test_nothing_happens_outside_the_span() -> None:
    for person, lived in LIVES:
        begins, ends = (day_start(day, person.club.zone) for day in (FIRST_DAY, FIRST_DAY + DAYS))
        assert all(begins <= each.at < ends for each in lived)


def test_nobody_trains_when_the_clubs_are_closed() -> None:
    assert all(training(day) > 0 for person, lived in LIVES for day in days_of(person, lived, "check_in"))


Goes = Callable[[_Days, Day, int, Day], bool]


def check_gaps(goes: Goes, person: Member) -> None:
    """Somebody who never drifts away is never away for thirty days: a weekend visitor waits for the next weekend."""
    days, last = _Days(person, FIRST_DAY, DAYS, SEED), FIRST_DAY
    for day in range(FIRST_DAY, FIRST_DAY + DAYS):
        assert day - last <= LONGEST_GAP + 7 < WINDOW_DAYS
        if goes(days, day, day - FIRST_DAY, last):
            last = day


@pytest.mark.parametrize("person", PEOPLE[:40], ids=lambda person: person.user_id)
def test_without_drifting_away_nobody_stays_away(person: Member) -> None:
    check_gaps(_goes, person)


def test_some_drift_away_and_some_of_them_return() -> None:
    gaps = [two - one for person, lived in LIVES for one, two in pairwise(days_of(person, lived, "check_in"))]
    assert 0 < sum(gap > WINDOW_DAYS for gap in gaps) < len(gaps) / 20


def check_left_for_good(person: Member, lived: list[Happening]) -> None:
    left = days_of(person, lived, "membership_cancelled")
    assert len(left) <= 1
    for day in left:
        assert all(each <= day for each in days_of(person, lived, "check_in"))


def test_whoever_has_left_does_not_train_again() -> None:
    for person, lived in LIVES:
        check_left_for_good(person, lived)
    assert any(days_of(person, lived, "membership_cancelled") for person, lived in LIVES)


def test_consent_is_granted_only_by_those_who_gave_it() -> None:
    for person, lived in LIVES:
        granted = {
            each.values["channel"] for each in lived if each.name == CONSENT_EVENT and each.values["action"] == "grant"
        }
        given = {name for name, is_so in (("email", person.consents_email), ("sms", person.consents_sms)) if is_so}
        assert granted == given


def test_planted_faults_are_caught() -> None:
    def by_chance_alone(days: _Days, day: Day, index: int, _last: Day) -> bool:
        return _goes(days, day, index, day)

    rare = min(PEOPLE, key=lambda each: each.rate)
    with pytest.raises(AssertionError):
        check_gaps(by_chance_alone, rare)
    person, lived = next(each for each in LIVES if days_of(*each, "membership_cancelled"))
    late = Happening(max(each.at for each in lived) + 2 * 86_400_000_000, "check_in", {})
    with pytest.raises(AssertionError):
        check_left_for_good(person, [*lived, late])
