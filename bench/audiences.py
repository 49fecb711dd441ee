"""Audiences over a million people and fifty million events in the lake: previews beside the best SQL written by hand.

Rows of profiles and events are made in bulk, in the form in which the loader writes them, and sorted as the lake's
loop does it. Then an audience of many conditions is previewed through its definition and through SQL that a person who
knows the tables would write; both must name the same people. Twenty typical audiences follow, one after the other.
``FIELDFARE_BENCH_EVENTS`` and ``FIELDFARE_BENCH_PEOPLE`` make it smaller.
"""

import json
import os
import resource
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

from fieldfare.assembly.definitions import compile_definitions
from fieldfare.assembly.files import open_workspace
from fieldfare.flow.lake_tables import EVENT_ROWS, TABLES, VIEWS
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.instants import DAY, parse_iso
from fieldfare.ground.lake.duck import DuckLake
from fieldfare.know.audiences.to_lake import to_lake

EVENTS = int(os.environ.get("FIELDFARE_BENCH_EVENTS", "50000000"))
PEOPLE = int(os.environ.get("FIELDFARE_BENCH_PEOPLE", "1000000"))
CHUNK, DAYS, BEST_OF = 500_000, 730, 3
START = parse_iso("2024-03-01T00:00:00+00:00")
FIRST_DAY = START // DAY
NOW = START + DAYS * DAY
TODAY = FIRST_DAY + DAYS
EVERY = DAYS * DAY // EVENTS
_PEOPLE = f"""INSERT INTO profile_rows BY NAME SELECT i AS profile_id, 'club-' || (i % 50) AS home_location,
    '{{"membership_status": "' || ['active', 'active', 'active', 'frozen', 'ended'][1 + i % 5]
    || '", "plan": "' || ['basic', 'plus', 'gold'][1 + i % 3] || '", "visits_goal": ' || (i % 5)
    || ', "signup_date": "' || strftime(DATE '2024-03-01' + (i % {DAYS})::INTEGER, '%Y-%m-%d') || '"}}' AS traits,
    {START} AS first_seen_at, {NOW} AS last_seen_at, 100 AS match_confidence, '{{}}' AS provenance
    FROM range(1, {PEOPLE} + 1) t(i)"""  # noqa: S608 - numbers
_EVENTS = f"""INSERT INTO event_rows BY NAME SELECT 1::UTINYINT AS "partition", i // 100 AS "offset",
    (i % 100)::INTEGER AS "index", md5(i::VARCHAR) AS event_id, 'track' AS type,
    CASE WHEN h % 100 < 50 THEN 'check_in' WHEN h % 100 < 75 THEN 'app_opened'
         WHEN h % 100 < 90 THEN 'Order Completed' ELSE 'class_booked' END AS name,
    'app' AS source_system, 'live' AS mode, 1 + (h // 100 % {PEOPLE})::BIGINT AS profile_id,
    ($2)::BLOB AS external_id_hash,
    then_at AS occurred_at, then_at AS original_at, then_at AS received_at, (then_at // {DAY})::INTEGER AS local_day,
    'club-' || (i % 50) AS location,
    CASE WHEN h % 100 >= 75 AND h % 100 < 90 THEN '{{"revenue": ' || (i % 150) || '.5, "currency": "EUR", "channel": "'
         || ['web', 'app', 'desk'][1 + i % 3] || '"}}' ELSE '{{"club": "club-' || (i % 50) || '"}}' END AS properties
    FROM (SELECT i, hash(i) AS h, {START} + i * {EVERY} AS then_at FROM range($1, $1 + {CHUNK}) t(i))"""  # noqa: S608

_WHERE = """
    all:
      - {trait: membership_status, is: active}
      - {did: Checked In, where: {weekday: {in: [sat, sun]}}, count: {at_least: 2}, between: 120 and 30 days ago}
      - {did_not: Checked In, within: 30 days}
      - any:
          - {did: Order Completed, sum: {of: revenue, above: 300}, within: 365 days}
          - {in: gold}
      - not: {in_phase: peak}
"""
TYPICAL = {
    "gold": "{trait: plan, is: gold}",
    "lapsed-weekenders": _WHERE,
    "seven-day-inactive": "{did_not: Checked In, within: 7 days}",
    "at-risk": "{all: [{did: Checked In, between: 90 and 45 days ago}, {did_not: Checked In, within: 44 days}]}",
    "weekend-only": "{all: [{did: Checked In, where: {weekday: {in: [sat, sun]}}, within: 90 days}, "
    "{did_not: Checked In, where: {weekday: {in: [mon, tue, wed, thu, fri]}}, within: 90 days}]}",
    "high-frequency": "{did: Checked In, count: {at_least: 5}, within: 30 days}",
    "buyers": "{did: Order Completed, within: 90 days}",
    "big-spenders": "{did: Order Completed, sum: {of: revenue, at_least: 500}, within: 365 days}",
    "web-buyers": "{did: Order Completed, where: {channel: web}, count: {at_least: 2}}",
    "one-large-order": "{did: Order Completed, max: {of: revenue, at_least: 149}}",
    "started-on-the-web": "{did: Order Completed, first: {of: channel, is: web}}",
    "last-at-the-desk": "{did: Order Completed, last: {of: channel, is: desk}, within: 180 days}",
    "many-clubs": "{did: Checked In, distinct: {of: location, at_least: 10}, within: 365 days}",
    "app-only": "{all: [{did: App Opened, within: 30 days}, {did_not: Checked In, within: 30 days}]}",
    "new-and-quiet": "{all: [{trait: signup_date, newer_than: 30 days}, {did: Checked In, count: {below: 2}, "
    "within: 30 days}]}",
    "last-day": "{did: App Opened, within: 24 hours}",
    "bookers": "{did: Class Booked, count: {at_least: 3}, between: 60 and 1 days ago}",
    "never-bought": "{did_not: Order Completed}",
    "south": "{all: [{location: club-7}, {did: Checked In, within: 14 days}]}",
    "mixed": "{any: [{in: big-spenders}, {all: [{trait: visits_goal, at_least: 3}, {in: high-frequency}]}]}",
}
_TRAITS = """traits:
  signup_date: {type: date}
  membership_status: {type: text}
  plan: {type: text}
  visits_goal: {type: number}
"""
BY_HAND = f"""WITH e AS (SELECT profile_id,
      count(*) FILTER (name = 'check_in' AND local_day BETWEEN {TODAY} - 120 AND {TODAY} - 30
                       AND local_day % 7 IN (2, 3)) AS weekends,
      count(*) FILTER (name = 'check_in' AND local_day >= {TODAY} - 30) AS visits,
      sum((properties->>'$.revenue')::DOUBLE) FILTER (name = 'Order Completed') AS spend
    FROM event_rows WHERE (name = 'check_in' AND local_day >= {TODAY} - 120)
       OR (name = 'Order Completed' AND local_day >= {TODAY} - 365) GROUP BY profile_id)
  SELECT p.profile_id FROM profile_rows p LEFT JOIN e USING (profile_id)
  WHERE p.traits->>'$.membership_status' = 'active' AND e.weekends >= 2 AND e.visits = 0
    AND (e.spend > 300 OR p.traits->>'$.plan' = 'gold')"""  # noqa: S608 - numbers
