"""Nothing personal stands in clear in any file: needles go in as traits, identifiers, context and bad events.

A forbidden value is nowhere at all: it goes in through the real door, in every guise, and the whole product runs on it.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from fieldfare.assembly.stores import open_stores
from fieldfare.collect.store import dead_letter, removed_field
from fieldfare.flow.generate.calls import identify, track
from fieldfare.flow.intake import open_record
from fieldfare.flow.lake_events import COLUMNS, openable, sealers_of
from fieldfare.ground.instants import DAY, HOUR, MINUTE
from fieldfare.ground.log.ports import PARTITIONS
from tests.crash.running import ENVIRON, KEY, Server, until
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import MORNING_AFTER, NOON, joins
from tests.scenarios.whole import opened

PERSONAL = (
    "needle.person",
    "Needlefirst",
    "+49170555needle",
    "needle-user",
    "needle-browser",
    "192.0.2.77",
    "needle-dead",
)
PLAIN = "needle-favourite"
"""A trait that is not personal: it must be found, or the search proves nothing."""


def found_in(folder: Path, needle: str) -> list[str]:
    """Return the files that hold the needle, as it is or in Base64 at any alignment."""
    raw = needle.encode()
    forms = {raw, raw.lower(), raw.upper(), raw.hex().encode()}
    forms |= {base64.b64encode(b" " * shift + raw)[4 if shift else 0 : -4] for shift in range(3)}
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(str(path.relative_to(folder)) for path in files if any(form in path.read_bytes() for form in forms))


def test_no_needle_is_found_in_any_store(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with opened(folder, NOON) as whole:
        traits = {"first_name": "Needlefirst", "phone": "+49170555needle", "favourite_colour": PLAIN}
        whole.play(joins("m-7", NOON, **traits, email="needle.person@example.com"), NOON + HOUR)
        met = identify("needle-user", "m-1", NOON + HOUR, {}, "needle-browser")
        inside = {"email": "needle.person@example.com", "last_name": "Needlefirst"}
        met["context"] = {**met["context"], "ip": "192.0.2.77", "traits": inside}
        dead = track("check_in", "", "m-2", NOON + HOUR, {"note": "needle-dead"})
        del dead["userId"]
        whole.play([(NOON + HOUR, met), (NOON + HOUR + MINUTE, dead)], MORNING_AFTER + DAY)
        whole.installation.loader(whole.lake).sync()
        assert whole.sent("win_back"), "the needles must have passed through rendering and delivery too"
    for needle in PERSONAL:
        assert found_in(folder, needle) == [], needle
    assert {"state.sqlite", "lake.duckdb"} <= set(found_in(folder, PLAIN))


SECRET = "NeedleSlippedDisc4711"
"""What must not come in."""
ALLOWED = "needle-welcome"
"""What may, in the same events: it must be found, or the search proves nothing."""
_VISIT = """event: physio_visit
description: A visit of the physiotherapist.
version: 2
schema: {properties: {finding: {type: string}, room: {type: string}}}
fields:
  finding: {sensitivity: health, purposes: [service]}
  child.school: {sensitivity: child, purposes: [service]}
  context.whereabouts: {sensitivity: precise_location, purposes: [operations]}
  room: {purposes: [operations]}
