"""Drafts over HTTP: one's own, whole, out of date when a version changed the file, gone once applied."""

from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from fieldfare.assembly.access import open_access
from fieldfare.cli.ask_versions import texts_of
from fieldfare.ground.instants import DAY
from fieldfare.trust.access.model import Permission
from tests.scenarios.people import NOON
from tests.scenarios.planned import audience, start, write
from tests.scenarios.whole import opened
from tests.web.access_app import cheap
from tests.web.test_api import Api, api_of

A, B = audience("a", "{did: check_in}"), audience("b", "{did: app_opened}")
(PATH, TEXT), (OTHER, OTHER_TEXT) = next(iter(A.items())), next(iter(B.items()))
ROOT = "/api/v1/workspace"
ROUNDS = 5


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Api, str, Path]]:
    with opened(tmp_path / "data", NOON) as whole:
        start(whole, write(tmp_path / "workspace", A))
        _, administration = open_access(whole.stores, passwords=cheap())
        kim = administration.make_token("kim", frozenset(Permission), "ci", [Permission.WORKSPACE_DRAFT], DAY)
        yield api_of(whole, tmp_path / "data"), kim.secret, tmp_path / "workspace"


def keep(api: Api, path: str, content: str | None, **more: Any) -> dict[str, Any]:
    answer = api.ask("PUT", f"{ROOT}/drafts/{path}", json={"content": content, **more})
    found: dict[str, Any] = answer.json()
    return found


def drafts(api: Api, **more: Any) -> dict[str, dict[str, Any]]:
    return {each["path"]: each for each in api.get(f"{ROOT}/drafts", **more).json()["drafts"]}


def apply(api: Api, folder: Path, files: dict[str, str]) -> dict[str, Any]:
    write(folder, files)
    answer = api.ask("POST", f"{ROOT}/apply", json={"files": texts_of(folder), "by": "ann", "reason": "x"})
    found: dict[str, Any] = answer.json()
    assert found["status"] == "applied", found
    return found


def test_drafts_are_ones_own_and_listed_whole(served: tuple[Api, str, Path]) -> None:
    api, kim, _ = served
    assert keep(api, OTHER, OTHER_TEXT) == {
        "ok": True,
        "problems": [],
        "base": 1,
        "mark": drafts(api)[OTHER]["mark"],
        "is_stale": False,
    }
    assert keep(api, PATH, None, base=1)["ok"] is True
    mine = drafts(api)
    assert {name: (each["content"], each["removes"], each["is_new"]) for name, each in mine.items()} == {
        PATH: (None, True, False),
        OTHER: (OTHER_TEXT, False, True),
    }
    assert drafts(api, token=kim) == {}
    assert api.get(f"{ROOT}/files/{OTHER}", token=kim).status_code == 403, "its scope is drafts alone"
    assert api.ask("DELETE", f"{ROOT}/drafts").json() == {"done": True}
    assert api.ask("DELETE", f"{ROOT}/drafts").json() == {"done": False}
    assert drafts(api) == {}


def test_ones_drafts_are_checked_together(served: tuple[Api, str, Path]) -> None:
    api, _, _ = served
    uses = TEXT.replace("{did: check_in}", "{in: b}")
    assert keep(api, PATH, uses, base=1)["ok"] is False
    assert keep(api, OTHER, OTHER_TEXT)["ok"] is True, "with both, the name is known"


def test_a_draft_is_out_of_date_when_its_file_was_changed(served: tuple[Api, str, Path]) -> None:
    api, _, folder = served
    edited = TEXT.replace("check_in", "class_booked")
    keep(api, PATH, edited, base=1)
    apply(api, folder, A | B)
    assert drafts(api)[PATH]["is_stale"] is False, "another file was added"
    apply(api, folder, B | {PATH: TEXT.replace("check_in", "page_seen")})
    assert drafts(api)[PATH] | {"is_stale": True, "base": 1} == drafts(api)[PATH]
    again = keep(api, PATH, edited + "# more\n")
    assert (again["is_stale"], again["base"]) == (True, 1), "typing on does not hide it"
    looked = keep(api, PATH, edited, base=3)
    assert (looked["is_stale"], looked["base"]) == (False, 3)
    assert keep(api, PATH, edited, base=4)["code"] == "draft_base"


def test_a_draft_begins_from_the_version_that_its_editor_read(served: tuple[Api, str, Path]) -> None:
    api, _, folder = served
    changed = TEXT.replace("check_in", "page_seen")
    apply(api, folder, A | B)
    apply(api, folder, B | {PATH: changed})
    edited = TEXT.replace("check_in", "class_booked")
    found = keep(api, PATH, edited, base=2)
    assert (found["base"], found["is_stale"]) == (2, True), "version 3 came while the text of 2 was edited"
    assert drafts(api)[PATH]["is_stale"] is True
    assert keep(api, PATH, edited)["base"] == 2
    found = keep(api, PATH, changed, base=2)
    assert (found["is_stale"], drafts(api)) == (False, {}), "what is in force is no draft"


