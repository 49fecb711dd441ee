"""Reads a file that is not loaded as the audit of identity looks at it: as keyed hashes. Stores nothing."""

from pathlib import Path

import msgspec

from fieldfare.assembly.definitions import compile_definitions, hidden_fields, names_somebody
from fieldfare.assembly.stores import open_stores
from fieldfare.collect.load import LoadOptions
from fieldfare.collect.mapping import FileMapping
from fieldfare.collect.model import Event
from fieldfare.collect.preview import Rules, read_events
from fieldfare.collect.strip import field_policy
from fieldfare.flow.audit_identity import MOST_MET, met_in, taking
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.clock import SystemClock
from fieldfare.ground.errors import ConfigError
from fieldfare.know.identity.claims import lead_of
from fieldfare.know.identity.overlap import Met


class FileRead(msgspec.Struct):
    """What a file has of identifiers."""

    met: list[Met] = []
    events: int = 0
    refused: int = 0
    """Rows that would be dead letters, because they name nobody or their contract refuses them."""
    is_cut: bool = False
    """Whether there was more than is looked at."""


def read_file(file: Path, mapping: FileMapping, workspace: Workspace, folder: Path) -> FileRead:
    """Return what the events that the file would make say of people; its name stands for their source.

    Raises ``ConfigError`` ``data_missing``, and as a load does.
    """
    if not folder.exists():
        text = f"There is no data in {folder}. Start with `fieldfare serve`, `load` or `demo`, or give --data."
        raise ConfigError("data_missing", text)
    definitions, found = compile_definitions(workspace), FileRead()
    stores = open_stores(folder)
    try:
        plan = workspace.claim_plan(stores.keys.lookup_hash)
        everything = taking(plan)

        def take(event: Event) -> None:
            found.events += 1
            lead = lead_of(event, plan)
            assert lead is not None, "what names nobody is refused"
            if len(found.met) < MOST_MET:
                found.met += met_in(event, lead.hash, file.name, everything)
            else:
                found.is_cut = True

        sensitivities = {name: spec.sensitivity.value for name, spec in workspace.traits.items()}
        rules = Rules(
            options=LoadOptions(policy=field_policy(workspace.contracts, sensitivities)),
            settings=definitions.parse,
            contracts=workspace.contracts,
            names=names_somebody(workspace, plan),
            hidden=hidden_fields(definitions),
        )
        found.refused = read_events(file, mapping, SystemClock(), rules, take)
    finally:
        stores.close()
    found.met = found.met[:MOST_MET]
    return found