"""


def superset(event: str, number: int) -> dict[str, Any]:
    """Return an event with every field that anybody could send, forbidden ones in many places."""
    inside = {"finding": SECRET, "Finding ": [SECRET], "deep": [{"diagnosis": {"a": SECRET}}], "room": ALLOWED}
    return {
        "type": "track",
        "event": event,
        "userId": f"m-{number}",
        "messageId": f"{event}-{number}",
        "properties": {**inside, "child": {"school": SECRET, "n": 1}},
        "traits": {"diagnosis": SECRET},
        "context": {"whereabouts": SECRET, "traits": {"diagnosis": SECRET, "tier": 1}, "custom": {"finding": SECRET}},
        "integrations": {"x": {"finding": SECRET}},
        "extra": {"diagnosis": SECRET},
    }


def bodies() -> list[tuple[str, bytes]]:
    """Return requests that carry the secret: plainly, escaped, twice, shared, unreadable, under an unknown name."""
    names = ["physio_visit", "physio_refused", "Physio Refused", "unheard of"]
    batch = json.dumps({"batch": [superset(name, number) for number, name in enumerate(names)]}).encode()
    shared = {"context": {"whereabouts": SECRET}, "batch": [superset("physio_visit", 8), superset("physio_refused", 8)]}
    twice = b'{"event":"physio_visit","userId":"m-9","properties":{"finding":"%b"},"properties":{"room":"x"}}'
    person = {"type": "identify", "userId": "m-3", "traits": {"diagnosis": SECRET, "membership_tier": "plus"}}
    broken = b'{"batch":[{"type":"track","event":"physio_visit","finding":"%b","n":NaN},{"type":"page","userId":"u"}]}'
    return [
        ("batch", batch),
        ("batch", batch.replace(b"finding", b"\\u0066inding").replace(b"diagnosis", b"\\u0064i\\u0061gnosis")),
        ("batch", json.dumps(shared).encode()),
        ("batch", json.dumps({"batch": [person]}).encode()),
        ("batch", broken % SECRET.encode()),
        ("track", twice % SECRET.encode()),
        ("track", json.dumps(superset("physio_refused", 10)).encode()),
    ]


def unsealed(data: Path) -> bytes:
    """Return the log, the dead letters and the sealed part of the lake as they read once they are opened."""
    stores = open_stores(data)
    try:
        records = [record for partition in PARTITIONS for record in stores.log.read(partition, 0, 1_000)]
        found = b"".join(open_record(stores.keys, record).body for record in records)
        with stores.state.read() as connection:
            letters = connection.execute(select(dead_letter.c.received_at, dead_letter.c.sealed)).all()
            tallied = {row.field: row.count for row in connection.execute(select(removed_field))}
        found += b"".join(stores.keys.open_raw(sealed, b"dead", at) for at, sealed in letters)
        lake = stores.open_lake()
        rows = lake.arrow(f"SELECT {COLUMNS} FROM event_rows t").to_pylist()
        found += repr([*openable(rows, sealers_of(stores.keys, rows))]).encode()
        lake.close()
    finally:
        stores.close()
    assert letters
    assert {"finding", "diagnosis", "child.school", "context.whereabouts"} <= set(tallied), "counted for good"
    return found


def answers(server: Server, workspace: Path) -> bytes:
    """Return what the server answers and a command prints while it runs."""
    sql = {"sql": "SELECT * FROM events", "most_rows": 100}
    paths = ("status", "contracts", "contracts/suggest", "contract?event=physio_visit", "profiles/user_id:m-0")
    asked: list[Any] = [server.ask("GET", f"/api/v1/{path}") for path in paths]
    asked.append(server.ask("POST", "/api/v1/sql", json=sql))
    words = ["contracts", "diff", "--check", "--workspace", str(workspace), "--data", str(server.data)]
    command = [sys.executable, "-m", "fieldfare.cli.main", *words]
    made = subprocess.run(command, env={**os.environ, **ENVIRON}, capture_output=True, check=False, timeout=120)
    assert (made.returncode, b"No contract changed." in made.stdout) == (0, True), made
    return json.dumps(asked).encode() + made.stdout + made.stderr


def test_a_forbidden_value_that_comes_through_the_real_door_is_nowhere(tmp_path: Path) -> None:
    workspace, data = tmp_path / "workspace", tmp_path / "data"
    shutil.copytree(FITNESS, workspace)
    (workspace / "contracts" / "visit.yaml").write_text(_VISIT, encoding="utf-8")
    refused = _VISIT.replace("physio_visit", "physio_refused")
    refused += "forbidden_fields: refuse\nsynonyms: [Physio Refused]\n"
    (workspace / "contracts" / "refused.yaml").write_text(refused, encoding="utf-8")
    with (workspace / "traits.yaml").open("a", encoding="utf-8") as stream:
        stream.write("  diagnosis: {type: text, sensitivity: health}\n")
    server = Server(workspace, data, None)
    server.start()
    try:
        sent = bodies()
        for kind, body in sent:
            assert SECRET.encode() in body
            url = f"{server.door}/v1/{kind}"
            answer = httpx.post(url, content=body, headers={"x-write-key": KEY}, timeout=30, trust_env=False)
            assert (answer.status_code, answer.json()) == (200, {"success": True})
        metrics = httpx.get(f"{server.door}/metrics", trust_env=False).content
        until(lambda: server.ask("GET", "/api/v1/status")["log"]["normal"]["behind_records"] == 0, 60, "applied")
        told = answers(server, workspace)
        dead = server.ask("GET", "/api/v1/status")["dead_letters"]
    finally:
        server.stop()
    assert SECRET.encode() not in metrics + told
    assert found_in(tmp_path, SECRET) == [], "no store, no log line"
    inside = unsealed(data)
    assert SECRET.encode() not in inside, "and not under a seal either"
    assert inside.count(ALLOWED.encode()) > 2
    assert b'field="finding"' in metrics
    assert ALLOWED.encode() in told, "what is allowed came in with the rest of its event"
    assert "forbidden_field" in str(dead)
