"""One person among a million, with fifty million events in the lake: how long it takes to look at them, and to sort.

Documents, identifiers, search words and event rows are made in bulk, in the forms in which pipeline and loader write
them; then rows are sorted as the lake's loop does it, after every chunk, under the memory that `serve` gives. Questions
are those of the API, about people drawn at random, without HTTP. ``FIELDFARE_BENCH_EVENTS`` and
``FIELDFARE_BENCH_PEOPLE`` make it smaller.
"""

import json
import os
import random
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from fieldfare.assembly.files import open_workspace
from fieldfare.assembly.installation import Installation, open_answers
from fieldfare.assembly.stores import Stores, open_stores
from fieldfare.flow.identifiers import sealed_rows
from fieldfare.flow.lake_tables import EVENT_ROWS
from fieldfare.flow.profile_answers import EventFilter, ProfileAnswers
from fieldfare.flow.searching import hashes_of
from fieldfare.flow.work import Work
from fieldfare.ground.instants import parse_iso
from fieldfare.ground.lake.duck import DuckLake
from fieldfare.know.identity import store as identity_store
from fieldfare.know.profiles import store as profile_store
from fieldfare.know.profiles.model import Document, TraitValue

EVENTS = int(os.environ.get("FIELDFARE_BENCH_EVENTS", "50000000"))
PEOPLE = int(os.environ.get("FIELDFARE_BENCH_PEOPLE", "1000000"))
CHUNK, PAGE, ASKED = 100_000, 5_000, 300
START = parse_iso("2024-12-31T23:00:00+00:00")
NAMES = 2_000
"""Different first names, and different last names."""
_EVENTS = """INSERT INTO event_rows BY NAME SELECT 1::UTINYINT AS "partition", i // 100 AS "offset",
    (i % 100)::INTEGER AS "index", md5(i::VARCHAR) AS event_id, 'track' AS type,
    ['check_in', 'Order Completed', 'class_rated'][1 + (i % 3)] AS name, 'app' AS source_system, 'live' AS mode,
    1 + (hash(i) % $4)::BIGINT AS profile_id, ($2)::BLOB AS external_id_hash,
    $3 + i * 1000000 AS occurred_at, $3 + i * 1000000 AS original_at, $3 + i * 1000000 AS received_at,
    (20088 + i // 86400)::INTEGER AS local_day, 'club-' || (i % 50) AS location,
    '{"spend": ' || (i % 1000) || ', "currency": "EUR", "class": "' || md5((i % 5000)::VARCHAR) || '"}' AS properties
    FROM range($1, $1 + $5) t(i)"""


def main() -> None:
    """Run and print the figures as JSON."""
    os.environ.setdefault("FIELDFARE_WRITE_KEY", "bench")
    with tempfile.TemporaryDirectory() as folder:
        stores = open_stores(Path(folder), {})
        fill_people(stores, PEOPLE)
        lake = stores.open_lake()
        added, sorting = _events(lake)
        answers = open_answers(Installation(open_workspace(Path("examples/fitness")), stores), lake)
        figures = {"events": EVENTS, "people": PEOPLE, **_ask(answers.profiles)}
        runs = lake.arrow("SELECT count(DISTINCT run) AS runs FROM event_rows").to_pylist()[0]["runs"]
        figures |= {
            "limit_p95_ms": 50,
            "runs": runs,
            "sorting_cpu_us_per_event": round(sorting / EVENTS * 1e6, 2),
            "adding_cpu_us_per_event": round(added / EVENTS * 1e6, 2),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
        }
        lake.close()
        stores.close()  # only then is all in the files themselves
        sizes = {name: (Path(folder) / name).stat().st_size for name in ("lake.duckdb", "state.sqlite")}
        figures |= {
            "lake_bytes_per_event": sizes["lake.duckdb"] // EVENTS,
            "state_bytes_per_profile": sizes["state.sqlite"] // PEOPLE,
        }
    sys.stdout.write(json.dumps(figures) + "\n")


