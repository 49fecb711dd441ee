"""From a log record to its events: open the seal, decode the envelope, parse, check against the contracts.

Pure but for the key. The pipeline and the lake loader both come through here, so both see the same events for the same
record and definitions.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from fieldfare.collect.check import Contracts, check
from fieldfare.collect.model import DeadLetter, Envelope, Event
from fieldfare.collect.parse import ParseSettings, parse
from fieldfare.ground.log.ports import Entry, Record
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.trust.keys.seal import Keys

LOG = b"log"
"""What a sealed envelope is sealed as."""
_decode = msgspec.msgpack.Decoder(Envelope).decode
_encode = msgspec.msgpack.Encoder().encode


def seal_envelope(keys: Keys, envelope: Envelope) -> Entry:
    """Return the log entry of an envelope, sealed under the key of its period."""
    sealed = keys.log_sealer(envelope.received_at).seal(_encode(envelope), LOG)
    return Entry(envelope.received_at, sealed)


def open_record(keys: Keys, record: Record) -> Envelope:
    """Return the envelope of a log record. Raises ``PermanentError`` when the period's key is gone."""
    return _decode(keys.log_sealer(record.received_at).open(record.body, LOG))


class Intake:
    """Turns records into events with one workspace's definitions."""

    def __init__(self, keys: Keys, settings: ParseSettings, contracts: Contracts) -> None:
        """Keep what every record needs."""
        self._keys = keys
        self._settings = settings
        self._contracts = contracts

    def events_of(self, record: Record) -> list[Event | DeadLetter]:
        """Return one event or dead letter per item of the record, in order."""
        envelope = open_record(self._keys, record)
        found = parse(envelope, record.partition, record.offset, self._settings)
        if envelope.source == OWN_SOURCE:
            return found
        contracts = self._contracts
        return [check(item, contracts) if isinstance(item, Event) else item for item in found]

    def applied_of(self, record: Record, verdicts: Sequence[int]) -> list[tuple[Event, int]]:
        """Return the events that were applied, with their profiles. The verdicts are the truth: nobody is judged twice.

        A contract that became stricter since then still says which unknown fields are left out, but refuses nothing.
        """
        envelope = open_record(self._keys, record)
        found = parse(envelope, record.partition, record.offset, self._settings)
        applied: list[tuple[Event, int]] = []
        for item, profile_id in zip(found, verdicts, strict=True):
            if profile_id > 0 and isinstance(item, Event):
                checked = item if envelope.source == OWN_SOURCE else check(item, self._contracts)
                applied.append((checked if isinstance(checked, Event) else item, profile_id))
        return applied


def told(event: Event) -> dict[str, Any] | None:
    """Return what one of Fieldfare's own events says of its subject (profile id, address hash), else ``None``."""
    if event.source != OWN_SOURCE:
        return None
    subject = event.context.get("fieldfare")
    return subject if isinstance(subject, dict) else None
