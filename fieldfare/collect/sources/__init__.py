"""Webhook sources: systems that post what happened in a language of their own, and prove that it was them.

Each driver is one module with one class (``ports.Source``), listed in :data:`DRIVERS`; ``translate`` turns payloads
into calls by mappings, the shipped ones in ``mappings``; ``receive`` is what the door calls. All of it is pure.
"""

from fieldfare.collect.sources.mindbody import MindbodySource
from fieldfare.collect.sources.ports import Source
from fieldfare.collect.sources.shared_token import TokenSource
from fieldfare.collect.sources.shopify import ShopifySource
from fieldfare.collect.sources.signed import SignedSource
from fieldfare.collect.sources.square import SquareSource
from fieldfare.collect.sources.standard import StandardSource
from fieldfare.collect.sources.stripe import StripeSource
from fieldfare.ground.workspace.model import Webhook

DRIVERS: tuple[type[Source], ...] = (
    StripeSource,
    ShopifySource,
    StandardSource,
    SquareSource,
    MindbodySource,
    SignedSource,
    TokenSource,
)
"""Every kind of webhook source."""


def open_source(name: str, webhook: Webhook) -> Source:
    """Return the source of a webhook, its secrets resolved. Raises ``ConfigError`` ``webhook_secret_invalid``."""
    driver = next(each for each in DRIVERS if each.driver == webhook.driver)
    return driver(name, webhook)
