"""Histories to replay, definitions that have changed since, and what an installation knows, comparable with another's.

The histories are backfill, so that nothing is sent and the logs of two installations are the same.
"""

import random
import shutil
from pathlib import Path
from typing import Any

import msgspec

from fieldfare.collect.model import Mode
from fieldfare.flow.generate.calls import identify, track
from fieldfare.flow.lake_events import LakeEvents
from fieldfare.ground.instants import DAY, HOUR, Instant
from tests.scenarios.example_engine import FITNESS, take_journeys_from
from tests.scenarios.people import NOON
from tests.scenarios.whole import Whole

CLUBS = ("hamburg-altona", "porto", "nowhere")
_CONTRACT = """event: check_in
description: Somebody came in.
synonyms: [class_attended, booking_attended, Sauna]
schema:
  type: object
  properties:
    location_id: {type: string}
    spend: {type: number}
    currency: {type: string}
    coach: {type: string}
    membership_id: {type: string}
fields:
  coach: {sensitivity: personal, purposes: [operations]}
"""
_BEFORE = _CONTRACT.replace(", Sauna", "").replace("  coach: {sensitivity: personal, purposes: [operations]}\n", "")


def before(folder: Path) -> Path:
    """Write the workspace as it was: the coach is nobody, a sauna visit is no visit, unknown fields are kept."""
    _copy(folder)
    text = _BEFORE.replace("fields:\n", "fields:\n  spend: {sensitivity: none}\n")
    (folder / "contracts" / "check_in.yaml").write_text(text, encoding="utf-8")
    return folder


def after(folder: Path) -> Path:
    """Write the workspace as it is now: a synonym, personal fields, a moved zone, a trait, unknown fields stripped."""
    _copy(folder)
    (folder / "contracts" / "check_in.yaml").write_text(_CONTRACT, encoding="utf-8")
    (folder / "collect.yaml").write_text("unknown_fields: strip\n", encoding="utf-8")
    places = folder / "locations.yaml"
    text = places.read_text(encoding="utf-8")
    first = "{location: hamburg-altona, region: north, time_zone: Europe/Berlin"
    assert first in text
    places.write_text(text.replace(first, first.replace("Europe/Berlin", "Pacific/Auckland")), encoding="utf-8")
    traits = folder / "traits.yaml"
    nickname = "  nickname: {type: text, sensitivity: personal, description: What friends say.}\n"
    traits.write_text(traits.read_text(encoding="utf-8").rstrip("\n") + "\n" + nickname, encoding="utf-8")
    return folder


def _copy(folder: Path) -> None:
    """Copy the example without its journeys and stages.

    Journeys ask for fields that the shipped contracts do not name; a stage remembers how somebody came to it, so it is
    not what a fresh installation would say.
    """
    shutil.copytree(FITNESS, folder)
    take_journeys_from(folder)
    for name in ("lifecycle.yaml", "outcomes.yaml"):
        (folder / name).unlink()


def history(seed: int, count: int = 60) -> list[tuple[Instant, list[dict[str, Any]]]]:
    """Return requests in time order: visits, saunas, sign-ins that merge people, duplicates, dead letters."""
    draw = random.Random(seed)
    found: list[tuple[Instant, list[dict[str, Any]]]] = []
    at, number = NOON, 0
    sent: list[dict[str, Any]] = []
    while number < count:
        at += draw.randrange(1, 30) * HOUR
        calls = []
        for _ in range(draw.randrange(1, 5)):
            number += 1
            calls.append(draw.choice(sent) if sent and draw.random() < 0.05 else _call(draw, number, at))
        sent += calls
        found.append((at, calls))
    return found


def _call(draw: random.Random, number: int, at: Instant) -> dict[str, Any]:
    user, device = f"m-{draw.randrange(5)}", f"d-{draw.randrange(4)}"
    message_id, at = f"r-{number}", at - draw.randrange(0, 40) * HOUR
    kind = draw.random()
    if kind < 0.15:
        traits = {"nickname": f"Nick {user}", "membership_status": draw.choice(["active", "cancelled"])}
        return identify(user, message_id, at, traits, device if draw.random() < 0.4 else None)
    values = {
        "location_id": draw.choice(CLUBS),
        "spend": draw.choice([0, 9.5, 30]),
        "coach": "Ford Prefect",
        "odd": number,
    }
    name = draw.choice(["check_in", "class_attended", "Sauna", "class_booked"])
    call = track(name, user, message_id, at, values)
    if kind < 0.4:
        del call["userId"]
        call["anonymousId"] = device
    if kind > 0.95:
        del call["userId"]
    return call


def bring(whole: Whole, requests: list[tuple[Instant, list[dict[str, Any]]]]) -> None:
    """Send the requests, each at its instant, and let the time go on for a while."""
    for at, calls in requests:
        whole.send(calls, at, mode=Mode.BACKFILL)
        whole.tick(at)
    whole.tick(whole.clock.now() + 3 * DAY)
    whole.installation.loader(whole.lake).sync()


def lake_of(whole: Whole) -> list[dict[str, Any]]:
    """Return every row of events, opened."""
    events = LakeEvents(whole.lake, whole.stores.keys)
    rows = events.rows('SELECT * FROM event_rows ORDER BY partition, "offset", index', [])
    wrapped = events.sealers(rows)
    for row in rows:
        row["sealed"] = events.hidden(row, wrapped)
        row["properties"] = msgspec.json.decode(row["properties"])
    return rows


def people_of(whole: Whole) -> list[dict[str, Any]]:
    """Return the lake's rows of profiles."""
    found: list[dict[str, Any]] = whole.lake.arrow("SELECT * FROM profiles ORDER BY profile_id").to_pylist()
    for row in found:
        row["traits"] = msgspec.json.decode(row["traits"])
    return found


_MEMBERSHIPS, _WAKES = 3, 4


def known(whole: Whole) -> dict[str, Any]:
    """Return what is known: events, documents with who is in which audience, profiles as the lake has them.

    Since when somebody is in an audience is told by when it was noticed, and is left out, as are wake-ups.
    """
    documents = whole.documents()
    for each in documents.values():
        each["document"][_WAKES] = None
        each["document"][_MEMBERSHIPS] = sorted(each["document"][_MEMBERSHIPS])
    return {"events": lake_of(whole), "documents": documents, "people": people_of(whole)}
