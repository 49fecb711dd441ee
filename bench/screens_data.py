"""A million people in a data folder, with what years leave behind them: for the benchmark of screens. Measures nothing.

Documents, identifiers and words to search by are made as in :mod:`bench.profiles`; memberships with their history,
walks, verdicts, messages and consent in bulk, by the database's own statements; the lake gets the same rows, as the
loader would bring them. Nothing is random: the same formula makes state and lake.
"""

from collections.abc import Mapping

from sqlalchemy import Connection

from bench import profiles as bench_profiles
from fieldfare.act.delivery.store import attempt
from fieldfare.assembly.installation import Installation
from fieldfare.decide.gate.store import decision
from fieldfare.decide.journeys.store import enrollment
from fieldfare.flow.lake_memberships import MEMBERSHIP_CHANGES
from fieldfare.flow.lake_tables import DECISION_ROWS
from fieldfare.ground.instants import DAY, Instant, local_day
from fieldfare.ground.lake.duck import DuckLake
from fieldfare.know.audiences import store as audience_store
from fieldfare.know.audiences.health import Finding
from fieldfare.know.identity.store import redirect
from fieldfare.know.profiles import health_store
from fieldfare.know.profiles.model import Document
from fieldfare.trust.consent.store import consent_record

SHARES = (500, 300, 200, 150, 100, 100, 50, 50, 20, 20, 10, 10, 5, 5, 2, 1)
"""Members of a thousand people, by the place of an audience among all."""
CHUNK = 500_000
_PEOPLE = {
    "sqlite": "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {most}) SELECT i FROM n) n",
    "postgresql": "generate_series(1::BIGINT, {most}) n(i)",
    "duckdb": "range(1, {most} + 1) n(i)",
}
_INSIDE = "(i * 7919 + place * 104729) % 1000 < share"
_CHANGES = f"""SELECT name AS audience, i AS profile_id, turn <> 1 AS joined,
      {{now}} - (i * 31 + place * 17) % 300 * {DAY} - (2 - turn) * 30 * {DAY} - i % 86400 * 1000000 AS "at",
      CASE turn WHEN 0 THEN 'event' ELSE 'time' END AS cause
    FROM ({{audiences}}) a CROSS JOIN {{people}} CROSS JOIN (SELECT 0 AS turn UNION ALL SELECT 1 UNION ALL SELECT 2) t
    WHERE ({_INSIDE} AND (turn = 2 OR (i + place) % 2 = 0))
      OR ((i * 7919 + place * 104729) % 1000 < share * 3 / 2 AND NOT {_INSIDE} AND turn < 2)
    ORDER BY "at", audience, profile_id, turn"""  # noqa: S608 - our own
"""Half of the members were in before; half as many more have left."""


def fill(installation: Installation, lake: DuckLake, people: int, events: int, now: Instant) -> None:
    """Make people and what is known of them, in the state and in the lake."""
    stores = installation.stores
    names = sorted(installation.workspace.audiences)
    places = {name: (place, SHARES[place % len(SHARES)]) for place, name in enumerate(names)}

    def dress(each: int, document: Document) -> None:
        document.home_location, document.stage = f"club-{each % 50}", _STAGES[each % len(_STAGES)]
        document.stage_since = document.last_seen_at
        document.memberships = {
            name: now - DAY for name, (place, share) in places.items() if (each * 7919 + place * 104729) % 1000 < share
        }

    bench_profiles.fill_people(stores, people, dress)
    with stores.state.write() as connection:
        _state(connection, places, people, now)
        day = local_day(now, installation.workspace.time_zone)  # as if everybody had looked today
        audience_store.keep_findings(connection, day, [Finding(names[0], "size", 1.0, None, ok=True)])
        health_store.keep(connection, day, [])
    _lake(lake, places, people, events, now)


_STAGES = ("prospect", "new", "active", "lapsing", "lapsed")


def _changes(dialect: str, places: Mapping[str, tuple[int, int]], people: int, now: Instant) -> str:
    audiences = " UNION ALL ".join(
        f"SELECT '{name}' AS name, {place} AS place, {share} AS share" for name, (place, share) in places.items()
    )
    return _CHANGES.format(audiences=audiences, people=_PEOPLE[dialect].format(most=people), now=now)


def _state(connection: Connection, places: Mapping[str, tuple[int, int]], people: int, now: Instant) -> None:
    run, dialect = connection.exec_driver_sql, connection.dialect.name
    series = _PEOPLE[dialect].format(most=people)
    changes = _changes(dialect, places, people, now)
    run(
        'INSERT INTO membership_change (audience, profile_id, joined, "at", cause, event_id, definition) '  # noqa: S608
        f"SELECT audience, profile_id, joined, c.at, cause, 'e', 'd' FROM ({changes}) c"
    )
    for table, (columns, among) in _BULK.items():
        values = {name: value.format(now=now, **_KINDS[dialect]) for name, value in columns.items()}
        told = ", ".join(f'"{name}"' for name in values)
        run(f"INSERT INTO {table} ({told}) SELECT {', '.join(values.values())} FROM {series} WHERE {among}")  # noqa: S608 - our own


_KINDS = {
    "sqlite": {"blob": "CAST('h' || i AS BLOB)", "true": "1"},
    "postgresql": {"blob": "CAST('h' || i AS BYTEA)", "true": "TRUE"},
}
_AT = "{now} - i % 90 * 86400000000 - i % 86400 * 1000000"
_INPUTS = '{{"consent": {{"purpose": "marketing", "state": "' + "granted " * 50 + '"}}}}'


