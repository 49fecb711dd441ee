"""Where each webhook source is tried: how its sender signs, with the sender's own library where there is one.

Stripe, Shopify and Standard Webhooks sign in Node with their official packages; ``v1a`` signs with ``cryptography``.
Square and Mindbody have no signer here: their rules are written a second time, after their documentation, and tied to
the example that Square publishes in ``tests/decide/collect/sources/test_square.py``.
"""

import base64
import hashlib
import hmac
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fieldfare.collect.model import Posted
from fieldfare.collect.sources import open_source
from fieldfare.collect.sources.ports import Source
from fieldfare.ground.instants import SECOND, Instant
from fieldfare.ground.workspace.model import Webhook

SDK = Path(__file__).resolve().parents[1] / "sdk"
AT = 1_760_000_000
"""When the requests are signed, in seconds."""
NOW: Instant = AT * SECOND
BODY = json.dumps({"id": "n-1", "type": "thing.happened", "who": "Zoë ✓", "n": 1}, ensure_ascii=False).encode()
URL = "https://engage.example.com/v1/webhooks/till"


@lru_cache(maxsize=256)
def official(provider: str, secret: str, body: bytes, at: int) -> Mapping[str, str]:
    """Return the headers that the provider's own library makes."""
    asked = {"provider": provider, "secret": secret, "body": base64.b64encode(body).decode(), "id": "n-1", "at": at}
    done = subprocess.run(
        ["node", str(SDK / "sign.mjs")], input=json.dumps(asked), capture_output=True, text=True, check=True, cwd=SDK
    )
    headers: dict[str, str] = json.loads(done.stdout)
    return headers


PRIVATE = tuple(Ed25519PrivateKey.from_private_bytes(raw * 16) for raw in (b"ab", b"cd"))


def need_signers() -> None:
    """Skip without Node and the providers' packages here, fail on CI."""
    if shutil.which("node") and (SDK / "node_modules" / "stripe").exists():
        return
    how = "Node or the providers' packages are missing: run `npm ci` in tests/sdk"
    if os.environ.get("CI"):
        pytest.fail(how)
    pytest.skip(how)


class SourcePlace:
    """One driver and its sender. ``old`` and ``new`` are two of its secrets, the driver is set up with ``new``."""

    driver = ""
    new, old = "a secret of some length", "an older secret of some length"
    is_official = False
    """Whether Node and the provider's library sign."""
    signs_time = False
    signs_body = True
    many_in_header = False
    """Whether several signatures may stand in one header."""
    more: Mapping[str, Any] = MappingProxyType({})
    signature_header = ""

    def open(self, *secrets: str) -> Source:
        """Return the driver with its secrets (``new`` when none are given)."""
        return open_source(
            "till", Webhook(driver=self.driver, secrets=secrets or (self.new,), mapping="any", **self.more)
        )

    def sign(self, body: bytes, at: int = AT, secret: str | None = None) -> dict[str, str]:
        """Return the headers of a request as its sender makes them."""
        raise NotImplementedError

    def combined(self, body: bytes, secrets: tuple[str, str]) -> dict[str, str]:
        """Return the headers of a request signed with two secrets at once."""
        raise NotImplementedError

    def query(self, secret: str) -> str:
        """Return the query of the request."""
        return ""

    def post(
        self, body: bytes, headers: Mapping[str, str], received_at: Instant = NOW, query: str | None = None
    ) -> Posted:
        """Return the request as the door has it."""
        raw = {name.lower().encode(): value.encode("latin-1") for name, value in headers.items()}
        return Posted("till", self.query(self.new) if query is None else query, raw, body, received_at)


class StripePlace(SourcePlace):
    driver = "stripe"
    new, old = "whsec_newer0123456789abcdef", "whsec_older0123456789abcdef"
    is_official = signs_time = many_in_header = True
    signature_header = "stripe-signature"

    def sign(self, body: bytes, at: int = AT, secret: str | None = None) -> dict[str, str]:
        return dict(official("stripe", secret or self.new, body, at))

    def combined(self, body: bytes, secrets: tuple[str, str]) -> dict[str, str]:
        first, second = (self.sign(body, secret=secret)[self.signature_header] for secret in secrets)
        return {self.signature_header: f"{first},{second.partition(',')[2]},v0=unused"}


