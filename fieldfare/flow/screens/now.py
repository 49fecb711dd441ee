"""What the first screen shows: seasons, whether everything flows, what went and what was refused today, what waits.

Each part is a few bounded reads of the state database; nothing asks the lake, so it is as fast with a million people.
Counts of what waits stop at a thousand and say so.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, select

from fieldfare.act.delivery.store import task
from fieldfare.collect import store as collect_store
from fieldfare.decide.gate import order_store
from fieldfare.flow import store as flow_store
from fieldfare.flow.screens.day_tally import DayTally
from fieldfare.flow.season_view import seasons_told
from fieldfare.flow.tasks import OPEN
from fieldfare.ground.clock import Clock
from fieldfare.ground.instants import SECOND, Instant, to_iso, today_in
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.log.ports import NORMAL, URGENT, EventLog
from fieldfare.ground.store import State
from fieldfare.know.identity.store import hold as identity_hold
from fieldfare.learn.forecast.store import season_proposal
from fieldfare.network.calendars.holds import Calendar
from fieldfare.network.locations.model import Locations

MOST_COUNTED = 1_000
AHEAD_DAYS = 400
LAGS_S = 60
"""A flow that is behind by more seconds needs somebody."""
_PERMIT, _REFUSAL, _DEFERRAL = "permit", "refusal", "deferral"
_PARTITIONS = {"urgent": URGENT, "normal": NORMAL}


class NowAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """Answers for the first screen. ``broken`` says why the worker has stopped, ``health`` what the daily looks say.

    ``unread``: experiments whose guardrails could not be read in the last hour, with why.
    """

    state: State
    log: EventLog
    lake: Lake
    clock: Clock
    calendar: Calendar
    locations: Locations
    zone: str
    tally: DayTally
    broken: Callable[[], str | None]
    unread: Callable[[], Mapping[str, str]]
    health: Callable[[], dict[str, Any]]
    versions: Callable[[], dict[str, Any]]
    experiments: Callable[[], list[dict[str, Any]]]

    def summary(self) -> dict[str, Any]:
        """Return everything the first screen shows."""
        now = self.clock.now()
        return {
            "seasons": self.seasons(now),
            "flows": self.flows(now),
            "today": self.today(now),
            "waiting": self.waiting(now),
            "experiments": self.experiments(),
            "as_of": to_iso(now),
        }

    def seasons(self, now: Instant) -> list[dict[str, Any]]:
        """Return the phases in force and the next stretch by place; places where all is alike stand together."""
        today = today_in(now, self.zone)
        told = seasons_told(self.calendar, self.locations, None, (today, today + AHEAD_DAYS), now)
        found = []
        for place in told["places"]:
            ahead = [each for each in place["stretches"] if each["from"] > place["today"]]
            found.append({**{key: place[key] for key in _SEASON_KEYS}, "next": ahead[0] if ahead else None})
        return found

    def flows(self, now: Instant) -> list[dict[str, Any]]:
        """Return whether each flow is in order, and if not what is wrong."""
        with self.state.read() as tx:
            marks = {name: flow_store.watermark_of(tx, number) for name, number in _PARTITIONS.items()}
            outbox = flow_store.count_outbox(tx)
        lags = {name: self._behind_s(number, marks[name], now) for name, number in _PARTITIONS.items()}
        loaded = sum(marks[name] - (self.lake.loaded(f"log-{number}") or 0) for name, number in _PARTITIONS.items())
        broken, health, unread = self.broken(), self.health(), self.unread()
        untold = "; ".join(f"{name}: {why}" for name, why in sorted(unread.items()))
        return [
            _flow("worker", broken is None, broken or "all loops run"),
            *(_flow(f"events_{name}", lag <= LAGS_S, f"{lag:.0f} s behind") for name, lag in lags.items()),
            _flow("lake", loaded <= _MOST_UNLOADED, f"{loaded:,} records to load"),
            _flow("outbox", outbox <= _MOST_UNLOADED, f"{outbox:,} events to append"),
            _flow("guardrails", not unread, untold or "every experiment is read"),
            _flow("profiles", health.get("ok") is not False, ", ".join(health.get("failing", {})) or "in order"),
        ]

    def today(self, now: Instant) -> dict[str, Any]:
        """Return what the gate permitted, refused and deferred today, by channel and by first reason."""
        day = today_in(now, self.zone)
        with self.state.read() as tx:
            found = self.tally.look(tx, day)
        return {
            "permitted": _by(found.counts, _PERMIT, 2),
            "refused": _by(found.counts, _REFUSAL, 1),
            "deferred": _by(found.counts, _DEFERRAL, 1),
            "is_whole": found.is_whole,
        }

    def waiting(self, now: Instant) -> list[dict[str, Any]]:
        """Return what needs a person, most urgent first."""
        letter = collect_store.dead_letter
        with self.state.read() as tx:
            queue = sum(order_store.count_waiting(tx, now).values())
            counts: Mapping[str, int] = {
                "approvals": queue,
                "tasks_due": _bounded(tx, select(task.c.id).where(task.c.status == OPEN, task.c.due_at <= now)),
                "tasks": _bounded(tx, select(task.c.id).where(task.c.status == OPEN)),
                "identity": _bounded(tx, select(identity_hold.c.id).where(identity_hold.c.status == OPEN)),
                "dead_letters": _bounded(tx, select(letter.c.offset).where(letter.c.state == OPEN)),
                "season_proposals": _bounded(tx, select(season_proposal.c.id).where(season_proposal.c.status == OPEN)),
            }
        counts = {**counts, "versions": len(self.versions()["waiting"])}
        return [
            {"what": what, "count": min(count, MOST_COUNTED), "is_more": count > MOST_COUNTED}
            for what, count in counts.items()
        ]

    def _behind_s(self, partition: int, mark: int, now: Instant) -> float:
        waiting = self.log.read(partition, mark, 1)
        return max(0.0, (now - waiting[0].received_at) / SECOND) if waiting else 0.0


_SEASON_KEYS = ("places", "time_zone", "today", "phases", "until")
_MOST_UNLOADED = 10_000


def _flow(name: str, ok: bool, detail: str) -> dict[str, Any]:  # noqa: FBT001 - one of two answers
    return {"flow": name, "ok": ok, "detail": detail}


def _by(counts: Mapping[tuple[str, str, str], int], outcome: str, part: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for key, count in counts.items():
        if key[0] == outcome:
            found[key[part]] = found.get(key[part], 0) + count
    return dict(sorted(found.items(), key=lambda each: (-each[1], each[0])))


def _bounded(tx: Connection, statement: Select[Any]) -> int:
    return tx.execute(select(func.count()).select_from(statement.limit(MOST_COUNTED + 1).subquery())).scalar_one()
