"""Runs the queries of audiences by `sql`, and puts people in and out by what they return.

Flow of a run: make the lake current; ask it, in one read-only statement with limits of time, for the difference between
what the query returns and who is in; then, in pages and under the pipeline's turn, let the timers that are due run, put
each person in or out, evaluate what asks for the audience, and write that in one transaction a page; at last note how
the run went. A crash anywhere leaves pages done or not: the next run asks for what differs then. Ids that were merged
away count for the profile that stands; unknown ones, and people who are gone meanwhile, are left out and counted.

Joined and left have the cause ``refresh``: nobody enters a journey by it. A query that fails keeps its members, says
so, and is run again at the next boundary.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from fieldfare.flow.audience_answers import told_run
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.people_rows import load_people, save_people
from fieldfare.flow.person import People
from fieldfare.flow.pipeline import Pipeline
from fieldfare.flow.work import Batch
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, TransientError
from fieldfare.ground.instants import Instant
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.store import State, one_at_a_time
from fieldfare.know.audiences import store
from fieldfare.know.audiences.model import Audience, Listed
from fieldfare.know.audiences.refresh import is_due
from fieldfare.know.identity import store as identity_store
from fieldfare.network.calendars.holds import Calendar
from fieldfare.network.locations.model import Locations
from fieldfare.trust.keys.seal import Keys

PAGE = 250
"""People that are put in or out in one transaction."""
MOST_CHANGES = 2_000_000
"""One run may put in and out so many."""
_log = structlog.get_logger()
_STANDING = """WITH asked AS (SELECT CAST(profile_id AS BIGINT) AS profile_id FROM (
{sql}
)), found AS (SELECT DISTINCT coalesce(r.into_id, a.profile_id) AS profile_id
    FROM asked a LEFT JOIN redirects r USING (profile_id) WHERE a.profile_id IS NOT NULL),
