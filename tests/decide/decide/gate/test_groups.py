"""Holdouts, the control group, journeys that give way: constant shares, one arm a person, history kept."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.decide.gate.groups import Member, control_group, holdout, member_of, other_journey, share_in_ppm
from fieldfare.decide.gate.judge import judge
from fieldfare.decide.gate.model import Controls, Permit, Reason
from fieldfare.decide.gate.policy import ControlGroup, Exclusion, Policy, Selector
from fieldfare.ground.ids import digest
from fieldfare.ground.instants import DAY
from fieldfare.learn.experiments.model import Arm
from tests.decide.decide.gate.facts import NOON, facts, sent

SHARE = 0.1


def drawn(address: bytes, known: list[Member], share: float = SHARE, profile_id: int = 1) -> tuple[bool, Member | None]:
    return member_of(known, address, profile_id, salt="brand", share=share, now=NOON)


def test_the_share_is_constant_while_people_come() -> None:
    members = [drawn(digest(number), [])[0] for number in range(20_000)]
    for part in (members[:10_000], members[10_000:]):
        assert abs(sum(part) / len(part) - SHARE) < 0.01


@given(st.integers(0, 10**6), st.sampled_from([0.05, 0.1, 0.2]))
def test_the_draw_is_sticky_and_a_larger_share_only_adds(number: int, share: float) -> None:
    address = digest(number)
    is_control, member = drawn(address, [], share)
    assert member is not None
    assert (member.is_control, member.share_ppm) == (is_control, share_in_ppm(share))
    assert drawn(address, [member], share) == (is_control, None), "it is stored once"
    more, again = drawn(address, [member], share * 2)
    assert again is not None
    assert more or not is_control, "a resized group keeps the history and whom it had"


def test_a_further_address_of_a_person_takes_their_arm() -> None:
    inside = next(digest(n) for n in range(100) if drawn(digest(n), [])[0])
    outside = next(digest(n) for n in range(100) if not drawn(digest(n), [])[0])
    for first, second, arm in ((inside, outside, True), (outside, inside, False)):
        _, member = drawn(first, [])
        assert member is not None
        is_control, added = drawn(second, [member])
        assert added is not None
        assert (is_control, added.is_control) == (arm, arm)


def test_after_a_merge_who_is_held_out_wins() -> None:
    inside = next(digest(n) for n in range(100) if drawn(digest(n), [])[0])
    outside = next(digest(n) for n in range(100) if not drawn(digest(n), [])[0])
    both = [member for address in (inside, outside) if (member := drawn(address, [])[1]) is not None]
    assert drawn(outside, both) == (True, None)


@pytest.mark.parametrize(
    ("policy", "change", "reason"),
    [
        (Policy(), {}, None),
        (Policy(control_group=ControlGroup(share=0.1)), {}, Reason.CONTROL_GROUP),
        (Policy(control_group=ControlGroup(share=0.1)), {"consent": "not_required"}, None),
        (
            Policy(control_group=ControlGroup(share=0.1, spares=(Selector(tags=("birthday",)),))),
            {"tags": ("birthday",)},
            None,
        ),
        (
            Policy(control_group=ControlGroup(share=0.1, spares=(Selector(tags=("birthday",)),))),
            {},
            Reason.CONTROL_GROUP,
        ),
    ],
)
def test_the_control_group(policy: Policy, change: dict[str, Any], reason: Reason | None) -> None:
    found = control_group(facts(controls=Controls(in_control=True), **change), policy, NOON)
    assert (found.reason if found is not None else None) is reason


@pytest.mark.parametrize(
    ("change", "out"),
    [
        ({}, False),
        ({"arm": Arm.HOLDOUT}, True),
        ({"controls": Controls(held_out=("journey.win-back",))}, True),
        ({"controls": Controls(held_out=("journey.other",))}, False),
        ({"arm": Arm.HOLDOUT, "consent": "not_required"}, False),
    ],
)
def test_anybody_held_out_on_the_address_holds_it_out(change: dict[str, Any], out: bool) -> None:
    assert (holdout(facts(**change), Policy(), NOON) is not None) is out


ONE = Policy(exclusions=(Exclusion(name="one", journeys=("rescue", "welcome", "win-back"), hold_us=14 * DAY),))


@pytest.mark.parametrize(
    ("change", "reason", "until"),
    [
        ({}, None, None),
        ({"controls": Controls(walks=("rescue",))}, Reason.OTHER_JOURNEY, None),
        ({"journey": "rescue", "controls": Controls(walks=("welcome", "win-back"))}, None, None),
        ({"journey": "welcome", "controls": Controls(walks=("win-back",))}, None, None),
        ({"journey": "unheard", "controls": Controls(walks=("rescue",))}, None, None),
        ({"sent": sent(NOON - DAY, journey="welcome")}, Reason.OTHER_JOURNEY, NOON + 13 * DAY),
        ({"sent": sent(NOON - 14 * DAY, journey="welcome")}, None, None),
        ({"controls": Controls(walks=("rescue",)), "consent": "not_required"}, None, None),
    ],
)
def test_journeys_give_way(change: dict[str, Any], reason: Reason | None, until: int | None) -> None:
    found = other_journey(facts(**change), ONE, NOON)
    assert (found.reason if found else None, found.until if found else None) == (reason, until)


def test_the_winner_is_the_more_important_journey_and_not_who_was_first() -> None:
    late = facts(id="late", journey="rescue", priority=90, proposed_at=NOON - 1)
    early = facts(id="early", journey="win-back", priority=10, proposed_at=NOON - DAY)
    assert [isinstance(each, Permit) for each in judge([early, late], ONE, NOON)] == [False, True]
