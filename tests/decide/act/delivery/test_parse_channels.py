"""Compiling channels.yaml: what is right, and every problem at once with its place."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.delivery.capabilities import capabilities_of
from fieldfare.act.delivery.files import ChannelsFile
from fieldfare.act.delivery.model import ChannelSpec
from fieldfare.act.delivery.parse_channels import is_mail_address, parse_channels
from fieldfare.ground.instants import SECOND
from fieldfare.ground.workspace.model import Problem

SMTP: dict[str, Any] = {"driver": "smtp", "host": "mail.example.com", "username": "u", "password": "${PASSWORD}"}
HOOK: dict[str, Any] = {"driver": "webhook", "url": "https://sms.example.com/send", "secret": "${SECRET}"}


TWILIO: dict[str, Any] = {
    "driver": "twilio",
    "account_sid": "AC" + "0" * 32,
    "auth_token": "${TOKEN}",
    "from_number": "+15550001111",
}
GRID: dict[str, Any] = {"driver": "sendgrid", "api_key": "${KEY}"}
DKIM = {"selector": "ff1", "key": "${DKIM}", "domain": "example.com"}


def channels(**files: dict[str, Any]) -> tuple[dict[str, ChannelSpec] | None, list[Problem]]:
    return parse_channels(msgspec.convert({"channels": files}, ChannelsFile))


def one(name: str, **file: Any) -> ChannelSpec:
    specs, problems = channels(**{name: file})
    assert specs is not None, problems
    return specs[name]


def test_defaults_follow_the_driver_and_the_name() -> None:
    email = one("email", **SMTP)
    assert (email.address, email.port, email.security, email.timeout_us) == ("email", 587, "starttls", 10 * SECOND)
    assert one("email", **{**SMTP, "security": "tls"}).port == 465
    assert one("sms", **HOOK).address == "phone"
    assert one("hook", **HOOK).address == "user_id"
    assert one("hook", **HOOK, address="email").address == "email"
    assert one("news", **SMTP).address == "email"
    assert one("email", driver="capture").driver == "capture"


def test_calls_at_once_are_eight_or_as_many_as_the_channel_says() -> None:
    assert [one("email", **SMTP).parallel, one("email", **SMTP, parallel=3).parallel] == [8, 3]
    for file in (SMTP, HOOK, TWILIO, GRID):
        assert capabilities_of(one("x", **file, parallel=5)).parallel == 5


@pytest.mark.parametrize("parallel", [0, 65])
def test_more_calls_at_once_than_a_provider_bears_are_refused(parallel: int) -> None:
    with pytest.raises(msgspec.ValidationError, match="parallel"):
        channels(email={**SMTP, "parallel": parallel})


def test_secrets_stay_references() -> None:
    assert one("email", **SMTP).password == "${PASSWORD}"
    assert one("sms", **HOOK).secret == "${SECRET}"


@pytest.mark.parametrize(
    ("name", "file", "path", "word"),
    [
        ("E Mail", SMTP, (), "not a name"),
        ("email", {"driver": "capture", "parallel": 2}, ("parallel",), "`parallel` means nothing here"),
        ("desk", {"driver": "task", "parallel": 2}, ("parallel",), "`parallel` means nothing here"),
        ("email", {"driver": "smtp"}, (), "`host` is missing"),
        ("email", {**SMTP, "password": None}, (), "only one of"),
        ("email", {**SMTP, "security": "none"}, ("security",), "another machine"),
        ("email", {**SMTP, "address": "phone"}, ("address",), "cannot send to"),
        ("email", {**SMTP, "from_email": "Ada <ada@example.com>"}, ("from_email",), "not an e-mail"),
        ("email", {**SMTP, "reply_to": "a@b\r\nBcc: c@d.example"}, ("reply_to",), "not an e-mail"),
        ("email", {**SMTP, "url": "https://x.example"}, ("url",), "means nothing here"),
        ("email", {**SMTP, "timeout": "soon"}, ("timeout",), "not a length"),
        ("email", {**SMTP, "timeout": "2 hours"}, ("timeout",), "out of bounds"),
        ("hook", {**HOOK, "url": None}, ("url",), "missing"),
        ("hook", {**HOOK, "url": "ftp://x.example"}, ("url",), "no web address"),
        ("hook", {**HOOK, "url": "http://sms.example.com"}, ("url",), "not https"),
        ("hook", {**HOOK, "secret": None}, (), "`secret` is missing"),
        ("hook", {**HOOK, "host": "x"}, ("host",), "means nothing here"),
        ("email", {"driver": "capture", "host": "x"}, ("host",), "means nothing here"),
        ("sms", {**TWILIO, "from_number": None}, (), "both set or both missing"),
        ("sms", {**TWILIO, "messaging_service": "MG" + "0" * 32}, (), "both set or both missing"),
        ("sms", {**TWILIO, "auth_token": None}, (), "`auth_token` is missing"),
        ("sms", {**TWILIO, "account_sid": None}, (), "`account_sid` is missing"),
        ("sms", {**TWILIO, "address": "email"}, ("address",), "cannot send to"),
        ("sms", {**TWILIO, "url": "http://api.example.com"}, ("url",), "not https"),
        ("sms", {**TWILIO, "from_email": "a@b.example"}, ("from_email",), "means nothing here"),
        ("email", {"driver": "sendgrid"}, (), "`api_key` is missing"),
        ("email", {**GRID, "dkim": DKIM}, ("dkim",), "means nothing here"),
        ("email", {**GRID, "reply_to": "nobody"}, ("reply_to",), "not an e-mail"),
        ("desk", {"driver": "task", "due": "soon"}, ("due",), "not a length"),
        ("desk", {"driver": "task", "address": "email"}, ("address",), "cannot send to"),
        ("email", {**SMTP, "return_path": "b@x.example"}, ("return_path",), "without `receipt_secret`"),
        (
            "email",
            {**SMTP, "return_path": "b" * 17 + "@x.example", "receipt_secret": "${S}"},
            ("return_path",),
            "no place",
        ),
        ("email", {**SMTP, "dkim": {**DKIM, "domain": "no domain"}}, ("dkim", "domain"), "is no domain"),
        ("email", {**SMTP, "from_email": "a@other.example", "dkim": DKIM}, ("dkim", "domain"), "would be signed for"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    name: str, file: dict[str, Any], path: tuple[str, ...], word: str
) -> None:
    specs, problems = channels(**{name: file})
    assert specs is None
    assert any(word in each.what and each.path == ("channels", name, *path) for each in problems), problems
    assert all(each.fix for each in problems)


def test_this_machine_may_be_reached_in_clear() -> None:
    assert one("email", driver="smtp", host="localhost", security="none").port == 25
    assert one("hook", **{**HOOK, "url": "http://127.0.0.1:8000/x"}).url.startswith("http://")


def test_all_problems_at_once() -> None:
    specs, problems = channels(email={"driver": "smtp"}, hook={"driver": "webhook"})
    assert specs is None
    assert len(problems) == 3


@pytest.mark.parametrize("text", ["ada@example.com", "a.b+c@sub.example.com", "x@localhost", "o'hara@example.com"])
def test_plain_addresses(text: str) -> None:
    assert is_mail_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "@", "ada", "@example.com", "ada@", "a@b", "a b@example.com", "a@b@example.com",
        "a@exa mple.com", "a@example.com\n", "a..b@example.com", ".a@example.com",
        "<a@example.com>", "a,b@example.com", '"a"@example.com', "a@[127.0.0.1]",
        "ä@example.com", "a\x00@example.com",
    ],
)  # fmt: skip
def test_everything_else_is_no_address(text: str) -> None:
    assert not is_mail_address(text)


@given(st.text(max_size=60))
def test_no_text_breaks_the_address_check_and_none_with_a_line_end_passes(text: str) -> None:
    assert not (is_mail_address(text) and set(text) & set("\r\n <>,"))


def test_the_other_drivers_have_their_defaults() -> None:
    sms = one("sms", **TWILIO)
    assert (sms.address, sms.url, sms.max_segments) == ("phone", "https://api.twilio.com", 3)
    mail = one("email", **GRID, receipt_verification="shadow")
    assert (mail.address, mail.url, mail.is_shadow) == ("email", "https://api.sendgrid.com", True)
    assert one("email", **GRID, url="https://api.eu.sendgrid.com/").url == "https://api.eu.sendgrid.com"
    desk = one("desk", driver="task", due="2 days")
    assert (desk.address, desk.list, desk.due_us) == ("profile", "desk", 172_800 * SECOND)
    signed = one("email", **SMTP, from_email="a@mail.example.com", dkim=DKIM)
    assert signed.dkim is not None
    assert (signed.dkim.domain, signed.dkim.key) == ("example.com", "${DKIM}")
