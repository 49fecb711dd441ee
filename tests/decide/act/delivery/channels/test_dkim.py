"""DKIM against the published vectors, and an independent check of what is made."""

import base64
import hashlib
import re

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.delivery.channels.dkim import (
    open_signer,
    relaxed_body,
    relaxed_header,
    sign_mail,
    signing_input,
    split_headers,
)
from fieldfare.ground.errors import ConfigError

# RFC 8463, appendix A: the message, its keys and its signatures.
RFC_MAIL = (
    b"From: Joe SixPack <joe@football.example.com>\r\n"
    b"To: Suzie Q <suzie@shopping.example.net>\r\n"
    b"Subject: Is dinner ready?\r\n"
    b"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
    b"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
    b"\r\n"
    b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
)
RFC_ED25519 = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
RFC_BODY_HASH = "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="
RFC_ED25519_TAGS = (
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
    " subject : date : message-id : from : subject : date;\r\n"
    f" bh={RFC_BODY_HASH};\r\n"
    " b="
)
RFC_ED25519_SIGNATURE = "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="
ARMOUR = "-----{} " + "PRIVATE KEY-----\nnope\n-----{} " + "PRIVATE KEY-----"
RFC_NAMES = ["from", "to", "subject", "date", "message-id", "from", "subject", "date"]

ED = ed25519.Ed25519PrivateKey.from_private_bytes(base64.b64decode(RFC_ED25519))
RSA = rsa.generate_private_key(65537, 2048)


def pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_the_vector_of_rfc_8463_comes_out() -> None:
    head, _, body = RFC_MAIL.partition(b"\r\n\r\n")
    assert base64.b64encode(hashlib.sha256(relaxed_body(body)).digest()).decode() == RFC_BODY_HASH
    data = signing_input(split_headers(head + b"\r\n"), RFC_NAMES, RFC_ED25519_TAGS.encode())
    signature = ED.sign(hashlib.sha256(data).digest())
    assert base64.b64encode(signature).decode() == RFC_ED25519_SIGNATURE


@pytest.mark.parametrize(
    ("raw", "relaxed"),
    [
        (b"A: X", b"a:X"),
        (b"B : Y\t\r\n\tZ  ", b"b:Y Z"),
        (b"Subject:   a  b\r\n  c", b"subject:a b c"),
    ],
)
def test_the_headers_of_rfc_6376(raw: bytes, relaxed: bytes) -> None:
    assert relaxed_header(raw) == relaxed


@pytest.mark.parametrize(
    ("body", "relaxed"),
    [
        (b" C \r\nD \t E\r\n\r\n\r\n", b" C\r\nD E\r\n"),
        (b"", b""),
        (b"\r\n", b""),
        (b"no end", b"no end\r\n"),
    ],
)
def test_the_bodies_of_rfc_6376(body: bytes, relaxed: bytes) -> None:
    assert relaxed_body(body) == relaxed


# An independent reader, written from the RFC alone: it shares no function with what it checks.
def verify(mail: bytes, key: rsa.RSAPublicKey | ed25519.Ed25519PublicKey) -> dict[str, str]:
    head, _, body = mail.partition(b"\r\n\r\n")
    fields = re.findall(rb"(?ms)^([!-9;-~]+)[ \t]*:(.*?)(?=\r\n[^ \t]|\Z)", head)
    own = next(value for name, value in fields if name.lower() == b"dkim-signature")
    tags = {}
    for tag in re.sub(rb"\s+", b"", own).split(b";"):
        name, _, value = tag.partition(b"=")
        tags[name.decode()] = value.decode()
    lines = [re.sub(rb"[ \t]+$", b"", re.sub(rb"[ \t]+", b" ", line)) for line in body.split(b"\r\n")]
    canonical = re.sub(rb"(\r\n)*\Z", b"", b"\r\n".join(lines))
    canonical += b"\r\n" if canonical else b""
    assert base64.b64encode(hashlib.sha256(canonical).digest()).decode() == tags["bh"], "body hash"
    rest = list(fields)
    signed = b""
    for wanted in tags["h"].split(":"):
        at = next((i for i in range(len(rest) - 1, -1, -1) if rest[i][0].lower() == wanted.encode()), None)
        if at is not None:
            name, value = rest.pop(at)
            signed += name.lower() + b":" + re.sub(rb"[ \t\r\n]+", b" ", value).strip() + b"\r\n"
    without = re.sub(rb"(?s)(;\s*b=)[^;]*", rb"\1", own)
    signed += b"dkim-signature:" + re.sub(rb"[ \t\r\n]+", b" ", without).strip()
    signature = base64.b64decode(tags["b"])
    if isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(signature, hashlib.sha256(signed).digest())
    else:
        key.verify(signature, signed, PKCS1v15(), SHA256())
    return tags


