"""Counts what happened in a simulated installation: statements over its state and its lake, nothing is decided.

Only what lies at or after the first instant of the plan counts: a copy of real people brings their past along.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, distinct, func, select

from fieldfare.act.delivery.model import OutcomeKind
from fieldfare.act.delivery.store import attempt
from fieldfare.collect import store as collect_store
from fieldfare.decide.gate.store import decision
from fieldfare.decide.journeys.store import journey_tally
from fieldfare.flow.rehearsal.model import Asleep, Counted, Decided, Hourly, Plan, Tallied
from fieldfare.flow.rehearsal.weeks import week_of
from fieldfare.ground.instants import DAY, HOUR, Day
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.store import State
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.know.identity.store import redirect
from fieldfare.know.profiles.store import document
from fieldfare.learn.experiments.store import assignment

_LOST = (OutcomeKind.FAILED.value, OutcomeKind.UNKNOWN.value)
_TWICE = "SELECT count(*) - count(DISTINCT event_id) AS twice FROM event_rows WHERE received_at >= ?"
_LATENESS = """SELECT (received_at - occurred_at) // 1000000 AS late, count(*) AS many FROM event_rows
    WHERE received_at >= ? AND source_system <> ? GROUP BY late ORDER BY late"""
_ACTIVE = """SELECT DISTINCT coalesce(r.into_id, t.profile_id) AS profile_id FROM event_rows t
    LEFT JOIN (SELECT profile_id, into_id FROM redirects) r USING (profile_id)
    WHERE t.source_system <> ? AND t.type IN ('track', 'page', 'screen') AND t.name <> 'Consent Updated'
    AND t.profile_id IS NOT NULL AND t.occurred_at >= ? AND t.occurred_at < ?"""
Peaks = Sequence[tuple[str, int, int, int]]
"""Season, begin of its peak, end of it, and the end of the time in which people may come back."""


def count_up(state: State, lake: Lake, plan: Plan, given: int, peaks: Peaks) -> Counted:
    """Return all counts; ``given``: how many calls the population made."""
    with state.read() as connection:
        rows = collect_store.tallies_since(connection, plan.start // HOUR)
        totals: Counter[str] = Counter()
        by_hour: Counter[int] = Counter()
        letters: Counter[Day] = Counter()
        by_day: Counter[Day] = Counter()
        for row in rows:
            by_hour[row["hour"]] += row["events"]
            if row["source"] == OWN_SOURCE:
                continue
            letters[row["hour"] * HOUR // DAY] += row["dead_letters"]
            by_day[row["hour"] * HOUR // DAY] += row["events"]
            for name in ("events", "duplicates", "dead_letters", "erased"):
                totals[name] += row[name]
        failed, attempts = _attempts(connection, plan)
        promised, arrived, sent_twice = _promises(connection, plan)
        counted = Counted(
            given=given,
            applied=totals["events"],
            duplicates=totals["duplicates"],
            dead_letters=totals["dead_letters"],
            erased=totals["erased"],
            twice=int(lake.arrow(_TWICE, [plan.start]).to_pylist()[0]["twice"]),
            events_by_hour=dict(by_hour),
            letters_by_day=dict(letters),
            events_by_day=dict(by_day),
            profiles=connection.execute(select(func.count()).select_from(document)).scalar_one(),
            merged=connection.execute(select(func.count()).select_from(redirect)).scalar_one(),
            walks=_walks(connection, plan),
            sent=_sent(connection, plan),
            decided=_decided(connection, plan),
            failed_by_day=failed,
            attempts_by_day=attempts,
            promised=promised,
            arrived=arrived,
            sent_twice=sent_twice,
            lateness=_lateness(lake, plan),
            returned=(),
        )
        arms = _arms(connection)
    return msgspec.structs.replace(counted, returned=_returned(lake, arms, peaks))


def _walks(connection: Connection, plan: Plan) -> tuple[Tallied, ...]:
    table = journey_tally.c
    wanted = select(table.journey, table.day, table.what, table.count).where(table.day >= plan.start // DAY)
    return tuple(Tallied(*row) for row in connection.execute(wanted.order_by(table.journey, table.day, table.what)))


def _sent(connection: Connection, plan: Plan) -> tuple[Hourly, ...]:
    table = attempt.c
    hour = (table.granted_at // HOUR).label("hour")
    columns = hour, table.journey, table.channel, table.purpose, table.tags, table.location
    wanted = select(*columns, func.count()).where(
        table.granted_at >= plan.start, table.outcome == OutcomeKind.HANDED_OVER.value
    )
    found = connection.execute(wanted.group_by(*columns).order_by(*columns))
    return tuple(Hourly(row[0], row[1], row[2], row[3], tuple(row[4].split()), row[5], row[6]) for row in found)


def _decided(connection: Connection, plan: Plan) -> tuple[Decided, ...]:
    table = decision.c
    day = (table.at // DAY).label("day")
    columns = table.journey, day, table.decision_outcome, table.reasons, table.channel
    wanted = select(*columns, func.count(), func.count(distinct(table.proposal_id))).where(table.at >= plan.start)
    found: dict[tuple[Any, ...], list[int]] = {}
    for journey, at, outcome, reasons, channel, verdicts, proposals in connection.execute(wanted.group_by(*columns)):
        row = found.setdefault((journey, week_of(at), outcome, reasons, channel), [0, 0])
        row[0] += verdicts
        row[1] += proposals
    return tuple(
        Decided(journey, week, outcome, tuple(msgspec.json.decode(reasons, type=list[str])), channel, *counts)
        for (journey, week, outcome, reasons, channel), counts in sorted(found.items())
    )


def _attempts(connection: Connection, plan: Plan) -> tuple[dict[Day, int], dict[Day, int]]:
    day = (attempt.c.granted_at // DAY).label("day")
    since = attempt.c.granted_at >= plan.start
    failed = select(day, func.count()).where(since, attempt.c.outcome.in_(_LOST)).group_by(day)
    every = select(day, func.count()).where(since).group_by(day)
    return (
        {row[0]: row[1] for row in connection.execute(failed)},
        {row[0]: row[1] for row in connection.execute(every)},
    )


def _promises(connection: Connection, plan: Plan) -> tuple[int, int, int]:
    since = attempt.c.granted_at >= plan.start
    promised = select(func.count(distinct(attempt.c.proposal_id))).where(since)
    arrived = promised.where(attempt.c.outcome == OutcomeKind.HANDED_OVER.value)
    handed = select(func.count()).where(since, attempt.c.outcome == OutcomeKind.HANDED_OVER.value)
    unique = int(connection.execute(arrived).scalar_one())
    return (
        int(connection.execute(promised).scalar_one()),
        unique,
        int(connection.execute(handed).scalar_one()) - unique,
    )


def _lateness(lake: Lake, plan: Plan) -> dict[int, int]:
    return {row["late"]: row["many"] for row in lake.arrow(_LATENESS, [plan.start, OWN_SOURCE]).to_pylist()}


def _arms(connection: Connection) -> dict[int, str]:
    """Return who is held out of any journey; everybody else is `all`."""
    held = select(assignment.c.profile_id).where(assignment.c.arm == "holdout")
    return {row[0]: "held_out" for row in connection.execute(held)}


def _returned(lake: Lake, arms: dict[int, str], peaks: Peaks) -> tuple[Asleep, ...]:
    found: list[Asleep] = []
    for season, begins, ends, until in peaks:
        active = {row["profile_id"] for row in lake.arrow(_ACTIVE, [OWN_SOURCE, begins, ends]).to_pylist()}
        after = {row["profile_id"] for row in lake.arrow(_ACTIVE, [OWN_SOURCE, ends, until]).to_pylist()}
        for arm in ("all", "held_out"):
            of_arm = {each for each in active if arm == "all" or arms.get(each) == arm}
            if of_arm:
                found.append(Asleep(season, arm, len(of_arm), len(of_arm & after)))
    return tuple(found)
