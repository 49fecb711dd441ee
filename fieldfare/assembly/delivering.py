"""Joins delivery, and the feed of broadcasts, over the stores of an installation. No rules."""

from typing import TYPE_CHECKING

import msgspec

from fieldfare.act.delivery.parts import DeliveryPorts, DeliverySettings
from fieldfare.act.delivery.provider_store import SqlProviders
from fieldfare.act.delivery.run import Delivery
from fieldfare.act.delivery.store import SqlAttempts, SqlLinks, SqlLookUps
from fieldfare.flow.broadcast_feed import BroadcastFeed
from fieldfare.flow.broadcast_store import SqlBroadcasts
from fieldfare.flow.channel_ways import SqlAnswers, SqlWays
from fieldfare.flow.delivery_facts import SqlBreakers, SqlSizes, homes_of
from fieldfare.flow.delivery_journeys import SqlDecisions, SqlJourneyState, SqlProposals
from fieldfare.flow.delivery_ports import SqlConsent, SqlExposures, SqlOutbox, SqlPeople
from fieldfare.flow.engagement import Engagement
from fieldfare.flow.orders import SqlOrders
from fieldfare.flow.pending_consent import PendingConsent
from fieldfare.ground.workspace.model import OWN_SOURCE

if TYPE_CHECKING:
    from fieldfare.assembly.installation import Installation


def open_delivery(installation: "Installation") -> Delivery:
    """Return the delivery of an installation, in the caller's thread until it gets lanes."""
    workspace, stores, definitions = installation.workspace, installation.stores, installation.definitions
    policy = workspace.gate_policy
    settings = DeliverySettings(
        policy=policy,
        templates=workspace.templates,
        brand=msgspec.to_builtins(workspace.brand),
        places=workspace.places,
        links=installation.tracking,
        routes=installation.routes,
        transactional=frozenset(name for name, purpose in workspace.consent.purposes.items() if not purpose.required),
    )
    ports = DeliveryPorts(
        state=stores.state,
        people=SqlPeople(
            stores.keys,
            definitions.calendar,
            definitions.zones,
            workspace.time_zone,
            policy.holds,
            workspace.regions,
        ),
        consent=open_consent(installation),
        orders=SqlOrders(
            policy,
            workspace.name,
            Engagement(policy, definitions.evaluator),
            SqlBreakers(installation.routes),
            SqlSizes(),
        ),
        journeys=SqlJourneyState(definitions.versions, definitions.evaluator),
        proposals=SqlProposals(),
        attempts=SqlAttempts(),
        look_ups=SqlLookUps(),
        providers=SqlProviders(),
        broadcasts=SqlBroadcasts(),
        decisions=SqlDecisions(),
        exposures=SqlExposures(),
        outbox=SqlOutbox(stores.keys, workspace.keep_raw_days()[OWN_SOURCE]),
        links=SqlLinks(stores.keys.seal_token, stores.keys.open_token),
        ways=SqlWays(),
        answers=SqlAnswers(),
    )
    return Delivery(settings, ports, installation.channels, installation.links, installation.clock)


def open_consent(installation: "Installation") -> SqlConsent:
    """Return what answers which consent is in force, and for whom something waits."""
    workspace, stores, identify = installation.workspace, installation.stores, installation.pipeline.identify
    hash_of, regions = stores.keys.lookup_hash, workspace.regions
    pending = PendingConsent(stores.log, installation.intake, identify.claims, hash_of, regions)
    return SqlConsent(workspace.consent, pending, workspace.locations.around)


def open_feed(installation: "Installation") -> BroadcastFeed:
    """Return what feeds broadcasts."""
    return BroadcastFeed(installation.stores.state, homes_of, installation.clock)