standing AS (SELECT profile_id FROM found SEMI JOIN profiles USING (profile_id))"""
"""For DuckDB and Spark alike."""
_APART = """,
here AS (SELECT profile_id FROM memberships WHERE audience = '{audience}')
SELECT 'in' AS what, profile_id AS number FROM standing ANTI JOIN here USING (profile_id)
UNION ALL SELECT 'out', profile_id FROM here ANTI JOIN standing USING (profile_id)
UNION ALL SELECT 'members', count(*) FROM standing
UNION ALL SELECT 'unknown', count(*) FROM found ANTI JOIN profiles USING (profile_id)"""
_ALL = " SELECT profile_id FROM standing"


def listed_by(lake: Lake, condition: Listed) -> list[int]:
    """Return the profiles that a query returns now; nothing is changed. Raises what its run would raise."""
    answer = lake.query(_asking(condition, _ALL), MOST_CHANGES)
    if answer.cut:
        raise _too_large(condition.audience)
    return [int(row[0]) for row in answer.rows]


def apart_sql(condition: Listed) -> str:
    """Return the question in what the members of now differ from what a query returns."""
    return _asking(condition, _APART)


def _asking(condition: Listed, what: str) -> str:
    """Return a question about those whom a query returns, as far as they stand."""
    return _STANDING.format(sql=condition.sql) + what.format(audience=condition.audience)


def _too_large(audience: str) -> CallerError:
    text = (
        f"The query would change more than {MOST_CHANGES:,} memberships of `{audience}` at once. Narrow it, or write "
        "the audience with `where`."
    )
    return CallerError("query_too_large", text)


class QueriedAudiences:
    """Keeps the audiences by a query."""

    def __init__(
        self,
        state: State,
        lake: Lake,
        loader: LakeLoader,
        keys: Keys,
        people: People,
        pipeline: Pipeline,
        clock: Clock,
    ) -> None:
        """Keep them there; :meth:`of` says which there are."""
        self._state, self._lake, self._loader, self._keys = state, lake, loader, keys
        self._people, self._pipeline, self._clock = people, pipeline, clock
        self._audiences: dict[str, Audience] = {}
        self._calendar = Calendar((), Locations(), "UTC")
        self._check: Callable[[], None] = lambda: None
        self.page = PAGE

    def of(
        self, audiences: Mapping[str, Audience], calendar: Calendar, check: Callable[[], None]
    ) -> "QueriedAudiences":
        """Return self, for those of the audiences that have a query; boundaries are those of the calendar's zone.

        A phase counts that is in force at any place.

        ``check`` refuses when other definitions hold.
        """
        self._check = check
        self._audiences = {name: each for name, each in audiences.items() if not each.is_exact}
        self._calendar = calendar
        return self

    def run_due(self, grace: Instant = 0) -> int:
        """Run the next query whose boundary has come, or whose definition is new; return 1 when one was run."""
        if not self._audiences:
            return 0
        now = self._clock.now()
        with self._state.read() as connection:
            runs = store.runs(connection)
        phases, zone = self._calendar.anywhere(now), self._calendar.zone
        for name, audience in self._audiences.items():
            run = runs.get(name)
            is_new = run is None or run["definition"] != audience.digest
            refresh = audience.refresh_in(phases, self._calendar.seasons)
            if is_new or is_due(refresh, None if run is None else run["at"], now, zone):
                self._run(audience, run, now, grace)
                return 1
        return 0

    def run(self, name: str) -> dict[str, Any]:
        """Run one query now; return how it went. Raises ``CallerError`` ``audience_not_queried``."""
        audience = self._audiences.get(name)
        if audience is None:
            text = f"The audience `{name[:80]}` has no `sql`, so there is nothing to run: it follows by itself."
            raise CallerError("audience_not_queried", text, field="audience", status=404)
        with self._state.read() as connection:
            run = store.runs(connection).get(name)
        return told_run(self._run(audience, run, self._clock.now(), 0))

    def _run(self, audience: Audience, before: dict[str, Any] | None, now: Instant, grace: Instant) -> dict[str, Any]:
        self._check()
        row = {"audience": audience.name, "definition": audience.digest, "at": now, "code": None, "message": None}
        try:
            told = self._ask(audience)
            for inside in (True, False):
                ids = sorted(told["in" if inside else "out"])
                for start in range(0, len(ids), self.page):
                    self._place(audience.name, ids[start : start + self.page], grace, inside=inside)
            row |= {"succeeded_at": now, "members": told["members"][0], "unknown": told["unknown"][0]}
        except (CallerError, TransientError) as error:
            last = before or {"succeeded_at": None, "members": 0, "unknown": 0}
            row |= {name: last[name] for name in ("succeeded_at", "members", "unknown")}
            row |= {"code": error.code, "message": error.message}
            _log.warning("audience_query_failed", audience=audience.name, code=error.code, reason=error.message)
        with self._state.write() as connection:
            store.keep_run(connection, row)
        return row

    def _ask(self, audience: Audience) -> dict[str, list[int]]:
        """Return whom to put in and out, and how many members and unknown ids there are."""
        condition = audience.condition
        assert isinstance(condition, Listed), "only an audience by a query is asked so"
        self._loader.sync()
        answer = self._lake.query(apart_sql(condition), MOST_CHANGES)
        if answer.cut:
            raise _too_large(audience.name)
        told: dict[str, list[int]] = {"in": [], "out": [], "members": [], "unknown": []}
        for what, number in answer.rows:
            told[what].append(int(number))
        return told

    def _place(self, audience: str, ids: Sequence[int], grace: Instant, *, inside: bool) -> None:
        """Put some people in or out, in one transaction; who is gone meanwhile is passed over."""
        with self._pipeline.turns:
            now = self._pipeline.settle(self._clock.now() - grace)
            with self._state.write() as connection:
                one_at_a_time(connection)
                batch = self._people.begun(connection, Batch({}, self._clock.now()))
                standing = sorted(set(identity_store.standing_ids(connection, ids).values()))
                load_people(connection, batch, standing)
                for work in [batch.works[each] for each in standing if each in batch.works]:
                    self._people.advance(batch, work, now)
                    self._people.place(batch, work, audience, now, inside=inside)
                sealers = self._keys.make(owner for work in batch.changed() for owner in work.seals_for)
                save_people(connection, batch, sealers, self._people.search_words(batch.changed()))