class ShopifyPlace(SourcePlace):
    driver = "shopify"
    is_official = True
    signature_header = "x-shopify-hmac-sha256"

    def sign(self, body: bytes, at: int = AT, secret: str | None = None) -> dict[str, str]:
        return dict(official("shopify", secret or self.new, body, at))


class StandardPlace(SourcePlace):
    driver = "standard"
    new, old = ("whsec_" + base64.b64encode(raw).decode() for raw in (b"0123456789abcdef01234567", b"x" * 24))
    is_official = signs_time = many_in_header = True
    signature_header = "webhook-signature"

    def sign(self, body: bytes, at: int = AT, secret: str | None = None) -> dict[str, str]:
        return dict(official("standard", secret or self.new, body, at))

    def combined(self, body: bytes, secrets: tuple[str, str]) -> dict[str, str]:
        first, second = (self.sign(body, secret=secret) for secret in secrets)
        both = f"{first[self.signature_header]} v2,unused {second[self.signature_header]}"
        return {**first, self.signature_header: both}


class StandardPublicPlace(StandardPlace):
    """Standard Webhooks signed with a private key: the source knows the public one."""

    is_official = False
    new, old = ("whpk_" + base64.b64encode(key.public_key().public_bytes_raw()).decode() for key in PRIVATE)

    def sign(self, body: bytes, at: int = AT, secret: str | None = None) -> dict[str, str]:
        key = PRIVATE[0 if secret in {None, self.new} else 1]
        signature = base64.b64encode(key.sign(b".".join((b"n-1", str(at).encode(), body)))).decode()
        return {"webhook-id": "n-1", "webhook-timestamp": str(at), self.signature_header: f"v1a,{signature}"}


def _hmac(secret: str, content: bytes, algorithm: str = "sha256") -> bytes:
    return hmac.new(secret.encode(), content, getattr(hashlib, algorithm)).digest()


class SquarePlace(SourcePlace):
    driver = "square"
    more: Mapping[str, Any] = MappingProxyType({"url": URL})
    signature_header = "x-square-hmacsha256-signature"

    def sign(self, body: bytes, at: int = AT, secret: str | None = None) -> dict[str, str]:
        signed = base64.b64encode(_hmac(secret or self.new, URL.encode() + body)).decode()
        return {self.signature_header: signed}


class MindbodyPlace(SourcePlace):
    driver = "mindbody"
    signature_header = "x-mindbody-signature"

    def sign(self, body: bytes, at: int = AT, secret: str | None = None) -> dict[str, str]:
        return {self.signature_header: "sha256=" + base64.b64encode(_hmac(secret or self.new, body)).decode()}


class HmacPlace(SourcePlace):
    driver = "hmac"
    signs_time = many_in_header = True
    signature_header = "x-signature"
    more: Mapping[str, Any] = MappingProxyType(
        {
            "header": "x-signature",
            "algorithm": "sha512",
            "prefix": "sig=",
            "signed": "{id}:{timestamp}:{url}:{body}",
            "timestamp_header": "x-time",
            "id_header": "x-id",
            "url": URL,
        }
    )

    def sign(self, body: bytes, at: int = AT, secret: str | None = None) -> dict[str, str]:
        content = b":".join((b"n-1", str(at).encode(), URL.encode(), body))
        signature = _hmac(secret or self.new, content, "sha512").hex()
        return {"x-id": "n-1", "x-time": str(at), "x-signature": f"sig={signature}"}

    def combined(self, body: bytes, secrets: tuple[str, str]) -> dict[str, str]:
        first, second = (self.sign(body, secret=secret) for secret in secrets)
        return {**first, "x-signature": f"{first['x-signature']}, {second['x-signature']}"}


class TokenPlace(SourcePlace):
    driver = "token"
    signs_body = False
    signature_header = "authorization"

    def sign(self, body: bytes, at: int = AT, secret: str | None = None) -> dict[str, str]:
        return {"authorization": f"Bearer {secret or self.new}"}


PLACES: tuple[type[SourcePlace], ...] = (
    StripePlace,
    ShopifyPlace,
    StandardPlace,
    StandardPublicPlace,
    SquarePlace,
    MindbodyPlace,
    HmacPlace,
    TokenPlace,
)
