"""Events as the lake keeps them, opened again: what refolding, replays and the questions about contracts read.

Nothing is written. What is sealed is opened with the key of the event's leading identifier; where that key is gone, its
person was erased. The identifiers themselves are not in a row, only the hash of the leading one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from fieldfare.collect.model import Event, Mode, Place
from fieldfare.flow.event_rows import SEALED
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.know.identity.resolve import NO_PROFILE
from fieldfare.trust.keys.cipher import Sealer
from fieldfare.trust.keys.model import KeyOwner, sealed_as
from fieldfare.trust.keys.seal import Keys

Row = dict[str, Any]
Sealers = Mapping[KeyOwner, Sealer]
"""What opens rows, by the hash of their leading identifier."""
COLUMNS = """t.partition, t."offset", t.index, t.event_id, t.type, t.name, t.source_system, t.mode, t.external_id_hash,
    t.occurred_at, t.original_at, t.sent_at, t.received_at, t.local_day, t.location, t.properties, t.sealed,
    t.contract_version, t.consent_version"""
"""Columns of ``event_rows t`` that an event is made of."""


def sealers_of(keys: Keys, rows: Iterable[Row]) -> Sealers:
    """Return what opens the sealed parts of the rows, by the hash of the leading identifier, as far as it is there."""
    return keys.sealers({row["external_id_hash"] for row in rows if row["external_id_hash"] is not None})


def lake_event(row: Row, sealers: Sealers) -> Event:
    """Return the event of a row of the lake. Raises ``KeyError`` when what is sealed has no key any more."""
    hidden, context = hidden_of(row, sealers)
    return Event(
        place=Place(row["partition"], row["offset"], row["index"]),
        mode=Mode(row["mode"]),
        source=row["source_system"],
        message_id=row["event_id"],
        type=row["type"],
        name=row["name"],
        user_id=None,
        anonymous_id=None,
        payload=msgspec.json.decode(row["properties"]) | hidden,
        context=context,
        original_at=row["occurred_at"] if row["original_at"] is None else row["original_at"],
        sent_at=row["sent_at"],
        received_at=row["received_at"],
        occurred_at=row["occurred_at"],
        local_day=row["local_day"],
        location=row["location"],
        consent_version=row["consent_version"],
        contract_version=row["contract_version"],
    )


def hidden_of(row: Row, sealers: Sealers) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the personal fields and the context of a row. Raises ``KeyError`` as :func:`lake_event`."""
    if row["sealed"] is None:
        return {}, {}
    lead = row["external_id_hash"]
    fields, context = msgspec.json.decode(sealers[lead].open(row["sealed"], sealed_as(lead, SEALED)))
    return fields, context


def openable(rows: Sequence[Row], sealers: Sealers) -> Iterator[Event]:
    """Yield the events whose sealed part can be opened; the others belong to people who were erased."""
    for row in rows:
        if _opens(row, sealers):
            yield lake_event(row, sealers)


MOST_APART = 16
"""So many profiles are looked for one by one, in each sorted run; more of them in one pass through the table."""


def of_profiles(profile_ids: Iterable[int], condition: str = "TRUE") -> str:
    """Return the query for whole rows ``t`` that were applied under the profiles; the ids stand in it as numbers.

    DuckDB leaves out row groups by one number, not by a list of them.
    """
    ordered = sorted(profile_ids) or [NO_PROFILE]
    if len(ordered) > MOST_APART:
        among = ", ".join(map(str, ordered))
        return f"SELECT t.* FROM event_rows t WHERE t.profile_id IN ({among}) AND {condition}"  # noqa: S608 - numbers
    each = (f"SELECT t.* FROM event_rows t WHERE t.profile_id = {one} AND {condition}" for one in ordered)  # noqa: S608
    return " UNION ALL ".join(each)


_NOT_ERASED = "(t.external_id_hash IS NOT NULL OR t.source_system = $1)"
_TAKEN_BACK = "t.event_id IN (SELECT event_id FROM retractions)"
_NOT_TAKEN_BACK = "t.event_id NOT IN (SELECT event_id FROM retractions)"


def up_to(through: Mapping[int, int]) -> str:
    """Return the condition that a row ``t`` lies at or before an offset of its partition; the numbers stand in it."""
    each = [f'(t.partition = {partition} AND t."offset" <= {offset})' for partition, offset in sorted(through.items())]
    return f"({' OR '.join(each)})" if each else "TRUE"


class LakeEvents:
    """Reads and opens whole rows of events."""

    def __init__(self, lake: Lake, keys: Keys, through: Mapping[int, int] | None = None) -> None:
        """Take where the rows and their keys are; ``through``: partition -> offset after which rows do not count."""
        self._lake, self._keys, self._through = lake, keys, up_to(through or {})

    def rows(self, query: str, parameters: Sequence[Any]) -> list[Row]:
        """Return the rows of a query for whole rows of ``event_rows``."""
        found: list[Row] = self._lake.arrow(query, parameters).to_pylist()
        return found

    def rows_of(
        self, profile_ids: Iterable[int], names: Sequence[str] | None = None, *, taken_back: bool = False
    ) -> list[Row]:
        """Return the rows that count for the profile ids, in the order of their places; of ``names`` only.

        Those of the erased, and those that were taken back, are left out; with ``taken_back`` those alone are returned.
        """
        condition = f"{_NOT_ERASED} AND {_TAKEN_BACK if taken_back else _NOT_TAKEN_BACK} AND {self._through}"
        parameters: list[Any] = [OWN_SOURCE]
        if names is not None:
            condition += " AND t.name IN (SELECT unnest($2))"
            parameters.append(list(names))
        mine = of_profiles(profile_ids, condition)
        return self.rows(f'SELECT * FROM ({mine}) ORDER BY "partition", "offset", "index"', parameters)  # noqa: S608

    def sealers(self, rows: Iterable[Row]) -> Sealers:
        """Return what opens the rows."""
        return sealers_of(self._keys, rows)

    @staticmethod
    def hidden(row: Row, sealers: Sealers) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Return the personal fields and the context, ``None`` when their key is destroyed."""
        return hidden_of(row, sealers) if _opens(row, sealers) else None

    @staticmethod
    def shown(row: Row) -> dict[str, Any]:
        """Return the fields of a row that are not personal."""
        fields: dict[str, Any] = msgspec.json.decode(row["properties"])
        return fields

    @staticmethod
    def event(row: Row, sealers: Sealers) -> Event | None:
        """Return the event of a row, ``None`` when it cannot be opened."""
        return lake_event(row, sealers) if _opens(row, sealers) else None


def _opens(row: Row, sealers: Sealers) -> bool:
    """Return whether a row can be opened: whoever was erased has no key, and in the end no hash in their rows."""
    lead = row["external_id_hash"]
    if lead is None:
        return bool(row["source_system"] == OWN_SOURCE)
    return row["sealed"] is None or lead in sealers
