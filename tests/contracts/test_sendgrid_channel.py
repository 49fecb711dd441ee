"""SendGrid beyond the common suite: what the call holds, what each answer means, receipts and their proof."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldfare.act.delivery.channels.sendgrid import SendgridChannel
from fieldfare.act.delivery.model import OutcomeKind, Posted, Receipt, Request
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import SECOND
from fieldfare.testing.provider import RETRY_AFTER_S
from tests.contracts.channels import POSTED_AT
from tests.contracts.provider_places import SendgridPlace, sendgrid_spec
from tests.contracts.test_channel import a_message, permit

AT = POSTED_AT // SECOND


@pytest.fixture
def place(tmp_path: Path) -> Iterator[SendgridPlace]:
    with SendgridPlace(tmp_path) as made:
        yield made


def request(place: SendgridPlace) -> Request:
    made = place.channel.prepare(a_message(place.to), permit())
    assert isinstance(made, Request)
    return made


def test_the_call_is_what_sendgrid_documents(place: SendgridPlace) -> None:
    assert place.channel.send(request(place)).kind is OutcomeKind.HANDED_OVER
    (mail,) = place.fake.mails()
    assert mail["from"] == {"email": "hello@linden.example.com", "name": "Linden, Studio"}
    assert mail["reply_to"] == {"email": "desk@example.com"}
    assert mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [each["type"] for each in mail["content"]] == ["text/plain", "text/html"]
    assert mail["tracking_settings"]["click_tracking"]["enable"] is False


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("busy", OutcomeKind.FAILED),
        ("broken", OutcomeKind.UNKNOWN),
        ("garbage", OutcomeKind.HANDED_OVER),
        ("break", OutcomeKind.UNKNOWN),
    ],
)
def test_faults_are_told_as_what_they_are(place: SendgridPlace, mode: str, kind: OutcomeKind) -> None:
    place.fake.mode = mode
    outcome = place.channel.send(request(place))
    assert outcome.kind is kind
    assert place.fake.calls == 1
    if mode == "busy":
        assert outcome.retry_after_us == RETRY_AFTER_S * SECOND


def test_a_wrong_key_is_ours_to_mend(place: SendgridPlace) -> None:
    spec = sendgrid_spec(place.fake.url, api_key="SG.old")
    channel = SendgridChannel(spec, from_email="hello@linden.example.com", from_name="L")
    outcome = channel.send(request(place))
    assert (outcome.kind, outcome.detail) == (OutcomeKind.FAILED, "http_401")
    with pytest.raises(CallerError) as raised:
        channel.parse_receipt(Posted(headers={}, body=b"[]"))
    assert raised.value.code == "receipts_unsupported"


EVENT = {"event": "delivered", "timestamp": AT, "sg_event_id": "e1", "sg_message_id": "m.f", "proposal_id": "prp_1"}


def test_an_old_post_is_refused_and_a_repeated_event_is_one(place: SendgridPlace) -> None:
    headers, body = place.fake.post([EVENT, EVENT], AT)
    first, second = place.channel.parse_receipt(Posted(headers=headers, body=body, at=POSTED_AT))
    assert isinstance(first, Receipt)
    assert first == second
    assert (first.id, first.proposal_id) == ("e1", "prp_1")
    with pytest.raises(CallerError, match="five minutes"):
        place.channel.parse_receipt(Posted(headers=headers, body=body, at=POSTED_AT + 301 * SECOND))


def test_in_shadow_mode_failures_are_marked(place: SendgridPlace) -> None:
    spec = sendgrid_spec(place.fake.url, is_shadow=True)
    channel = SendgridChannel(spec, from_email="hello@linden.example.com", from_name="L")
    _, body = place.fake.post([EVENT], AT)
    (receipt,) = channel.parse_receipt(Posted(headers={}, body=body, at=POSTED_AT))
    assert receipt.verified is False
