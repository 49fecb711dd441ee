"""Shopify's header is one Base64 text."""

import base64
import hashlib
import hmac

from tests.decide.collect.sources.requests import posted, verified

GOOD = base64.b64encode(hmac.new(b"hush", b"{}", hashlib.sha256).digest()).decode()


def test_one_signature_of_the_body_counts() -> None:
    assert verified("shopify", posted(x_shopify_hmac_sha256=GOOD), "hush") is None
    for wrong in (f"{GOOD},{GOOD}", GOOD.rstrip("="), base64.b64decode(GOOD).hex()):
        assert verified("shopify", posted(x_shopify_hmac_sha256=wrong), "hush") is not None
