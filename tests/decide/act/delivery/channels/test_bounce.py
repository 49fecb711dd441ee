"""Reading delivery status notifications and abuse reports."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.delivery.channels.bounce import BounceProof, parse_bounce
from fieldfare.act.delivery.channels.verp import return_path
from fieldfare.act.delivery.events import suppresses
from fieldfare.act.delivery.model import Posted, Receipt
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import parse_iso
from tests.contracts.channels import bounce_mail

HEADERS = {"authorization": "Bearer secret"}
OURS = "<prp_1@linden.example.com>"


def read(mail: str | bytes) -> list[Receipt]:
    return parsed(HEADERS, mail.encode() if isinstance(mail, str) else mail)


def parsed(headers: dict[str, str], body: bytes, secret: str | None = "secret", **more: bool) -> list[Receipt]:
    return parse_bounce(Posted(headers=headers, body=body), BounceProof(secret, "email", "linden.example.com", **more))


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


def test_a_delay_is_told_and_suppresses_nobody() -> None:
    (receipt,) = read(bounce_mail(OURS, "delayed", "4.4.1"))
    assert (receipt.status, suppresses(receipt)) == ("deferred", False)


def to_return_path(mail: str, proposal_id: str = "prp_7", secret: str = "secret") -> str:
    path = return_path("bounces@mail.example.com", proposal_id, secret)
    return mail.replace("To: hello@linden.example.com", f"To: {path.upper()}")


def test_the_signed_return_path_names_the_message_whatever_the_report_returns() -> None:
    (receipt,) = read(to_return_path(bounce_mail("<somebody-elses@example.com>")))
    assert (receipt.proposal_id, receipt.provider_id) == ("prp_7", "<prp_7@linden.example.com>")
    assert suppresses(receipt)


def test_a_return_path_that_we_did_not_make_names_nothing() -> None:
    (receipt,) = read(to_return_path(bounce_mail(OURS), secret="another"))
    assert (receipt.proposal_id, receipt.provider_id) == (None, OURS)


OLD = "From: MAILER-DAEMON@x.example\r\nTo: hello@linden.example.com\r\nDate: Fri, 09 Jan 2026 12:01:00 +0000\r\n"


def test_a_bounce_without_a_form_is_soft_and_an_automatic_answer_none() -> None:
    (receipt,) = read(to_return_path(OLD + "Subject: undeliverable\r\n\r\nno such user"))
    assert (receipt.status, receipt.detail["code"], suppresses(receipt)) == ("bounced", "unread", False)
    assert read(to_return_path(OLD + "Auto-Submitted: auto-replied\r\n\r\nOn holiday")) == []
    assert read(OLD + "\r\nno such user") == [], "not to a return path of ours"


def test_in_shadow_mode_an_unproven_report_is_taken_and_marked() -> None:
    (receipt,) = parsed({}, bounce_mail(OURS).encode(), is_shadow=True)
    assert receipt.verified is False


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
        parsed(headers, bounce_mail(OURS).encode())
    assert raised.value.code == "receipt_unsigned"


def test_without_a_configured_token_there_are_no_receipts() -> None:
    with pytest.raises(CallerError) as raised:
        parsed({"authorization": "Bearer None"}, b"", None)
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
