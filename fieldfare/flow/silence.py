"""Free texts about somebody who is erased: nobody knows whom they name, so they are emptied, in state and lake.

Reasons of acts on identity, of reveals and of retractions are texts that people wrote; who did it, what and when stays.
Evidence of consent is a proof, kept without end, and becomes its keyed hash: whoever shows the text again can show that
it is the one. What is told here is done inside the erasure's transactions (:mod:`fieldfare.flow.erase`); done again it
finds nothing more to do, and what a crash left of the lake, as the state says which texts are gone.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection

from fieldfare.flow import store as flow_store
from fieldfare.flow.identity_acts import DECIDED
from fieldfare.flow.retraction import EVENT_RETRACTED
from fieldfare.ground.ids import derived_id
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.know.identity import store as identity_store
from fieldfare.know.profiles import store as profile_store
from fieldfare.trust.consent import store as consent_store
from fieldfare.trust.consent.from_event import CONSENT_EVENTS

EVIDENCE, REASON = "evidence", "reason"
Row = dict[str, Any]
_OWN = """SELECT t.* FROM event_rows t WHERE t.source_system = ? AND t.name IN (?, ?)
    AND t.event_id IN (SELECT unnest(?::VARCHAR[]))"""
_RETRACTIONS = "SELECT * FROM retractions WHERE profile_id IN (SELECT unnest(?::BIGINT[])) AND reason <> ''"


def silence(
    connection: Connection, profile_ids: Collection[int], hash_of: Callable[[str, str], bytes]
) -> tuple[int, int]:
    """Empty the texts about the profiles; return how many reasons there were, and how much evidence is a hash now."""
    reasons = profile_store.silence_reveals(connection, profile_ids)
    reasons += flow_store.silence_retractions(connection, profile_ids)
    return reasons, consent_store.veil_evidence(connection, profile_ids, lambda text: hash_of(EVIDENCE, text))


def silent_events(connection: Connection, profile_ids: Collection[int]) -> list[str]:
    """Return the message ids of our own events that carry a reason which the state has emptied."""
    retracted = flow_store.retracted_of(connection, profile_ids)
    return [*identity_store.silenced_acts(connection), *(derived_id("retract", each) for each in retracted)]


def silent_rows(lake: Lake, event_ids: Collection[str]) -> list[Row]:
    """Return the lake's rows of those events, without their reasons."""
    rows = lake.arrow(_OWN, [OWN_SOURCE, DECIDED, EVENT_RETRACTED, sorted(event_ids)]).to_pylist()
    return [without(row, REASON) for row in rows]


def silent_retractions(lake: Lake, profile_ids: Iterable[int]) -> list[Row]:
    """Return the lake's rows of retractions of the profiles' events, without their reasons."""
    return [row | {REASON: ""} for row in lake.arrow(_RETRACTIONS, [sorted(profile_ids)]).to_pylist()]


def without_evidence(row: Row) -> Row:
    """Return the row of a person's event without the text that proves consent; the ledger has its hash."""
    return without(row, EVIDENCE) if row["name"] in CONSENT_EVENTS else row


def without(row: Row, name: str) -> Row:
    """Return the row with one property emptied, where it has it."""
    properties = msgspec.json.decode(row["properties"])
    if not isinstance(properties.get(name), str):
        return row
    return row | {"properties": msgspec.json.encode(properties | {name: ""}).decode()}
