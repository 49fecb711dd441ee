"""Folds old days of people who were not seen for long away, and lays the lake's rows well. No answer changes.

Flow, page by page and under the pipeline's turn: let the timers that are due run, load the page, fold what no window
can ask for any more into totals, write the documents that became smaller in one transaction. Nobody is put away: who
comes back is there at once, with every total. A crash leaves pages done or not; done again it finds nothing more.
"""

from typing import Any

from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.people_rows import load_people, save_people
from fieldfare.flow.person import People
from fieldfare.flow.pipeline import Pipeline
from fieldfare.flow.work import Batch, Work, encode_document
from fieldfare.ground.clock import Clock
from fieldfare.ground.instants import DAY, SECOND, Instant, local_day
from fieldfare.ground.store import State, one_at_a_time
from fieldfare.know.profiles import store as profile_store
from fieldfare.know.profiles.merge import compact
from fieldfare.know.profiles.plan import FoldPlan
from fieldfare.trust.keys.seal import Keys

PAGE = 250
MOST_STEPS = 1_000
"""Steps in which the lake is laid well at once; what is left is done by the next run."""


class Compaction:
    """Compacts one installation."""

    def __init__(
        self,
        state: State,
        keys: Keys,
        people: People,
        plan: FoldPlan,
        pipeline: Pipeline,
        loader: LakeLoader,
        clock: Clock,
    ) -> None:
        """Compact these stores by the definitions inside ``people``, which ``plan`` is of."""
        self._state, self._keys, self._people, self._plan = state, keys, people, plan
        self._pipeline, self._loader, self._clock = pipeline, loader, clock

    def run(self, inactive_days: int, zone: str) -> dict[str, Any]:
        """Return how many people were looked at, whose documents became smaller, and bytes of those, before and after.

        ``zone``: the workspace's.
        """
        told = {"looked_at": 0, "smaller": 0, "bytes_before": 0, "bytes_after": 0}
        last = 0
        while (done := self._page(last, inactive_days, zone, told)) is not None:
            last = done
        moved = 0
        for _ in range(MOST_STEPS):
            if not (step := self._loader.tidy()):
                break
            moved += step
        return told | {"lake_rows_moved": moved}

    def _page(self, last: int, inactive_days: int, zone: str, told: dict[str, int]) -> int | None:
        """Compact the people of the next page; return its last id, ``None`` when there is none."""
        with self._pipeline.turns:
            now = self._pipeline.settle(self._clock.now() - SECOND)
            batch = Batch({}, now)
            with self._state.write() as connection:
                one_at_a_time(connection)
                page = profile_store.load_after(connection, last, PAGE)
                load_people(connection, self._people.begun(connection, batch), page)
                for profile_id in page:
                    work = batch.works.get(profile_id)
                    if work is not None and (work.document.last_seen_at or 0) < now - inactive_days * DAY:
                        self._compact(batch, work, now, zone, told)
                sealers = self._keys.make(owner for work in batch.changed() for owner in work.seals_for)
                save_people(connection, batch, sealers, self._people.search_words(batch.changed()))
        return page[-1] if page else None

    def _compact(self, batch: Batch, work: Work, now: Instant, zone: str, told: dict[str, int]) -> None:
        self._people.advance(batch, work, now)
        before = len(encode_document(work.document))
        work.turn(batch, now)
        compact(work.document, self._plan, local_day(now, zone), now)
        after = len(encode_document(work.document))
        told["looked_at"] += 1
        if after < before:
            work.changed = True
            told["smaller"] += 1
            told["bytes_before"] += before
            told["bytes_after"] += after
