"""The arm of somebody who enters: global holdout, exclusive groups, the journey's split, and what was before."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.learn.experiments.assign import assign
from fieldfare.learn.experiments.enter import arm_of, units_of
from fieldfare.learn.experiments.model import Arm, Era, Experiment, UnitKind
from fieldfare.learn.experiments.programme import GLOBAL
from fieldfare.learn.experiments.registered.model import Programme

WIN_BACK = Experiment(name="journey.win-back", salt="clubs", holdout=0.2, goal_event="check_in")
ERAS = Programme(salt="clubs", eras=(Era(10, 0.1),))
GROUPS = Programme(salt="clubs", groups={"offers": {"win-back": 0.5, "renewal": 0.5}})


def units(profile: int) -> dict[UnitKind, int | str]:
    return units_of(profile, "club-1", ())


@given(st.integers(0, 10**6))
def test_without_a_programme_the_journeys_split_decides(profile: int) -> None:
    arm, met = arm_of(units(profile), "win-back", WIN_BACK, Programme(), (), 20)
    assert arm is assign(profile, WIN_BACK)
    assert met == [("journey.win-back", arm)]
    assert arm_of(units(profile), "win-back", None, Programme(), (), 20) == (Arm.TREATED, [])


def test_the_global_holdout_keeps_out_of_everything_and_leaves_the_journeys_split_alone() -> None:
    told = [arm_of(units(profile), "win-back", WIN_BACK, ERAS, (), 20) for profile in range(4_000)]
    kept = [met for arm, met in told if met[0] == (GLOBAL, Arm.HOLDOUT)]
    assert all(met == [(GLOBAL, Arm.HOLDOUT)] for met in kept)
    assert len(kept) / 4_000 == pytest.approx(0.1, abs=0.02)
    inside = [arm for arm, met in told if len(met) == 2]
    assert np.mean([arm is Arm.HOLDOUT for arm in inside]) == pytest.approx(0.2, abs=0.025)
    assert arm_of(units(1), "win-back", None, ERAS, (), 9) == (Arm.TREATED, []), (
        "before the first era nobody is kept out"
    )


@given(st.integers(0, 10**5))
def test_a_person_takes_part_in_one_journey_of_a_group(profile: int) -> None:
    met = [
        arm_of(units(profile), name, msgspec.structs.replace(WIN_BACK, name=f"journey.{name}"), GROUPS, (), 20)
        for name in ("win-back", "renewal")
    ]
    assert sorted(len(found) for _, found in met) == [0, 1]
    assert all(arm is Arm.HOLDOUT for arm, found in met if not found), "who takes no part gets no message"


@pytest.mark.parametrize(
    ("earlier", "arm"),
    [((Arm.TREATED,), Arm.TREATED), ((Arm.HOLDOUT,), Arm.HOLDOUT), ((Arm.TREATED, Arm.HOLDOUT), Arm.HOLDOUT)],
)
def test_what_was_before_stays_and_after_a_merge_the_holdout_wins(earlier: tuple[Arm, ...], arm: Arm) -> None:
    assert {arm_of(units(profile), "win-back", WIN_BACK, Programme(), earlier, 20)[0] for profile in range(50)} == {arm}


def test_a_household_and_a_location_are_assigned_together() -> None:
    together = msgspec.structs.replace(WIN_BACK, unit=UnitKind.HOUSEHOLD, holdout=0.5)
    for household in ((3, 7, 9), (20, 21), (100, 200, 300, 400)):
        arms = {
            arm_of(units_of(each, None, set(household) - {each}), "win-back", together, Programme(), (), 20)[0]
            for each in household
        }
        assert len(arms) == 1
    assert units_of(5, None, ())[UnitKind.LOCATION] == 5
    assert units_of(5, "club-1", (3, 9)) == {
        UnitKind.PROFILE: 5,
        UnitKind.HOUSEHOLD: 3,
        UnitKind.ADDRESS: 5,
        UnitKind.LOCATION: "club-1",
    }


def test_people_of_one_address_are_assigned_together() -> None:
    shared, other = b"\x01" * 16, b"\x02" * 16
    told = [
        {"email": [other, shared]},
        {"email": [shared], "phone": [other]},
        {"phone": [shared]},
        {"user_id": [shared]},
    ]
    found = [units_of(each, None, (), identifiers)[UnitKind.ADDRESS] for each, identifiers in enumerate(told)]
    assert found == [shared.hex(), shared.hex(), shared.hex(), 3], "who has no address is a unit alone"
    by_address = msgspec.structs.replace(WIN_BACK, unit=UnitKind.ADDRESS, holdout=0.5)
    arms = {
        arm_of(units_of(each, None, (), {"email": [shared]}), "win-back", by_address, Programme(), (), 20)[0]
        for each in range(20)
    }
    assert len(arms) == 1
