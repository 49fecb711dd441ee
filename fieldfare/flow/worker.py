"""Everything but the door, as loops: apply, wake, deliver, relay, load the lake, let go of what is old.

Live, each has a thread of its own, and each channel one more for its calls. Each loop is a sequence of short
transactions that begin where the stored places say, so any of them may be killed anywhere. A loop that meets a
transient failure waits and goes on; any other failure stops the worker, for a bug must not be papered over. Urgent
records are applied before every batch of others (:mod:`fieldfare.flow.take_turns`).
"""

import threading
from collections.abc import Callable
from typing import Protocol

import msgspec
import structlog

from fieldfare.act.delivery.lanes import Threads
from fieldfare.act.delivery.run import Delivery
from fieldfare.flow.audience_health import AudienceHealth
from fieldfare.flow.broadcast_feed import BroadcastFeed
from fieldfare.flow.guardrails import Guardrails
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.pipeline import Pipeline
from fieldfare.flow.profile_health import ProfileHealth
from fieldfare.flow.queried_audiences import QueriedAudiences
from fieldfare.flow.relay import Relay
from fieldfare.flow.retain import Retention
from fieldfare.flow.retract import Mend
from fieldfare.flow.stop_journeys import StopJourneys
from fieldfare.flow.take_turns import take_turn
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import TransientError
from fieldfare.ground.instants import HOUR, SECOND, Instant
from fieldfare.ground.store import Alone

APPLY_PAUSE_S = 0.01
DELIVER_PAUSE_S = 0.05
RELAY_PAUSE_S = 0.05
WAKE_GRACE = SECOND
"""Timers run this late, so that none overtakes an event that the door accepted before it."""
LAKE_PAUSE_S = 0.5
LAKE_PART, LAKE_RESTS, LAKE_LONGEST_REST_S = 16, 19, 30.0
"""While events wait to be applied, the lake gets such a part of a chunk, then nothing for so many times as long as that
took, 30 s at most: who may be contacted matters more than analysis."""
DELIVERIES = 1_024
"""Proposals taken in one round."""
RETAIN_EVERY = HOUR
LAKE_COPY_EVERY = 60
"""Small tables are copied once in so many rounds of the lake loop."""
MEND_PAUSE_S = 1.0
SCHEDULE_PAUSE_S = 30.0
ALONE_PAUSE_S = 5.0
"""So often the worker sees that it is still the only one."""

_log = structlog.get_logger()


class Works(Protocol):
    """Scheduled work as the worker sees it."""

    def begin(self) -> None:
        """Note what an earlier worker left undone."""
        ...

    def step(self) -> int:
        """Do the next piece that is due."""
        ...


class Chores(msgspec.Struct, frozen=True):
    """What is done beside applying, delivering and loading."""

    retention: Retention
    health: ProfileHealth
    mend: Mend
    queried: QueriedAudiences
    audience_health: AudienceHealth
    feed: BroadcastFeed
    guardrails: Guardrails
    stops: StopJourneys


