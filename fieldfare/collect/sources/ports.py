"""What the door needs of a webhook source. Implementations are pure and stand beside this module."""

from typing import Any, Protocol

from fieldfare.collect.model import Posted
from fieldfare.collect.sources.model import Failure, Translated, WebhookMapping
from fieldfare.ground.workspace.model import Webhook


class Source(Protocol):
    """One kind of sender. Its constructor takes a :class:`Webhook` with its secrets resolved.

    Raises ``ConfigError`` ``webhook_secret_invalid`` when a secret is none of this sender's.
    """

    driver: str
    """What ``workspace.yaml`` calls it."""

    def __init__(self, name: str, webhook: Webhook) -> None:
        """Take the name of the source and how it is set up."""
        ...

    def verify(self, posted: Posted) -> Failure | None:
        """Return why the request is not proven to come from the sender, ``None`` when it is.

        It looks at the bytes as they were sent, compares in constant time, tries every secret, and measures the age of
        a signed time from ``received_at``. It never raises, whatever was sent.
        """
        ...

    def to_events(self, posted: Posted, payload: Any, mapping: WebhookMapping) -> Translated:
        """Return the calls of a verified payload. It never raises, whatever the payload is."""
        ...
