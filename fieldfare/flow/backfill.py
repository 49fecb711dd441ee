"""Brings profiles to the edition in force in the background, page by page, and fills the measures that they lack.

Flow, for one page and under the pipeline's turn: let the timers that are due run; hold other processes back; load the
lake with everything that was applied; read the page's events of the lacking measures; fold those measures from empty,
evaluate, and write documents, wake-ups, membership changes and how far it came in one transaction of the state. What
live folding added since the edition began is in the lake by then, so everything counts once. A crash leaves a page as
it was or done; the next start goes on there. Profiles that were merged or folded anew meanwhile are looked at as they
are. Nobody enters a journey by it: joined has the cause ``backfill``, or ``definition`` where nothing was lacking.
"""

from fieldfare.collect.model import Event
from fieldfare.flow import store as flow_store
from fieldfare.flow.editions import Standing, begin
from fieldfare.flow.lake_events import LakeEvents
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.people_rows import load_people, save_people
from fieldfare.flow.person import People
from fieldfare.flow.pipeline import Pipeline
from fieldfare.flow.work import Batch
from fieldfare.ground.clock import Clock
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import State, held
from fieldfare.know.identity import store as identity_store
from fieldfare.know.profiles import store as profile_store
from fieldfare.trust.keys.seal import Keys

PAGE = 250
"""Profiles that are brought to an edition at once."""


class Backfill:
    """Fills what documents lack."""

    def __init__(
        self,
        state: State,
        events: LakeEvents,
        loader: LakeLoader,
        keys: Keys,
        people: People,
        pipeline: Pipeline,
        standing: Standing,
        clock: Clock,
    ) -> None:
        """Fill with the definitions inside ``people``, which ``standing`` tells of."""
        self._state, self._events, self._loader, self._keys = state, events, loader, keys
        self._people, self._pipeline, self._standing, self._clock = people, pipeline, standing, clock
        self._most = PAGE

    def begin(self) -> None:
        """Put the definitions in force, unless they are. Whoever calls applies events alone."""
        begin(self._state, self._standing, self._clock.now())

    def step(self, grace: Instant = 0) -> int:
        """Do the next page; return how many profiles, 0 when every one was brought to the edition.

        Timers have come to ``grace`` before now.
        """
        with self._state.read() as connection:
            rows = flow_store.editions(connection)
        if not rows or rows[-1]["finished_at"] is not None or rows[-1]["is_refold"]:
            return 0
        with self._pipeline.turns:
            now = self._pipeline.settle(self._clock.now() - grace)
            with held(self._state):
                return self._bring(rows[-1], now)

    def run(self) -> int:
        """Do all pages; return how many profiles."""
        total = 0
        while done := self.step():
            total += done
        return total

    def _bring(self, row: dict[str, object], now: Instant) -> int:
        with self._state.read() as connection:
            if flow_store.editions(connection)[-1] != row:  # another process has brought these people to it meanwhile
                return 1
        self._loader.catch_up()
        batch = Batch({}, now)
        with self._state.read() as connection:
            page = profile_store.load_after(connection, int(str(row["last_profile"])), self._most)
            load_people(connection, self._people.begun(connection, batch), page)
            families = identity_store.families(connection, batch.works)
            for work in batch.works.values():
                self._people.renew(batch, work, now)
                self._people.heed_cut(batch, work, now)
        lacking = {each: families[each] for each, work in batch.works.items() if work.document.lacks}
        found = self._events_of(batch, lacking)
        with self._state.write() as connection:
            self._people.begun(connection, batch)
            for profile_id, events in found.items():
                self._people.fill(batch, batch.works[profile_id], events, now)
            sealers = self._keys.make(owner for work in batch.changed() for owner in work.seals_for)
            save_people(connection, batch, sealers, self._people.search_words(batch.changed()))
            done = {"profiles_done": int(str(row["profiles_done"])) + len(page)}
            done |= {"last_profile": page[-1]} if page else {"finished_at": now}
            flow_store.set_edition(connection, {**row, **done})
        return len(page)

    def _events_of(self, batch: Batch, lacking: dict[int, frozenset[int]]) -> dict[int, list[Event]]:
        """Return the events, of the names that lacking measures listen to, of each person that lacks any."""
        found: dict[int, list[Event]] = {profile_id: [] for profile_id in lacking}
        person_of = {member: person for person, family in lacking.items() for member in family}
        keys = {key for profile_id in lacking for key in batch.works[profile_id].document.lacks}
        names = sorted({measure.event for measure in self._people.measures if measure.key in keys})
        rows = self._events.rows_of(person_of, names) if lacking else []
        sealers = self._events.sealers(rows)
        for row in rows:
            event = self._events.event(row, sealers)
            if event is not None:
                found[person_of[row["profile_id"]]].append(event)
        return found
