"""The choice among channels: a table of criteria, and that nobody is ever sent where the gate would refuse."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.decide.gate.choice import CRITERIA, WAY_RULES, Way, choose, choose_by
from fieldfare.decide.gate.judge import judge
from fieldfare.decide.gate.model import Controls, Facts, Finding, Pause, Permit, Scope
from fieldfare.decide.gate.policy import ChoicePolicy, Policy
from fieldfare.decide.gate.rules import PASSES
from fieldfare.ground.instants import DAY, HOUR, Instant
from tests.decide.decide.gate.facts import NOON, POLICIES, any_facts, cap, changed, facts, sent

CHANNELS = ("email", "sms", "push")


def way(channel: str, messages: int = 0, answered: int = 0, **change: Any) -> Way:
    return Way(facts=facts(channel=channel, template=f"by-{channel}", **change), messages=messages, answered=answered)


def chosen(*ways: Way, traits: dict[str, Any] | None = None, best: bool = True, **wish: Any) -> list[str]:
    choice = choose(ways, traits or {}, Policy(choice=ChoicePolicy(**wish)), NOON, best=best)
    return [ways[place].facts.proposal.channel for place in choice.order]


THREE = (way("email"), way("sms"), way("push"))
VALUE: dict[str, Any] = {"value_trait": "ltv", "value_bands": ((500.0, ("sms",)), (100.0, ("push", "email")))}


@pytest.mark.parametrize(
    ("wish", "traits", "first"),
    [
        ({}, {}, ["email", "sms", "push"]),
        ({"costs": {"email": 1, "sms": 8}}, {}, ["push", "email", "sms"]),
        ({}, {"preferred_channel": "push"}, ["push", "email", "sms"]),
        ({}, {"preferred_channel": ["sms", "push"]}, ["sms", "push", "email"]),
        ({}, {"preferred_channel": 7}, ["email", "sms", "push"]),
        ({"preferred": "likes"}, {"preferred_channel": "push", "likes": "sms"}, ["sms", "email", "push"]),
        ({"urgent_priority": 50, "urgent_channels": ("sms", "push")}, {}, ["sms", "push", "email"]),
        ({"urgent_priority": 51, "urgent_channels": ("sms",)}, {}, ["email", "sms", "push"]),
        (VALUE, {"ltv": 501}, ["sms", "email", "push"]),
        (VALUE, {"ltv": 500}, ["push", "email", "sms"]),
        (VALUE, {"ltv": 100}, ["email", "sms", "push"]),
        (VALUE, {"ltv": True}, ["email", "sms", "push"]),
        (VALUE, {"ltv": 501, "preferred_channel": "push"}, ["sms", "push", "email"]),
        (VALUE | {"by": ("preference", "value")}, {"ltv": 501, "preferred_channel": "push"}, ["push", "sms", "email"]),
    ],
)
def test_channels_stand_in_the_order_of_the_criteria(wish: dict[str, Any], traits: Any, first: list[str]) -> None:
    assert chosen(*THREE, traits=traits, **wish) == first


def test_in_order_no_criterion_counts_but_what_is_refused_still_comes_last() -> None:
    assert chosen(*THREE, traits={"preferred_channel": "push"}, best=False) == ["email", "sms", "push"]
    withdrawn = way("email", consent="withdrawn")
    assert chosen(withdrawn, *THREE[1:], best=False) == ["sms", "push", "email"]


def test_people_are_written_to_where_they_answer_but_not_for_a_small_difference() -> None:
    assert chosen(way("email", messages=20, answered=1), way("sms", messages=20, answered=10)) == ["sms", "email"]
    assert chosen(way("email", messages=20, answered=4), way("sms", messages=20, answered=6)) == ["email", "sms"]
    assert [way("sms", *each).score for each in ((0, 0), (5, 5), (5, 0), (95, 0))] == [20, 60, 10, 1]


def test_where_somebody_never_answers_is_set_aside_if_there_is_another_way() -> None:
    least: dict[str, Any] = {"least_engagement": {"sms": 15}}
    deaf, few = way("sms", messages=10), way("sms", messages=4)
    assert chosen(deaf, way("email"), best=False, **least) == ["email", "sms"]
    assert chosen(few, way("email"), best=False, **least) == ["sms", "email"], "too few to tell"
    choice = choose((deaf, way("email")), {}, Policy(choice=ChoicePolicy(**least)), NOON, best=False)
    assert choice.told["ways"][1]["aside"] == ["not_engaged"]
    assert choice.open == (1, 0), "it may still be tried when the other one fails"
    refused = way("email", consent="missing")
    choice = choose((deaf, refused), {}, Policy(choice=ChoicePolicy(**least)), NOON, best=False)
    assert choice.order == (0, 1), "there is no other way"
    assert "aside" not in choice.told["ways"][0]


def test_what_only_has_to_wait_comes_behind_what_can_go_and_before_what_is_refused() -> None:
    paused = Controls(pauses=(Pause(id="p", scope=Scope.CHANNEL, name="sms", since_at=0, actor="a", reason="r"),))
    ways = (way("push", address_hash=None), way("sms", controls=paused), way("email"))
    choice = choose(ways, {}, Policy(), NOON, best=True)
    assert choice.order == (2, 1, 0)
    assert choice.open == (2, 1)
    assert [each.get("aside") for each in choice.told["ways"]] == [None, ["paused"], ["no_address"]]
    capped = (way("sms", sent=sent(NOON - HOUR, channel="sms")), way("email", sent=sent(NOON - HOUR, channel="sms")))
    assert choose(capped, {}, Policy(caps=(cap(1, "sms"),)), NOON, best=False).order == (1, 0)
    open_ = Controls(open_until=NOON + HOUR)
    assert choose((way("sms", controls=open_), way("email")), {}, Policy(), NOON, best=False).order == (1, 0)


def test_a_pause_of_everything_and_quiet_hours_set_no_channel_aside() -> None:
    everything = Controls(pauses=(Pause(id="p", scope=Scope.EVERYTHING, name="", since_at=0, actor="a", reason="r"),))
    choice = choose((way("sms", controls=everything), way("email", controls=everything)), {}, Policy(), NOON, best=True)
    assert all("aside" not in each for each in choice.told["ways"])


def test_a_rule_that_fails_sets_its_way_aside() -> None:
    def broken(known: Facts, _policy: Policy, _now: Instant) -> Finding | None:
        if known.proposal.channel == "email":
            raise ZeroDivisionError
        return None

    choice = choose_by((*WAY_RULES, broken), (way("email"), way("sms")), {}, Policy(), NOON, best=True)
    assert choice.order == (1, 0)
    assert choice.told["ways"][1]["aside"] == ["rule_failed"]


@st.composite
def any_ways(draw: st.DrawFn) -> tuple[Way, ...]:
    channels = draw(st.permutations(CHANNELS))[: draw(st.integers(1, 3))]
    return tuple(
        Way(
            facts=changed(draw(any_facts()), channel=channel, expires_at=NOON + DAY),
            messages=draw(st.integers(0, 9)),
            answered=draw(st.integers(0, 9)),
        )
        for channel in channels
    )


ANY_CHOICE = st.builds(
    ChoicePolicy,
    by=st.permutations(CRITERIA).map(tuple),
    urgent_priority=st.sampled_from([None, 2]),
    urgent_channels=st.permutations(CHANNELS).map(tuple),
    least_engagement=st.sampled_from([{}, {"sms": 15, "email": 30}]),
    costs=st.sampled_from([{}, {"sms": 8}]),
)


@given(any_ways(), POLICIES, ANY_CHOICE, st.booleans(), st.sampled_from([{}, {"preferred_channel": "sms"}]))
def test_a_channel_without_consent_or_address_is_never_open(
    ways: tuple[Way, ...], policy: Policy, wish: ChoicePolicy, best: bool, traits: dict[str, Any]
) -> None:
    policy = msgspec.structs.replace(policy, choice=wish)
    choice = choose(ways, traits, policy, NOON, best=best)
    assert sorted(choice.order) == list(range(len(ways)))
    for place in choice.open:
        known = ways[place].facts
        assert known.address_hash is not None
        assert known.suppressed_since is None
        assert known.consent_pending or known.consent in PASSES
    if choice.open:
        assert choice.order[0] in choice.open, "what the gate refuses is chosen only when it refuses all"
    permitted = {place for place, each in enumerate(ways) if isinstance(judge([each.facts], policy, NOON)[0], Permit)}
    assert permitted <= set(choice.open), "a way that the gate permits is never out of the question"
    assert choice == choose(ways, dict(traits), policy, NOON, best=best), "the same facts, the same choice"


@given(any_ways(), POLICIES, ANY_CHOICE, st.randoms(use_true_random=False))
def test_by_criteria_alone_the_order_in_which_ways_are_written_matters_only_where_they_are_equal(
    ways: tuple[Way, ...], policy: Policy, wish: ChoicePolicy, random: Any
) -> None:
    policy = msgspec.structs.replace(policy, choice=msgspec.structs.replace(wish, urgent_priority=0))
    shuffled = list(ways)
    random.shuffle(shuffled)
    one, other = (choose(each, {}, policy, NOON, best=True) for each in (ways, shuffled))
    assert {ways[place].facts.proposal.channel for place in one.open} == {
        shuffled[place].facts.proposal.channel for place in other.open
    }
    if wish.by[0] == "urgency":
        assert one.told["chosen"] == other.told["chosen"], "urgency names every channel, so no two are equal"
