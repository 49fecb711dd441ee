"""Shopify: ``X-Shopify-Hmac-SHA256``, the Base64 of an HMAC-SHA256 of the body under the app's client secret. Pure.

No time is signed, so the age of a request is not checked; ``X-Shopify-Event-Id`` names the event. The mapping
``shopify`` is shipped.
"""

from fieldfare.collect.model import Posted
from fieldfare.collect.sources.model import Failure
from fieldfare.collect.sources.signatures import digest_of, header, in_base64, judge, missing
from fieldfare.collect.sources.translate import to_events
from fieldfare.ground.workspace.model import Webhook

_NAME = "x-shopify-hmac-sha256"


class ShopifySource:
    """``Source`` of Shopify's webhook subscriptions."""

    driver = "shopify"
    to_events = to_events

    def __init__(self, name: str, webhook: Webhook) -> None:
        """Take the app's client secrets."""
        self.name = name
        self.webhook = webhook
        self._keys = [secret.encode() for secret in webhook.secrets]

    def verify(self, posted: Posted) -> Failure | None:
        """Return why the request is not proven to come from the sender, ``None`` when it is."""
        shown = header(posted, _NAME)
        if not shown:
            return missing(_NAME)
        wanted = [in_base64(digest_of(key, posted.body)) for key in self._keys]
        return judge(wanted, [shown.encode("latin-1")])
