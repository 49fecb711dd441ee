"""Stripe: ``Stripe-Signature: t=SECONDS,v1=HEX[,v1=HEX]``, HMAC-SHA256 of ``t.body`` under the endpoint's secret. Pure.

Several ``v1`` stand there while the endpoint's secret is rolled; other schemes (``v0``) are passed over. The mapping
``stripe`` is shipped.
"""

from fieldfare.collect.model import Posted
from fieldfare.collect.sources.model import Failure
from fieldfare.collect.sources.signatures import age, digest_of, header, judge, malformed, missing
from fieldfare.collect.sources.translate import to_events
from fieldfare.ground.workspace.model import Webhook

_NAME = "stripe-signature"


class StripeSource:
    """``Source`` of Stripe's event destinations and webhook endpoints."""

    driver = "stripe"
    to_events = to_events

    def __init__(self, name: str, webhook: Webhook) -> None:
        """Take the endpoint's secrets (``whsec_…``); they are used as they are written."""
        self.name = name
        self.webhook = webhook
        self._keys = [secret.encode() for secret in webhook.secrets]

    def verify(self, posted: Posted) -> Failure | None:
        """Return why the request is not proven to come from the sender, ``None`` when it is."""
        shown = header(posted, _NAME)
        if not shown:
            return missing(_NAME)
        parts = [part.strip().partition("=") for part in shown.split(",")]
        stated = next((value for key, _, value in parts if key == "t"), "")
        signatures = [value.encode("latin-1") for key, _, value in parts if key == "v1" and value]
        if not stated or not signatures:
            return malformed(_NAME)
        content = stated.encode("latin-1") + b"." + posted.body
        wanted = [digest_of(key, content).hex().encode() for key in self._keys]
        return judge(wanted, signatures) or age(stated, _NAME, posted.received_at, self.webhook.tolerance_us)