class Worker:
    """The loops over one installation."""

    def __init__(
        self,
        pipeline: Pipeline,
        delivery: Delivery,
        relay: Relay,
        loader: LakeLoader,
        chores: "Chores",
        alone: Alone,
        clock: Clock,
    ) -> None:
        """Take the parts; nothing runs before :meth:`start`."""
        self._mend, self._queried, self._audience_health = chores.mend, chores.queried, chores.audience_health
        self._feed, self._guardrails, self._stops = chores.feed, chores.guardrails, chores.stops
        self._lanes: Threads | None = None
        self._pipeline, self._delivery, self._relay, self._loader, self._clock = (
            pipeline,
            delivery,
            relay,
            loader,
            clock,
        )
        self.ended = threading.Event()
        """Set when the loops are to end, by whoever says so."""
        self._retention, self._health, self._alone = chores.retention, chores.health, alone
        self._retained_at: Instant | None = None
        self._threads: list[threading.Thread] = []
        self.failure: BaseException | None = None
        self._rounds = 0
        self._is_behind = False
        self.scheduled: Works | None = None
        """What is done by itself in season phases; nothing when nobody says."""

    def start(self) -> None:
        """See that no other worker runs, recover what an earlier one left open, then start the loops.

        Raises ``ConflictError`` ``worker_twice`` when another one runs.
        """
        self._alone.take()
        self._mend.begin()
        self._audience_health.begin()
        self._delivery.recover(self._clock.now(), lease=0)
        self._lanes = self._delivery.open_lanes()
        loops = [
            ("apply", self.apply_once, APPLY_PAUSE_S),
            ("deliver", self.deliver_once, DELIVER_PAUSE_S),
            ("relay", self.relay_once, RELAY_PAUSE_S),
            ("lake", self.load_once, LAKE_PAUSE_S),
            ("mend", self.mend_once, MEND_PAUSE_S),
            ("alone", self._alone.check, ALONE_PAUSE_S),
        ]
        if self.scheduled is not None and self._pipeline.assembles:
            self.scheduled.begin()
            loops.append(("schedule", self.scheduled.step, SCHEDULE_PAUSE_S))
        for name, once, pause_s in loops:
            thread = threading.Thread(
                target=self._loop, args=(name, once, pause_s), name=f"fieldfare-{name}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def unread_experiments(self) -> dict[str, str]:
        """Return the experiments whose guardrails could not be read when they were asked last, with why."""
        return dict(self._guardrails.unread)

    def stop(self, timeout_s: float = 20) -> None:
        """Ask the loops to end and wait for them."""
        self.ended.set()
        for thread in self._threads:
            thread.join(timeout_s)
        if self._lanes is not None:
            self._lanes.close()
        self._alone.release()

    def apply_once(self) -> int:
        """Apply a turn of urgent and of normal records, then due wake-ups; return how much was done."""
        turn = take_turn(self._pipeline)
        self._is_behind = max(turn) > 1
        if not self._pipeline.assembles:
            return sum(turn)
        return sum(turn) + self._pipeline.wake(self._clock.now() - WAKE_GRACE)

    def deliver_once(self) -> int:
        """Feed broadcasts, then deliver what is due; return how much was done."""
        if not self._pipeline.assembles:  # a collector speaks to nobody
            return 0
        fed = self._feed.run()
        report = self._delivery.run_due(self._clock.now(), DELIVERIES)
        return fed + report.permitted + report.refused

    def relay_once(self) -> int:
        """Relay the outbox; return how much was done. Beside the deliveries, which wait for no event of ours."""
        return self._relay.run(self._clock.now())

    def load_once(self) -> int:
        """Load the next chunk into the lake and lay its rows well; now and then let go of what is old and loaded."""
        loaded = self._load_little() if self._is_behind and self._pipeline.assembles else self._load()
        now = self._clock.now()
        if self._retained_at is None or now - self._retained_at >= RETAIN_EVERY:
            self._retained_at = now
            self._retention.run(now)
            self._health.run_due(now)
            self._audience_health.run_due(now)
            self._guardrails.run(now)
            self._stops.run(now)
        return loaded

    def _load(self) -> int:
        self._rounds += 1
        if self._rounds % LAKE_COPY_EVERY == 0:
            self._loader.copy_small()
        return self._loader.run() + self._loader.tidy()

    def _load_little(self) -> int:
        """Load while events wait to be applied."""
        began = self._clock.now()
        loaded = self._loader.run(LAKE_PART)
        took_s = (self._clock.now() - began) / SECOND
        self.ended.wait(min(max(LAKE_RESTS * took_s, LAKE_PAUSE_S), LAKE_LONGEST_REST_S))
        return loaded

    def mend_once(self) -> int:
        """Fold anew whose events were taken back, bring profiles to the definitions, run queries; return how much."""
        if not self._pipeline.assembles:
            return 0
        return self._mend.step(WAKE_GRACE) or self._queried.run_due(WAKE_GRACE)

    def _loop(self, name: str, once: Callable[[], int], pause_s: float) -> None:
        while not self.ended.is_set():
            try:
                done = once()
            except TransientError as error:
                _log.warning("loop_waits", loop=name, code=error.code, reason=error.message)
                self.ended.wait(error.retry_after_s or 1)
                continue
            except BaseException as error:  # noqa: BLE001 - stored, told to whoever runs us, and the process ends
                self.failure = error
                _log.exception("loop_failed", loop=name)
                self.ended.set()
                return
            if not done:
                self.ended.wait(pause_s)
