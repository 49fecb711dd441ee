"""From a log record to its events: open the seal, decode the envelope, parse, judge.

Pure but for the key. The pipeline and the lake loader both come through here, so both see the same events for the same
record and definitions. What the pipeline has applied it hands over, so that the loader need not read and parse it
again (:mod:`fieldfare.flow.handed`).
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from fieldfare.collect.check import Contracts, Names, check, judge
from fieldfare.collect.model import DeadLetter, DeadReason, Envelope, Event, Place
from fieldfare.collect.parse import ParseSettings, parse
from fieldfare.collect.repair import items_as_sent
from fieldfare.flow.handed import HandedOver
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import local_day
from fieldfare.ground.log.ports import Entry, Record
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.trust.keys.ports import SealsRaw
from fieldfare.trust.keys.raw import RAW_DAYS

LOG = b"log"
"""What a sealed envelope is sealed as."""
KEPT = -3
"""Verdict of an event that was accepted while no profiles are assembled: it is in the lake, and nobody's."""
_decode = msgspec.msgpack.Decoder(Envelope).decode
_encode = msgspec.msgpack.Encoder().encode


def seal_envelope(keys: SealsRaw, envelope: Envelope, keep_days: int = RAW_DAYS) -> Entry:
    """Return the log entry of an envelope, sealed under the key of its day, to be readable for so many days."""
    sealed = keys.seal_raw(_encode(envelope), LOG, envelope.received_at, keep_days)
    return Entry(envelope.received_at, sealed)


def open_record(keys: SealsRaw, record: Record) -> Envelope:
    """Return the envelope of a log record. Raises ``PermanentError`` (``raw_expired``) when its key is destroyed."""
    return _decode(keys.open_raw(record.body, LOG, record.received_at))


class Opened(msgspec.Struct, frozen=True):
    """A record, opened: its place, what the door noted, and its items in order."""

    partition: int
    offset: int
    received_at: int
    source: str
    removed: dict[str, int]
    unverified: str | None
    items: list[Event | DeadLetter]
    size: int
    """Bytes of the record."""


def moved(opened: Opened, offset: int) -> Opened:
    """Return what was opened and not applied as it is at another place of its partition."""
    items = [
        msgspec.structs.replace(item, place=Place(item.place.partition, offset, item.place.index))
        for item in opened.items
    ]
    return msgspec.structs.replace(opened, offset=offset, items=items)


class Again(msgspec.Struct, frozen=True):
    """An accepted event, read again; ``refused``: why it would be a dead letter if it came now."""

    event: Event
    refused: DeadReason | None = None


class Intake:
    """Turns records into events with one workspace's definitions."""

    def __init__(self, keys: SealsRaw, settings: ParseSettings, contracts: Contracts, names: Names) -> None:
        """Keep what every record needs."""
        self._keys = keys
        self._settings = settings
        self._contracts = contracts
        self._names = names
        self.handed = HandedOver()
        """What was applied and may wait for the lake loader."""

    def open(self, record: Record) -> Opened:
        """Return the record with one event or dead letter per item, in order."""
        envelope = open_record(self._keys, record)
        items = parse(envelope, record.partition, record.offset, self._settings)
        if envelope.source != OWN_SOURCE:
            contracts, names = self._contracts, self._names
            items = [judge(item, contracts, names) for item in items]
        items = _with_what_was_sent(items, envelope)
        removed, unverified = envelope.removed or {}, envelope.unverified
        size, at = len(record.body), record.received_at
        return Opened(record.partition, record.offset, at, envelope.source, removed, unverified, items, size)

    def events_of(self, record: Record) -> list[Event]:
        """Return the events of a record as they were sent, unjudged. Raises ``PermanentError`` as :meth:`open` does."""
        items = parse(open_record(self._keys, record), record.partition, record.offset, self._settings)
        return [item for item in items if isinstance(item, Event)]

    def hand_over(self, taken: Iterable[Opened]) -> None:
        """Let the loader have what was applied."""
        for opened in taken:
            self.handed.add(opened.partition, opened.offset, opened.items, opened.size)

    def read_again(self, record: Record) -> list[Again | None]:
        """Return each item of a record as the definitions of now read it, ``None`` where it is no event for them.

        Raises ``PermanentError`` (``raw_expired``) when the record's key is destroyed.
        """
        envelope = open_record(self._keys, record)
        found = parse(envelope, record.partition, record.offset, self._settings)
        return [self._checked(item) if isinstance(item, Event) else None for item in found]

    def take_again(self, event: Event) -> Again:
        """Return an event of the lake as the definitions of now read it: its name, its local day, its contract."""
        name = self._settings.synonyms.get(event.name, event.name) if event.type == "track" else event.name
        zone = self._settings.zone
        if event.location is not None:
            zone = self._settings.zones.get(event.location, zone)
        day = local_day(event.occurred_at, zone)
        return self._checked(msgspec.structs.replace(event, name=name, local_day=day, contract_version=None))

    def _checked(self, event: Event) -> Again:
        """Check, and take the event for good all the same: a contract that became stricter refuses nothing."""
        checked = event if event.source == OWN_SOURCE else check(event, self._contracts)
        return Again(checked) if isinstance(checked, Event) else Again(event, checked.reason)

    def applied_of(self, record: Record, verdicts: Sequence[int]) -> list[tuple[Event, int]]:
        """Return the events that were applied, with their profiles. The verdicts are the truth: nobody is judged twice.

        A contract that became stricter since then still says which unknown fields are left out, but refuses nothing.
        """
        envelope = open_record(self._keys, record)
        found = parse(envelope, record.partition, record.offset, self._settings)
        return [(self._checked(item).event, profile_id) for item, profile_id in applied_among(found, verdicts)]


def applied_among(items: Sequence[Event | DeadLetter], verdicts: Sequence[int]) -> list[tuple[Event, int]]:
    """Return the events that their verdicts say were applied, with the verdicts: they belong into the lake."""
    pairs = zip(items, verdicts, strict=True)
    return [(item, verdict) for item, verdict in pairs if (verdict > 0 or verdict == KEPT) and isinstance(item, Event)]


def _with_what_was_sent(found: list[Event | DeadLetter], envelope: Envelope) -> list[Event | DeadLetter]:
    """Give each dead letter the item as it would be sent by itself: later, its request is not beside it any more.

    What a file gave is told by it too: a load that was killed may append the same again.
    """
    if all(isinstance(item, Event) for item in found):
        return found
    is_row = envelope.from_file and not envelope.is_repaired
    return [
        item
        if isinstance(item, Event)
        else msgspec.structs.replace(item, raw=raw, row_id=derived_id("row", envelope.source, raw) if is_row else None)
        for item, raw in zip(found, items_as_sent(envelope), strict=True)
    ]


def told(event: Event) -> dict[str, Any] | None:
    """Return what one of Fieldfare's own events says of its subject (profile id, address hash), else ``None``."""
    if event.source != OWN_SOURCE:
        return None
    subject = event.context.get("fieldfare")
    return subject if isinstance(subject, dict) and "profile_id" in subject else None
