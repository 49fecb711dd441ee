"""The same code on a simulated clock: a year in a minute.

Takes calls in time order, gives each to the log and the pipeline at its own instant, and between any two of them lets
everything happen that would have happened live: wake-ups at their instant, deliveries when they are due, own events
into the log, reactions of the simulated people to what they were sent. Batches are cut only where nothing lies between,
so the decisions are those that one call at a time would have made. Where people live apart they go through stretches of
time, each for himself (:mod:`fieldfare.flow.apart`). A simulation begins with an empty installation and is run again
when it is killed.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import groupby
from operator import itemgetter
from typing import Any, Protocol

import msgspec

from fieldfare.act.delivery.run import Delivery
from fieldfare.collect.model import Envelope, Mode
from fieldfare.flow import store as flow_store
from fieldfare.flow.apart import Played
from fieldfare.flow.intake import seal_envelope
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.pipeline import Pipeline
from fieldfare.flow.publish_cuts import PublishCuts
from fieldfare.flow.relay import EVENTS_PER_RECORD, own_envelope
from fieldfare.flow.upcoming import Upcoming
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.instants import DAY, Instant
from fieldfare.ground.log.ports import NORMAL, Entry
from fieldfare.ground.store import State
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.trust.keys.seal import Keys

WINDOW = 512
"""Calls taken into one batch at most; fewer after one that had to be cut: what is not applied was read in vain."""
SMALLEST_WINDOW = 24
STRETCH, STRETCH_CALLS = 4 * DAY, 16_384
"""Of a stretch of time through which people who live apart go, each for himself: how long it is, its calls at most."""
DELIVERIES = 256
TELL_EVERY = 30 * DAY
LOAD_EVERY = 10_000
"""Records; what the pipeline has handed over by then the loader need not read again."""

Call = tuple[Instant, dict[str, Any]]
"""An instant and a Segment-style call (with ``type``)."""
Turn = tuple[Instant, bool, int, Entry]
"""An entry in its order: its instant, whether the simulation itself added it, and its number.

