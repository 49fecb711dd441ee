"""The general signature: spellings, what is signed, how secrets are written."""

import base64
import hashlib
import hmac
from typing import Any

import pytest

from fieldfare.collect.sources import open_source
from fieldfare.collect.sources.model import Unverified
from fieldfare.ground.errors import ConfigError
from fieldfare.ground.workspace.model import Webhook
from tests.decide.collect.sources.requests import AT, posted, verified


def made(content: bytes, key: bytes = b"hush", algorithm: str = "sha256") -> bytes:
    return hmac.new(key, content, algorithm).digest()


@pytest.mark.parametrize(
    ("signature", "more"),
    [
        (made(b"{}").hex(), {}),
        (made(b"{}").hex().upper(), {}),
        ("sha1=" + made(b"{}", algorithm="sha1").hex(), {"algorithm": "sha1", "prefix": "sha1="}),
        (base64.b64encode(made(b"{}")).decode(), {"encoding": "base64"}),
        (made(b"{}", b"hush".hex().encode()).hex(), {"key_encoding": "text", "secret": b"hush".hex()}),
        (made(b"{}").hex(), {"key_encoding": "hex", "secret": b"hush".hex()}),
        (made(b"{}").hex(), {"key_encoding": "base64", "secret": base64.b64encode(b"hush").decode()}),
        (
            made(b"v0:" + str(AT).encode() + b":{}").hex(),
            {"signed": "v0:{timestamp}:{body}", "timestamp_header": "x-t"},
        ),
        (made(b"{}").hex() + ", " + made(b"other").hex(), {}),
    ],
)
def test_every_spelling_is_understood(signature: str, more: dict[str, Any]) -> None:
    secret = more.pop("secret", "hush")
    request = posted(x_sign=signature, x_t=str(AT))
    assert verified("hmac", request, secret, header="x-sign", **more) is None
    assert hashlib.sha256 is not None


def test_an_unsigned_time_proves_nothing_and_is_not_looked_at() -> None:
    request = posted(x_sign=made(b"{}").hex(), x_t="1")
    assert verified("hmac", request, "hush", header="x-sign", timestamp_header="x-t") is None
    signed = {"signed": "{timestamp}{body}", "timestamp_header": "x-t", "header": "x-sign"}
    old = verified("hmac", posted(x_sign=made(b"1{}").hex(), x_t="1"), "hush", **signed)
    assert old is not None
    assert old.reason is Unverified.TOO_OLD


@pytest.mark.parametrize(("secret", "encoding"), [("xyz", "hex"), ("%%", "base64"), ("abc", "hex")])
def test_a_secret_that_is_written_otherwise_is_refused_at_start(secret: str, encoding: str) -> None:
    webhook = Webhook(driver="hmac", secrets=(secret,), mapping="m", header="x", key_encoding=encoding)
    with pytest.raises(ConfigError) as raised:
        open_source("till", webhook)
    assert raised.value.code == "webhook_secret_invalid"
    assert secret not in raised.value.message
