"""Mindbody: its documentation publishes the rule and no example, so the rule is written here once more."""

import base64
import hashlib
import hmac

import pytest

from fieldfare.collect.sources.model import Unverified
from tests.decide.collect.sources.requests import posted, verified

KEY = "bWFkZSB1cCBzaWduYXR1cmUga2V5"
DIGEST = hmac.new(KEY.encode(), b"{}", hashlib.sha256).digest()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("sha256=" + base64.b64encode(DIGEST).decode(), None),
        (base64.b64encode(DIGEST).decode(), Unverified.HEADER_MALFORMED),
        ("sha256=" + DIGEST.hex(), Unverified.SIGNATURE_DIFFERS),
        ("sha256=", Unverified.SIGNATURE_DIFFERS),
        ("SHA256=" + base64.b64encode(DIGEST).decode(), Unverified.HEADER_MALFORMED),
    ],
)
def test_the_header_is_read(header: str, expected: Unverified | None) -> None:
    failure = verified("mindbody", posted(x_mindbody_signature=header), KEY)
    assert (failure.reason if failure else None) is expected
