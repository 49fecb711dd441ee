"""What the console's screens ask, over a small installation: the first screen, decisions, graphs, drafts, notes."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from typing import Any, cast

import pytest
from sqlalchemy import Connection, event

from fieldfare.assembly.access import open_access
from fieldfare.assembly.installation import open_answers, open_worker
from fieldfare.assembly.screens import open_screens, topics_of
from fieldfare.assembly.served import folder_files
from fieldfare.flow.screens.experiment_drafts import ExperimentDrafts
from fieldfare.flow.screens.notes import profile_note
from fieldfare.flow.versions.record import take_first
from fieldfare.ground.instants import DAY, HOUR
from fieldfare.know.identity import hold_store
from fieldfare.know.identity.model import Hold, HoldReason, HoldStatus
from fieldfare.trust.access.model import Permission
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, joins
from tests.scenarios.whole import Whole, opened
from tests.web.access_app import cheap
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
    assert {each["flow"] for each in found["flows"]} >= {
        "worker",
        "events_urgent",
        "events_normal",
        "lake",
        "guardrails",
    }
    assert all(each["ok"] for each in found["flows"] if each["flow"].startswith("events"))
    assert {each["what"] for each in found["waiting"]} >= {"approvals", "identity", "dead_letters", "versions"}
    assert found["seasons"]
    assert found["today"]["is_whole"] is True


SCANNED = {
    "automation_mode": "a row for each order of a person",
    "journey_tally": "a row a day for each journey and reason",
    "outbox": "what waits to be appended",
    "season_proposal": "a row for each season that was ever proposed",
    "version_step": "a row for each step of a version",
    "workspace_version": "a row for each version",
}
"""Tables that a poll may go through whole: they stay small."""


def test_what_is_polled_every_few_seconds_goes_through_no_large_table(made: tuple[Whole, Api]) -> None:
    whole, _ = made
    answers = open_answers(whole.installation, whole.lake)
    worker = open_worker(whole.installation, whole.lake)
    screens = open_screens(whole.installation, whole.lake, worker, answers)
    asked: set[tuple[str, tuple[Any, ...]]] = set()

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            asked.add((statement, tuple(parameters)))

    engine = whole.stores.state.engine
    event.listen(engine, "before_cursor_execute", note)
    for topic in topics_of(answers, screens).values():
        topic.read()
    open_access(whole.stores, passwords=cheap())[1].acts(None, 50, "kim")
    event.remove(engine, "before_cursor_execute", note)
    assert len(asked) > 10

    def scanned(tx: Connection, mark: str = "") -> set[str]:
        """``mark``: another text is another statement to the driver, which explains each but once."""
        plans = [
            row.detail.removeprefix("SCAN ")
            for statement, parameters in asked
            for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}{mark}", parameters)
            if row.detail.startswith("SCAN ")
        ]
        return {each for each in plans if each.split()[0] not in SCANNED | {"anon_1": "a count of at most 1,001"}}

    standing = "enrollment USING COVERING INDEX ix_enrollment_standing"
    with whole.stores.state.read() as tx:
        assert scanned(tx) == {standing}
    with suppress(ZeroDivisionError), whole.stores.state.write() as tx:  # and without the indices it would
        for name in ("ix_task_status", "ix_access_act_actor", "ix_enrollment_standing"):
            tx.exec_driver_sql(f"DROP INDEX {name}")
        found = {each.split()[0] for each in scanned(tx, " ")}
        raise ZeroDivisionError
    assert found >= {"task", "access_act"}


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
    assert api.get("/api/v1/journeys/win-back/graph?days=367").status_code == 422
    assert api.get("/api/v1/journeys/win-back/graph?version=none").json()["code"] == "journey_version_unknown"
    assert api.get("/api/v1/journeys/no-such/graph").json()["code"] == "journey_unknown"


def test_the_lift_of_what_runs(api: Api) -> None:
    found = api.get("/api/v1/lift").json()
    while not found["is_whole"]:
        found = api.get("/api/v1/lift").json()
    assert {each["experiment"] for each in found["experiments"]} >= {"win-back"}
    assert all(each["variants"] for each in found["experiments"])


def test_every_step_that_was_taken_is_counted_on_its_edge(made: tuple[Whole, Api]) -> None:
    whole, api = made
    expected: Counter[tuple[str, str]] = Counter()
    for walk in whole.enrollments():
        if walk["journey"] == "win-back":
            expected.update(pairwise(["start", *walk["trail"], *(["end"] if walk["status"] == "completed" else [])]))
    found = {
        days: {
            (each["source"], each["target"]): each["walked"]
            for each in api.get(f"/api/v1/journeys/win-back/graph?days={days}").json()["edges"]
        }
        for days in (366, 12, 1)
    }
    assert {edge: count for edge, count in found[366].items() if count} == expected
    assert expected["start", "0"] == 3
    assert (found[12]["start", "0"], found[1]["start", "0"]) == (3, 0), "they entered ten days ago"


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


def study(api: Api, **body: Any) -> dict[str, Any]:
    answer = api.ask("POST", "/api/v1/drafts/experiment", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_experiment_in_the_making_is_checked_and_designed(api: Api) -> None:
    text = (FITNESS / "experiments" / "win-back.yaml").read_text()
    held = study(api, yaml=text, holdout=0.3, days=90)
    assert (held["path"], held["is_new"], held["problems"], held["others"]) == (
        "experiments/win-back.yaml",
        False,
        [],
        [],
    )
    assert held["registered"] | {"version": 1, "by": "test", "amendments": 0} == held["registered"]
    assert held["amends"] is True, "it began in January"
    assert held["design"] == api.get("/api/v1/experiments/win-back/design?holdout=0.3&days=90").json()
    other = text.replace("experiment: win-back", "experiment: rebook").replace("journey: win-back", "journey: rebook")
    fresh = study(api, yaml=other, design=False)
    assert (fresh["path"], fresh["is_new"], fresh["registered"], fresh["amends"]) == (
        "experiments/rebook.yaml",
        True,
        None,
        False,
    )
    assert (fresh["problems"], fresh["design"]) == ([], None)
    assert study(api, structure=fresh["structure"], design=False)["problems"] == []
    wrong = study(api, yaml=text.replace("metric: returned", "metric: retuned"))
    assert "retuned" in wrong["problems"][0]["what"]
    assert wrong["design"] is None
    assert api.ask("POST", "/api/v1/drafts/experiment", json={}).json()["code"] == "draft_empty"
    later = text.replace("start: 2025-01-01", "start: 2025-08-01")
    assert study(api, yaml=later, design=False)["amends"] is False


@pytest.mark.parametrize("yaml", ["", "experiment: [", "a: b", "experiment: 7", "- 1", "experiment: x"])
def test_a_broken_experiment_says_what_is_wrong(api: Api, yaml: str) -> None:
    found = study(api, yaml=yaml)
    assert found["problems"]
    assert found["design"] is None


def test_files_and_drafts(api: Api) -> None:
    listed = api.get("/api/v1/workspace/files").json()
    assert listed["version"] == 1
    paths = {each["path"]: each for each in listed["files"]}
    assert paths["workspace.yaml"]["kind"]
    kept = api.ask("PUT", "/api/v1/workspace/drafts/audiences/mine.yaml", json={"content": LAPSED})
    mark = kept.json()["mark"]
    assert kept.json() == {"ok": True, "problems": [], "base": 1, "mark": mark, "is_stale": False}
    one = api.get("/api/v1/workspace/files/audiences/mine.yaml").json()
    assert (one["content"], one["draft"]["content"], one["draft"]["base"]) == (None, LAPSED, 1)
    assert one["draft"]["mark"] == mark
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


def test_saved_queries_are_ones_own_until_they_are_shared(made: tuple[Whole, Api]) -> None:
    whole, api = made
    _, administration = open_access(whole.stores, passwords=cheap())
    kim = administration.make_token("kim", frozenset(Permission), "bi", [Permission.LAKE_QUERY], DAY).secret
    told = {"name": "check-ins", "sql": "SELECT count(*) FROM events", "description": ""}
    assert api.ask("POST", "/api/v1/sql/saved", json=told).json()["owner"] == "installation"
    assert api.get("/api/v1/sql/saved", token=kim).json() == []
    api.ask("POST", "/api/v1/sql/saved", json=told | {"shared": True})
    (seen,) = api.get("/api/v1/sql/saved", token=kim).json()
    assert (seen["owner"], seen["is_own"], seen["is_shared"]) == ("installation", False, True)
    mine = api.ask("POST", "/api/v1/sql/saved", token=kim, json=told | {"sql": "SELECT 1"}).json()
    assert mine["is_own"] is True
    (own,) = api.get("/api/v1/sql/saved").json()
    assert own["sql"] == told["sql"], "nobody changes another's"
    path = "/api/v1/sql/saved/check-ins"
    refused = api.ask("DELETE", path, token=kim, params={"owner": "installation"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert api.ask("DELETE", path, token=kim).json() == {"done": True}
    assert api.ask("DELETE", path, token=kim).json() == {"done": False}
    assert [each["name"] for each in api.get("/api/v1/sql/saved").json()] == ["check-ins"]
    api.ask("POST", "/api/v1/sql/saved", token=kim, json=told)
    assert api.ask("DELETE", path, params={"owner": mine["owner"]}).json() == {"done": True}
    assert api.ask("DELETE", path).json() == {"done": True}
    assert api.ask("POST", "/api/v1/sql/saved", json=told | {"name": " "}).json()["code"] == "query_unsaved"


class Held:
    """A workspace with one registration, in a file of another name."""

    def in_force(self) -> tuple[int, dict[str, bytes]]:
        """Write the name as people may write it."""
        return 1, {"experiments/spring.yaml": b'experiment: "words"  # of spring\n', "experiments/words.yaml": b"["}

    def mine(self, owner: str) -> dict[str, str | None]:
        """Kim writes another one; Lee moves the first."""
        if owner == "kim":
            return {"experiments/summer.yaml": "experiment: sun"}
        return {"experiments/spring.yaml": None, "experiments/may.yaml": "experiment: words"}

    def load(self, changed: dict[str, str | None]) -> tuple[None, list[Any]]:
        """Find nothing."""
        return None, []


def test_an_experiment_stands_in_the_file_that_registers_it_however_that_is_written() -> None:
    study_of = ExperimentDrafts(cast("Any", Held()), cast("Any", None), cast("Any", None))
    found = study_of.look("kim", "experiment: words\n", None, None)
    assert (found["path"], found["is_new"]) == ("experiments/spring.yaml", False)
    assert study_of.look("kim", "experiment: word\n", None, None)["path"] == "experiments/word.yaml"
    drafted = study_of.look("kim", "experiment: sun\nowner: me\n", None, None)
    assert (drafted["path"], drafted["is_new"]) == ("experiments/summer.yaml", True), "in one's own draft alone"
    moved = study_of.look("lee", "experiment: words\n", None, None)
    assert (moved["path"], moved["is_new"]) == ("experiments/may.yaml", False)


def test_an_experiment_is_checked_among_ones_other_drafts(api: Api) -> None:
    """A metric that is only a draft yet is known to the experiment that is written on it."""
    text = (FITNESS / "experiments" / "win-back.yaml").read_text().replace("metric: returned", "metric: came_soon")
    assert "came_soon" in study(api, yaml=text, design=False)["problems"][0]["what"]
    metrics = (FITNESS / "metrics.yaml").read_text()
    own = "metrics:\n  - {metric: came_soon, kind: conversion, event: check_in, window: 7 days}\n"
    body = {"content": metrics.replace("metrics:\n", own, 1), "base": 1}
    assert api.ask("PUT", "/api/v1/workspace/drafts/metrics.yaml", json=body).json()["ok"] is True
    assert study(api, yaml=text, design=False)["problems"] == []
    assert api.ask("DELETE", "/api/v1/workspace/drafts/metrics.yaml").json() == {"done": True}


def test_a_saved_query_keeps_its_description_and_may_have_any_name(api: Api) -> None:
    told = {"name": "visits/week", "sql": "SELECT 1", "description": "By week."}
    assert api.ask("POST", "/api/v1/sql/saved", json=told).json()["description"] == "By week."
    again = {"name": "visits/week", "sql": "SELECT 2"}
    assert api.ask("POST", "/api/v1/sql/saved", json=again).json()["description"] == "By week."
    assert api.ask("POST", "/api/v1/sql/saved", json=again | {"description": ""}).json()["description"] == ""
    assert api.ask("DELETE", "/api/v1/sql/saved/visits%2Fweek").json() == {"done": True}
    assert api.get("/api/v1/sql/saved").json() == []


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
