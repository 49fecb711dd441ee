"""What delivery is joined from: settings of the workspace, and the ports it reads and writes through. No behaviour."""

from collections.abc import Mapping
from typing import Any

import msgspec

from fieldfare.act.delivery.admit import Route
from fieldfare.act.delivery.links import Links
from fieldfare.act.delivery.model import Attempt
from fieldfare.act.delivery.ports import (
    Attempts,
    Broadcasts,
    Channel,
    ConsentReader,
    Decisions,
    Exposures,
    JourneyState,
    LookUps,
    Orders,
    Outbox,
    People,
    Proposals,
    Providers,
    TrackedLinks,
    Transactions,
)
from fieldfare.act.delivery.settle import Draft, Reading
from fieldfare.act.delivery.way_ports import Answers, Ways
from fieldfare.act.delivery.wording import Place, Template
from fieldfare.decide.gate.model import Permit
from fieldfare.decide.gate.policy import Policy
from fieldfare.ground.instants import DAY, MINUTE, Instant


class DeliverySettings(msgspec.Struct, frozen=True, kw_only=True):
    """What delivery takes from the workspace."""

    policy: Policy
    templates: Mapping[str, Template]
    brand: Mapping[str, Any]
    transactional: frozenset[str]
    """Purposes that need no consent: their messages carry no unsubscribe headers and footer, and must arrive."""
    places: Mapping[str, Place] = {}
    """What templates may say of home locations, by name."""
    links: Links | None = None
    """How links lead over the workspace's own domain."""
    routes: Mapping[str, Route] = {}
    """Provider and limits by channel; a channel that is not here is a provider of its own without limits."""
    caps_look_back: Instant = 366 * DAY
    """How far back hand-overs are read for caps, in microseconds; at least the longest cap."""
    batch: int = 512
    """Addresses decided in one transaction."""
    claim_us: int = MINUTE
    """How long a worker may hold what it claimed and has not decided."""


class DeliveryPorts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything delivery reads and writes through."""

    state: Transactions
    people: People
    consent: ConsentReader
    orders: Orders
    journeys: JourneyState
    proposals: Proposals
    attempts: Attempts
    look_ups: LookUps
    providers: Providers
    broadcasts: Broadcasts
    decisions: Decisions
    exposures: Exposures
    outbox: Outbox
    links: TrackedLinks
    ways: Ways
    answers: Answers


class Granted(msgspec.Struct, frozen=True):
    """A permit on its way: what was decided, and what will be sent."""

    draft: Draft
    reading: Reading
    attempt: Attempt
    permit: Permit
    channel: Channel
