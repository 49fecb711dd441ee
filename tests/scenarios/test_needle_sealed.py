"""Needles in every personal field, through the real server: in no byte of any store, and after an erasure unopenable.

The needles are also looked for behind every seal that can still be opened, which shows that the search finds them.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from fieldfare.assembly.stores import Stores, open_stores
from fieldfare.collect.personal import PERSONAL_NAMES
from fieldfare.flow.identifiers import open_identifier
from fieldfare.flow.lake_events import openable, sealers_of
from fieldfare.flow.work import decode_document, open_personal
from fieldfare.know.identity.store import identifier
from fieldfare.know.profiles import store as profile_store
from tests.crash.running import ENVIRON, KEY, Server
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.test_needle import found_in

FIELDS = sorted(PERSONAL_NAMES)
HANDLES = ["household_id", "loyalty_id", "membership_id", "payment_id"]
"""Kinds of identifier that come as traits, too."""
PLAIN = "needleplainvalue"


def needle(who: str, field: str) -> str:
    return f"needle{who}{field.replace('_', '')}x"


def value(who: str, field: str) -> Any:
    told = needle(who, field)
    if field in {"email", "primary_email"}:
        return f"{told}@example.com"
    return {"address": {"street": told, "city": "Hamburg"}, "emails": [f"{told}@example.com"], "phones": [told]}.get(
        field, told
    )


def needles(who: str) -> list[str]:
    return [
        *(needle(who, field) for field in (*FIELDS, *HANDLES)),
        f"needle{who}user",
        f"needle{who}browser",
        f"needle{who}agent",
    ]


def calls(who: str) -> list[dict[str, Any]]:
    """Return calls with a needle in every personal trait, as property of a track, in the context and as identifier."""
    ids = {"userId": f"needle{who}user", "anonymousId": f"needle{who}browser"}
    context = {"ip": "192.0.2.7", "userAgent": f"needle{who}agent", "traits": {"email": value(who, "primary_email")}}
    values = {field: value(who, field) for field in FIELDS}
    traits = values | {name: needle(who, name) for name in HANDLES} | {"favourite_colour": PLAIN}
    track = {"type": "track", "event": "looked", "properties": {**values, "camel": {"firstName": needle(who, "name")}}}
    return [
        {"type": "identify", "messageId": f"{who}-1", "traits": traits, "context": context, **ids},
        {"messageId": f"{who}-2", "context": context, **track, **ids},
    ]


def opened(stores: Stores) -> str:
    """Return everything that the keys open of state and lake."""
    found: list[Any] = []
    with stores.state.read() as connection:
        found += [open_identifier(stores.keys, row) for row in connection.execute(select(identifier))]
        everybody = profile_store.load_after(connection, 0, 1_000)
        for profile_id, body, _ in profile_store.load(connection, everybody):
            found.append(open_personal(stores.keys, profile_id, decode_document(profile_id, body)))
    lake = stores.open_lake()
    rows = lake.arrow("SELECT * FROM event_rows").to_pylist()
    found += [(event.payload, event.context) for event in openable(rows, sealers_of(stores.keys, rows))]
    lake.close()
    return repr(found).lower()


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fieldfare.cli.main", *words]
    return subprocess.run(
        command, env={**os.environ, **ENVIRON}, capture_output=True, check=False, timeout=120, text=True
    )


def check_no_needle(folder: Path, who: str) -> None:
    for each in needles(who):
        assert found_in(folder, each) == [], each


def test_no_personal_value_is_in_any_byte_and_none_opens_after_an_erasure(tmp_path: Path) -> None:
    data = tmp_path / "data"
    server = Server(FITNESS, data, None)
    server.start()
    try:
        batch = [*calls("ada"), *calls("bo")]
        answer = httpx.post(f"{server.door}/v1/batch", json={"batch": batch}, auth=(KEY, ""), trust_env=False)
        assert answer.status_code == 200
        server.wait_quiet()
        for who in ("ada", "bo"):
            check_no_needle(tmp_path, who)
        assert found_in(tmp_path, PLAIN), "what is not personal is found, or the search proves nothing"
        words = ("--data", str(data), "--workspace", str(FITNESS))
        who_why = ("--actor", "officer", "--reason", "request 17", "--yes")
        told = run("profiles", "erase", "user_id:needleadauser", *who_why, *words)
        assert told.returncode == 0, told.stderr
        receipt = json.loads(told.stdout)
        assert (receipt["identifiers"], receipt["documents"], receipt["lake_events"]) == (8, 1, 2)
        assert "needleada" not in told.stdout + told.stderr
        gone = run("profiles", "show", "user_id:needleadauser", *words)
        assert (gone.returncode, "profile_unknown" in gone.stderr) == (2, True), gone
        again = json.loads(run("profiles", "erase", str(receipt["profile_ids"][0]), *who_why, *words).stdout)
        assert again["was_erased"]
    finally:
        server.stop()
    check_no_needle(tmp_path, "ada")
    stores = open_stores(data, {})
    try:
        inside = opened(stores)
        assert [each for each in needles("ada") if each in inside] == []
        assert [each for each in needles("bo") if each not in inside] == [], "whoever was not erased still opens"
    finally:
        stores.close()
    words = ("--data", str(data), "--workspace", str(FITNESS))
    alone = run("profiles", "erase", "user_id:needlebouser", *who_why, *words)
    assert alone.returncode == 0, alone.stderr
    stores = open_stores(data, {})
    try:
        inside = opened(stores)
        assert [each for each in needles("bo") if each in inside] == [], "without a server too"
    finally:
        stores.close()
