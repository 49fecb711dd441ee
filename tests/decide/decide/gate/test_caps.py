"""Caps by selectors, and the throttle: who obeys, what counts, never one too many."""

from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.decide.gate.caps import caps, counts_toward_caps, throttle, throttled_cap
from fieldfare.decide.gate.judge import judge, sent_by
from fieldfare.decide.gate.model import ActionFacts, Controls, Facts, Permit, Reason, Sent
from fieldfare.decide.gate.policy import Cap, Policy, Selector, Throttle
from fieldfare.ground.instants import DAY, HOUR
from fieldfare.ground.workspace.model import Duration
from tests.decide.decide.gate.facts import NOON, facts, sent

WEEK = Duration(7, "day")
NEWS = Selector(purposes=("marketing",))


@pytest.mark.parametrize(
    ("rate", "most"),
    [
        (Fraction(0), 3),
        (Fraction(33, 100), 3),
        (Fraction(1, 3), 4),
        (Fraction(34, 100), 4),
        (Fraction(2, 5), 4),
        (Fraction(66, 100), 4),
        (Fraction(2, 3), 5),
        (Fraction(99, 100), 5),
        (Fraction(1), 6),
        (Fraction(17, 10), 6),
        (Fraction(-1, 2), 3),
    ],
)
def test_the_table_of_the_throttle(rate: Fraction, most: int) -> None:
    assert throttled_cap(3, rate.numerator, rate.denominator) == most


def test_without_messages_the_rate_is_nothing() -> None:
    assert throttled_cap(3, 5, 0) == 3


@given(st.integers(0, 50), st.integers(0, 60), st.integers(1, 60))
def test_the_throttle_is_the_formula_in_exact_fractions(base: int, engaged: int, messages: int) -> None:
    assert throttled_cap(base, engaged, messages) == floor(base * (1 + min(Fraction(engaged, messages), Fraction(1))))


def throttled(*ats: int, engaged: int | None = 0, **more: Any) -> Reason | None:
    controls = Controls(engaged={"Clicked": engaged} if engaged is not None else {})
    policy = Policy(throttles=(Throttle(base=3, events=("Clicked",)),))
    found = throttle(facts(sent=sent(*ats), controls=controls, **more), policy, NOON)
    return found.reason if found is not None else None


def test_the_throttle_rolls_over_seven_times_24_hours() -> None:
    three = (NOON - 3 * DAY, NOON - 2 * DAY, NOON - DAY)
    assert throttled(*three) is Reason.THROTTLED
    assert throttled(*three, engaged=None) is Reason.THROTTLED, "what nobody counted is no engagement"
    assert throttled(NOON - 7 * DAY, *three[1:]) is None, "exactly seven days ago no longer counts"
    assert throttled(NOON - 7 * DAY + 1, *three[1:]) is Reason.THROTTLED
    assert throttled(*three, engaged=1) is None, "1/3 of engagement is one more"
    assert throttled(*three, engaged=0, consent="not_required") is None
    assert throttled(*three[1:], permitted=sent(NOON)) is Reason.LOST_TO_PRIORITY


@pytest.mark.parametrize(
    ("obeys", "counts", "change", "gone", "expected"),
    [
        (NEWS, NEWS, {}, {}, Reason.CAP_REACHED),
        (NEWS, NEWS, {"purpose": "service"}, {}, None),
        (NEWS, NEWS, {}, {"purpose": "service"}, None),
        (NEWS, Selector(purposes=("service",)), {}, {"purpose": "service"}, Reason.CAP_REACHED),
        (NEWS, Selector(purposes=("service",)), {}, {}, None),
        (
            Selector(tags=("offer",)),
            Selector(tags=("offer",)),
            {"tags": ("offer", "x")},
            {"tags": ("offer",)},
            Reason.CAP_REACHED,
        ),
        (Selector(tags=("offer",)), Selector(), {}, {}, None),
        (Selector(locations=("north",)), Selector(), {"location": "north"}, {}, Reason.CAP_REACHED),
        (Selector(locations=("north",)), Selector(), {"location": "south"}, {}, None),
        (Selector(journeys=("win-back",)), Selector(), {}, {"journey": "other"}, Reason.CAP_REACHED),
        (Selector(), Selector(), {}, {"is_exempt": True}, None),
        (Selector(), NEWS, {}, {"is_exempt": True}, Reason.CAP_REACHED),
    ],
)
def test_who_obeys_and_what_counts_are_two_questions(
    obeys: Selector, counts: Selector, change: dict[str, Any], gone: dict[str, Any], expected: Reason | None
) -> None:
    policy = Policy(caps=(Cap(most=1, per=WEEK, obeys=obeys, counts_towards=counts),))
    found = caps(facts(sent=sent(NOON - HOUR, **gone), **change), policy, NOON)
    assert (found.reason if found is not None else None) is expected


def test_an_exempt_message_may_fill_caps_that_name_it_and_no_others() -> None:
    service = facts(purpose="service", consent="not_required")
    named = Cap(most=1, per=WEEK, counts_towards=Selector(purposes=("service",)))
    assert not counts_toward_caps(service, Policy(caps=(Cap(most=1, per=WEEK),)))
    assert counts_toward_caps(service, Policy(caps=(named,)))


def test_a_cap_holds_for_actions_only_where_it_names_them() -> None:
    action = facts(channel="action", action=ActionFacts(), sent=sent(NOON - HOUR))
    assert caps(action, Policy(caps=(Cap(most=0, per=WEEK),)), NOON) is None
    named = Cap(most=1, per=WEEK, obeys=Selector(channels=("action",)))
    assert caps(action, Policy(caps=(named,)), NOON) is not None


@given(st.lists(st.tuples(st.integers(1, 3 * 24), st.integers(1, 3)), max_size=30), st.integers(0, 3))
def test_caps_are_never_exceeded_whatever_comes(wishes: list[tuple[int, int]], most: int) -> None:
    """Proposals of random histories, judged in their order: no span ever holds more than the cap."""
    policy = Policy(caps=(Cap(most=most, per=Duration(2, "day")),))
    gone: tuple[Sent, ...] = ()
    now = NOON
    for number, (hours, count) in enumerate(wishes):
        now += hours * HOUR
        batch = [facts(id=f"{number}.{each}", expires_at=now + DAY, sent=gone) for each in range(count)]
        for known, verdict in zip(batch, judge(batch, policy, now), strict=True):
            if isinstance(verdict, Permit):
                gone = (*gone, sent_by(known, policy, now))
        assert sum(one.at > now - 2 * DAY for one in gone) <= most


def test_the_property_finds_a_gate_that_forgets_what_it_permitted() -> None:
    policy = Policy(caps=(Cap(most=1, per=WEEK),))
    batch: list[Facts] = [facts(id="a"), facts(id="b")]
    apart = [judge([each], policy, NOON)[0] for each in batch]
    together = judge(batch, policy, NOON)
    assert [isinstance(each, Permit) for each in apart] == [True, True]
    assert [isinstance(each, Permit) for each in together] == [True, False]
