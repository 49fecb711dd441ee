"""Reads what real people did before, for the copy of them to do again. Reads a lake; writes nothing.

Nothing of it is kept: each day's events are opened, become calls, and go into the copy's own sealed log. Who has no
user id and no anonymous id cannot be spoken for by a call and stays silent; they are counted.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from fieldfare.flow.identifiers import open_identifier
from fieldfare.flow.lake_events import LakeEvents, up_to
from fieldfare.flow.rehearsal.again import NOT_AGAIN, TYPES, Slice, call_again, slices_of, times
from fieldfare.flow.rehearsal.model import Plan
from fieldfare.flow.rehearsal.streams import Call, Timed, turned
from fieldfare.ground.instants import DAY, Instant
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.store import State
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.know.identity import store as identity_store
from fieldfare.trust.keys.seal import Keys

_SPAN = """SELECT min(t.occurred_at) AS first, max(t.occurred_at) AS last FROM event_rows t
    WHERE t.source_system <> ? AND t.type IN ('track', 'page', 'screen') AND """
_DAY = """SELECT t.* FROM event_rows t WHERE t.occurred_at >= ? AND t.occurred_at < ? AND t.source_system <> ?
    AND t.profile_id IS NOT NULL AND t.external_id_hash IS NOT NULL
    AND t.event_id NOT IN (SELECT event_id FROM retractions WHERE "at" <= ?) AND """
_IN_ORDER = ' ORDER BY t.occurred_at, t.partition, t."offset", t.index'
_KINDS = {"user_id": "userId", "anonymous_id": "anonymousId"}


class Copied(Protocol):
    """A copy of people."""

    @property
    def state(self) -> State:
        """Return who they are."""
        ...

    @property
    def keys(self) -> Keys:
        """Return what opens what is sealed."""
        ...


class History:
    """The past of real people as calls."""

    def __init__(self, stores: Copied, lake: Lake, through: Mapping[int, int], at: Instant) -> None:
        """Read who they are from the copy that was taken ``at``, and of the lake what it had applied by then."""
        self._state, self._lake, self._keys = stores.state, lake, stores.keys
        self._events, self._applied, self._at = LakeEvents(lake, stores.keys), up_to(through), at
        self._who: dict[int, dict[str, str]] = {}
        self.silent = 0
        """People who did something and cannot be spoken for."""

    def slices(self, plan: Plan) -> list[Slice]:
        """Return which stretches of the past fill the plan."""
        row = self._lake.arrow(_SPAN + self._applied, [OWN_SOURCE]).to_pylist()[0]
        if row["first"] is None:
            return []
        return slices_of(plan.start, plan.end, row["first"], row["last"] + 1)

    def calls(self, plan: Plan, slices: list[Slice]) -> Iterator[Timed]:
        """Yield what people do in the plan, in time order."""
        for each in slices:
            yield from turned(self._calls(each), lambda at, call: times(at, call, plan.load))

    def _calls(self, part: Slice) -> Iterator[Timed]:
        since = part.since
        while since < part.until:
            until = min(since + DAY, part.until)
            rows = self._events.rows(_DAY + self._applied + _IN_ORDER, [since, until, OWN_SOURCE, self._at])
            wanted = [row for row in rows if row["type"] in TYPES and row["name"] not in NOT_AGAIN]
            yield from self._told(wanted, part.shift)
            since = until

    def _told(self, rows: list[dict[str, Any]], shift: int) -> Iterator[tuple[Instant, Call]]:
        self._learn({row["profile_id"] for row in rows} - self._who.keys())
        sealers = self._events.sealers(rows)
        for row in rows:
            who = self._who[row["profile_id"]]
            hidden = self._events.hidden(row, sealers) if who else None
            if hidden is not None:
                yield call_again(row, who, self._events.shown(row) | hidden[0], shift)

    def _learn(self, profile_ids: set[int]) -> None:
        """Open the identifier that each person is spoken for by."""
        with self._state.read() as connection:
            standing = identity_store.standing_ids(connection, profile_ids)
            for profile_id in sorted(profile_ids):
                rows = identity_store.identifiers_of(connection, standing.get(profile_id, profile_id))
                known = {row.kind: row for row in rows if row.kind in _KINDS}
                row = known.get("user_id") or known.get("anonymous_id")
                value = open_identifier(self._keys, row) if row is not None else None
                self._who[profile_id] = {_KINDS[row.kind]: value} if row is not None and value is not None else {}
                self.silent += not self._who[profile_id]
