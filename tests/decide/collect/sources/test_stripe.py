"""Stripe's header: which parts count."""

import hashlib
import hmac

import pytest

from fieldfare.collect.sources.model import Unverified
from tests.decide.collect.sources.requests import AT, posted, verified

SECRET = "whsec_made_up"
GOOD = hmac.new(SECRET.encode(), f"{AT}.{{}}".encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"t={AT},v1={GOOD}", None),
        (f" v1={GOOD} , t={AT} ", None),
        (f"t={AT},v1=00,v1={GOOD},v0=zz", None),
        (f"t={AT},v0={GOOD}", Unverified.HEADER_MALFORMED),
        (f"v1={GOOD}", Unverified.HEADER_MALFORMED),
        (f"t={AT}", Unverified.HEADER_MALFORMED),
        (f"t={AT + 1},v1={GOOD}", Unverified.SIGNATURE_DIFFERS),
        (f"t={AT},v1={GOOD.upper()}", Unverified.SIGNATURE_DIFFERS),
        (f"t={AT},t={AT + 1},v1={GOOD}", None),
    ],
)
def test_the_header_is_read(header: str, expected: Unverified | None) -> None:
    failure = verified("stripe", posted(stripe_signature=header), SECRET)
    assert (failure.reason if failure else None) is expected
