"""One suite for every channel: SMTP against a real server, the webhook against a real server, capture, and the fake."""

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from fieldfare.act.delivery.model import Inbound, Message, Outcome, OutcomeKind, Posted, Receipt, Request
from fieldfare.act.delivery.ports import Channel
from fieldfare.decide.gate.model import Permit
from fieldfare.ground.errors import CallerError
from fieldfare.testing.delivery import a_permit, a_proposal
from tests.contracts.channels import POSTED_AT, CapturePlace, ChannelPlace, FakePlace, SmtpPlace, WebhookPlace
from tests.contracts.provider_places import SendgridPlace, TaskPlace, TwilioPlace

PLACES = {
    "smtp": SmtpPlace,
    "webhook": WebhookPlace,
    "capture": CapturePlace,
    "fake": FakePlace,
    "twilio": TwilioPlace,
    "sendgrid": SendgridPlace,
    "task": TaskPlace,
}


@pytest.fixture(params=sorted(PLACES))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ChannelPlace]:
    with PLACES[request.param](tmp_path) as made:
        yield made


def a_message(to: str = "ada@example.com", proposal_id: str = "prp_1", **changes: object) -> Message:
    ordinary = Message(
        proposal_id=proposal_id,
        channel="email",
        template="hello",
        to=to,
        subject="Grüße",
        text="Hello Ada\n.\n.hidden\nbye",
        html="<p>Hello Ada</p>",
        headers={
            "List-Unsubscribe": "<https://engage.example.com/u/abc>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        unsubscribe_url="https://engage.example.com/u/abc",
    )
    return msgspec.structs.replace(ordinary, **changes)


def posted(headers: Mapping[str, str], body: bytes) -> Posted:
    return Posted(headers=headers, body=body, at=POSTED_AT)


def permit(proposal_id: str = "prp_1") -> Permit:
    return a_permit(a_proposal(1, id=proposal_id))


def prepared(place: ChannelPlace, message: Message | None = None) -> Request:
    message = message or a_message(place.to)
    request = place.channel.prepare(message, permit(message.proposal_id))
    assert isinstance(request, Request), request
    return request


def test_a_message_is_handed_over_whole(place: ChannelPlace) -> None:
    outcome = place.channel.send(prepared(place))
    assert outcome.kind is OutcomeKind.HANDED_OVER
    assert outcome.provider_id
    (got,) = place.received()
    assert got.to == place.to
    assert "Hello Ada" in got.text
    assert got.text.splitlines()[:4] == ["Hello Ada", ".", ".hidden", "bye"]
    if got.subject is not None:
        assert got.subject == "Grüße"


def test_prepare_is_pure_and_the_same_every_time(place: ChannelPlace) -> None:
    assert prepared(place) == prepared(place)
    assert place.received() == []


def test_only_a_fitting_permit_is_taken(place: ChannelPlace) -> None:
    with pytest.raises(AssertionError):
        place.channel.prepare(a_message(), permit("prp_other"))
    with pytest.raises(AssertionError):
        place.channel.prepare(a_message(channel="sms"), permit())
    with pytest.raises(AssertionError):
        place.channel.prepare(a_message(), "yes")  # type: ignore[arg-type]


def test_a_message_id_seen_twice_can_be_told_apart_by_the_receiver(place: ChannelPlace) -> None:
    first = place.channel.send(prepared(place))
    second = place.channel.send(prepared(place))
    assert first.kind is second.kind is OutcomeKind.HANDED_OVER
    assert first.provider_id == second.provider_id
    assert len({got.message_id for got in place.received()}) == 1


def test_no_value_adds_a_header_or_a_recipient(place: ChannelPlace) -> None:
    message = a_message(
        place.to, subject="Hi\r\nBcc: eve@example.com\r\n\r\nbody", headers={"X-One": "a\r\nBcc: eve@example.com"}
    )
    assert place.channel.send(prepared(place, message)).kind is OutcomeKind.HANDED_OVER
    (got,) = place.received()
    assert got.to == place.to
    assert "bcc" not in got.headers


@pytest.mark.parametrize(
    "to",
    [
        "ada@example.com\r\nBcc: eve@example.com",
        "ada@example.com, eve@example.com",
        "Ada <ada@example.com>",
        "ada@example.com>\r\nRCPT TO:<eve@example.com",
        "",
    ],
)
def test_an_address_that_is_none_is_rejected_without_a_call_or_kept_as_text(place: ChannelPlace, to: str) -> None:
    request = place.channel.prepare(a_message(to), permit())
    if isinstance(request, Request):
        assert place.takes_any_text, "only a channel whose address is a JSON value may take any text"
        assert request.to == to
        return
    assert request.kind is OutcomeKind.REJECTED
    assert not request.suppress
    assert place.received() == []


def test_a_refused_connection_is_a_failure_that_may_be_tried_again(place: ChannelPlace) -> None:
    request = prepared(place)
    place.shut()
    outcome = place.channel.send(request)
    assert outcome.kind is OutcomeKind.FAILED
    assert place.received() == []


def test_a_refusal_for_good_is_rejected(place: ChannelPlace) -> None:
    if not place.can_refuse:
        pytest.skip("captures everything")
    place.refuse()
    outcome = place.channel.send(prepared(place))
    assert outcome.kind is OutcomeKind.REJECTED
    assert place.received() == []


def test_a_busy_provider_is_a_failure_that_may_be_tried_again(place: ChannelPlace) -> None:
    if not place.can_refuse:
        pytest.skip("captures everything")
    place.be_busy()
    outcome = place.channel.send(prepared(place))
    assert outcome.kind is OutcomeKind.FAILED
    assert place.received() == []


def test_an_answer_that_never_comes_is_unknown_and_bounded_in_time(place: ChannelPlace) -> None:
    if not place.can_break:
        pytest.skip("has no answer to wait for")
    place.hang_after_accepting()
    done: list[Outcome] = []
    request = prepared(place)
    call = threading.Thread(target=lambda: done.append(place.channel.send(request)), daemon=True)
    call.start()
    call.join(timeout=15)
    assert [outcome.kind for outcome in done] == [OutcomeKind.UNKNOWN]
    assert len(place.received()) == 1, "it had been taken: trying again would send it twice"


def test_a_crash_of_the_provider_between_acceptance_and_answer_is_unknown(place: ChannelPlace) -> None:
    if not place.can_break:
        pytest.skip("accepts in one transaction")
    place.break_after_accepting()
    assert place.channel.send(prepared(place)).kind is OutcomeKind.UNKNOWN
    assert len(place.received()) == 1


def test_an_outcome_never_quotes_the_address_or_the_providers_words(place: ChannelPlace) -> None:
    if not place.can_refuse:
        pytest.skip("captures everything")
    place.refuse()
    outcome = place.channel.send(prepared(place))
    assert "ada" not in str(outcome.detail)
    assert "nobody of that name" not in str(outcome.detail)


def test_a_signed_receipt_is_read_and_an_unsigned_one_is_not(place: ChannelPlace) -> None:
    if not place.channel.capabilities.receipts:
        with pytest.raises(CallerError, match="no receipts") as raised:
            place.channel.parse_receipt(posted({}, b"{}"))
        assert (raised.value.code, raised.value.status) == ("receipts_unsupported", 404)
        return
    handed = place.channel.send(prepared(place))
    headers, body = place.receipt(handed.provider_id or "", "bounced")
    (receipt,) = place.channel.parse_receipt(posted(headers, body))
    assert isinstance(receipt, Receipt)
    assert (receipt.provider_id, receipt.status) == (handed.provider_id, "bounced")
    assert place.channel.parse_receipt(posted(headers, body)) == [receipt], "reading is pure"
    with pytest.raises(CallerError) as raised:
        place.channel.parse_receipt(posted(_without_proof(headers), body))
    assert (raised.value.code, raised.value.status) == ("receipt_unsigned", 401)


def test_a_receipt_that_cannot_be_read_is_the_callers_error(place: ChannelPlace) -> None:
    if not place.channel.capabilities.receipts:
        pytest.skip("reads no receipts")
    headers, body = place.broken_receipt()
    with pytest.raises(CallerError) as raised:
        place.channel.parse_receipt(posted(headers, body))
    assert (raised.value.code, raised.value.status) == ("receipt_invalid", 400)


def _without_proof(headers: Mapping[str, str]) -> dict[str, str]:
    proofs = {
        "authorization",
        "webhook-signature",
        "x-fake",
        "x-twilio-signature",
        "x-twilio-email-event-webhook-signature",
    }
    return {name: value for name, value in headers.items() if name not in proofs}


class Hopeful:
    """A planted fault: takes every broken call for one that did not arrive."""

    def __init__(self, inner: Channel) -> None:
        self._inner = inner
        self.name = inner.name
        self.capabilities = inner.capabilities

    def prepare(self, message: Message, permit: Permit) -> Request | Outcome:
        return self._inner.prepare(message, permit)

    def send(self, request: Request) -> Outcome:
        outcome = self._inner.send(request)
        return Outcome(kind=OutcomeKind.FAILED) if outcome.kind is OutcomeKind.UNKNOWN else outcome

    def parse_receipt(self, posted: Posted) -> list[Receipt | Inbound]:
        return self._inner.parse_receipt(posted)


def test_planted_fault_a_channel_that_would_send_twice_fails_the_suite(tmp_path: Path) -> None:
    with WebhookPlace(tmp_path) as place:
        place.channel = Hopeful(place.channel)
        with pytest.raises(AssertionError):
            test_a_crash_of_the_provider_between_acceptance_and_answer_is_unknown(place)