def fill_people(stores: Stores, people: int, dress: Callable[[int, Document], None] = lambda *_: None) -> None:
    """Make documents, identifiers and words to search by; ``dress`` adds to each document what else is known."""
    keys = stores.keys
    for first in range(1, people + 1, PAGE):
        works: list[Work] = []
        identifiers: list[dict[str, Any]] = []
        words: dict[int, set[bytes]] = {}
        hashes: list[bytes] = []
        for each in range(first, min(first + PAGE, people + 1)):
            hashed = keys.lookup_hash("user_id", f"m-{each}")
            hashes.append(hashed)
            document = Document(first_seen_at=START, last_seen_at=START + each, identifiers={"user_id": [hashed]})
            document.traits["membership_tier"] = TraitValue("plus", "app", START, START)
            dress(each, document)
            work = Work(each, document, None)
            told = {"first_name": _name("f", each % NAMES), "last_name": _name("l", each * 7 // 13 % NAMES)}
            work.personal(keys).update((name, TraitValue(value, "app", START, START)) for name, value in told.items())
            work.personal_changed = True
            works.append(work)
            words[each] = hashes_of(work.search_changes() or (), keys.lookup_hash)
            row = {"hash": hashed, "kind": "user_id", "value": f"m-{each}", "profile_id": each, "home_id": each}
            identifiers.append(row | {"state": 0, "first_seen_at": START})
        sealers = keys.make([*(owner for work in works for owner in work.seals_for), *hashes])
        with stores.state.write() as connection:
            profile_store.save(connection, [work.encode(sealers) for work in works])
            identity_store.insert_identifiers(connection, sealed_rows(identifiers, sealers))
            profile_store.set_search_words(connection, words)


def _name(prefix: str, number: int) -> str:
    return f"{prefix}name{number}"


def add_events(lake: DuckLake, first: int, count: int, people: int) -> None:
    """Add the next events, a second between each two."""
    lake._connection.execute(_EVENTS, [first, b"x" * 16, START, people, count])  # noqa: SLF001 - Arrow is not measured
    lake._sorted[EVENT_ROWS.name].news += count  # noqa: SLF001 - what a load would note


def _events(lake: DuckLake) -> tuple[float, float]:
    """Add all events and sort them as they come; return the processor seconds of both."""
    added = sorting = 0.0
    for first in range(0, EVENTS, CHUNK):
        began = process_time()
        add_events(lake, first, CHUNK, PEOPLE)
        between = process_time()
        lake.tidy(EVENT_ROWS)
        added, sorting = added + between - began, sorting + process_time() - between
    return added, sorting


def _ask(profiles: ProfileAnswers) -> dict[str, float]:
    draw = random.Random(7)

    def somebody() -> str:
        return f"user_id:m-{draw.randint(1, PEOPLE)}"

    found: dict[str, float] = {}
    questions: dict[str, Callable[[], object]] = {
        "profile": lambda: profiles.show(somebody()),
        "timeline": lambda: profiles.timeline(somebody(), EventFilter()),
        "identities": lambda: profiles.identities(somebody()),
        "search_two_words": lambda: profiles.search(f"fname{draw.randrange(NAMES)} lname{draw.randrange(NAMES)}"),
        "search_one_word": lambda: profiles.search(f"fname{draw.randrange(NAMES)}"),
    }
    for name, ask in questions.items():
        for _ in range(20):
            ask()
        took, cpu = [], process_time()
        for _ in range(ASKED):
            began = perf_counter()
            ask()
            took.append(perf_counter() - began)
        found[f"{name}_p50_ms"], found[f"{name}_p95_ms"] = (
            round(sorted(took)[int(ASKED * share)] * 1e3, 1) for share in (0.5, 0.95)
        )
        found[f"{name}_cpu_ms"] = round((process_time() - cpu) / ASKED * 1e3, 1)
    return found


if __name__ == "__main__":
    main()
