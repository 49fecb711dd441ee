"""The verdicts: all reasons, refusal before deferral, monotone, in whatever order; and the check at the call."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.decide.gate import caps, rules
from fieldfare.decide.gate.judge import judge, judge_by, judge_try, recheck
from fieldfare.decide.gate.model import (
    PERMIT_LIFETIME,
    Deferral,
    Facts,
    Finding,
    Permit,
    Reason,
    Refusal,
    TryFacts,
    Verdict,
)
from fieldfare.decide.gate.policy import Policy, in_phases
from fieldfare.decide.gate.rules import PENDING_WAIT
from fieldfare.ground.instants import DAY, Instant
from fieldfare.ground.workspace.model import Duration
from fieldfare.learn.experiments.model import Arm
from tests.decide.decide.gate.facts import NOON, POLICIES, any_facts, cap, changed, facts, sent, worse

Judge = Callable[[Sequence[Facts], Policy, Instant], list[Verdict]]
ONE_A_DAY = Policy(caps=(cap(1, None, Duration(1, "day")),))


def test_a_permit() -> None:
    (verdict,) = judge([facts()], Policy(), NOON)
    assert isinstance(verdict, Permit)
    assert (verdict.proposal_id, verdict.address_hash, verdict.channel) == ("prp_1", b"address", "email")
    assert (verdict.granted_at, verdict.expires_at) == (NOON, NOON + PERMIT_LIFETIME)


def test_a_refusal_carries_all_its_reasons() -> None:
    bad = facts(address_hash=None, consent="withdrawn", on_hold=True, arm=Arm.HOLDOUT)
    (verdict,) = judge([bad], Policy(), NOON)
    assert isinstance(verdict, Refusal)
    assert [each.reason for each in verdict.findings] == [
        Reason.NO_ADDRESS,
        Reason.CONSENT_WITHDRAWN,
        Reason.ON_HOLD,
        Reason.HOLDOUT,
    ]


def test_a_refusal_beats_a_deferral_and_keeps_both_findings() -> None:
    (verdict,) = judge([facts(consent_pending=True, on_hold=True)], Policy(), NOON)
    assert isinstance(verdict, Refusal)
    assert [each.reason for each in verdict.findings] == [Reason.CONSENT_PENDING, Reason.ON_HOLD]


def test_a_missing_consent_waits_while_records_are_pending() -> None:
    (verdict,) = judge([facts(consent_pending=True, consent="missing")], Policy(), NOON)
    assert isinstance(verdict, Deferral)
    assert verdict.until == NOON + PENDING_WAIT


def test_priority_wins_the_last_place() -> None:
    low, high = facts(id="low", priority=10, proposed_at=NOON - 9), facts(id="high", priority=90)
    first, second = judge([low, high], ONE_A_DAY, NOON)
    assert isinstance(first, Refusal)
    assert [each.reason for each in first.findings] == [Reason.LOST_TO_PRIORITY]
    assert isinstance(second, Permit)


def test_of_equals_the_older_wins_then_the_smaller_id() -> None:
    batch = [
        facts(id="c", proposed_at=NOON - 1),
        facts(id="b", proposed_at=NOON - 2),
        facts(id="a", proposed_at=NOON - 2),
    ]
    assert [isinstance(each, Permit) for each in judge(batch, ONE_A_DAY, NOON)] == [False, False, True]


def test_what_is_refused_or_exempt_takes_no_place() -> None:
    batch = [
        facts(id="refused", priority=99, on_hold=True),
        facts(id="must", priority=98, consent="not_required"),
        facts(id="news", priority=1),
    ]
    assert [type(each) for each in judge(batch, ONE_A_DAY, NOON)] == [Refusal, Permit, Permit]


def test_the_same_proposal_twice_is_a_bug() -> None:
    with pytest.raises(AssertionError, match="twice"):
        judge([facts(), facts()], Policy(), NOON)


BATCHES = st.integers(1, 4).flatmap(lambda count: st.tuples(*(any_facts(f"prp_{each}") for each in range(count))))


_ALWAYS = {
    "consent",
    "suppressed_since",
    "address_hash",
    "journey_live",
    "rendered",
    "expires_at",
    "controls.rejected",
}
"""Facts that refuse whatever else there is."""


def check_monotone(judge: Judge, known: Facts, policy: Policy) -> None:
    """A fact that speaks against sending never turns a no into a permit."""
    (before,) = judge([known], policy, NOON)
    for name, harder in worse(known):
        (after,) = judge([harder], policy, NOON)
        assert not (isinstance(after, Permit) and not isinstance(before, Permit)), name
        if name in _ALWAYS or (name == "match_confidence" and policy.minimum_match_confidence):
            assert isinstance(after, Refusal) or (name == "consent" and known.consent_pending), name


@given(any_facts(), POLICIES)
def test_a_refusing_fact_never_makes_a_permit(known: Facts, policy: Policy) -> None:
    check_monotone(judge, known, policy)


def without(name: str) -> Judge:
    """Return a gate that forgot one rule."""
    left = tuple(rule for rule in rules.RULES if rule.__name__ != name)
    assert len(left) == len(rules.RULES) - 1
    return lambda batch, policy, now: judge_by(left, batch, policy, now)


@pytest.mark.parametrize(
    "name", ["expired", "journey_ended", "suppressed", "consent", "render_failed", "low_confidence"]
)
def test_the_check_finds_a_forgotten_rule(name: str) -> None:
    with pytest.raises(AssertionError):
        check_monotone(without(name), facts(), Policy(minimum_match_confidence=60))


def check_complete(judge: Judge, known: Facts, policy: Policy) -> None:
    """A no lists what every single rule says."""
    (verdict,) = judge([known], policy, NOON)
    held = in_phases(policy, known.phases)
    said = [finding for rule in rules.RULES if (finding := rule(known, held, NOON)) is not None]
    assert (list(verdict.findings) if not isinstance(verdict, Permit) else []) == said


@given(any_facts(), POLICIES)
def test_every_no_lists_every_rule_that_says_no(known: Facts, policy: Policy) -> None:
    check_complete(judge, known, policy)


def test_the_check_finds_a_gate_that_stops_at_the_first_reason() -> None:
    def hasty(batch: Sequence[Facts], policy: Policy, now: Instant) -> list[Verdict]:
        (verdict,) = judge(batch, policy, now)
        if isinstance(verdict, Refusal):
            return [Refusal(proposal_id=verdict.proposal_id, findings=verdict.findings[:1])]
        return [verdict]

    with pytest.raises(AssertionError):
        check_complete(hasty, facts(on_hold=True, consent="missing"), Policy())


def check_order(judge: Judge, batch: Sequence[Facts], order: Sequence[int], policy: Policy) -> None:
    """The order in which proposals are given changes no verdict."""
    straight = {each.proposal_id: each for each in judge(batch, policy, NOON)}
    shuffled = {each.proposal_id: each for each in judge([batch[index] for index in order], policy, NOON)}
    assert straight == shuffled


@given(BATCHES.flatmap(lambda batch: st.tuples(st.just(batch), st.permutations(range(len(batch))))), POLICIES)
def test_the_order_given_does_not_matter(given_: tuple[Sequence[Facts], Sequence[int]], policy: Policy) -> None:
    check_order(judge, *given_, policy)


def test_the_check_finds_a_race() -> None:
    def racing(batch: Sequence[Facts], policy: Policy, now: Instant) -> list[Verdict]:
        made: list[Verdict] = []
        for each in batch:
            gone = sent(*(now for verdict in made if isinstance(verdict, Permit)))
            made += judge([changed(each, permitted=gone)], policy, now)
        return made

    with pytest.raises(AssertionError):
        check_order(racing, [facts(id="a", priority=1), facts(id="b", priority=9)], [1, 0], ONE_A_DAY)


@given(BATCHES, POLICIES)
def test_caps_hold_within_one_call(batch: Sequence[Facts], policy: Policy) -> None:
    verdicts = judge(batch, policy, NOON)
    assert [each.proposal_id for each in verdicts] == [each.proposal.id for each in batch]
    for known, verdict in zip(batch, verdicts, strict=True):
        if isinstance(verdict, Permit) and caps.counts_toward_caps(known, policy):
            for limit in caps.caps_obeyed(known, policy):
                assert limit.most > 0
        if isinstance(verdict, Permit):
            assert verdict.granted_at == NOON
            assert verdict.expires_at == NOON + PERMIT_LIFETIME


def permit() -> Permit:
    (verdict,) = judge([facts()], Policy(), NOON)
    assert isinstance(verdict, Permit)
    return verdict


def asked(*, now: Instant = NOON, **change: Any) -> Finding | None:
    values = {"consent": "granted", "suppressed": False, "consent_pending": False} | change
    return recheck(
        permit(),
        str(values["consent"]),
        suppressed=bool(values["suppressed"]),
        consent_pending=bool(values["consent_pending"]),
        now=now,
    )


@pytest.mark.parametrize(
    ("change", "reason", "until"),
    [
        ({"suppressed": True}, Reason.SUPPRESSED, None),
        ({"consent": "withdrawn"}, Reason.CONSENT_WITHDRAWN, None),
        ({"consent": "missing"}, Reason.CONSENT_MISSING, None),
        ({"consent_pending": True}, Reason.CONSENT_PENDING, NOON + PENDING_WAIT),
        ({"consent_pending": True, "suppressed": True}, Reason.SUPPRESSED, None),
        ({"now": NOON + PERMIT_LIFETIME}, Reason.EXPIRED, NOON + PERMIT_LIFETIME),
        ({"now": NOON - 1}, Reason.EXPIRED, NOON - 1),
        ({"now": NOON + DAY, "consent": "withdrawn"}, Reason.CONSENT_WITHDRAWN, None),
    ],
)
def test_the_check_at_the_call(change: dict[str, Any], reason: Reason, until: Instant | None) -> None:
    found = asked(**change)
    assert found is not None
    assert (found.reason, found.until) == (reason, until)


@pytest.mark.parametrize("change", [{}, {"consent": "not_required"}, {"now": NOON + PERMIT_LIFETIME - 1}])
def test_the_check_at_the_call_lets_go(change: dict[str, Any]) -> None:
    assert asked(**change) is None


TRY = TryFacts(
    proposal_id="tst_1",
    channel="email",
    address_hash=b"ours",
    is_recipient=True,
    suppressed_since=None,
    consent_pending=False,
    rendered=True,
)
STOPPED = Finding("paused", Reason.PAUSED, {}, until=NOON + DAY)


def test_a_test_message_to_one_of_ours_is_permitted_for_as_long_as_any() -> None:
    verdict = judge_try(TRY, NOON)
    assert isinstance(verdict, Permit)
    assert (verdict.proposal_id, verdict.address_hash, verdict.channel) == ("tst_1", b"ours", "email")
    assert (verdict.granted_at, verdict.expires_at) == (NOON, NOON + PERMIT_LIFETIME)


FAULTS: list[tuple[dict[str, Any], Reason]] = [
    ({"is_recipient": False}, Reason.NO_TEST_RECIPIENT),
    ({"suppressed_since": 0}, Reason.SUPPRESSED),
    ({"stopped": STOPPED}, Reason.PAUSED),
    ({"consent_pending": True}, Reason.CONSENT_PENDING),
    ({"rendered": False}, Reason.RENDER_FAILED),
]


@given(st.lists(st.sampled_from(FAULTS), min_size=1, unique_by=lambda each: each[1]))
def test_whatever_stands_against_a_test_message_refuses_it(faults: list[tuple[dict[str, Any], Reason]]) -> None:
    bad = TRY
    for changes, _ in faults:
        bad = msgspec.structs.replace(bad, **changes)
    verdict = judge_try(bad, NOON)
    assert isinstance(verdict, Refusal)
    reasons = {reason for _, reason in faults}
    if Reason.NO_TEST_RECIPIENT in reasons:  # what else there is to say of a stranger's address is told to nobody
        reasons = {Reason.NO_TEST_RECIPIENT}
    assert {each.reason for each in verdict.findings} == reasons
