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
    assert met == [("journey.win-back", arm, None)]
    assert arm_of(units(profile), "win-back", None, Programme(), (), 20) == (Arm.TREATED, [])


def test_the_global_holdout_keeps_out_of_everything_and_leaves_the_journeys_split_alone() -> None:
    told = [arm_of(units(profile), "win-back", WIN_BACK, ERAS, (), 20) for profile in range(4_000)]
    kept = [met for arm, met in told if met[0] == (GLOBAL, Arm.HOLDOUT, None)]
    assert all(met == [(GLOBAL, Arm.HOLDOUT, None)] for met in kept)
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


class Told:
    """What the experiment's rows tell."""

    def __init__(self, row: Arm | None) -> None:
        self._row = row

    def kept(self) -> str | None:
        return self._row

    def arm(self) -> str:
        return Arm.TREATED if self._row is None else self._row


@pytest.mark.parametrize(
    ("row", "earlier", "sends", "assigned"),
    [
        (Arm.TREATED, (Arm.TREATED,), Arm.TREATED, Arm.TREATED),
        (Arm.HOLDOUT, (Arm.HOLDOUT,), Arm.HOLDOUT, Arm.HOLDOUT),
        (Arm.TREATED, (Arm.TREATED, Arm.HOLDOUT), Arm.HOLDOUT, Arm.TREATED),
        (Arm.HOLDOUT, (Arm.TREATED,), Arm.HOLDOUT, Arm.HOLDOUT),
        (Arm.HOLDOUT, (), Arm.HOLDOUT, Arm.HOLDOUT),
        (None, (Arm.TREATED,), Arm.TREATED, Arm.TREATED),
        (None, (Arm.HOLDOUT,), Arm.HOLDOUT, None),
    ],
)
def test_the_row_of_the_experiment_is_the_arm_and_whoever_was_kept_out_stays_so(
    row: Arm | None, earlier: tuple[Arm, ...], sends: Arm, assigned: Arm | None
) -> None:
    """After a merge the holdout wins for sending, and the first row counts; who was never assigned is in no arm."""
    arm, met = arm_of(units(7), "win-back", WIN_BACK, Programme(), earlier, 20, Told(row))
    assert arm is sends
    assert [kept for _, kept, _ in met] == ([] if assigned is None else [assigned])


@given(st.integers(0, 10**6))
def test_walks_before_the_experiment_leave_the_split_as_declared(profile: int) -> None:
    arm, met = arm_of(units(profile), "win-back", WIN_BACK, Programme(), (Arm.TREATED,), 20)
    assert arm is assign(profile, WIN_BACK)
    assert met == [("journey.win-back", arm, None)]


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


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_who_is_assigned_as_one_is_kept_under_one_number(one: int, other: int) -> None:
    kept = []
    for kind in UnitKind:
        told = [
            arm_of(units_of(each, "club-1", {one, other} - {each}, b"a"), "x", at, Programme(), (), 20)[1][0][2]
            for each in (one, other)
            for at in (msgspec.structs.replace(WIN_BACK, unit=kind),)
        ]
        assert len(set(told)) == 1
        kept.append(told[0])
    assert kept[0] is None
    assert kept[1] == min(one, other)
    assert all(number is not None and -(2**63) <= number < 2**63 for number in kept[1:])


def test_people_of_one_address_are_assigned_together() -> None:
    shared = b"\x01" * 16
    found = [units_of(each, None, (), address)[UnitKind.ADDRESS] for each, address in enumerate((shared, None))]
    assert found == [shared.hex(), 1], "who has no address is a unit alone"
    by_address = msgspec.structs.replace(WIN_BACK, unit=UnitKind.ADDRESS, holdout=0.5)
    arms = {
        arm_of(units_of(each, None, (), shared), "win-back", by_address, Programme(), (), 20)[0] for each in range(20)
    }
    assert len(arms) == 1
