"""The front door, joined: a workspace, the log and the keys. Knows neither state nor lake."""

from starlette.types import ASGIApp

from fieldfare.collect.model import Envelope
from fieldfare.collect.routes import DoorSettings, build_door
from fieldfare.collect.strip import field_policy
from fieldfare.flow.intake import seal_envelope
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.clock import Clock
from fieldfare.ground.log.commit import GroupCommit
from fieldfare.ground.log.ports import Entry, EventLog
from fieldfare.trust.keys.seal import RAW_DAYS, Keys


def open_door(workspace: Workspace, log: EventLog, keys: Keys, clock: Clock) -> tuple[ASGIApp, GroupCommit]:
    """Return the front door of a workspace, and the group commit to close after it."""
    commit = GroupCommit(log)
    keep = workspace.keep_raw_days()

    def seal(envelope: Envelope) -> Entry:
        return seal_envelope(keys, envelope, keep.get(envelope.source, RAW_DAYS))

    sensitivities = {name: spec.sensitivity.value for name, spec in workspace.traits.items()}
    settings = DoorSettings(
        sources={source.write_key: source.name for source in workspace.sources.values()},
        policy=field_policy(workspace.contracts, sensitivities),
        synonyms=workspace.contracts.synonyms,
    )
    return build_door(settings, commit, seal, clock), commit
