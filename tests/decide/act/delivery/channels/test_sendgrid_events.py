"""SendGrid's event webhook: the published vector, replays, and what each event means."""

import base64
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key
from sendgrid.helpers.eventwebhook import EventWebhook

from fieldfare.act.delivery.channels.sendgrid_events import (
    SIGNATURE,
    TIMESTAMP,
    is_fresh,
    is_signed,
    open_key,
    read_events,
)
from fieldfare.act.delivery.events import suppresses
from fieldfare.act.delivery.model import Receipt
from fieldfare.ground.errors import CallerError, ConfigError
from fieldfare.ground.instants import SECOND
from fieldfare.testing.sendgrid import FakeSendgrid

# The vector of the libraries' own tests.
KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNN"
    "RaINXvVpiglSI8eNEc6wEA3F+g=="
)
PUBLISHED = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="
AT = "1600112502"
PAYLOAD = (
    '[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address",'
    '"sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",'
    '"sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",'
    '"smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n'
)


def headers(signature: str = PUBLISHED, at: str = AT) -> dict[str, str]:
    return {SIGNATURE: signature, TIMESTAMP: at}


def test_the_published_vector_and_the_official_library_agree() -> None:
    key = open_key(KEY, "email")
    official = EventWebhook(KEY).verify_signature(PAYLOAD, PUBLISHED, AT)
    assert is_signed(key, headers(), PAYLOAD.encode()) is official is True
    again = msgspec.json.encode(msgspec.json.decode(PAYLOAD))
    assert not is_signed(key, headers(), again), "written again it is another body"
    assert not is_signed(key, headers(at="1600112503"), PAYLOAD.encode())
    assert not is_signed(key, headers("bm8="), PAYLOAD.encode())
    assert not is_signed(key, {}, PAYLOAD.encode())


def test_the_vector_reads() -> None:
    (receipt,) = read_events(PAYLOAD.encode(), verified=True)
    assert isinstance(receipt, Receipt)
    assert (receipt.status, receipt.provider_id) == ("bounced", "LRzXl_NHStOGhQ4kofSm_A")
    assert suppresses(receipt)


@pytest.mark.parametrize(("shift", "fresh"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)])
def test_an_old_post_is_no_proof(shift: int, fresh: bool) -> None:
    assert is_fresh(headers(), (int(AT) + shift) * SECOND) is fresh


@pytest.mark.parametrize("at", ["", "soon", "-5", "9" * 40])
def test_a_time_that_is_none_is_not_fresh(at: str) -> None:
    assert not is_fresh(headers(at=at), 0)


@pytest.mark.parametrize(
    ("event", "status", "suppress", "machine"),
    [
        ({"event": "delivered"}, "delivered", False, False),
        ({"event": "deferred"}, "deferred", False, False),
        ({"event": "bounce", "type": "bounce", "status": "5.1.1"}, "bounced", True, False),
        ({"event": "bounce", "type": "blocked", "status": "5.7.1"}, "bounced", False, False),
        ({"event": "bounce", "type": "bounce", "status": "4.2.2"}, "bounced", False, False),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, "unsubscribed", False, False),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, "complained", True, False),
        ({"event": "dropped", "reason": "Invalid SMTPAPI header"}, "failed", False, False),
        ({"event": "spamreport"}, "complained", True, False),
        ({"event": "unsubscribe"}, "unsubscribed", False, False),
        ({"event": "group_unsubscribe"}, "unsubscribed", False, False),
        ({"event": "open", "sg_machine_open": True}, "opened", False, True),
        ({"event": "open", "useragent": "Mozilla/5.0 (iPhone) Safari"}, "opened", False, False),
        ({"event": "click", "useragent": "Barracuda"}, "clicked", False, True),
    ],
)
def test_each_event_has_its_meaning(event: dict[str, Any], status: str, suppress: bool, machine: bool) -> None:
    told = {"timestamp": 1, "sg_event_id": "e", "sg_message_id": "m.filter", "proposal_id": "prp_1", **event}
    (receipt,) = read_events(msgspec.json.encode([told]), verified=True)
    assert isinstance(receipt, Receipt)
    assert (receipt.status, receipt.id, receipt.proposal_id) == (status, "e", "prp_1")
    assert suppresses(receipt) is suppress
    assert receipt.detail.get("machine", False) is machine


def test_what_says_nothing_is_left_out_and_nonsense_is_the_callers_error() -> None:
    told = [{"event": "processed", "timestamp": 1, "sg_event_id": "e"}]
    assert read_events(msgspec.json.encode(told), verified=True) == []
    for body in (b"", b"{}", b"[1]", b'[{"event": "open"}]'):
        with pytest.raises(CallerError) as raised:
            read_events(body, verified=True)
        assert raised.value.code == "receipt_invalid"


@pytest.mark.parametrize("key", ["", "hello", base64.b64encode(b"x" * 91).decode()])
def test_what_is_no_key_is_told_at_the_start(key: str) -> None:
    with pytest.raises(ConfigError) as raised:
        open_key(key, "email")
    assert raised.value.code == "verification_key_invalid"


def test_a_key_may_come_in_armour() -> None:
    shown = f"-----BEGIN PUBLIC KEY-----\n{KEY[:64]}\n{KEY[64:]}\n-----END PUBLIC KEY-----\n"
    assert open_key(shown, "email").public_numbers() == load_der_public_key(base64.b64decode(KEY)).public_numbers()  # type: ignore[union-attr]


def test_the_fakes_posts_are_what_the_official_library_takes() -> None:
    fake = FakeSendgrid()
    try:
        told, body = fake.post([{"event": "open"}], 5)
        assert EventWebhook(fake.verification_key).verify_signature(body.decode(), told[SIGNATURE], told[TIMESTAMP])
    finally:
        fake.close()
