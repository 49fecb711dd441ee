"""Mails as bytes: the standard library reads back what was written, whatever it was."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.delivery.channels.mime import Field, header_bytes, mail_bytes

ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=200)


def read(raw: bytes) -> EmailMessage:
    mail = message_from_bytes(raw, policy=policy.SMTP)
    assert isinstance(mail, EmailMessage)
    return mail


def lines_of(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")


@given(ANY, st.none() | ANY)
def test_the_library_reads_back_any_text(text: str, html: str | None) -> None:
    raw = mail_bytes([Field("From", "a@b.example")], text, html, "part_1")
    mail = read(raw)
    plain = mail.get_body(("plain",))
    assert isinstance(plain, EmailMessage)
    assert lines_of(plain.get_content()) == lines_of(text)
    if html is not None:
        part = mail.get_body(("html",))
        assert isinstance(part, EmailMessage)
        assert lines_of(part.get_content()) == lines_of(html)
    assert raw.isascii(), "7-bit, whatever it holds"
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=300))
def test_the_library_reads_back_any_subject(subject: str) -> None:
    told = " ".join(subject.split())
    raw = header_bytes("Subject", told) + b"\r\nx"
    assert read(raw)["Subject"].split() == told.split()
    assert list(read(raw).keys()) == ["Subject"]


@pytest.mark.parametrize(
    ("name", "value", "lines"),
    [
        ("Subject", "short", 1),
        ("Subject", "word " * 40, 3),
        ("List-Unsubscribe", f"<https://e.example/u/{'a1-_' * 60}>", 1),
        ("Subject", "Grüße", 1),
    ],
)
def test_folding(name: str, value: str, lines: int) -> None:
    raw = header_bytes(name, value.strip())
    assert raw.count(b"\r\n") == lines
    assert raw.endswith(b"\r\n")
