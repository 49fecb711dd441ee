"""What the gate needs of others beside what it keeps itself: providers that fail, and how many an automation means.

``Tx`` is the deciding transaction, as in ``act.delivery.ports``.
"""

from collections.abc import Collection
from typing import Any, Protocol

import msgspec

from fieldfare.decide.journeys.model import Proposal
from fieldfare.ground.instants import Instant

Tx = Any


class Asked(msgspec.Struct, frozen=True):
    """A proposal about which it is asked what stands."""

    proposal: Proposal
    address_hash: bytes | None
    location: str | None


class Breakers(Protocol):
    """Circuit breakers of providers."""

    def open_until(self, tx: Tx, channels: Collection[str], now: Instant) -> dict[str, Instant]:
        """Return, for channels whose provider is not called now, when it is worth trying again."""
        ...


class Sizes(Protocol):
    """How many people automations are meant for."""

    def of(self, tx: Tx, automations: Collection[str]) -> dict[str, int]:
        """Return the size of the audience of each automation (``broadcast:spring``) that has one that was counted."""
        ...
