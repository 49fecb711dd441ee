"""Reading delivery status notifications and abuse reports."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.delivery.channels.bounce import parse_bounce
from fieldfare.act.delivery.events import suppresses
from fieldfare.act.delivery.model import Receipt
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import parse_iso
from tests.contracts.channels import bounce_mail

HEADERS = {"authorization": "Bearer secret"}
OURS = "<prp_1@linden.example.com>"


def read(mail: str | bytes) -> list[Receipt]:
    return parse_bounce(HEADERS, mail.encode() if isinstance(mail, str) else mail, "secret", "email")


@pytest.mark.parametrize(
    ("action", "code", "status", "hard"),
    [
        ("failed", "5.1.1", "bounced", True),
        ("failed", "5.7.1", "bounced", False),
        ("failed", "4.4.7", "bounced", False),
        ("delivered", "2.0.0", "delivered", False),
        ("relayed", "2.0.0", "delivered", False),
    ],
)
def test_status_reports(action: str, code: str, status: str, hard: bool) -> None:
    (receipt,) = read(bounce_mail(OURS, action, code))
    assert (receipt.provider_id, receipt.status) == (OURS, status)
    assert receipt.occurred_at == parse_iso("2026-01-09T12:01:00Z")
    assert suppresses(receipt) is hard


def test_a_delay_is_no_news() -> None:
    assert read(bounce_mail(OURS, "delayed", "4.4.1")) == []


def test_an_abuse_report_is_a_complaint() -> None:
    mail = bounce_mail(OURS).replace("message/delivery-status", "message/feedback-report")
    (receipt,) = read(mail)
    assert (receipt.provider_id, receipt.status) == (OURS, "complained")


def test_the_whole_mail_may_be_returned() -> None:
    mail = bounce_mail(OURS).replace("text/rfc822-headers", "message/rfc822")
    assert [receipt.provider_id for receipt in read(mail)] == [OURS]


def test_an_ordinary_mail_is_no_report() -> None:
    assert read("From: a@b.example\r\nDate: Fri, 09 Jan 2026 12:01:00 +0000\r\n\r\nHi") == []


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer"}, {"authorization": "Bearer secret2"}])
def test_without_the_token_nothing_is_read(headers: dict[str, str]) -> None:
    with pytest.raises(CallerError) as raised:
        parse_bounce(headers, bounce_mail(OURS).encode(), "secret", "email")
    assert raised.value.code == "receipt_unsigned"


def test_without_a_configured_token_there_are_no_receipts() -> None:
    with pytest.raises(CallerError) as raised:
        parse_bounce({"authorization": "Bearer None"}, b"", None, "email")
    assert raised.value.code == "receipts_unsupported"


@given(st.binary(max_size=400))
def test_any_bytes_give_receipts_or_the_callers_error(noise: bytes) -> None:
    for mail in (
        noise,
        bounce_mail(OURS).encode()[: len(noise) * 2],
        bounce_mail(OURS).encode().replace(b"Status", noise),
    ):
        with suppress(CallerError):
            read(mail)
