"""A workspace whose audiences ask for households, identifiers, confidence and consent, and what the lake says."""

import shutil
from pathlib import Path
from typing import Any

from fieldfare.flow.generate.calls import CONSENT_EVENT, track
from fieldfare.ground.instants import Instant, to_iso
from fieldfare.know.audiences.to_lake import Moment, to_lake
from tests.scenarios.example_engine import FITNESS, take_journeys_from
from tests.scenarios.whole import Whole

AUDIENCES = {
    "active_home": "{household: {any_member: {did: check_in, count: {at_least: 2}, within: 9 days}}}",
    "tempted": "{household: {others: {trait: membership_tier, is: premium}}}",
    "quiet_home": "{all: [{did: check_in}, {household: {all_members: {did_not: check_in, within: 9 days}}}]}",
    "comes_alone": "{all: [{did: check_in, count: {at_least: 2}}, "
    "{not: {household: {others: {did: check_in, count: {at_least: 2}, within: 9 days}}}}]}",
    "pair": "{household: {members: {at_least: 2}}}",
    "often": "{did: check_in, count: {at_least: 2}, within: 9 days}",
    "two_often": "{household: {members: {at_least: 2}, who: {in: often}}}",
    "reachable": "{consent: marketing, channel: email}",
    "refused": "{consent: marketing, channel: email, is: withdrawn}",
    "home_reachable": "{household: {any_member: {consent: marketing, channel: email}}}",
    "by_mail": "{identifier: email}",
    "sure": "{match_confidence: {at_least: 95}}",
}


def workspace(folder: Path, audiences: dict[str, str] = AUDIENCES) -> Path:
    """Write the example with these audiences, and without journeys and stages."""
    shutil.copytree(FITNESS, folder)
    take_journeys_from(folder)
    shutil.rmtree(folder / "audiences")
    for name in ("lifecycle.yaml", "outcomes.yaml"):
        (folder / name).unlink()
    write(folder, audiences)
    return folder


def write(folder: Path, audiences: dict[str, str]) -> None:
    """Write the audiences, and no others."""
    shutil.rmtree(folder / "audiences", ignore_errors=True)
    (folder / "audiences").mkdir()
    for name, condition in audiences.items():
        (folder / "audiences" / f"{name}.yaml").write_text(f"audience: {name}\nwhere: {condition}\n", encoding="utf-8")


def moves_in(user: str, home: str, at: Instant) -> dict[str, Any]:
    """Return the call by which a person becomes a member of a household."""
    return {
        "type": "group",
        "userId": user,
        "groupId": home,
        "messageId": f"{user}-{home}-{at}",
        "timestamp": to_iso(at),
        "traits": {"type": "family"},
    }


def refuses(user: str, at: Instant) -> dict[str, Any]:
    """Return the withdrawal of e-mail marketing."""
    said = {"purpose": "marketing", "channel": "email", "action": "withdraw"}
    return track(CONSENT_EVENT, user, f"{user}-refuses-{at}", at, said)


def members(whole: Whole) -> dict[str, set[int]]:
    """Return who is in which audience by the documents."""
    found: dict[str, set[int]] = {name: set() for name in whole.workspace.audiences}
    for profile_id, told in whole.documents().items():
        for name in told["document"][3]:
            found[name].add(profile_id)
    return found


def by_lake(whole: Whole) -> dict[str, set[int]]:
    """Return who is in which audience by the lake."""
    whole.installation.loader(whole.lake).sync()
    connection, workspace = whole.lake.ibis(), whole.workspace
    moment = Moment(whole.clock.now(), workspace.time_zone, computed=whole.installation.definitions.computed)
    events, profiles = connection.table("facts"), connection.table("profiles")
    found = {}
    for name, audience in workspace.audiences.items():
        table = to_lake(audience.condition, workspace.audiences, events, profiles, moment)
        found[name] = {row["profile_id"] for row in connection.to_pyarrow(table).to_pylist()}
    return found


def edges(whole: Whole, audience: str, user: str) -> list[tuple[bool, Instant, str]]:
    """Return (joined, at, cause) of a person and an audience, in order."""
    profile_id = whole.profile_id(f"user_id:{user}")
    rows = [row for row in whole.memberships() if (row["audience"], row["profile_id"]) == (audience, profile_id)]
    return [(row["joined"], row["at"], row["cause"]) for row in sorted(rows, key=lambda row: row["at"])]