MAIL = (
    b"From: Linden <hello@linden.example.com>\r\nTo: ada@example.com\r\nSubject: Hi\r\n there\r\n"
    b"List-Unsubscribe: <https://e.example.com/u/abc>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"X-Other: 1\r\n\r\nHello  \r\n\r\nbye\r\n\r\n"
)


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "rsa-sha256"), (ED, "ed25519-sha256")])
def test_an_independent_reader_agrees(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey, algorithm: str) -> None:
    signer = open_signer("linden.example.com", "ff1", pem(key), "email")
    signed = sign_mail(MAIL, signer, 1_767_960_000)
    tags = verify(signed, key.public_key())
    assert (tags["a"], tags["d"], tags["s"], tags["c"]) == (algorithm, "linden.example.com", "ff1", "relaxed/relaxed")
    names = tags["h"].split(":")
    assert {"from", "to", "subject", "list-unsubscribe", "list-unsubscribe-post"} <= set(names)
    assert names.count("from") == names.count("list-unsubscribe") == 2, "another one cannot be added"
    assert "x-other" not in names
    assert sign_mail(MAIL, signer, 1_767_960_000) == signed
    assert all(len(line) <= 100 for line in signed.partition(b"\r\n\r\n")[0].split(b"\r\n"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"bye", b"buy"),
        (b"Subject: Hi", b"Subject: Ho"),
        (b"/u/abc", b"/u/abd"),
        (b"=One-Click", b"=No-Click"),
        (b"To: ada", b"From: eve@example.com\r\nTo: ada"),
    ],
)
def test_what_was_signed_cannot_be_changed(old: bytes, new: bytes) -> None:
    signed = sign_mail(MAIL, open_signer("linden.example.com", "ff1", pem(ED), "email"), 1)
    with pytest.raises((InvalidSignature, AssertionError)):
        verify(signed.replace(old, new, 1), ED.public_key())


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters="\r\n"), max_size=90), max_size=8))
def test_any_body_verifies(lines: list[str]) -> None:
    mail = MAIL.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + "\r\n".join(lines).encode()
    verify(sign_mail(mail, open_signer("linden.example.com", "s", RFC_ED25519, "email"), 1), ED.public_key())


@pytest.mark.parametrize("key", ["", "hello", ARMOUR.format("BEGIN", "END"), "aGVsbG8="])
def test_what_is_no_key_is_told_at_the_start(key: str) -> None:
    with pytest.raises(ConfigError, match="channel `email`") as raised:
        open_signer("linden.example.com", "ff1", key, "email")
    assert raised.value.code == "dkim_key_invalid"


def test_a_short_rsa_key_is_refused_and_pem_may_come_on_one_line() -> None:
    with pytest.raises(ConfigError):
        open_signer("linden.example.com", "ff1", pem(rsa.generate_private_key(65537, 1024)), "email")  # noqa: S505 - shown to be refused
    assert open_signer("x.example", "s", pem(RSA).replace("\n", "\\n"), "email").algorithm == "rsa-sha256"
