"""Read accepted events again under the definitions of now, and say what of their lake rows that changes.

An event is read from the log where the log still has it, else from its row. Where an event lies, whose it is and under
which identifier's key it is sealed stay as they are: verdicts are the truth, nobody is identified anew. A row whose key
is destroyed cannot be opened and is left out, and so nothing of it is brought back. Writes nothing.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from fieldfare.collect.model import Event
from fieldfare.flow.event_rows import EventRows
from fieldfare.flow.intake import KEPT, Again, Intake
from fieldfare.flow.lake_events import LakeEvents, Row, Sealers
from fieldfare.flow.lake_tables import EVENT_ROWS
from fieldfare.ground.errors import PermanentError
from fieldfare.ground.log.ports import EventLog, Record

RECORDS_PER_READ = 16
_NAMES = tuple(name for name, _, _ in EVENT_ROWS.columns)


class Found(msgspec.Struct, frozen=True):
    """A row, its event as it is read now, and the row that the event would be."""

    row: Row
    event: Event
    new: tuple[Any, ...]
    changed: tuple[str, ...]
    """What differs: columns, and of the fields whether they were newly ``sealed``, newly ``shown`` or otherwise."""


class Counts:
    """What was read, counted."""

    def __init__(self) -> None:
        """Start at zero."""
        self.events = self.from_log = self.unreadable = self.changed = 0
        self.changes: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()


class Reread:
    """Reads rows of the lake again."""

    def __init__(self, log: EventLog, intake: Intake, rows: EventRows, events: LakeEvents) -> None:
        """Read with the definitions inside ``intake`` and ``rows``."""
        self._log, self._intake, self._rows, self._events = log, intake, rows, events

    def read(self, rows: Sequence[Row], counts: Counts | None = None) -> list[Found]:
        """Return the rows that can be opened, read again; ``counts`` is added to."""
        counts = counts if counts is not None else Counts()
        sealers = self._events.sealers(rows)
        logged = self._from_log(rows)
        found: list[Found] = []
        for row in rows:
            counts.events += 1
            old = self._events.event(row, sealers)
            if old is None:
                counts.unreadable += 1
                continue
            again = self._again(row, logged, counts) or self._intake.take_again(old)
            if again.refused is not None:
                counts.refused[again.refused.value] += 1
            found.append(self._compared(row, again.event, sealers))
            if found[-1].changed:
                counts.changed += 1
                counts.changes.update(found[-1].changed)
        return found

    def _again(self, row: Row, logged: dict[tuple[int, int], list[Again | None]], counts: Counts) -> Again | None:
        items = logged.get((row["partition"], row["offset"]))
        if items is None:
            return None
        counts.from_log += 1
        return items[row["index"]]

    def _from_log(self, rows: Sequence[Row]) -> dict[tuple[int, int], list[Again | None]]:
        found: dict[tuple[int, int], list[Again | None]] = {}
        for record in self._records(sorted({(row["partition"], row["offset"]) for row in rows})):
            try:
                found[record.partition, record.offset] = self._intake.read_again(record)
            except PermanentError:  # its time is over; the lake has its events
                continue
        return found

    def _records(self, places: list[tuple[int, int]]) -> Iterator[Record]:
        """Yield the records at the places, as far as the log has them; neighbours are read together."""
        number = 0
        while number < len(places):
            partition, offset = places[number]
            run = 1
            while (
                run < RECORDS_PER_READ
                and number + run < len(places)
                and places[number + run] == (partition, offset + run)
            ):
                run += 1
            for record in self._log.read(partition, offset - 1, run):
                if record.offset < offset + run:
                    yield record
            number += run

    def _compared(self, row: Row, event: Event, sealers: Sealers) -> Found:
        profile_id = row["profile_id"] if row["profile_id"] is not None else KEPT
        new = self._rows.row(event, profile_id, row["external_id_hash"], sealers)
        named = dict(zip(_NAMES, new, strict=True))
        changed = [name for name, value in named.items() if name not in _FIELDS and value != row[name]]
        before, after = self._fields(row, sealers), self._fields(named, sealers)
        return Found(row, event, new, (*changed, *_field_changes(before, after)))

    def _fields(self, row: Row, sealers: Sealers) -> tuple[Any, Any, Any]:
        """Return what the row shows, what it hides, and the context."""
        hidden, context = self._events.hidden(row, sealers) or ({}, {})
        return msgspec.json.decode(row["properties"]), hidden, context


_FIELDS = {"properties", "sealed"}


def _field_changes(before: tuple[Any, Any, Any], after: tuple[Any, Any, Any]) -> Iterator[str]:
    (shown, hidden, context), (shown_now, hidden_now, context_now) = before, after
    if hidden_now.keys() & shown.keys():
        yield "sealed"
    if shown_now.keys() & hidden.keys():
        yield "shown"
    if shown | hidden != shown_now | hidden_now:
        yield "fields"
    if context != context_now:
        yield "context"
