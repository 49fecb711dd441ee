"""The audit of identity: which identifiers does each source send, and whom would two sources match? Reads only.

From the lake, so it works where no profiles are assembled: whose event it was (the leading identifier's hash), and what
identify calls carry beside it (e-mail address, phone number, membership), opened in memory and hashed at once. Events
of people who were erased are left out. Identify calls are sampled, the newest first.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from fieldfare.flow.lake_events import LakeEvents
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.ground.instants import DAY, Instant, to_iso
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.store import State
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.know.identity import store as identity_store
from fieldfare.know.identity.normal import normal_email, normal_phone
from fieldfare.know.identity.overlap import Met, overlap
from fieldfare.trust.keys.seal import Keys

MOST_IDENTIFIES = 200_000
"""So many identify calls are opened."""
JOINING = frozenset({"user_id", "email", "membership_id", "loyalty_id"})
"""Kinds of identifier by which people may be joined; a device or a phone number alone never does."""
_PAGE = 5_000
_CHUNK = 900
_LEADS = """SELECT DISTINCT source_system, external_id_hash FROM event_rows
    WHERE received_at >= ? AND external_id_hash IS NOT NULL AND source_system <> ?"""
_IDENTIFIES = """SELECT t.* FROM event_rows t WHERE t.type = 'identify' AND t.received_at >= ?
    AND t.external_id_hash IS NOT NULL AND t.source_system <> ?
    ORDER BY t.received_at DESC, t.partition, t."offset", t.index LIMIT ? OFFSET ?"""
_TEXTS = ("membership_id", "loyalty_id")


class IdentityAudit:
    """Looks at the identifiers of an installation's sources."""

    def __init__(self, state: State, lake: Lake, loader: LakeLoader, keys: Keys) -> None:
        """Look at these stores."""
        self._state, self._lake, self._loader, self._keys = state, lake, loader, keys

    def run(self, days: int, now: Instant) -> dict[str, Any]:
        """Return what the sources of the last days could be joined by; see :func:`overlap`."""
        self._loader.sync()
        since = now - days * DAY
        found = overlap([*self._leads(since), *self._identified(since)], JOINING)
        return {"days": days, **found, "as_of": to_iso(now)}

    def _leads(self, since: Instant) -> Iterator[Met]:
        rows = self._lake.arrow(_LEADS, [since, OWN_SOURCE]).to_pylist()
        kinds = self._kinds(sorted({row["external_id_hash"] for row in rows}))
        for row in rows:
            lead = row["external_id_hash"]
            if lead in kinds:
                yield Met(row["source_system"], lead, kinds[lead], lead)

    def _kinds(self, hashes: list[bytes]) -> dict[bytes, str]:
        table, found = identity_store.identifier, dict[bytes, str]()
        with self._state.read() as connection:
            for start in range(0, len(hashes), _CHUNK):
                wanted = select(table.c.hash, table.c.kind).where(table.c.hash.in_(hashes[start : start + _CHUNK]))
                found.update((bytes(row[0]), row[1]) for row in connection.execute(wanted))
        return found

    def _identified(self, since: Instant) -> Iterator[Met]:
        events = LakeEvents(self._lake, self._keys)
        for start in range(0, MOST_IDENTIFIES, _PAGE):
            rows = events.rows(_IDENTIFIES, [since, OWN_SOURCE, _PAGE, start])
            sealers = events.sealers(rows)
            for row in rows:
                event = events.event(row, sealers)
                if event is not None:
                    for kind, value in _identifiers(event.payload):
                        met = self._keys.lookup_hash(kind, value)
                        yield Met(row["source_system"], row["external_id_hash"], kind, met)
            if len(rows) < _PAGE:
                return


def _identifiers(traits: dict[str, Any]) -> Iterator[tuple[str, str]]:
    email = normal_email(traits.get("email"))
    if email is not None:
        yield "email", email
    phone = normal_phone(traits["phone"]) if isinstance(traits.get("phone"), str) else None
    if phone is not None:
        yield "phone", phone
    for kind in _TEXTS:
        if isinstance(traits.get(kind), str) and traits[kind].strip():
            yield kind, traits[kind].strip()