What comes of an instant comes after all calls of that instant, as it would live, however batches are cut.
"""
_encode = msgspec.json.Encoder().encode


SIMULATED = "simulated"
"""Fact: the data folder was filled by a simulation."""


def is_simulated(state: State) -> bool:
    """Return whether the data were made by a simulation: to be looked at, never to be sent from."""
    with state.read() as connection:
        return flow_store.fact(connection, SIMULATED) is not None


class Sent(msgspec.Struct, frozen=True):
    """A message that the capture channel took, as the simulated people see it."""

    user_id: str | None
    template: str
    channel: str
    at: Instant


class Reacts(Protocol):
    """What simulated people do about a message."""

    def __call__(self, sent: Sent) -> Iterable[Call]:
        """Return later calls, in time order."""
        ...


class Around(msgspec.Struct, frozen=True):
    """What else happens by itself while calls are played."""

    upcoming: Upcoming
    sent_since: Callable[[], list[Sent]]
    """What was captured since the last call."""
    cuts: PublishCuts | None
    """``None``: those that are published stay in force."""
    together: Callable[[], AbstractContextManager[object]] = nullcontext
    """Within this, what is written is committed now and then; see ``State.lasting``."""
    apart: bool = False
    """Whether people have nothing to do with each other, so that nobody waits for what is due for somebody else."""
    stretch_calls: int = STRETCH_CALLS
    """Where they live apart, calls in a stretch of time at most."""


class Simulation:
    """One run over one installation."""

    def __init__(
        self,
        state: State,
        clock: SimulatedClock,
        keys: Keys,
        pipeline: Pipeline,
        delivery: Delivery,
        loader: LakeLoader,
        around: "Around",
    ) -> None:
        """Take the parts; nothing runs before :meth:`run`."""
        self._state, self._clock, self._keys = state, clock, keys
        self._pipeline, self._delivery, self._loader = pipeline, delivery, loader
        self._upcoming, self._sent_since, self._cuts = around.upcoming, around.sent_since, around.cuts
        self._together, self._apart = around.together, around.apart
        self._extra: list[Turn] = []
        self._extras = 0
        self._window = around.stretch_calls if self._apart else WINDOW
        self._through: Instant = 0
        """Where people live apart, the end of the stretch of time in which they are."""
        self._next_told = self._unloaded = 0

    def run(
        self,
        calls: Iterable[Call],
        source: str,
        until: Instant,
        react: Reacts | None,
        progress: Callable[[Instant], None],
        pace: Callable[[Instant], None] = lambda _: None,
    ) -> None:
        """Play the calls up to ``until`` (nothing after it happens). ``pace`` is asked before anything happens then."""
        with self._state.write() as connection:
            flow_store.set_fact(connection, SIMULATED, "yes")
        with self._together():
            self._play(calls, source, until, react, progress, pace)

    def _play(
        self,
        calls: Iterable[Call],
        source: str,
        until: Instant,
        react: Reacts | None,
        progress: Callable[[Instant], None],
        pace: Callable[[Instant], None],
    ) -> None:
        ahead = _Lookahead(self._entries(calls, source))
        while True:
            wake_at, due_at = self._upcoming.next()
            next_at = ahead.peek(self._extra)
            now = min((at for at in (wake_at, due_at, next_at) if at is not None), default=None)
            if now is None or now > until:
                break
            pace(now)
            cuts_at = self._cuts.next_at() if self._cuts is not None else None
            if self._cuts is not None and cuts_at is not None and cuts_at < now:
                self._clock.move_to(max(cuts_at, self._clock.now()))
                self._cuts.run()
                self._take_own_events()
                continue
            self._go_to(now)
            if wake_at is not None and wake_at <= now:
                self._pipeline.wake(now, one_instant=True)
                self._take_own_events()
            elif next_at is not None and next_at <= now:
                ends = (None if self._apart else due_at, cuts_at, until + 1)
                played = self._apply(ahead, min(at for at in ends if at is not None))
                if self._apart:
                    self._deliver_ahead(played, source, react)
            else:
                self._deliver(source, react)
            if self._clock.now() >= self._next_told:
                progress(self._clock.now())
                self._next_told = self._clock.now() + TELL_EVERY
            if self._unloaded >= LOAD_EVERY:
                self._unloaded = 0
                while self._loader.run():
                    pass
        self._clock.move_to(max(until, self._clock.now()))
        self._loader.sync()

    def _go_to(self, now: Instant) -> None:
        """Let the clock show when the next thing happens; those who live apart have each a time of his own."""
        if self._apart:
            self._clock.turn_to(now)
        else:
            self._clock.move_to(max(now, self._clock.now()))

    def _apply(self, ahead: "_Lookahead", before: Instant) -> Played:
        """Apply what comes next. Of a stretch of time that has begun what had to wait comes first, and nothing else."""
        if self._extra and self._extra[0][0] <= self._through:
            turns, until = ahead.take(self._extra, self._through + 1, len(self._extra)), self._through
        else:
            if self._apart:
                before = min(before, self._clock.now() + STRETCH)
            turns = ahead.take(self._extra, before, self._window)
            until = turns[-1][0]
            if self._apart:
                next_at = ahead.peek(self._extra)
                self._through = until if next_at is None else min(until, next_at - 1)
        played = self._pipeline.rehearse(NORMAL, [entry for *_, entry in turns], until, apart=self._apart)
        applied = len(played.applied)
        self._unloaded += applied
        if not self._apart:
            self._window = min(max(applied + applied // 2, SMALLEST_WINDOW), WINDOW)
        for number, turn in enumerate(turns):
            if number not in played.applied:
                heapq.heappush(self._extra, turn)
        self._take_own_events()
        return played

    def _deliver_ahead(self, played: Played, source: str, react: Reacts | None) -> None:
        """Deliver what is due to people who have nothing else to meet before, up to where everything else has come.

        What is delivered to somebody lets more happen to him, so it is he who waits then.
        """
        waits, through = dict(played.unapplied), min(played.through, self._through)
        while (at := self._upcoming.next()[1]) is not None and at <= through:
            whom = self._upcoming.whose(at)
            if any(waits.get(each, at + 1) <= at for each in whom):
                break
            self._go_to(at)
            self._deliver(source, react)
            waits.update(dict.fromkeys(whom, at))

    def _deliver(self, source: str, react: Reacts | None) -> None:
        self._delivery.run_due(self._clock.now(), DELIVERIES)
        self._take_own_events()
        if react is not None:
            for sent in self._sent_since():
                for entry in self._entries(react(sent), source):
                    self._push(entry)

    def _take_own_events(self) -> None:
        """Give what waits in the outbox to the log, each at the instant at which it happened."""
        rows = self._take_outbox()
        while rows:
            for at, some in groupby(rows, key=itemgetter(1)):
                events = [self._keys.open_raw(sealed, b"outbox", at) for _, _, sealed in some]
                self._push(seal_envelope(self._keys, own_envelope(events, max(self._clock.now(), at))))
            rows = self._take_outbox() if len(rows) == EVENTS_PER_RECORD else []

    def _take_outbox(self) -> list[tuple[str, Instant, bytes]]:
        with self._state.read() as connection:
            rows = flow_store.outbox_rows(connection, EVENTS_PER_RECORD)
        if rows:
            with self._state.write() as connection:
                flow_store.delete_outbox(connection, [row[0] for row in rows])
        return rows

    def _push(self, entry: Entry) -> None:
        self._extras += 1
        heapq.heappush(self._extra, (entry.received_at, True, self._extras, entry))

    def _entries(self, calls: Iterable[Call], source: str) -> Iterator[Entry]:
        for at, call in calls:
            assert source != OWN_SOURCE
            envelope = Envelope(
                mode=Mode.LIVE, source=source, kind="batch", received_at=at, body=_encode({"batch": [call]})
            )
            yield seal_envelope(self._keys, envelope)


class _Lookahead:
    """The calls in time order, merged with what the simulation itself adds."""

    def __init__(self, entries: Iterator[Entry]) -> None:
        self._turns: Iterator[Turn] = ((each.received_at, False, number, each) for number, each in enumerate(entries))
        self._head = next(self._turns, None)

    def peek(self, extra: list[Turn]) -> Instant | None:
        """Return the instant of the next entry."""
        first = self._first(extra)
        return first[0] if first is not None else None

    def take(self, extra: list[Turn], before: Instant, most: int) -> list[Turn]:
        """Return the next entries before the instant, the one that was peeked in any case."""
        taken: list[Turn] = []
        while len(taken) < most:
            first = self._first(extra)
            if first is None or (taken and first[0] >= before):
                break
            taken.append(first)
            if first is self._head:
                self._head = next(self._turns, None)
            else:
                heapq.heappop(extra)
        return taken

    def _first(self, extra: list[Turn]) -> Turn | None:
        if not extra or (self._head is not None and self._head < extra[0]):
            return self._head
        return extra[0]
