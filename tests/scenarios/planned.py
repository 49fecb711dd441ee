"""Workspaces that change, people whose days are drawn, and versions over them, for scenarios of plan and apply."""

from pathlib import Path
from random import Random
from typing import Any

from fieldfare.assembly.answering import open_versions
from fieldfare.assembly.installation import Installation, open_backfill
from fieldfare.assembly.served import folder_files
from fieldfare.cli.ask_versions import texts_of
from fieldfare.flow.generate.calls import track
from fieldfare.flow.versions.record import files_in_force
from fieldfare.flow.versions.requests import ApplyRequest, RollbackRequest
from fieldfare.flow.versions.run import Versions
from fieldfare.ground.instants import DAY, HOUR
from tests.scenarios.people import NOON
from tests.scenarios.whole import Whole

SETTINGS = """name: shop
time_zone: Europe/Berlin
currency: EUR
brand: {name: Shop, from_email: a@example.com, postal_address: Street 1}
sources: [{name: app, write_key: "${FIELDFARE_WRITE_KEY}"}]
"""
APPROVERS = "approvers: [ann, ben]\nlarge_audience: 1000\n"
PLACES = "locations:\n  - {location: north, region: coast}\n  - {location: south, region: hills}\n"
SEASONS = """seasons:
  - season: spring
    peak: {from: "03-01", to: "04-15"}
    prepare: 28 days
    cool_down: 21 days
"""
TRAITS = "traits: {}\ncomputed:\n  idle_days: {days_since: last, event: class_booked}\n"
JOURNEY = """journey: hello
owner: clubs
kpi: how many come back
entry: {joins: a}
purpose: service
waivers:
  - {check: holdout, by: clubs, why: everybody is to hear of it}
  - {check: opt_out_test, by: clubs, why: nobody can opt out of it}
  - {check: exit, by: clubs, why: it is one message and ends}
steps:
  - send: {channel: email, template: hello, expires: 2 days}
"""
MORE = {
    "consent.yaml": "purposes:\n  service: {consent: not_required}\n  marketing: {}\n",
    "channels.yaml": "channels:\n  email: {driver: capture}\n",
    "templates/hello.yaml": "template: hello\nchannel: email\nsubject: Hello\ntext: Hello there.\n",
    "journeys/hello.yaml": JOURNEY,
}
POOL = (
    "{did: check_in, within: 5 days}",
    "{did: check_in, count: {at_least: 4}, within: 40 days}",
    "{did: check_in, sum: {of: spend, above: 40}}",
    "{did: check_in, sum: {of: spend, above: 90}, within: 30 days}",
    "{did: check_in, distinct: {of: location, at_least: 2}, within: 20 days}",
    "{did: check_in, max: {of: spend, at_least: 25}}",
    "{did: check_in, last: {of: kind, is: gym}, within: 90 hours}",
    "{did_not: app_opened, within: 12 days}",
    "{any: [{did: class_booked, between: 20 and 6 days ago}, {location: coast}]}",
    "{all: [{location: [south]}, {not: {did: class_booked, within: 9 days}}]}",
    "{trait: idle_days, above: 3}",
    "{all: [{in_phase: peak}, {did: app_opened}]}",
    "{did: check_in, then: {did: app_opened, within: 3 days}, within: 15 days}",
    "{did: class_booked, without: {did: check_in, within: 2 days}, within: 12 days}",
    "{measure: visits, over: 6 days, above: 2}",
    "{measure: visits, over: 4 days, compared_to: {between: 18 and 5 days ago}, below: 60 %}",
    "{did: check_in, count: {at_least: 2}, during: current peak}",
    "{in: a}",
    "{not: {in: b}}",
    "{stage: regular}",
)


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write a workspace; files that a former call wrote and this does not name are gone."""
    for path in folder_files(folder):
        (folder / path).unlink()
    for path, text in {"workspace.yaml": SETTINGS, **files}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def audience(name: str, where: str, refresh: str = "live") -> dict[str, str]:
    return {f"audiences/{name}.yaml": f"audience: {name}\nrefresh: {refresh}\nwhere: {where}\n"}


def drawn(seed: int) -> dict[str, str]:
    """Draw a workspace: audiences `a` and `b` of events alone, `s` of a stage, others of anything."""
    choose = Random(f"workspace {seed}")
    files = {"traits.yaml": TRAITS, "locations.yaml": PLACES, "seasons.yaml": SEASONS}
    regular = choose.choice(POOL[:8])
    visits = choose.choice(["check_in", "app_opened"])
    files["measures.yaml"] = f"measures:\n  visits: {{event: {visits}}}\n"
    files["lifecycle.yaml"] = f"stages:\n  - {{stage: regular, enter: {regular}}}\n"
    for name in ("a", "b"):
        files |= audience(name, choose.choice(POOL[:12]), choose.choice(["live", "live", "nightly"]))
    files |= audience("s", "{stage: regular}")
    for name in choose.sample("cdefgh", 4):
        files |= audience(name, choose.choice(POOL), choose.choice(["live", "live", "nightly", "weekly"]))
    return files


def happenings(seed: int, days: range) -> list[tuple[int, dict[str, Any]]]:
    """Draw what twenty-five people do, some of it told late, in the order of arrival."""
    choose = Random(f"{seed} {days.start}")
    found = []
    for day in days:
        for number in range(25):
            if choose.random() < 0.7:
                continue
            at = NOON + day * DAY + choose.randrange(10 * HOUR)
            properties = {
                "location_id": choose.choice(["north", "south", None]),
                "spend": choose.choice([0, 5, 12.5, 30]),
                "kind": choose.choice(["gym", "pool"]),
            }
            late = choose.choice([0, 0, 0, 3 * HOUR, 9 * DAY])
            name = choose.choice(["check_in", "check_in", "class_booked", "app_opened"])
            found.append((at, track(name, f"u-{number}", f"{seed}-{day}-{number}", at - late, properties)))
    return sorted(found, key=lambda each: each[0])


def versions_of(whole: Whole, *, is_serving: bool = False) -> Versions:
    return open_versions(whole.installation, whole.lake, is_serving=is_serving)


def start(whole: Whole, folder: Path) -> dict[str, Any]:
    """Take a folder as the first version and begin with it."""
    whole.use(folder)
    found = apply(whole, folder, by="ann")
    open_backfill(whole.installation, whole.lake).begin()
    return found


def asked(folder: Path, **more: Any) -> ApplyRequest:
    return ApplyRequest(files=texts_of(folder), **{"by": "kim", **more})


def apply(whole: Whole, folder: Path, **more: Any) -> dict[str, Any]:
    return versions_of(whole).apply(asked(folder, **more))


def back(whole: Whole, number: int, **more: Any) -> dict[str, Any]:
    request = RollbackRequest(version=number, **{"by": "kim", "reason": "it was better", **more})
    return versions_of(whole).rollback(request)


def bring(whole: Whole, folder: Path) -> None:
    """Do what the next start does: open the version in force, begin its edition, bring everybody to it."""
    held = files_in_force(whole.stores.state)
    assert held is not None
    whole.use(write(folder, {path: raw.decode() for path, raw in held[1].items()}))
    made = open_backfill(whole.installation, whole.lake)
    made.begin()
    made.run()


def reopened(whole: Whole) -> Installation:
    whole.installation = Installation(whole.workspace, whole.stores, whole.clock, capture_all=True)
    return whole.installation
