"""Regions are spelled out as places, rules as they hold in phases; what is unknown never becomes everywhere."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.decide.gate.judge import judge
from fieldfare.decide.gate.model import Permit, Refusal
from fieldfare.decide.gate.policy import (
    Approval,
    Cap,
    ControlGroup,
    Limit,
    Policy,
    QuietHours,
    Refused,
    Selector,
    Throttle,
    channel_order,
    in_phases,
    in_places,
    ordered,
)
from fieldfare.ground.instants import parse_iso
from fieldfare.ground.workspace.model import Duration
from fieldfare.network.calendars.holds import Calendar
from fieldfare.network.calendars.model import Season
from fieldfare.network.locations.model import Location, Locations
from tests.decide.decide.gate.facts import NOON, POLICIES, cap, facts, sent

WEEK = Duration(7, "day")
TREE = {"hamburg": ("altona", "mitte"), "altona": ("altona",), "mitte": ("mitte",)}


def inside(name: str) -> tuple[str, ...]:
    return TREE.get(name, ())


def test_regions_are_spelled_out_everywhere() -> None:
    region, places = Selector(locations=("hamburg",)), Selector(locations=("altona", "mitte"))
    policy = Policy(
        caps=(
            Cap(
                most=1,
                per=WEEK,
                obeys=region,
                counts_towards=region,
                by_phase={"peak": Cap(most=2, per=WEEK, obeys=region)},
            ),
        ),
        refused=(Refused(concerns=region),),
        control_group=ControlGroup(share=0.1, spares=(region,)),
    )
    found = in_places(policy, inside)
    assert found.caps[0].obeys == found.caps[0].counts_towards == places
    assert found.caps[0].by_phase["peak"].obeys == places
    assert found.refused == (Refused(concerns=places),)
    assert found.control_group is not None
    assert found.control_group.spares == (places,)


def test_what_is_unknown_stays_and_everybody_stays_everybody() -> None:
    refused = tuple(Refused(concerns=each) for each in (Selector(locations=("nowhere",)), Selector(tags=("x",))))
    assert in_places(Policy(refused=refused), inside).refused == refused
    assert Selector().covers("email", "marketing", (), None, "")
    assert not Selector(locations=("altona",)).covers("email", "marketing", (), None, "")


PHASES = ["peak", "prepare", "off", "january.peak", "january.off", "sale.peak"]
SEASONS = (Season("january", "01-02", "02-09", 28, 21), Season("sale", "01-10", "01-20", 5, 5, priority=2))
DIFFERENT = Policy(
    caps=(
        msgspec.structs.replace(
            cap(3), by_phase={"peak": cap(1), "sale.peak": cap(5), "january.peak": cap(2), "prepare": cap(4)}
        ),
    ),
    throttles=(Throttle(base=3, events=("Clicked",), by_phase={"peak": Throttle(base=1, events=("Clicked",))}),),
    quiet_hours=(QuietHours(first=1, end=2, by_phase={"off": QuietHours(first=1, end=3)}),),
    approvals=(
        Approval(
            name="big",
            concerns=Selector(),
            amount_above=5,
            by_phase={"peak": Approval(name="big", concerns=Selector(), amount_above=2)},
        ),
    ),
    limits=(
        Limit(
            name="desk",
            concerns=Selector(),
            most=9,
            is_money=False,
            per=WEEK,
            by_phase={"peak": Limit(name="desk", concerns=Selector(), most=2, is_money=False, per=WEEK)},
        ),
    ),
    channel_order=("email", "sms"),
    channel_order_by_phase={"peak": ("push", "sms")},
    seasons=SEASONS,
)


@pytest.mark.parametrize(
    ("phases", "caps", "others"),
    [
        ((), 3, (3, 2, 5, 9)),
        (("off", "january.off"), 3, (3, 3, 5, 9)),
        (("peak", "january.peak"), 2, (1, 2, 2, 2)),
        (("peak", "january.peak", "sale.peak"), 5, (1, 2, 2, 2)),
        (("prepare", "january.prepare"), 4, (3, 2, 5, 9)),
    ],
)
def test_every_rule_is_what_the_phases_say(phases: tuple[str, ...], caps: int, others: tuple[int, ...]) -> None:
    found = in_phases(DIFFERENT, frozenset(phases))
    assert found.caps[0].most == caps
    rules = (found.throttles[0].base, found.quiet_hours[0].end, found.approvals[0].amount_above, found.limits[0].most)
    assert rules == others


@given(POLICIES, st.sets(st.sampled_from(PHASES)))
def test_a_phase_changes_the_rules_that_name_it_and_no_others(policy: Policy, phases: set[str]) -> None:
    found = in_phases(policy, frozenset(phases))
    for before, after in zip(policy.caps, found.caps, strict=True):
        assert after == before.by_phase.get("peak" if "peak" in phases else "", before)
    assert msgspec.structs.replace(found, caps=policy.caps) == policy


def test_the_order_of_channels() -> None:
    off, peak = frozenset({"off"}), frozenset({"peak", "january.peak"})
    assert channel_order(DIFFERENT, off) == ("email", "sms")
    assert ordered(DIFFERENT, off, ["push", "sms", "email"]) == ("email", "sms", "push")
    assert ordered(DIFFERENT, peak, ["email", "task", "sms", "push"]) == ("push", "sms", "email", "task")
    assert ordered(Policy(), peak, ["b", "a"]) == ("b", "a")


PLACES = Locations(
    tuple(
        Location(name, "", zone)
        for name, zone in (("lisbon", "Europe/Lisbon"), ("cairo", "Africa/Cairo"), ("kiritimati", "Pacific/Kiritimati"))
    )
)


@pytest.mark.parametrize(
    ("place", "starts", "edge"),
    [
        ("lisbon", "01-02", "2026-01-02T00:00:00Z"),
        ("lisbon", "03-29", "2026-03-29T00:00:00Z"),  # the night in which its clocks go forward
        ("lisbon", "03-30", "2026-03-29T23:00:00Z"),
        ("lisbon", "10-26", "2026-10-26T00:00:00Z"),  # the day after they went back
        ("cairo", "04-24", "2026-04-23T22:00:00Z"),  # midnight is left out: the day begins at one
        ("kiritimati", "01-02", "2026-01-01T10:00:00Z"),
        ("elsewhere", "01-02", "2026-01-01T23:00:00Z"),
    ],
)
def test_the_phase_decides_from_the_first_instant_of_the_local_day(place: str, starts: str, edge: str) -> None:
    season = Season("rush", starts, "12-01", 0, 0)
    calendar = Calendar((season,), PLACES, "Europe/Berlin")
    varied = msgspec.structs.replace(cap(3), by_phase={"rush.peak": cap(1)})
    policy = Policy(caps=(varied,), seasons=(season,))
    at = parse_iso(edge)
    told = [facts(phases=calendar.holds(place, when)[0], sent=sent(NOON - 1)) for when in (at - 1, at)]
    assert [type(judge([each], policy, NOON)[0]) for each in told] == [Permit, Refusal]
