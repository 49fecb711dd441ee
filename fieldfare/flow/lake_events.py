"""Events as the lake keeps them, opened again: what refolding and the questions about contracts read.

Nothing is written. What is sealed is opened with the key of the event's leading identifier; where that key is gone, its
person was erased.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from fieldfare.collect.model import Event, Mode, Place
from fieldfare.flow.event_rows import SEALED
from fieldfare.ground.store import State
from fieldfare.know.identity import store as identity_store
from fieldfare.trust.keys.seal import Keys

COLUMNS = """t.partition, t."offset", t.index, t.event_id, t.type, t.name, t.source_system, t.external_id_hash,
    t.occurred_at, t.received_at, t.local_day, t.location, t.properties, t.sealed"""
"""Columns of ``event_rows t`` that an event is made of."""


def wrapped_keys(state: State, rows: Sequence[dict[str, Any]]) -> dict[bytes, bytes]:
    """Return the keys that the sealed parts of the rows need, by the hash of the leading identifier."""
    with state.read() as connection:
        wanted = {row["external_id_hash"] for row in rows if row["sealed"] is not None}
        return identity_store.wrapped_keys(connection, wanted)


def lake_event(row: dict[str, Any], wrapped: dict[bytes, bytes], keys: Keys) -> Event:
    """Return the event of a row of the lake. Raises ``KeyError`` when what is sealed has no key any more."""
    payload = msgspec.json.decode(row["properties"])
    context: dict[str, Any] = {}
    if row["sealed"] is not None:
        hidden, context = msgspec.json.decode(keys.sealer(wrapped[row["external_id_hash"]]).open(row["sealed"], SEALED))
        payload.update(hidden)
    return Event(
        place=Place(row["partition"], row["offset"], row["index"]),
        mode=Mode.REPLAY,
        source=row["source_system"],
        message_id=row["event_id"],
        type=row["type"],
        name=row["name"],
        user_id=None,
        anonymous_id=None,
        payload=payload,
        context=context,
        original_at=row["occurred_at"],
        sent_at=None,
        received_at=row["received_at"],
        occurred_at=row["occurred_at"],
        local_day=row["local_day"],
        location=row["location"],
    )


def openable(rows: Sequence[dict[str, Any]], wrapped: dict[bytes, bytes], keys: Keys) -> Iterator[Event]:
    """Yield the events whose sealed part can be opened; the others belong to people who were erased."""
    for row in rows:
        if row["sealed"] is None or row["external_id_hash"] in wrapped:
            yield lake_event(row, wrapped, keys)
