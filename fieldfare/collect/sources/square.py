"""Square: ``x-square-hmacsha256-signature``, the Base64 of an HMAC-SHA256 of notification URL and body. Pure.

The URL is signed as it stands in the subscription, letter for letter, which is why it must be set: behind a proxy the
door cannot know it. No time is signed. The mapping ``square`` is shipped.
"""

from fieldfare.collect.model import Posted
from fieldfare.collect.sources.model import Failure
from fieldfare.collect.sources.signatures import digest_of, header, in_base64, judge, missing
from fieldfare.collect.sources.translate import to_events
from fieldfare.ground.workspace.model import Webhook

_NAME = "x-square-hmacsha256-signature"


class SquareSource:
    """``Source`` of Square's webhook subscriptions."""

    driver = "square"
    to_events = to_events

    def __init__(self, name: str, webhook: Webhook) -> None:
        """Take the subscription's signature keys and its notification URL."""
        self.name = name
        self.webhook = webhook
        self._url = (webhook.url or "").encode()
        self._keys = [secret.encode() for secret in webhook.secrets]

    def verify(self, posted: Posted) -> Failure | None:
        """Return why the request is not proven to come from the sender, ``None`` when it is."""
        shown = header(posted, _NAME)
        if not shown:
            return missing(_NAME)
        wanted = [in_base64(digest_of(key, self._url + posted.body)) for key in self._keys]
        return judge(wanted, [shown.encode("latin-1")])
