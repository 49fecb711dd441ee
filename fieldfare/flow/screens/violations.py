"""Which fields of which events break their contracts, how often and by which rule: out of the dead letters.

The newest dead letters that broke a contract are opened and held against the contracts of now; what is told of a value
is its mask alone. There are bounds on how many are opened, on how many bytes of them are read, and on how many errors
of each: the answer says how many letters there are and how many were read. One question at a time, and the same one
within a minute is answered from memory. Nothing is written, and nobody's values leave here.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from fieldfare.collect import store as collect_store
from fieldfare.collect.contracts import Contract, Contracts
from fieldfare.collect.model import DeadReason, Place
from fieldfare.collect.personal import IsPersonal
from fieldfare.collect.repair import Letter, LetterFilter
from fieldfare.collect.violated import UNKNOWN_VERSION, WHOLE, Broken, broken_in, payload_of
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import PermanentError
from fieldfare.ground.instants import DAY, MINUTE, Instant, local_day, to_iso
from fieldfare.ground.store import State
from fieldfare.trust.keys.seal import Keys

MOST_READ = 500
MOST_BYTES = 4_000_000
_REMEMBERED = 8
SAMPLES = 3
SEALED_AS = b"dead"
Key = tuple[str, str, int | None, str, str]
"""Source, event, version of the contract, field, rule."""


class Found(msgspec.Struct):
    """What was found of one key."""

    first_at: Instant
    last_at: Instant
    days: Counter[int]
    samples: Counter[str]


class Violations(msgspec.Struct, frozen=True, kw_only=True):
    """Answers about violations; ``personal``: the traits that are; ``is_named``: fields that are by name."""

    state: State
    keys: Keys
    clock: Clock
    contracts: Contracts
    personal: frozenset[str]
    is_named: IsPersonal
    zone: str
    _lock: threading.Lock = msgspec.field(default_factory=threading.Lock)
    _known: dict[int, tuple[Instant, dict[str, Any]]] = msgspec.field(default_factory=dict)

    def all(self, days: int) -> dict[str, Any]:
        """Return violations of the last days as :meth:`read` does, or what it returned within the last minute."""
        with self._lock:
            now, known = self.clock.now(), self._known.get(days)
            if known is not None and now - known[0] < MINUTE:
                return known[1]
            found = self.read(days)
            while len(self._known) >= _REMEMBERED:
                self._known.pop(next(iter(self._known)))
            self._known[days] = now, found
        return found

    def read(self, days: int, most: int = MOST_READ, most_bytes: int = MOST_BYTES) -> dict[str, Any]:
        """Return violations of the last days by source, event, version, field and rule, the most frequent first."""
        now = self.clock.now()
        last_day = local_day(now, self.zone)
        wanted = LetterFilter(reason=DeadReason.CONTRACT_VIOLATED.value, from_at=now - days * DAY)
        with self.state.read() as connection:
            total = sum(row[-1] for row in collect_store.count_letters(connection, wanted))
            letters = collect_store.newest_letters(connection, wanted, most)
            sealed = collect_store.sealed_letters(connection, [each.place for each in letters]) if letters else {}
        found: dict[Key, Found] = {}
        looked = unread = 0
        for letter in _within(letters, sealed, most_bytes):
            looked += 1
            broken = self._broken(letter, sealed[letter.place])
            unread += broken is None
            for each in broken or ():
                _note(found, letter, each, local_day(letter.received_at, self.zone))
        told = [_told(key, each, last_day, days) for key, each in found.items()]
        told.sort(key=lambda each: (-each["count"], each["source"], each["event"], each["field"], each["rule"]))
        return {"days": days, "letters": total, "read": looked - unread, "emptied": unread, "violations": told}

    def _broken(self, letter: Letter, sealed: bytes) -> list[Broken] | None:
        """Return what a letter breaks, ``None`` when what was sent is gone; nothing, where it would pass by now."""
        try:
            raw = self.keys.open_raw(sealed, SEALED_AS, letter.received_at) if sealed else None
        except PermanentError:  # the key of its period is destroyed
            raw = None
        if raw is None:
            return None
        contract = self._contract(letter)
        if contract is None:
            return [Broken(WHOLE, UNKNOWN_VERSION, None)]
        try:
            call = msgspec.json.decode(raw)
        except msgspec.DecodeError:
            return None
        return broken_in(payload_of(call), contract, self.personal, self.is_named)

    def _contract(self, letter: Letter) -> Contract | None:
        event = letter.event or ""
        if letter.contract_version is None:
            return None
        versions = self.contracts.versions_of(event)
        return versions.get(letter.contract_version) or self.contracts.by_event.get(event)


def _within(letters: list[Letter], sealed: dict[Place, bytes], most_bytes: int) -> Iterator[Letter]:
    """Yield the newest letters that have so many bytes together, the first of them whatever it has."""
    held = 0
    for index, letter in enumerate(letters):
        held += len(sealed[letter.place])
        if index and held > most_bytes:
            return
        yield letter


def _note(found: dict[Key, Found], letter: Letter, broken: Broken, day: int) -> None:
    key = (letter.source, letter.event or "", letter.contract_version, broken.field, broken.rule)
    at = letter.received_at
    one = found.setdefault(key, Found(at, at, Counter(), Counter()))
    one.first_at, one.last_at = min(one.first_at, at), max(one.last_at, at)
    one.days[day] += 1
    if broken.sample is not None:
        one.samples[broken.sample] += 1


def _told(key: Key, found: Found, last_day: int, days: int) -> dict[str, Any]:
    source, event, version, field, rule = key
    return {
        "source": source,
        "event": event,
        "version": version,
        "field": field,
        "rule": rule,
        "count": found.days.total(),
        "by_day": [found.days[last_day - back] for back in range(days - 1, -1, -1)],
        "samples": [sample for sample, _ in found.samples.most_common(SAMPLES)],
        "first_at": to_iso(found.first_at),
        "last_at": to_iso(found.last_at),
    }
