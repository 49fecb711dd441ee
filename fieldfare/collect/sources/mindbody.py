"""Mindbody: ``X-Mindbody-Signature: sha256=BASE64``, an HMAC-SHA256 of the body under the subscription's key. Pure.

The key (``messageSignatureKey``) is shown once, when the subscription is made, and used as it is written. No time is
signed. Mindbody asks an address with HEAD before it uses it. The mapping ``mindbody`` is shipped.
"""

from fieldfare.collect.model import Posted
from fieldfare.collect.sources.model import Failure
from fieldfare.collect.sources.signatures import digest_of, header, in_base64, judge, malformed, missing
from fieldfare.collect.sources.translate import to_events
from fieldfare.ground.workspace.model import Webhook

_NAME = "x-mindbody-signature"
_PREFIX = "sha256="


class MindbodySource:
    """``Source`` of Mindbody's webhook subscriptions."""

    driver = "mindbody"
    to_events = to_events

    def __init__(self, name: str, webhook: Webhook) -> None:
        """Take the subscriptions' signature keys."""
        self.name = name
        self.webhook = webhook
        self._keys = [secret.encode() for secret in webhook.secrets]

    def verify(self, posted: Posted) -> Failure | None:
        """Return why the request is not proven to come from the sender, ``None`` when it is."""
        shown = header(posted, _NAME)
        if not shown:
            return missing(_NAME)
        if not shown.startswith(_PREFIX):
            return malformed(_NAME)
        wanted = [in_base64(digest_of(key, posted.body)) for key in self._keys]
        return judge(wanted, [shown.removeprefix(_PREFIX).encode("latin-1")])