"""What somebody writes who knows that nobody was merged and no event was taken back."""


def main() -> None:
    """Run and print the figures as JSON."""
    os.environ.setdefault("FIELDFARE_WRITE_KEY", "bench")
    with tempfile.TemporaryDirectory() as folder:
        workspace = _workspace(Path(folder) / "workspace")
        lake = DuckLake(Path(folder) / "lake.duckdb", memory_mb=1_024)
        lake.ensure(TABLES, VIEWS)
        fill(lake)
        figures: dict[str, Any] = {"people": PEOPLE, "events": EVENTS, **_preview(lake, workspace)}
        figures |= _all(lake, workspace)
        figures |= {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10}
        lake.close()
    sys.stdout.write(json.dumps(figures) + "\n")


def fill(lake: DuckLake) -> None:
    """Make people and events in the form in which the loader writes them."""
    lake._connection.execute(_PEOPLE)  # noqa: SLF001 - a load of Arrow rows would measure Arrow
    for first in range(0, EVENTS, CHUNK):
        lake._connection.execute(_EVENTS, [first, b"x" * 16])  # noqa: SLF001
        lake._sorted[EVENT_ROWS.name].news += CHUNK  # noqa: SLF001 - what a load would note
        lake.tidy(EVENT_ROWS)
    while lake.tidy(EVENT_ROWS):
        continue


def _preview(lake: DuckLake, workspace: Workspace) -> dict[str, Any]:
    """Preview the issue's audience by its definition and by hand, in turn."""
    ours, best, people = [], [], set[int]()
    for _ in range(BEST_OF):
        began = perf_counter()
        found = set(_ask(lake, workspace, "lapsed-weekenders"))
        ours.append(perf_counter() - began)
        began = perf_counter()
        people = set(lake.arrow(BY_HAND).column("profile_id").to_pylist())
        best.append(perf_counter() - began)
        assert found == people, f"{len(found ^ people)} people differ"
    return {
        "preview_s": round(min(ours), 2),
        "limit_preview_s": 2,
        "by_hand_s": round(min(best), 2),
        "ratio_to_hand": round(min(ours) / min(best), 2),
        "limit_ratio": 1.5,
        "previewed": len(people),
    }


def _all(lake: DuckLake, workspace: Workspace) -> dict[str, Any]:
    took: dict[str, float] = {}
    for name in TYPICAL:
        began = perf_counter()
        _ask(lake, workspace, name)
        took[name] = perf_counter() - began
        sys.stderr.write(f"{name}: {took[name]:.2f} s\n")
    slowest = max(took, key=lambda name: took[name])
    return {
        "audiences": len(took),
        "all_s": round(sum(took.values()), 1),
        "limit_all_s": 20,
        "slowest": f"{slowest}: {took[slowest]:.2f} s",
    }


def _ask(lake: DuckLake, workspace: Workspace, name: str) -> list[int]:
    backend = lake.ibis()
    found = to_lake(
        workspace.audiences[name].condition,
        workspace.audiences,
        backend.table("facts"),
        backend.table("profiles"),
        compile_definitions(workspace).moment(NOW),
    )
    people: list[int] = found.to_pyarrow().column("profile_id").to_pylist()
    return people


def _workspace(folder: Path) -> Workspace:
    (folder / "audiences").mkdir(parents=True)
    text = "name: bench\ntime_zone: UTC\ncurrency: EUR\nbrand: {name: Bench}\n"
    text += "sources:\n  - {name: app, write_key: '${FIELDFARE_WRITE_KEY}', system: app}\n"
    (folder / "workspace.yaml").write_text(text)
    (folder / "traits.yaml").write_text(_TRAITS)
    (folder / "seasons.yaml").write_text('seasons:\n  - {season: january, peak: {from: "01-02", to: "02-09"}}\n')
    places = "".join(f"  - {{location: club-{number}}}\n" for number in range(50))
    (folder / "locations.yaml").write_text(f"locations:\n{places}")
    for name, where in TYPICAL.items():
        (folder / "audiences" / f"{name}.yaml").write_text(f"audience: {name}\nowner: bench\nwhere: {where}\n")
    return open_workspace(folder)


if __name__ == "__main__":
    main()
