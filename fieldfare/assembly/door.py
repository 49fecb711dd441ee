"""The front door, joined: a workspace, the log and the keys. Knows neither state nor lake."""

from collections.abc import Callable

from fieldfare.collect.gauges import DoorGauges
from fieldfare.collect.model import Envelope
from fieldfare.collect.routes import Door, DoorSettings, build_door
from fieldfare.collect.sources import open_source
from fieldfare.collect.sources.model import Counts
from fieldfare.collect.sources.receive import PREFIX, OpenSource, Webhooks
from fieldfare.collect.strip import FieldPolicy, field_policy
from fieldfare.flow.intake import seal_envelope
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import PermanentError, TransientError
from fieldfare.ground.log.commit import GroupCommit
from fieldfare.ground.log.ports import Entry, EventLog
from fieldfare.trust.consent.stamp import consent_stamp
from fieldfare.trust.keys.ports import SealsRaw
from fieldfare.trust.keys.raw import RAW_DAYS

WAITING_BYTES = 32 * 1024 * 1024
"""Most bytes that may wait to be written; with what is being read, it bounds the door's memory."""


def open_door(workspace: Workspace, log: EventLog, keys: SealsRaw, clock: Clock) -> tuple[Door, GroupCommit]:
    """Return the front door of a workspace, and the group commit to close after it."""
    commit = GroupCommit(log, max_bytes=WAITING_BYTES)
    keep = workspace.keep_raw_days()

    def seal(envelope: Envelope) -> Entry:
        return seal_envelope(keys, envelope, keep.get(envelope.source, RAW_DAYS))

    policy = policy_of(workspace)
    settings = DoorSettings(
        sources={
            source.write_key: source.name for source in workspace.sources.values() if source.write_key is not None
        },
        disabled=frozenset(source.name for source in workspace.sources.values() if not source.enabled),
        policy=policy,
        synonyms=workspace.contracts.synonyms,
        consent_version=consent_stamp(workspace.consent),
    )
    gauges = DoorGauges()
    handlers = {PREFIX: open_webhooks(workspace, policy, gauges.webhook)}

    def ready() -> str | None:
        try:
            log.check()
        except (TransientError, PermanentError) as error:
            return f"{error.message} [{error.code}]"
        return None

    return build_door(settings, commit, seal, clock, handlers=handlers, gauges=gauges, ready=ready), commit


def policy_of(workspace: Workspace) -> FieldPolicy:
    """Return what may not be stored in a workspace."""
    return field_policy(workspace.contracts, {name: spec.sensitivity.value for name, spec in workspace.traits.items()})


def open_webhooks(workspace: Workspace, policy: FieldPolicy, count: Callable[[Counts], None]) -> Webhooks:
    """Return the handler of the workspace's webhook sources, secrets resolved.

    Raises ``ConfigError`` ``webhook_secret_invalid``.
    """
    found = {
        name: OpenSource(open_source(name, webhook), workspace.webhooks[webhook.mapping], webhook.is_shadow)
        for name, source in workspace.sources.items()
        if (webhook := source.webhook) is not None
    }
    return Webhooks(found, policy, count)
