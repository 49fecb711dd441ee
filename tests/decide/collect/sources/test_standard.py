"""Standard Webhooks: which secrets are secrets, and a signature that was published with the rules."""

import base64

import pytest

from fieldfare.collect.sources import open_source
from fieldfare.collect.sources.model import Unverified
from fieldfare.ground.errors import ConfigError
from fieldfare.ground.workspace.model import Webhook
from tests.decide.collect.sources.requests import posted, verified

SHARED = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
"""The example that the libraries of Standard Webhooks are tested with."""
REQUEST = {
    "webhook_id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook_timestamp": "1614265330",
    "webhook_signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def test_the_published_example_verifies() -> None:
    assert verified("standard", posted(BODY, REQUEST, at=1_614_265_330), SHARED) is None
    unpadded = SHARED.rstrip("=")
    assert verified("standard", posted(BODY, REQUEST, at=1_614_265_330), unpadded) is None


def test_a_signature_of_another_version_is_no_proof() -> None:
    other = {**REQUEST, "webhook_signature": REQUEST["webhook_signature"].replace("v1,", "v2,")}
    failure = verified("standard", posted(BODY, other, at=1_614_265_330), SHARED)
    assert failure is not None
    assert failure.reason is Unverified.HEADER_MALFORMED
    as_public = {**REQUEST, "webhook_signature": REQUEST["webhook_signature"].replace("v1,", "v1a,")}
    assert verified("standard", posted(BODY, as_public, at=1_614_265_330), SHARED) is not None


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "whsec_%%%",
        "whsec_c2hvcnQ=",
        "whpk_c2hvcnQ=",
        "whpk_" + base64.b64encode(b"x" * 33).decode(),
        "plain text",
    ],
)
def test_what_is_no_secret_is_refused_at_start(secret: str) -> None:
    with pytest.raises(ConfigError, match="till") as raised:
        open_source("till", Webhook(driver="standard", secrets=(secret,), mapping="m"))
    assert raised.value.code == "webhook_secret_invalid"
    assert not secret or secret not in raised.value.message.replace("`whsec_`", "").replace("`whpk_`", "")
