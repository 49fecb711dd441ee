"""What each driver can do."""

from typing import Any

import pytest

from fieldfare.act.delivery.capabilities import capabilities_of
from fieldfare.act.delivery.channels import CHANNELS
from fieldfare.act.delivery.model import ChannelSpec


def can(driver: str, **fields: Any) -> Any:
    return capabilities_of(ChannelSpec(**{"name": "c", "driver": driver, "address": "email", **fields}))


@pytest.mark.parametrize("driver", sorted(CHANNELS))
def test_every_driver_is_told(driver: str) -> None:
    found = can(driver)
    assert found.attachments is False
    assert found.opt_out in {"link", "reply"}


@pytest.mark.parametrize(
    ("driver", "fields", "receipts"),
    [
        ("smtp", {}, False),
        ("smtp", {"receipt_secret": "s"}, True),
        ("sendgrid", {}, False),
        ("sendgrid", {"verification_key": "k"}, True),
        ("sendgrid", {"is_shadow": True}, True),
        ("twilio", {}, True),
        ("webhook", {}, True),
        ("task", {}, False),
        ("capture", {}, False),
    ],
)
def test_who_takes_receipts(driver: str, fields: dict[str, Any], receipts: bool) -> None:
    assert can(driver, **fields).receipts is receipts


def test_a_text_message_is_plain_and_left_by_reply() -> None:
    found = can("twilio", max_segments=2)
    assert (found.html, found.subject, found.opt_out, found.max_segments, found.address) == (
        False, False, "reply", 2, "phone",
    )  # fmt: skip
    assert can("capture", address="phone").html is False, "a captured text message is no more than a sent one"


def test_what_is_captured_in_place_of_a_channel_is_what_that_one_would_send() -> None:
    real, captured = can("twilio"), can("capture", stands_for="twilio")
    assert (captured.opt_out, captured.html, captured.max_segments) == (real.opt_out, real.html, real.max_segments)
    assert (captured.receipts, captured.inbound, captured.instant) == (False, False, True)
    assert can("capture", stands_for="capture") == can("capture")