def test_another_tab_that_applied_meanwhile_is_told_and_nothing_is_replaced(served: tuple[Api, str, Path]) -> None:
    """One tab goes on with a draft; another applies it, which ends it. The first must not write over that unseen."""
    api, _, folder = served
    first, second = TEXT.replace("check_in", "page_seen"), TEXT.replace("check_in", "class_booked")
    keep(api, PATH, first, base=1)
    apply(api, folder, {PATH: first})
    refused = api.ask("PUT", f"{ROOT}/drafts/{PATH}", json={"content": second})
    assert (refused.status_code, refused.json()["code"]) == (409, "draft_passed")
    assert "version 2 has the file" in refused.json()["message"]
    assert drafts(api) == {}
    assert keep(api, PATH, second, base=1)["is_stale"] is True, "it says what it began from: kept, and to be looked at"
    assert keep(api, PATH, second, base=2)["is_stale"] is False, "whoever has looked says so"
    refused = api.ask("PUT", f"{ROOT}/drafts/{PATH}", json={"content": first, "base": 1})
    assert (refused.status_code, refused.json()["code"]) == (409, "draft_passed"), "the draft has gone on since"
    assert drafts(api)[PATH]["content"] == second
    assert keep(api, OTHER, OTHER_TEXT)["base"] == 2, "a new file replaces nothing"


def test_of_two_tabs_that_began_alike_the_second_replaces_nothing_that_it_did_not_see(
    served: tuple[Api, str, Path],
) -> None:
    api, _, _ = served
    first, second = TEXT.replace("check_in", "page_seen"), TEXT.replace("check_in", "class_booked")
    kept = keep(api, PATH, first, base=1, over="none")
    refused = api.ask("PUT", f"{ROOT}/drafts/{PATH}", json={"content": second, "base": 1, "over": "none"})
    assert (refused.status_code, refused.json()["code"]) == (409, "draft_passed")
    assert f"`over` `{kept['mark']}`" in refused.json()["message"], "it says how to keep it all the same"
    assert api.ask("DELETE", f"{ROOT}/drafts/{PATH}?over=none").status_code == 409, "nor takes it back"
    assert drafts(api)[PATH]["content"] == first
    assert keep(api, PATH, first, base=1, over="none")["mark"] == kept["mark"], "the same text loses nothing"
    other = keep(api, PATH, second, base=1, over=kept["mark"])
    assert other["mark"] != kept["mark"], "whoever has seen it says so"
    gone = keep(api, PATH, None, base=1, over=other["mark"])
    assert keep(api, PATH, first, base=1, over=other["mark"])["code"] == "draft_passed", "a removal is one too"
    assert keep(api, PATH, first, base=1, over=gone["mark"])["mark"] == kept["mark"]
    assert api.ask("DELETE", f"{ROOT}/drafts/{PATH}?over={kept['mark']}").json() == {"done": True}
    assert keep(api, PATH, second, base=1, over=kept["mark"])["mark"] == other["mark"], "where none is, none is lost"


def test_of_two_tabs_that_keep_at_once_one_is_refused_and_the_others_text_stands(
    served: tuple[Api, str, Path],
) -> None:
    api, _, _ = served
    for turn in range(ROUNDS):
        answers: dict[str, int] = {}
        begin, seen = Barrier(2), drafts(api).get(PATH, {"mark": "none"})["mark"]

        def keeps(tab: str, turn: int = turn, begin: Barrier = begin, seen: str = seen) -> None:
            text = f"{TEXT}# {tab} in turn {turn}\n"
            begin.wait()
            body = {"content": text, "base": 1, "over": seen}
            answers[text] = api.ask("PUT", f"{ROOT}/drafts/{PATH}", json=body).status_code  # noqa: B023 - of this turn

        tabs = [Thread(target=keeps, args=(tab,)) for tab in ("one", "other")]
        for each in tabs:
            each.start()
        for each in tabs:
            each.join()
        assert sorted(answers.values()) == [200, 409]
        assert answers[drafts(api)[PATH]["content"]] == 200


def test_whoever_applies_what_drafts_say_ends_them(served: tuple[Api, str, Path]) -> None:
    api, kim, folder = served
    other = TEXT.replace("check_in", "class_booked")
    keep(api, OTHER, OTHER_TEXT)
    keep(api, PATH, other, base=1)
    assert api.ask("PUT", f"{ROOT}/drafts/{PATH}", token=kim, json={"content": other, "base": 1}).status_code == 200
    apply(api, folder, B | {PATH: other})
    assert (drafts(api), drafts(api, token=kim)) == ({}, {})
    keep(api, PATH, None)
    apply(api, folder, B)
    assert drafts(api) == {}
    keep(api, OTHER, OTHER_TEXT)
    assert drafts(api) == {}, "it is in force already"
    keep(api, OTHER, None)
    keep(api, OTHER, OTHER_TEXT)
    assert drafts(api) == {}, "taken back by hand"
