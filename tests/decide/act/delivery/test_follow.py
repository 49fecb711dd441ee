"""What follows a message that ended: a table, and that nothing follows twice, too late, or what may have arrived."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.delivery.fates import Report, fate_of
from fieldfare.act.delivery.follow import (
    LOOK_AGAIN,
    OF_CHANNEL,
    Ended,
    Follower,
    Look,
    Nothing,
    following,
    until_useful,
)
from fieldfare.decide.gate.model import Reason
from fieldfare.decide.journeys.definition import Answer, Escalation, Fallback, Ways
from fieldfare.decide.journeys.model import Proposal
from fieldfare.ground.instants import DAY, HOUR, MINUTE
from fieldfare.testing.delivery import START, a_proposal

SMS, PUSH = Fallback("sms", "short"), Fallback("push", "tiny")
LATER = Escalation(channel="sms", template="short", after_us=2 * HOUR)
ALL_WAYS = Ways(fallbacks=(SMS, PUSH))


def wish(ways: Ways = ALL_WAYS, **change: Any) -> Proposal:
    return a_proposal(1, ways=ways, **change)


def ended(status: str, *reports: Report, ways: Ways = ALL_WAYS, reasons: tuple[Reason, ...] = ()) -> Ended:
    told = frozenset(reason.value for reason in reasons)
    return Ended(proposal=wish(ways), status=status, reasons=told, handed_at=START + MINUTE, fate=fate_of(reports))


@pytest.mark.parametrize("status", ["refused", "rejected", "failed", "unknown", "sent"])
def test_what_may_have_arrived_by_an_earlier_call_goes_by_no_other_channel(status: str) -> None:
    one = msgspec.structs.replace(ended(status, reasons=(Reason.CONSENT_MISSING,)), may_have_arrived=True)
    assert not isinstance(following(one, {}, START + HOUR), Follower)
    bounced = msgspec.structs.replace(one, fate=fate_of([report("bounced")]))
    found = following(bounced, {}, START + HOUR)
    assert isinstance(found, Follower), "a bounce proves that it did not arrive"


@pytest.mark.parametrize("did", ["opened", "clicked", "replied"])
def test_who_has_read_it_gets_no_other_whatever_bounces_later(did: str) -> None:
    one = ended("sent", report(did), report("bounced"))
    assert not isinstance(following(one, {}, START + HOUR), Follower)
    by_machine = ended("sent", report(did, machine=True), report("bounced"))
    assert isinstance(following(by_machine, {}, START + HOUR), Follower)


def report(status: str, *, machine: bool = False, soft: bool = False) -> Report:
    return Report(status=status, at=START + HOUR, is_machine=machine, is_soft=soft)


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (ended("refused", reasons=(Reason.CONSENT_MISSING,)), "refused"),
        (ended("refused", reasons=(Reason.NO_ADDRESS, Reason.CONSENT_WITHDRAWN)), "refused"),
        (ended("rejected"), "rejected"),
        (ended("failed"), "failed"),
        (ended("sent", report("bounced")), "bounced"),
        (ended("sent", report("failed")), "bounced"),
        (ended("unknown", report("bounced")), "bounced"),
    ],
)
def test_what_surely_did_not_arrive_goes_by_the_next_channel(one: Ended, why: str) -> None:
    found = following(one, {}, START + HOUR)
    assert isinstance(found, Follower)
    assert found.why == found.proposal.because == why
    assert (found.proposal.channel, found.proposal.template, found.proposal.follows) == ("sms", "short", "prp_1")
    assert found.proposal.ways.fallbacks == (PUSH,)
    assert found.proposal.must_be_chosen, "there is still something to choose from"
    last = msgspec.structs.replace(one, proposal=wish(Ways(fallbacks=(PUSH,))))
    found = following(last, {}, START + HOUR)
    assert isinstance(found, Follower)
    assert not found.proposal.must_be_chosen


@pytest.mark.parametrize(
    "one",
    [
        *(ended("refused", reasons=(reason, Reason.NO_ADDRESS)) for reason in sorted(set(Reason) - OF_CHANNEL)),
        ended("refused"),
        ended("expired"),
        ended("cancelled"),
        ended("sent"),
        ended("sent", report("delivered"), report("opened")),
        ended("sent", report("bounced", soft=True)),
        ended("sent", report("delivered"), ways=Ways()),
        ended("rejected", ways=Ways()),
        ended("refused", ways=Ways(escalation=LATER), reasons=(Reason.NO_ADDRESS,)),
        msgspec.structs.replace(ended("failed"), proposal=wish(followed_by="prp_2")),
        msgspec.structs.replace(ended("failed"), proposal=wish(expires_at=START + HOUR)),
    ],
    ids=lambda one: f"{one.status}-{'-'.join(sorted(one.reasons))}",
)
def test_nothing_follows(one: Ended) -> None:
    assert isinstance(following(one, {}, START + HOUR), Nothing)


def test_while_nobody_knows_it_is_looked_at_again() -> None:
    assert following(ended("unknown"), {}, START) == Look(START + LOOK_AGAIN)


def test_an_escalation_counts_from_the_handing_over() -> None:
    one = ended("sent", report("delivered"), ways=Ways(escalation=LATER))
    due = START + MINUTE + 2 * HOUR
    assert following(one, {}, due - 1) == Look(due)
    found = following(one, {}, due)
    assert isinstance(found, Follower)
    assert (found.why, found.proposal.channel, found.proposal.expires_at) == ("not_opened", "sms", START + 2 * DAY)
    assert found.proposal.ways == Ways()
    assert found.proposal.is_second


@pytest.mark.parametrize(
    ("unless", "reports", "is_needless"),
    [
        (Answer.OPENED, [report("opened")], True),
        (Answer.OPENED, [report("opened", machine=True)], False),
        (Answer.OPENED, [report("clicked", machine=True), report("delivered")], False),
        (Answer.OPENED, [report("clicked")], True),
        (Answer.OPENED, [report("replied")], True),
        (Answer.CLICKED, [report("opened")], False),
        (Answer.CLICKED, [report("replied")], True),
        (Answer.REPLIED, [report("clicked")], False),
        (Answer.REPLIED, [report("complained")], True),
        (Answer.CLICKED, [report("unsubscribed")], True),
    ],
)
def test_what_a_person_did_makes_an_escalation_needless_and_what_a_machine_did_does_not(
    unless: Answer, reports: list[Report], is_needless: bool
) -> None:
    ways = Ways(escalation=msgspec.structs.replace(LATER, unless=unless))
    found = following(ended("sent", *reports, ways=ways), {}, START + DAY)
    assert isinstance(found, Nothing) is is_needless


def test_a_message_that_bounced_is_not_waited_for() -> None:
    found = following(ended("sent", report("bounced"), ways=Ways(escalation=LATER)), {}, START + MINUTE)
    assert isinstance(found, Follower)
    assert (found.why, found.proposal.is_second) == ("bounced", False)


def test_nothing_follows_past_the_last_useful_moment_of_the_message_or_of_its_own_template() -> None:
    one = ended("sent", ways=Ways(escalation=LATER))
    assert following(one, {}, START + 2 * DAY) == Nothing("too_late")
    assert following(one, {"short": HOUR}, START) == Nothing("too_late"), "it would be past its own when its time comes"
    assert following(ended("failed"), {"tiny": HOUR, "short": HOUR}, START + HOUR) != Nothing("too_late")
    last = msgspec.structs.replace(ended("failed"), proposal=wish(Ways(fallbacks=(SMS,))))
    assert following(last, {"short": HOUR}, START + HOUR) == Nothing("too_late")
    assert until_useful(wish(), "short", {"short": HOUR}) == START + HOUR
    assert until_useful(wish(), "hello", {"short": HOUR}) == START + 2 * DAY


def test_a_fallback_by_the_channel_of_the_escalation_takes_its_place() -> None:
    found = following(ended("failed", ways=Ways(fallbacks=(SMS,), escalation=LATER)), {}, START)
    assert isinstance(found, Follower)
    assert found.proposal.ways.escalation is None


REPORTS = st.lists(
    st.builds(
        Report,
        status=st.sampled_from(["delivered", "bounced", "failed", "opened", "clicked", "complained", "deferred"]),
        at=st.integers(START, START + 3 * HOUR),
        is_machine=st.booleans(),
        is_soft=st.booleans(),
    ),
    max_size=4,
)
ANY_WAYS = st.builds(
    Ways,
    fallbacks=st.sampled_from([(), (SMS,), (PUSH,), (PUSH, SMS)]),
    escalation=st.sampled_from([None, LATER]),
    best_us=st.sampled_from([None, DAY]),
)


@given(
    ANY_WAYS,
    st.sampled_from(["refused", "rejected", "failed", "sent", "unknown", "expired", "cancelled"]),
    REPORTS,
    st.frozensets(st.sampled_from([reason.value for reason in Reason]), max_size=2),
    st.sampled_from([{}, {"short": HOUR}, {"tiny": 3 * HOUR}]),
    st.integers(START, START + 3 * DAY),
)
def test_followers_come_in_time_by_another_channel_and_always_the_same(
    ways: Ways, status: str, reports: list[Report], reasons: frozenset[str], useful: dict[str, int], now: int
) -> None:
    one = Ended(proposal=wish(ways), status=status, reasons=reasons, handed_at=START, fate=fate_of(reports))
    found = following(one, useful, now)
    assert found == following(one, useful, now)
    if isinstance(found, Look):
        assert now < found.at <= one.proposal.expires_at
    if isinstance(found, Follower):
        follower = found.proposal
        assert follower.channel != one.proposal.channel
        assert follower.id != one.proposal.id
        assert now < follower.expires_at <= one.proposal.expires_at
        assert (follower.enrollment_id, follower.step, follower.visit) == ("enr_1", "0", 0)
        if status in {"sent", "unknown"} and found.why != "bounced":
            assert follower.is_second
        assert len(follower.ways.fallbacks) < max(len(ways.fallbacks), 1)
