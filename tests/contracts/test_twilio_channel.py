"""Twilio beyond the common suite: what each answer means, receipts, answers of people, the limits of a text."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fieldfare.act.delivery.channels.twilio import TwilioChannel
from fieldfare.act.delivery.channels.twilio_errors import MEANINGS
from fieldfare.act.delivery.events import suppresses
from fieldfare.act.delivery.model import Inbound, Keyword, LostCall, Outcome, OutcomeKind, Posted, Receipt, Request
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import SECOND, parse_iso
from fieldfare.testing.provider import RETRY_AFTER_S
from fieldfare.testing.twilio import SPECIAL
from tests.contracts.channels import POSTED_AT
from tests.contracts.provider_places import RECEIPTS, TwilioPlace, twilio_spec
from tests.contracts.test_channel import a_message, permit


@pytest.fixture
def place(tmp_path: Path) -> Iterator[TwilioPlace]:
    with TwilioPlace(tmp_path) as made:
        yield made


def request(place: TwilioPlace, to: str | None = None, **changes: Any) -> Request | Outcome:
    return place.channel.prepare(a_message(to or place.to, **changes), permit())


def sent(place: TwilioPlace, to: str | None = None, **changes: Any) -> Outcome:
    made = request(place, to, **changes)
    return place.channel.send(made) if isinstance(made, Request) else made


def test_the_call_is_what_twilio_documents(place: TwilioPlace) -> None:
    outcome = sent(place, text="Grüße € 🎉")
    assert outcome.kind is OutcomeKind.HANDED_OVER
    (form,) = place.fake.messages()
    assert form == {
        "To": place.to,
        "Body": "Grüße € 🎉",
        "MessagingServiceSid": "MG" + "1" * 32,
        "StatusCallback": f"{RECEIPTS}?proposal=prp_1",
    }
    assert (outcome.provider_id or "").startswith("SM")


@pytest.mark.parametrize(
    ("number", "code", "suppress", "opted_out"),
    [
        ("+15005550001", 21211, True, False),
        ("+15005550002", 21612, False, False),
        ("+15005550003", 21408, False, False),
        ("+15005550004", 21610, True, True),
        ("+15005550009", 21614, True, False),
    ],
)
def test_each_refusal_has_its_consequence(
    place: TwilioPlace, number: str, code: int, suppress: bool, opted_out: bool
) -> None:
    assert SPECIAL[number][1] == code
    # Straight to the call: `prepare` itself would refuse numbers that cannot be.
    ordinary = request(place)
    assert isinstance(ordinary, Request)
    body = ordinary.body.replace(b"%2B4930901820", number.replace("+", "%2B").encode())
    outcome = place.channel.send(
        Request(**{**{n: getattr(ordinary, n) for n in ordinary.__struct_fields__}, "body": body})
    )
    assert outcome.kind is OutcomeKind.REJECTED
    assert (outcome.suppress, outcome.opted_out) == (suppress, opted_out)
    assert outcome.detail == f"twilio_{code}_{MEANINGS[code].word}"


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("busy", OutcomeKind.FAILED),
        ("broken", OutcomeKind.UNKNOWN),
        ("garbage", OutcomeKind.HANDED_OVER),
        ("cut", OutcomeKind.HANDED_OVER),
        ("break", OutcomeKind.UNKNOWN),
    ],
)
def test_faults_are_told_as_what_they_are(place: TwilioPlace, mode: str, kind: OutcomeKind) -> None:
    place.fake.mode = mode
    outcome = sent(place)
    assert outcome.kind is kind
    assert place.fake.calls == 1, "one call, whatever happens"
    assert "ada" not in str(outcome)
    if mode == "busy":
        assert outcome.retry_after_us == RETRY_AFTER_S * SECOND


def test_a_wrong_token_is_ours_to_mend(place: TwilioPlace) -> None:
    place.channel = TwilioChannel(twilio_spec(place.fake.url, auth_token="old"))
    outcome = sent(place)
    assert (outcome.kind, outcome.detail) == (OutcomeKind.FAILED, "twilio_20003_login_refused")


@pytest.mark.parametrize(
    ("to", "text", "detail"),
    [
        ("0151 123", "x", "address_unusable"),
        ("ada@example.com", "x", "address_unusable"),
        ("+4930901820", "  \n", "text_empty"),
        ("+4930901820", "a" * 460, "text_too_long"),
        ("+4930901820", "я" * 202, "text_too_long"),
    ],
)
def test_what_cannot_be_sent_is_refused_without_a_call(place: TwilioPlace, to: str, text: str, detail: str) -> None:
    outcome = sent(place, to, text=text)
    assert (outcome.kind, outcome.detail) == (OutcomeKind.REJECTED, detail)
    assert place.fake.calls == 0


def posted(place: TwilioPlace, form: dict[str, str], query: str = "?proposal=prp_1") -> Posted:
    headers, body = place.fake.callback(RECEIPTS + query, form)
    return Posted(headers=headers, body=body, target=f"/v1/receipts/email{query}", at=POSTED_AT)


@pytest.mark.parametrize(
    ("status", "code", "wanted", "suppress"),
    [
        ("delivered", "", "delivered", False),
        ("read", "", "opened", False),
        ("undelivered", "30003", "failed", False),
        ("undelivered", "30005", "bounced", True),
        ("undelivered", "30006", "bounced", True),
        ("undelivered", "30007", "failed", False),
        ("failed", "30008", "failed", False),
        ("failed", "21610", "unsubscribed", False),
        ("failed", "99999", "failed", False),
    ],
)
def test_each_status_has_its_meaning(place: TwilioPlace, status: str, code: str, wanted: str, suppress: bool) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": status} | ({"ErrorCode": code} if code else {})
    (receipt,) = place.channel.parse_receipt(posted(place, form))
    assert isinstance(receipt, Receipt)
    assert (receipt.status, receipt.provider_id, receipt.proposal_id) == (wanted, "SM1", "prp_1")
    assert (receipt.occurred_at, receipt.id) == (POSTED_AT, f"SM1.{status}")
    assert suppresses(receipt) is suppress


@pytest.mark.parametrize("status", ["queued", "accepted", "sending", "sent", "scheduled"])
def test_steps_on_the_way_say_nothing(place: TwilioPlace, status: str) -> None:
    assert place.channel.parse_receipt(posted(place, {"MessageSid": "SM1", "MessageStatus": status})) == []


@pytest.mark.parametrize(
    ("text", "more", "keyword"),
    [
        ("STOP", {}, Keyword.STOP),
        ("arrête", {"OptOutType": "STOP"}, Keyword.STOP),
        ("please stop writing", {}, Keyword.REVIEW),
        ("start", {}, Keyword.START),
        ("help", {}, Keyword.HELP),
        ("See you on Monday", {}, Keyword.NONE),
    ],
)
def test_what_people_answer(place: TwilioPlace, text: str, more: dict[str, str], keyword: Keyword) -> None:
    form = {
        "MessageSid": "SM2",
        "SmsStatus": "received",
        "From": "+4930901820",
        "To": "+15550001",
        "Body": text,
        **more,
    }
    (inbound,) = place.channel.parse_receipt(posted(place, form, ""))
    assert isinstance(inbound, Inbound)
    assert (inbound.id, inbound.sender, inbound.keyword) == ("SM2", "+4930901820", keyword)


def test_a_forged_callback_is_refused_and_in_shadow_mode_marked(place: TwilioPlace) -> None:
    told = posted(place, {"MessageSid": "SM1", "MessageStatus": "delivered"})
    forged = Posted(headers=told.headers, body=told.body + b"&ErrorCode=30005", target=told.target, at=told.at)
    with pytest.raises(CallerError, match="public_url") as raised:
        place.channel.parse_receipt(forged)
    assert raised.value.code == "receipt_unsigned"
    shadow = TwilioChannel(twilio_spec(place.fake.url, is_shadow=True))
    (receipt,) = shadow.parse_receipt(forged)
    assert receipt.verified is False
    (proven,) = shadow.parse_receipt(told)
    assert proven.verified is True


def asked(place: TwilioPlace) -> TwilioChannel:
    assert isinstance(place.channel, TwilioChannel)
    return place.channel


def lost(place: TwilioPlace, **change: Any) -> LostCall:
    told = LostCall(proposal_id="prp_1", to=place.to, started_at=parse_iso("2026-01-09T12:00:00Z"))
    return msgspec.structs.replace(told, **change)


def test_a_message_whose_answer_was_lost_is_found_in_the_list_of_messages_to_the_number(place: TwilioPlace) -> None:
    assert asked(place).look_up(lost(place)).detail == "looked_up_not_there"
    place.fake.mode = "break"
    assert sent(place).kind is OutcomeKind.UNKNOWN
    place.fake.mode = "accept"
    found = asked(place).look_up(lost(place))
    assert (found.kind, found.detail) == (OutcomeKind.HANDED_OVER, "looked_up")
    assert (found.provider_id or "").startswith("SM")
    assert len(place.fake.taken) == 1, "asking sends nothing"
    known = frozenset({found.provider_id or ""})
    assert asked(place).look_up(lost(place, known=known)).kind is OutcomeKind.UNKNOWN
    assert asked(place).look_up(lost(place, to="+15557654321")).kind is OutcomeKind.UNKNOWN
    assert asked(place).look_up(lost(place, to=None)).detail == "looked_up_without_address"
    sent(place, text="another one")
    assert asked(place).look_up(lost(place)).detail == "looked_up_several"


@pytest.mark.parametrize("mode", ["busy", "broken", "garbage", "cut", "break"])
def test_a_provider_that_misbehaves_when_asked_leaves_it_unknown(place: TwilioPlace, mode: str) -> None:
    place.fake.mode = mode
    assert asked(place).look_up(lost(place)).kind is OutcomeKind.UNKNOWN
