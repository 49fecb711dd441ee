"""The audit of identity: which identifiers does each source send, and whom would two sources match? Reads only.

From the lake, so it works where no profiles are assembled: whose event it was (the leading identifier's hash), and what
identify calls carry beside it, opened in memory and hashed at once. Events of people who were erased are left out.
Identify calls are sampled, the newest first. What a file that is not loaded carries may be looked at beside it.

Identifiers are taken as ``identity.yaml`` says, and those kinds match people that may join them; but what counts only
when it is verified is taken as if it were, for the audit is to tell what verifying would bring.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from sqlalchemy import select

from fieldfare.collect.model import Event
from fieldfare.flow.lake_events import LakeEvents
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.ground.instants import DAY, Instant, to_iso
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.store import State
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.know.identity import store as identity_store
from fieldfare.know.identity.claim_plan import ClaimPlan
from fieldfare.know.identity.claims import claims_of
from fieldfare.know.identity.model import Joins
from fieldfare.know.identity.overlap import Met, overlap
from fieldfare.trust.keys.seal import Keys

MOST_IDENTIFIES = 200_000
"""So many identify calls are opened."""
MOST_MET = 500_000
"""So many identifiers of a file are looked at."""
_JOIN = frozenset({Joins.ALWAYS, Joins.VERIFIED})
_PAGE = 5_000
_CHUNK = 900
_LEADS = """SELECT DISTINCT source_system, external_id_hash FROM event_rows
    WHERE received_at >= ? AND external_id_hash IS NOT NULL AND source_system <> ?"""
_IDENTIFIES = """SELECT t.* FROM event_rows t WHERE t.type = 'identify' AND t.received_at >= ?
    AND t.external_id_hash IS NOT NULL AND t.source_system <> ?
    ORDER BY t.received_at DESC, t.partition, t."offset", t.index LIMIT ? OFFSET ?"""


class IdentityAudit:
    """Looks at the identifiers of an installation's sources."""

    def __init__(self, state: State, lake: Lake, loader: LakeLoader, keys: Keys, plan: ClaimPlan) -> None:
        """Look at these stores, by the rules of ``plan``."""
        self._state, self._lake, self._loader, self._keys = state, lake, loader, keys
        self._plan, self._taking = plan, taking(plan)

    def run(self, days: int, now: Instant, beside: Iterable[Met] = ()) -> dict[str, Any]:
        """Return what the sources of the last days, and ``beside`` them, could be joined by; see :func:`overlap`."""
        self._loader.sync()
        since = now - days * DAY
        joining = {name for name, kind in self._plan.policy.kinds.items() if kind.joins in _JOIN}
        found = overlap([*self._leads(since), *self._identified(since), *beside], joining)
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
                    yield from met_in(event, row["external_id_hash"], row["source_system"], self._taking)
            if len(rows) < _PAGE:
                return


def taking(plan: ClaimPlan) -> ClaimPlan:
    """Return the plan by which everything is taken, verified or not."""
    kinds = {name: msgspec.structs.replace(kind, joins=Joins.ALWAYS) for name, kind in plan.policy.kinds.items()}
    return ClaimPlan(msgspec.structs.replace(plan.policy, kinds=kinds), plan.hashing, (), plan.regions)


def met_in(event: Event, lead: bytes, source: str, plan: ClaimPlan) -> Iterator[Met]:
    """Yield the identifiers of one event of a person, by a plan of :func:`taking`."""
    for claim in claims_of(event, plan):
        yield Met(source, lead, claim.kind.name, claim.hash)
