"""Feeds running broadcasts: recipients become proposals, a few at a time, and a broadcast that is through is closed.

One short transaction for each page: the run is locked and must still be running, recipients that were not proposed
are read, their proposals are written, their assignments to arms are kept, and they are marked as proposed. A crash
before the commit leaves them as they were, and so does a power failure until the start of a call makes it durable. Who
comes next is looked up, never remembered. Only so many proposals wait at a time, so that a pause or a withdrawal meets
a short queue and memory does not grow with the audience; and of a broadcast with a pace only as many as it may send
now.
"""

from collections.abc import Callable, Collection

from sqlalchemy import Connection

from fieldfare.act.broadcasts.model import Run, Standing
from fieldfare.act.broadcasts.propose import journey_of, proposal_of
from fieldfare.act.delivery.admit import pace_of
from fieldfare.act.delivery.limits import full, left, taken
from fieldfare.act.delivery.provider_store import SqlProviders
from fieldfare.decide.journeys import store as journey_store
from fieldfare.flow import broadcast_store as store
from fieldfare.ground.clock import Clock
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import State
from fieldfare.learn.experiments import store as experiment_store
from fieldfare.learn.experiments.model import Arm

MOST_WAITING = 4_000
"""Proposals of one broadcast that may wait to be handed over."""
PAGE = 1_024

Homes = Callable[[Connection, Collection[int]], dict[int, str | None]]
"""Home location by profile."""


class BroadcastFeed:
    """Proposes to the recipients of running broadcasts."""

    def __init__(self, state: State, homes: Homes, clock: Clock) -> None:
        """Join the parts."""
        self._state, self._homes, self._clock = state, homes, clock
        self._providers = SqlProviders()

    def run(self) -> int:
        """Feed every running broadcast one page; return how many proposals were made."""
        with self._state.read() as connection:
            running = store.all_runs(connection, Standing.RUNNING)
        return sum(self._feed(run.id) for run in running)

    def _feed(self, run_id: str) -> int:
        """Feed one page; look first without the lock that writers wait for, because mostly there is nothing to do."""
        with self._state.read() as connection:
            run = store.find(connection, run_id)
            if run is None or run.standing is not Standing.RUNNING or self._waits(connection, run, self._clock.now()):
                return 0
        with self._state.write(replayable=True) as connection:
            run = store.find(connection, run_id, lock=True)
            if run is None or run.standing is not Standing.RUNNING:
                return 0
            now = self._clock.now()
            waiting = store.under_way(connection, journey_of(run.broadcast), now)
            most = self._most(connection, run, waiting, now)
            people = store.left(connection, run_id, most) if most else []
            if people:
                self._propose(connection, run, people, now)
            elif not waiting and most and not store.is_any_left(connection, run_id, journey_of(run.broadcast)):
                store.move(connection, run_id, Standing.DONE, ended_at=now)
            return len(people)

    def _waits(self, connection: Connection, run: Run, now: Instant) -> bool:
        """Return whether nobody can be fed now, and the run is not over either."""
        waiting = store.under_way(connection, journey_of(run.broadcast), now)
        if not self._most(connection, run, waiting, now):
            return True
        if store.is_any_unproposed(connection, run.id):
            return False
        return waiting > 0 or store.is_any_left(connection, run.id, journey_of(run.broadcast))

    def _most(self, connection: Connection, run: Run, waiting: int, now: Instant) -> int:
        most = min(PAGE, MOST_WAITING - waiting)
        if run.broadcast.per_minute is None or most <= 0:
            return max(most, 0)
        pace = pace_of(_feed_of(run), run.broadcast.per_minute)
        bucket = self._providers.buckets(connection, [pace.key]).get(pace.key) or full(pace.limit, now)
        return min(most, left(bucket, pace.limit, now))

    def _propose(self, connection: Connection, run: Run, people: list[store.Place], now: Instant) -> None:
        homes = self._homes(connection, [each.profile_id for each in people])
        proposals = [
            proposal_of(run, each.profile_id, homes.get(each.profile_id), now, each.arm or Arm.TREATED)
            for each in people
        ]
        experiment = run.broadcast.experiment
        if experiment is not None:
            met = [
                experiment_store.Assigned(experiment, each.profile_id, each.arm, now, stratum=each.stratum)
                for each in people
                if each.arm is not None
            ]
            experiment_store.insert_assignments(connection, met)
        journey_store.insert_proposals(connection, proposals)
        store.set_proposed(connection, run.id, [(each.profile_id, each.id) for each in proposals])
        if run.broadcast.per_minute is not None:
            pace = pace_of(_feed_of(run), run.broadcast.per_minute)
            bucket = self._providers.buckets(connection, [pace.key]).get(pace.key) or full(pace.limit, now)
            self._providers.keep_buckets(connection, {pace.key: taken(bucket, pace.limit, len(people), now)})


def _feed_of(run: Run) -> str:
    """Return the name of the pace of proposing; sending has its own, for what was deferred comes at another time."""
    return f"{run.id}:feed"
