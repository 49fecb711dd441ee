"""What the console's screens ask, over a small installation: the first screen, decisions, graphs, drafts, notes."""

from collections.abc import Iterator
from typing import Any

import pytest

from fieldfare.assembly.served import folder_files
from fieldfare.flow.screens.notes import profile_note
from fieldfare.flow.versions.record import take_first
from fieldfare.ground.instants import DAY, HOUR
from fieldfare.know.identity import hold_store
from fieldfare.know.identity.model import Hold, HoldReason, HoldStatus
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, joins
from tests.scenarios.whole import Whole, opened
from tests.web.test_api import Api, api_of

LAPSED = """audience: lapsed-draft
description: For a test.
owner: marketing
where:
  all:
    - trait: membership_status
      is: active
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Whole, Api]]:
    folder = tmp_path_factory.mktemp("screens") / "data"
    with opened(folder, NOON) as whole:
        take_first(whole.stores.state, folder_files(FITNESS), "test", NOON)
        for user in ("m-1", "m-2", "m-3"):
            whole.play(joins(user, whole.clock.now() + HOUR), whole.clock.now() + 2 * HOUR)
        whole.tick(NOON + 40 * DAY)
        yield whole, api_of(whole, folder)


@pytest.fixture
def api(made: tuple[Whole, Api]) -> Api:
    return made[1]


def test_the_first_screen(api: Api) -> None:
    found = api.get("/api/v1/now").json()
    assert {each["flow"] for each in found["flows"]} >= {"worker", "events_urgent", "events_normal", "lake"}
    assert all(each["ok"] for each in found["flows"] if each["flow"].startswith("events"))
    assert {each["what"] for each in found["waiting"]} >= {"approvals", "identity", "dead_letters", "versions"}
    assert found["seasons"]
    assert found["today"]["is_whole"] is True


def test_decisions_since_a_day(api: Api) -> None:
    newest = api.get("/api/v1/decisions").json()["decisions"][0]["at"]
    answer = api.get("/api/v1/decisions", params={"from": newest, "limit": 200}).json()["decisions"]
    assert answer
    assert all(each["at"] >= newest for each in answer)


def test_decisions_are_searched_and_paged(api: Api) -> None:
    whole = api.get("/api/v1/decisions", params={"limit": 200}).json()
    assert whole["next"] is None
    assert len(whole["decisions"]) > 3
    paged: list[dict[str, Any]] = []
    cursor = None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = api.get("/api/v1/decisions", params=params).json()
        paged += page["decisions"]
        cursor = page["next"]
        if cursor is None:
            break
    assert paged == whole["decisions"]
    one = whole["decisions"][0]
    of_person = api.get("/api/v1/decisions", params={"profile": str(one["profile_id"])}).json()["decisions"]
    assert of_person == [each for each in whole["decisions"] if each["profile_id"] == one["profile_id"]]
    for field, name in (("outcome", "decision"), ("journey", "journey"), ("channel", "channel")):
        found = api.get("/api/v1/decisions", params={field: one[name], "limit": 200}).json()["decisions"]
        assert found == [each for each in whole["decisions"] if each[name] == one[name]]
    reasons = {reason for each in whole["decisions"] for reason in each["reasons"]}
    for reason in reasons:
        found = api.get("/api/v1/decisions", params={"reason": reason, "limit": 200}).json()["decisions"]
        assert found == [each for each in whole["decisions"] if reason in each["reasons"]]


def test_one_decision_is_told_whole(api: Api) -> None:
    one = api.get("/api/v1/decisions").json()["decisions"][0]
    found = api.get(f"/api/v1/decisions/{one['id']}").json()
    assert {key: found[key] for key in one} == one
    assert found["proposal_id"]
    assert api.get("/api/v1/decisions/999999999").json()["code"] == "decision_missing"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"outcome": "permitted"}, "decision_filter"),
        ({"reason": "because"}, "decision_filter"),
        ({"from": "yesterday"}, "span_invalid"),
        ({"profile": "user_id:nobody"}, "profile_unknown"),
    ],
)
def test_a_filter_that_cannot_be_meant_is_refused(api: Api, params: dict[str, str], code: str) -> None:
    assert api.get("/api/v1/decisions", params=params).json()["code"] == code


def test_a_journey_is_drawn_with_everybody_who_walks_it(api: Api) -> None:
    found = api.get("/api/v1/journeys/win-back/graph").json()
    shown = api.get("/api/v1/journeys/win-back").json()
    assert found["is_in_force"] is True
    assert sum(each["standing"] for each in found["nodes"]) == sum(each["count"] for each in shown["standing"])
    ids = {each["id"] for each in found["nodes"]}
    assert all({each["source"], each["target"]} <= ids for each in found["edges"])
    assert sum(each["walked"] for each in found["edges"]) > 0
    assert api.get("/api/v1/journeys/win-back/graph?version=none").json()["code"] == "journey_version_unknown"
    assert api.get("/api/v1/journeys/no-such/graph").json()["code"] == "journey_unknown"


def look(api: Api, **body: Any) -> dict[str, Any]:
    answer = api.ask("POST", "/api/v1/drafts/audience", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_audience_in_the_making_is_counted_and_told_in_words(api: Api) -> None:
    found = look(api, yaml=LAPSED)
    assert (found["problems"], found["others"]) == ([], [])
    assert found["count"]["about"] == 3
    assert found["count"]["is_exact"] is True
    assert len(found["count"]["examples"]) == 3
    assert found["lines"]
    again = look(api, structure=found["structure"])
    assert again["structure"] == found["structure"]
    assert again["count"] == found["count"]


def test_a_draft_takes_the_place_of_what_is_in_force(api: Api) -> None:
    path = "audiences/lapsed.yaml"
    text = api.get(f"/api/v1/workspace/files/{path}").json()["content"]
    held = look(api, yaml=text)
    live = {each["audience"]: each for each in api.get("/api/v1/audiences").json()}
    assert held["others"] == []
    assert held["count"]["about"] == live["lapsed"]["size"]


@pytest.mark.parametrize(
    ("yaml", "says"),
    [("", "empty"), ("audience: [", "YAML"), ("audience: x\nwhere: {traite: plan}", "traite"), ("a: b", "")],
)
def test_a_broken_draft_says_what_is_wrong(api: Api, yaml: str, says: str) -> None:
    found = look(api, yaml=yaml)
    assert found["count"] is None
    assert any(says in f"{each['what']} {each['why']} {each['fix']} {each['key']}" for each in found["problems"])


def test_a_draft_needs_some_form(api: Api) -> None:
    assert api.ask("POST", "/api/v1/drafts/audience", json={}).json()["code"] == "draft_empty"


def test_files_and_drafts(api: Api) -> None:
    listed = api.get("/api/v1/workspace/files").json()
    assert listed["version"] == 1
    paths = {each["path"]: each for each in listed["files"]}
    assert paths["workspace.yaml"]["kind"]
    kept = api.ask("PUT", "/api/v1/workspace/drafts/audiences/mine.yaml", json={"content": LAPSED})
    assert kept.json() == {"ok": True, "problems": []}
    one = api.get("/api/v1/workspace/files/audiences/mine.yaml").json()
    assert (one["content"], one["draft"], one["draft_base"]) == (None, LAPSED, 1)
    broken = api.ask("PUT", "/api/v1/workspace/drafts/audiences/mine.yaml", json={"content": "audience: mine"}).json()
    assert broken["ok"] is False
    assert broken["problems"][0]["file"] == "audiences/mine.yaml"
    assert api.ask("DELETE", "/api/v1/workspace/drafts/audiences/mine.yaml").json() == {"done": True}
    assert api.get("/api/v1/workspace/files/audiences/mine.yaml").json()["code"] == "file_unknown"
    stray = api.ask("PUT", "/api/v1/workspace/drafts/nowhere/mine.yaml", json={"content": ""})
    assert stray.json()["code"] == "file_misplaced"


def test_yaml_becomes_structure_and_back(api: Api) -> None:
    read = api.ask("POST", "/api/v1/workspace/read", json={"text": LAPSED}).json()
    printed = api.ask("POST", "/api/v1/workspace/print", json={"structure": read["structure"]}).json()["text"]
    assert api.ask("POST", "/api/v1/workspace/read", json={"text": printed}).json() == read


def test_notes_are_sealed_and_gone_with_the_person(made: tuple[Whole, Api]) -> None:
    whole, api = made
    text = "Asked for a quiet corner."
    assert api.ask("POST", "/api/v1/profiles/user_id:m-3/notes", json={"text": text}).json()["text"] == text
    assert [each["text"] for each in api.get("/api/v1/profiles/user_id:m-3/notes").json()["notes"]] == [text]
    with whole.stores.state.read() as tx:
        (row,) = tx.execute(profile_note.select()).all()
    assert text.encode() not in row.sealed
    assert api.ask("POST", "/api/v1/profiles/user_id:m-3/notes", json={"text": " "}).json()["code"] == "note_empty"
    receipt = api.ask("DELETE", "/api/v1/profiles/user_id:m-3", params={"actor": "kim", "reason": "asked"}).json()
    assert receipt["notes"] == 1
    with whole.stores.state.read() as tx:
        assert tx.execute(profile_note.select()).all() == []


def test_saved_queries(api: Api) -> None:
    told = {"name": "check-ins", "sql": "SELECT count(*) FROM events", "description": ""}
    assert api.ask("POST", "/api/v1/sql/saved", json=told).json()["actor"] == "installation"
    assert [each["name"] for each in api.get("/api/v1/sql/saved").json()] == ["check-ins"]
    assert api.ask("DELETE", "/api/v1/sql/saved/check-ins").json() == {"done": True}
    assert api.ask("POST", "/api/v1/sql/saved", json=told | {"name": " "}).json()["code"] == "query_unsaved"


def test_sources_tell_their_day(api: Api) -> None:
    found = {each["source"]: each for each in api.get("/api/v1/sources").json()}
    assert len(found["app"]["hours"]) == 24
    assert found["app"]["is_declared"] is True


def test_a_question_about_identity_is_shown_side_by_side(made: tuple[Whole, Api]) -> None:
    whole, api = made
    ends = [whole.installation.look.hash_of(f"user_id:m-{number}") for number in (1, 2)]
    assert None not in ends
    asked = Hold(
        id=b"\7" * 16,
        reason=next(iter(HoldReason)),
        a=ends[0] or b"",
        b=ends[1] or b"",
        confidence=80,
        explanation="",
        message_id="m",
        at=NOON,
        status=HoldStatus.OPEN,
    )
    with whole.stores.state.write() as tx:
        hold_store.ask(tx, [asked])
    (held,) = api.get("/api/v1/identity/holds").json()["holds"]
    found = api.get(f"/api/v1/identity/holds/{held['hold']}/sides").json()
    assert [each["profile_id"] for each in found["sides"]] == held["profiles"]
    traits = {each["trait"]: each for each in found["traits"]}
    assert traits["email"] | {"values": [None, None], "sealed": True, "agree": False} == traits["email"]
    assert traits["membership_status"]["agree"] is True
    assert "@example.com" not in str(found)
    assert api.get("/api/v1/identity/holds/ffff/sides").json()["code"] == "hold_unknown"
