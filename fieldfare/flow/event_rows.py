"""An event as a row of the lake: what is personal sealed under the key of its leading identifier, the rest as JSON.

The loader and a replay build their rows here, so that the same event is the same row whoever writes it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import pyarrow as pa

from fieldfare.collect.model import Event
from fieldfare.flow.addressed import hangs_on, is_own_personal
from fieldfare.flow.lake_tables import EVENT_ROWS
from fieldfare.ground.errors import PermanentError
from fieldfare.ground.lake.ports import LakeTable
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.know.identity.model import Claim
from fieldfare.trust.keys.cipher import Sealer
from fieldfare.trust.keys.model import KeyOwner, sealed_as
from fieldfare.trust.keys.seal import Keys

SEALED = "event"
"""What the personal part of a row is sealed as."""
_ARROW = {
    "UTINYINT": pa.uint8(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "DOUBLE": pa.float64(),
    "VARCHAR": pa.string(),
    "BLOB": pa.binary(),
    "BOOLEAN": pa.bool_(),
}
_json = msgspec.json.Encoder().encode


def arrow_rows(table: LakeTable, rows: Sequence[Sequence[Any]]) -> pa.Table:
    """Return rows (in the table's column order) as Arrow."""
    schema = pa.schema([(name, _ARROW[kind]) for name, kind, _ in table.columns])
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    return pa.Table.from_arrays(
        [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema=schema
    )


class EventRows:
    """Makes rows of events."""

    def __init__(
        self,
        keys: Keys,
        lead: Callable[[Event], Claim | None],
        personal_fields: Callable[[Event], frozenset[str]],
    ) -> None:
        """``lead`` names an event's leading identifier; ``personal_fields`` what is to be sealed."""
        self._keys, self._lead, self._personal_fields = keys, lead, personal_fields

    def build(self, pairs: Sequence[tuple[Event, int]]) -> pa.Table:
        """Return the rows of events with the profile under which each was applied (none: not above 0)."""
        leads = [self.lead(event) for event, _ in pairs]
        self._keys.heed()
        sealers = self._keys.sealers({lead for lead in leads if lead is not None})
        rows = [
            self.row(event, profile_id, lead, sealers) for (event, profile_id), lead in zip(pairs, leads, strict=True)
        ]
        return arrow_rows(EVENT_ROWS, rows)

    def lead(self, event: Event) -> bytes | None:
        """Return the keyed hash of the event's leading identifier."""
        if event.lead is None:
            event.lead = hangs_on(event)
        if event.lead is None and (claim := self._lead(event)) is not None:
            event.lead = claim.hash
        return event.lead

    def row(
        self, event: Event, profile_id: int, lead: bytes | None, sealers: Mapping[KeyOwner, Sealer]
    ) -> tuple[Any, ...]:
        """Return one row; ``sealers`` holds that of the leading identifier."""
        payload = event.payload
        is_own = event.source == OWN_SOURCE and not is_own_personal(event)  # nothing personal is in those
        personal = frozenset[str]() if is_own else self._personal_fields(event)
        hidden = {name: payload[name] for name in personal} if personal else {}
        shown = {name: value for name, value in payload.items() if name not in personal} if personal else payload
        sealed = None
        if not is_own and (hidden or event.context):
            if lead is None:
                raise _unled(event)
            if lead in sealers:  # else its person was erased
                sealed = sealers[lead].seal(_json([hidden, event.context]), sealed_as(lead, SEALED))
        place = event.place
        return (
            place.partition,
            place.offset,
            place.index,
            event.message_id,
            event.type,
            event.name,
            event.source,
            event.mode.value,
            profile_id if profile_id > 0 else None,
            lead,
            event.occurred_at,
            event.original_at,
            event.sent_at,
            event.received_at,
            event.local_day,
            event.location,
            _json(shown).decode(),
            sealed,
            event.contract_version,
            event.consent_version,
        )


def _unled(event: Event) -> PermanentError:
    """Return the refusal to leave out what no key can seal."""
    place = event.place
    text = (
        f"The event at {place.partition}-{place.offset}-{place.index} of source {event.source} was accepted, and by "
        "the definitions of now none of its identifiers leads, so what is personal in it cannot be sealed. Put the "
        "source's `verifies` back into workspace.yaml until the lake has the event."
    )
    return PermanentError("lead_unknown", text)
