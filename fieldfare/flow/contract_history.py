"""The recorded history of contracts: which were in force when. Written at the start of whatever takes events.

What is written is the contract as its file says it, by its digest, so recording the same again only moves the time. A
crash in between leaves what was recorded last, and the next start records it again. Nothing is compared here.
"""

from collections.abc import Iterable

import msgspec

from fieldfare.collect import store as collect_store
from fieldfare.collect.contracts import Contracts
from fieldfare.collect.files import ContractFile
from fieldfare.ground.ids import digest
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import State

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(ContractFile).decode


def record_contracts(state: State, contracts: Contracts, now: Instant) -> None:
    """Record that these contracts are in force from now on."""
    rows = []
    for contract in contracts.in_force():
        body = _encode(contract.file)
        rows.append(
            {
                "event": contract.event,
                "digest": digest(body).hex(),
                "version": contract.version,
                "body": body.decode(),
            }
        )
    with state.write() as connection:
        collect_store.note_contracts(connection, rows, now)


def recorded_contracts(state: State) -> dict[str, dict[int, ContractFile]]:
    """Return the contracts that were in force last, by event and version; nothing when none were recorded."""
    with state.read() as connection:
        bodies = collect_store.contracts_in_force(connection)
    return by_version(_decode(body) for body in bodies)


def by_version(files: Iterable[ContractFile]) -> dict[str, dict[int, ContractFile]]:
    """Return contract files by event and version."""
    found: dict[str, dict[int, ContractFile]] = {}
    for file in files:
        found.setdefault(file.event, {})[file.version] = file
    return found
