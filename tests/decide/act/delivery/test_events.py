"""The events of delivery: stable ids, nothing personal, suppression where it belongs."""

import msgspec
import pytest

from fieldfare.act.delivery.events import (
    RECEIPT_EVENTS,
    answer_event,
    outcome_event,
    receipt_event,
    suppresses,
    withdrawal_event,
)
from fieldfare.act.delivery.model import Answer, Attempt, OutcomeKind, Receipt
from fieldfare.decide.journeys.model import MOST_HOPS
from fieldfare.ground.instants import HOUR, SECOND
from fieldfare.testing.delivery import START

ATTEMPT = Attempt(
    id="prp_1.1",
    proposal_id="prp_1",
    profile_id=7,
    channel="email",
    template="hello",
    purpose="marketing",
    journey="win-back",
    address_hash=b"a" * 16,
    granted_at=START,
)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (OutcomeKind.HANDED_OVER, "Message Sent"),
        (OutcomeKind.REJECTED, "Message Failed"),
        (OutcomeKind.FAILED, "Message Failed"),
        (OutcomeKind.UNKNOWN, "Message Outcome Unknown"),
    ],
)
def test_every_outcome_has_an_event(kind: OutcomeKind, name: str) -> None:
    event = outcome_event(ATTEMPT, kind.value, START, detail=None, suppress=False)
    assert (event["event"], event["type"], event["timestamp"]) == (name, "track", "2026-01-09T12:00:00Z")
    assert event["properties"]["outcome"] == kind.value
    assert event["context"] == {"fieldfare": {"profile_id": 7, "address_hash": "61" * 16, "hop": 1}}


def test_an_attempt_has_one_outcome_event_whenever_it_is_written() -> None:
    first = outcome_event(ATTEMPT, "unknown", START, detail=None, suppress=False)
    later = outcome_event(ATTEMPT, "unknown", START + HOUR, detail="x", suppress=False)
    assert first["messageId"] == later["messageId"]


@pytest.mark.parametrize(
    ("status", "detail", "wanted"),
    [
        ("bounced", {}, True),
        ("bounced", {"soft": True}, False),
        ("complained", {"soft": True}, True),
        ("delivered", {}, False),
        ("opened", {}, False),
        ("unsubscribed", {}, False),
    ],
)
def test_hard_bounces_and_complaints_suppress(status: str, detail: dict[str, bool], wanted: bool) -> None:
    receipt = Receipt(provider_id="x", status=status, occurred_at=START, detail=detail)
    assert suppresses(receipt) is wanted
    assert receipt_event(ATTEMPT, receipt)["properties"]["suppress"] is wanted


def test_a_receipt_twice_is_one_event_and_another_status_is_another() -> None:
    ids = [
        receipt_event(ATTEMPT, Receipt(provider_id="x", status=status, occurred_at=START))["messageId"]
        for status in ("delivered", "delivered", *RECEIPT_EVENTS)
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == len(RECEIPT_EVENTS)


def withdrawal(now: int) -> dict[str, object]:
    return withdrawal_event(
        profile_id=7,
        address_hash=b"a" * 16,
        purpose="marketing",
        channel="email",
        proposal_id="prp_1",
        now=now,
        evidence="one-click",
    )


def test_a_double_click_is_one_withdrawal_and_one_after_a_later_grant_is_another() -> None:
    assert withdrawal(START)["messageId"] == withdrawal(START + SECOND // 2)["messageId"]
    assert withdrawal(START)["messageId"] != withdrawal(START + HOUR)["messageId"]


def test_a_withdrawal_says_what_the_ledger_needs() -> None:
    event = withdrawal(START)
    assert event["event"] == "Consent Updated"
    assert event["properties"] == {
        "purpose": "marketing",
        "channel": "email",
        "action": "withdraw",
        "evidence": "one-click",
        "method": "unsubscribe_link",
        "proposal_id": "prp_1",
    }


def test_an_answer_is_one_event_a_proposal_and_ends_where_too_many_journeys_followed_each_other() -> None:
    attempt = ATTEMPT
    event = answer_event(attempt, Answer({"score": 7}, 2), START)
    assert event is not None
    assert (event["type"], event["traits"], event["context"]["fieldfare"]) == (
        "identify",
        {"score": 7},
        {"profile_id": attempt.profile_id, "hop": 3},
    )
    again = answer_event(msgspec.structs.replace(attempt, id="prp_1.2"), Answer({"score": 8}, 2), START + HOUR)
    assert again is not None
    assert again["messageId"] == event["messageId"]
    assert answer_event(attempt, Answer({"score": 7}, MOST_HOPS), START) is None
