"""The webhook beyond the common suite: signatures by the official library, every answer, no redirects."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from fieldfare.act.delivery.channels.webhook import WebhookChannel, answer_of
from fieldfare.act.delivery.model import Answer, ChannelSpec, OutcomeKind, Posted, Receipt, Request
from fieldfare.ground.clock import SystemClock
from fieldfare.ground.errors import CallerError, ConfigError
from fieldfare.ground.instants import to_datetime
from fieldfare.testing.delivery import a_permit, a_proposal
from tests.contracts.channels import SECRET, WebhookPlace
from tests.contracts.test_channel import a_message, prepared


@pytest.fixture
def place(tmp_path: Path) -> Iterator[WebhookPlace]:
    with WebhookPlace(tmp_path) as made:
        yield made


def test_the_official_library_accepts_what_we_sign_and_refuses_a_changed_body(place: WebhookPlace) -> None:
    request = place.channel.prepare(a_message(), a_permit(a_proposal(1), now=SystemClock().now()))
    assert isinstance(request, Request)
    place.channel.send(request)
    ((headers, body),) = place.requests
    told = Webhook(SECRET).verify(body.decode(), headers)
    assert told["data"]["to"] == "ada@example.com"
    assert headers["webhook-id"] == "prp_1"
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace(b"Ada", b"Eve").decode(), headers)


def test_receipts_signed_by_the_official_library_are_read(place: WebhookPlace) -> None:
    now = to_datetime(SystemClock().now())
    told = {
        "receipts": [{"provider_id": "x", "status": "bounced", "occurred_at": "2026-01-09T12:01:00Z", "soft": True}]
    }
    body = msgspec.json.encode(told).decode()
    headers = {
        "webhook-id": "r1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("r1", now, body),
    }
    (receipt,) = place.channel.parse_receipt(Posted(headers=headers, body=body.encode()))
    assert isinstance(receipt, Receipt)
    assert (receipt.status, receipt.detail) == ("bounced", {"soft": True})
    with pytest.raises(CallerError):
        place.channel.parse_receipt(Posted(headers={**headers, "webhook-id": "r2"}, body=body.encode()))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, OutcomeKind.HANDED_OVER),
        (202, OutcomeKind.HANDED_OVER),
        (301, OutcomeKind.REJECTED),
        (307, OutcomeKind.REJECTED),
        (400, OutcomeKind.REJECTED),
        (404, OutcomeKind.REJECTED),
        (410, OutcomeKind.REJECTED),
        (408, OutcomeKind.FAILED),
        (429, OutcomeKind.FAILED),
        (503, OutcomeKind.FAILED),
        (500, OutcomeKind.UNKNOWN),
        (502, OutcomeKind.UNKNOWN),
        (504, OutcomeKind.UNKNOWN),
    ],
)
def test_every_answer_has_its_outcome(place: WebhookPlace, status: int, kind: OutcomeKind) -> None:
    place.status = status
    outcome = place.channel.send(prepared(place))
    assert outcome.kind is kind
    assert outcome.detail == (None if kind is OutcomeKind.HANDED_OVER else f"http_{status}")


def test_the_providers_id_is_kept(place: WebhookPlace) -> None:
    assert place.channel.send(prepared(place)).provider_id == "theirs-1"


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_???", "whsec_c2hvcnQ="])
def test_a_secret_that_is_none_stops_the_start(secret: str) -> None:
    spec = ChannelSpec(name="hook", driver="webhook", address="user_id", url="https://x.example", secret=secret)
    with pytest.raises(ConfigError) as raised:
        WebhookChannel(spec)
    assert raised.value.code == "channel_secret_invalid"
    assert not secret.removeprefix("whsec_") or secret.removeprefix("whsec_") not in raised.value.message


ALLOWED = frozenset({"score", "tier"})


@pytest.mark.parametrize(
    ("body", "traits"),
    [
        (b'{"traits": {"score": 7, "tier": "gold", "plan": "stolen"}}', {"score": 7, "tier": "gold"}),
        (b'{"id": "x", "traits": {"score": null}}', {"score": None}),
        (b'{"traits": {"score": [1], "tier": {"a": 1}}}', None),
        (b'{"traits": "score"}', None),
        (b'{"traits": {"tier": "' + b"x" * 1_001 + b'"}}', None),
        (b"{}", None),
        (b"\xff", None),
        (b"", None),
    ],
)
def test_an_answer_sets_what_the_step_allows(body: bytes, traits: dict[str, object] | None) -> None:
    found = answer_of(body, ALLOWED, 3)
    assert (None if found is None else found.traits) == traits
    assert found is None or found.hops == 3
    assert answer_of(body, frozenset(), 3) is None


def test_the_answer_of_a_call_is_in_its_outcome(place: WebhookPlace) -> None:
    place.answer = b'{"id": "r-1", "traits": {"score": 7, "other": 1}}'
    asked = msgspec.structs.replace(a_message(), answers=ALLOWED, hops=2)
    request = place.channel.prepare(asked, a_permit(a_proposal(1)))
    assert isinstance(request, Request)
    outcome = place.channel.send(request)
    assert outcome.answer == Answer({"score": 7}, 2)
    assert place.channel.send(prepared(place)).answer is None
