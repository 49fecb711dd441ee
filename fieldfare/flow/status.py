"""What stands: profiles, sources, lag, dead letters, walks, verdicts, stores. Reads only, from one snapshot."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from fieldfare.act.broadcasts.moves import OPEN
from fieldfare.act.delivery.breaker import Circuit, circuit_of
from fieldfare.act.delivery.provider_store import all_breakers
from fieldfare.act.delivery.store import count_attempts
from fieldfare.collect import store as collect_store
from fieldfare.decide.gate import store as gate_store
from fieldfare.decide.journeys import store as journey_store
from fieldfare.flow import broadcast_store
from fieldfare.flow import store as flow_store
from fieldfare.flow.editions import progress_of
from fieldfare.ground.instants import DAY, HOUR, MINUTE, SECOND, Instant, to_iso
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.log.ports import NORMAL, PARTITIONS, URGENT, EventLog
from fieldfare.ground.store import State
from fieldfare.know.identity import store as identity_store
from fieldfare.know.profiles import store as profile_store

REMOVED_DAYS = 7
"""Forbidden values that were removed are told for so many days."""
_NAMES = {URGENT: "urgent", NORMAL: "normal"}


def status_of(
    state: State,
    log: EventLog,
    lake: Lake | None,
    now: Instant,
    stores: Mapping[str, str],
    verdicts: Callable[[Connection], Mapping[tuple[str, str], int]] = gate_store.count_decisions,
) -> dict[str, Any]:
    """Return the status as JSON values; ``lake`` is ``None`` when another process has it.

    ``verdicts`` counts them by outcome and first rule.
    """
    with state.read() as connection:
        marks = {partition: flow_store.watermark_of(connection, partition) for partition in PARTITIONS}
        wake_at = profile_store.next_due_at(connection)
        proposal_at = journey_store.next_proposal_at(connection)
        found: dict[str, Any] = {
            "profiles": profile_store.count(connection),
            "merged": connection.execute(select(func.count()).select_from(identity_store.redirect)).scalar_one(),
            "sources": _sources(collect_store.tallies_since(connection, now // HOUR - DAY // HOUR), now),
            "removed_fields": {
                f"{source}: {field}": count
                for source, field, count in collect_store.removed_since(connection, now // DAY - REMOVED_DAYS)
            },
            "dead_letters": collect_store.count_dead_letters(connection),
            "outbox": flow_store.count_outbox(connection),
            "walks": {
                f"{journey}: {status}": count
                for (journey, status), count in sorted(journey_store.count_enrollments(connection).items())
            },
            "verdicts": {
                f"{outcome}: {rule}": count for (outcome, rule), count in sorted(verdicts(connection).items())
            },
            "rule_failures_last_day": gate_store.count_rule_failures(connection, now - DAY),
            "definitions": progress_of(flow_store.editions(connection)),
            "attempts": count_attempts(connection),
            "providers": _providers(connection, now),
            "broadcasts": {
                f"{run.broadcast.name} {run.broadcast.edition}".strip(): run.standing.value
                for run in broadcast_store.all_runs(connection)
                if run.standing in OPEN
            },
        }
    found["log"] = {_NAMES[p]: _lag(log, p, marks[p], now) for p in PARTITIONS}
    if lake is not None:
        found["lake"] = {_NAMES[p]: {"loaded": lake.loaded(f"log-{p}"), "applied": marks[p]} for p in PARTITIONS}
    found["next_wake_at"] = to_iso(wake_at) if wake_at is not None else None
    found["next_proposal_at"] = to_iso(proposal_at) if proposal_at is not None else None
    found["stores"] = dict(stores)
    found["as_of"] = to_iso(now)
    return found


def _providers(connection: Connection, now: Instant) -> dict[str, dict[str, Any]]:
    """Return the providers whose circuit is not closed, since when, until when, and by which outcome."""
    return {
        name: {
            "circuit": circuit_of(each, now).value,
            "since": None if each.since is None else to_iso(each.since),
            "until": None if each.until is None else to_iso(each.until),
            "detail": each.detail,
        }
        for name, each in all_breakers(connection).items()
        if circuit_of(each, now) is not Circuit.CLOSED
    }


def _sources(tallies: list[dict[str, Any]], now: Instant) -> dict[str, dict[str, Any]]:
    """Return what each source sent in the last day, by the hours of acceptance, and its rate in the latest of them."""
    found: dict[str, dict[str, Any]] = {}
    for row in tallies:
        counts = found.setdefault(row["source"], dict.fromkeys((*collect_store.TALLIED, "events_per_min"), 0))
        for name in collect_store.TALLIED:
            counts[name] += row[name]
        began = row["hour"] * HOUR
        minutes = min(max(now - began, MINUTE), HOUR) / MINUTE
        counts["events_per_min"] = round(row["events"] / minutes, 1) if now - began < 2 * HOUR else 0
        counts["last_received_at"] = to_iso(row["last_received_at"])
    return dict(sorted(found.items()))


def _lag(log: EventLog, partition: int, mark: int, now: Instant) -> dict[str, Any]:
    head = log.head(partition)
    waiting = log.read(partition, mark, 1)
    seconds = (now - waiting[0].received_at) / SECOND if waiting else 0.0
    return {"head": head, "applied": mark, "behind_records": head - mark, "behind_s": round(max(seconds, 0.0), 3)}
