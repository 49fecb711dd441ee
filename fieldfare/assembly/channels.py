"""The channels of a workspace over its stores, and the doors that providers and readers of messages come to. No rules.

Which class serves a driver is said in ``act.delivery.channels``; here each gets what it needs: its secrets, its public
address, where captured messages and tasks are kept.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from fieldfare.act.delivery.channels import Own, open_channel
from fieldfare.act.delivery.channels.twilio_answer import help_answer
from fieldfare.act.delivery.fates import Kept
from fieldfare.act.delivery.link_routes import FoundLink, LinkDoor
from fieldfare.act.delivery.links import Links
from fieldfare.act.delivery.model import Attempt, ChannelSpec
from fieldfare.act.delivery.ports import Channel
from fieldfare.act.delivery.receipt_routes import ReceiptDoor
from fieldfare.act.delivery.routes import DeliveryDoor
from fieldfare.act.delivery.store import CapturedMessages, SqlAttempts, SqlLinks, Tasks
from fieldfare.assembly.stores import Stores
from fieldfare.flow import receipt_store
from fieldfare.flow.inbound import Inbox
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.clock import Clock
from fieldfare.trust.keys.seal import Keys

if TYPE_CHECKING:
    from fieldfare.assembly.installation import Installation


def open_channels(
    workspace: Workspace, stores: Stores, public_url: str, clock: Clock, *, capture_all: bool = False
) -> dict[str, Channel]:
    """Return the channels by name; ``public_url``: where none is configured. ``capture_all``: nothing is sent."""
    state = stores.state
    own = Own(CapturedMessages(state), Tasks(state), stores.keys.seal_token, clock.now)
    base = workspace.public_url or public_url

    def opened(spec: ChannelSpec) -> Channel:
        known = msgspec.structs.replace(spec, receipts_url=f"{base}/v1/receipts/{spec.name}")
        if capture_all:
            known = msgspec.structs.replace(known, driver="capture", stands_for=known.driver)
        return open_channel(known, workspace.brand, own)

    return {name: opened(spec) for name, spec in workspace.channels.items()}


def tracking_of(workspace: Workspace, keys: Keys) -> Links | None:
    """Return how links lead over the workspace's own domain, ``None`` when they stay as they are."""
    told = workspace.settings.links
    if told is None:
        return None
    return Links(domain=told.domain, hash_of=keys.lookup_hash, clicks=told.clicks, opens=told.opens)


def delivery_door(installation: "Installation", append_event: Callable[[dict[str, Any]], None]) -> DeliveryDoor:
    """Return what the routes of delivery need."""
    stores, clock = installation.stores, installation.clock
    attempts, keys = SqlAttempts(), stores.keys
    links, tracking = SqlLinks(keys.seal_token, keys.open_token), installation.tracking
    inbox = Inbox(stores.state, keys, installation.workspace.regions, clock)

    def find_attempt(channel: str, provider_id: str, proposal_id: str | None) -> Attempt | None:
        with stores.state.read() as connection:
            found = attempts.of_provider(connection, channel, provider_id) if provider_id else None
            if found is None and proposal_id is not None:
                found = attempts.of_proposal(connection, channel, proposal_id)
        return found

    def find_link(link_id: str) -> FoundLink | None:
        with stores.state.read() as connection:
            link = links.find(connection, link_id)
            if link is None or (tracking is not None and not tracking.fits(link)):
                return None
            return FoundLink(link, attempts.of_message(connection, link.proposal_id))

    def keep(told: Kept) -> None:
        with stores.state.write() as connection:
            receipt_store.keep(connection, [told], clock.now())

    def find_written(channel: str, address_hash: bytes) -> Attempt | None:
        with stores.state.read() as connection:
            return attempts.to_address(connection, address_hash, channel)

    receipts = ReceiptDoor(
        channels=installation.channels,
        append_event=append_event,
        find_attempt=find_attempt,
        find_sender=inbox.sender,
        review=inbox.review,
        suppress=inbox.suppress,
        keep=keep,
        find_written=find_written,
        clock=clock,
        lift=inbox.lift,
        stop_reach=installation.workspace.consent.stop_reach,
        help_answers={
            name: help_answer(spec, installation.workspace.brand.name)
            for name, spec in installation.workspace.channels.items()
            if spec.driver == "twilio"
        },
    )
    return DeliveryDoor(
        brand=installation.workspace.brand.name,
        links=installation.links,
        append_event=append_event,
        clock=clock,
        receipts=receipts,
        visits=LinkDoor(find=find_link, append_event=append_event, keep=keep, clock=clock),
    )