def _alike(value: str, *names: str) -> dict[str, str]:
    return dict.fromkeys(names, value)


_BULK: dict[str, tuple[dict[str, str], str]] = {
    enrollment.name: (
        {
            "profile_id": "i",
            "id": "'en-' || i",
            "journey": "CASE i % 4 WHEN 0 THEN 'onboarding' WHEN 1 THEN 'win-back' ELSE 'renewal' END",
            "version": "'v1'",
            "step": "CASE i % 2 WHEN 0 THEN 'first' ELSE 'second' END",
            "status": "CASE i % 5 WHEN 0 THEN 'waiting' ELSE 'exited' END",
            "body": "{blob}",
        },
        "i % 3 = 0",
    ),
    decision.name: (
        _alike("'p-' || i", "proposal_id", "event_id")
        | _alike("'win-back'", "template", "journey", "step", "arm", "phase", "journey_version", "policy_version")
        | {
            "profile_id": "i",
            "rule_id": "CASE i % 4 WHEN 0 THEN 'consent' WHEN 1 THEN 'caps' ELSE 'permit' END",
            "decision_outcome": "CASE i % 4 WHEN 0 THEN 'refusal' WHEN 1 THEN 'deferral' ELSE 'permit' END",
            "reasons": "'[\"consent_missing\"]'",
            "inputs": f"'{_INPUTS}'",
            "at": "{now} - (1000000 - i) * 7000000",
            "channel": "CASE i % 3 WHEN 0 THEN 'email' ELSE 'sms' END",
            "match_confidence": "100",
        },
        "TRUE",
    ),
    attempt.name: (
        _alike("'email'", "channel", "template", "purpose", "journey")
        | _alike(_AT, "granted_at", "ended_at")
        | {
            "id": "'a-' || i",
            "proposal_id": "'p-' || i",
            "profile_id": "i",
            "address_hash": "{blob}",
            "outcome": "CASE i % 50 WHEN 0 THEN 'failed' ELSE 'handed_over' END",
            "counts_toward_caps": "{true}",
            "units": "1",
            "looked_up": "0",
        },
        "i % 2 = 0",
    ),
    consent_record.name: (
        _alike(_AT, "occurred_at", "received_at", "recorded_at")
        | {
            "id": "'c-' || i",
            "profile_id": "i",
            "address_hash": "{blob}",
            "purpose": "'marketing'",
            "channel": "'email'",
            "action": "CASE i % 97 WHEN 0 THEN 'withdraw' ELSE 'grant' END",
            "source": "'app'",
        },
        "TRUE",
    ),
    redirect.name: (
        {"profile_id": "i + 100000000", "into_id": "i", "at": _AT, "message_id": "'m-' || i"},
        "i % 20 = 0",
    ),
}
"""Table -> its columns by the number of a person, and who has a row."""
_PROFILES = """INSERT INTO profile_rows BY NAME SELECT i AS profile_id, 'club-' || (i % 50) AS home_location,
    '{{"membership_status": "' || ['active', 'active', 'active', 'frozen', 'ended'][1 + i % 5]
    || '", "membership_tier": "' || ['basic', 'plus', 'gold'][1 + i % 3] || '", "signup_date": "'
    || strftime(DATE '2024-03-01' + (i % 700)::INTEGER, '%Y-%m-%d') || '"}}' AS traits,
    {now} AS first_seen_at, {now} AS last_seen_at, 100 AS match_confidence, '{{}}' AS provenance,
    {stages}[1 + i % {many}] AS stage FROM {people}"""


def _lake(lake: DuckLake, places: Mapping[str, tuple[int, int]], people: int, events: int, now: Instant) -> None:
    """Write what the loader would; straight into the file, since the loader's ways are measured elsewhere."""
    connection, series = lake._connection, _PEOPLE["duckdb"].format(most=people)  # noqa: SLF001
    connection.execute("SET memory_limit = '1GB'")
    connection.execute(_PROFILES.format(now=now, stages=list(_STAGES), many=len(_STAGES), people=series))
    changes = _changes("duckdb", places, people, now)
    connection.execute(
        f"""INSERT INTO {MEMBERSHIP_CHANGES.name} BY NAME SELECT row_number() OVER () AS seq, c.*, 'e' AS event_id,
            'd' AS definition FROM ({changes}) c"""  # noqa: S608 - our own
    )
    connection.execute(
        f"""INSERT INTO {DECISION_ROWS.name} BY NAME SELECT i AS seq, 'p-' || i AS proposal_id, i AS profile_id,
            'win-back' AS journey, 'permit' AS decision_outcome, {now} - i AS at FROM {series}"""  # noqa: S608 - our own
    )
    for first in range(0, events, CHUNK):
        bench_profiles.add_events(lake, first, min(CHUNK, events - first), people)
    for stream, table in ((MEMBERSHIP_CHANGES.name,) * 2, (DECISION_ROWS.name,) * 2):
        connection.execute(f"INSERT OR REPLACE INTO load_place SELECT '{stream}', max(seq) FROM {table}")  # noqa: S608
    connection.execute(f"INSERT OR REPLACE INTO load_place VALUES ('decision_summaries', {people})")  # noqa: S608
    connection.execute("RESET memory_limit")
