"""Versions over HTTP: the same answers as the commands, and nonsense is the caller's fault."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.assembly.access import open_access
from fieldfare.cli.ask_versions import texts_of
from fieldfare.ground.instants import DAY
from fieldfare.trust.access.model import Permission
from tests.scenarios.people import NOON
from tests.scenarios.planned import APPROVERS, MORE, SETTINGS, audience, start, write
from tests.scenarios.whole import Whole, opened
from tests.web.access_app import cheap
from tests.web.test_api import Api, api_of

A, B = audience("a", "{did: check_in}"), audience("b", "{did: app_opened}")
ROOT = "/api/v1/workspace"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Whole, Path]]:
    folder = tmp_path_factory.mktemp("versions")
    with opened(folder / "data", NOON) as found:
        start(found, write(folder / "workspace", A | {"workspace.yaml": SETTINGS + APPROVERS}))
        yield found, folder


@pytest.fixture(scope="module")
def served(whole: tuple[Whole, Path]) -> tuple[Api, Path]:
    found, folder = whole
    return api_of(found, folder / "data"), folder / "workspace"


def test_plan_apply_approve_and_back(served: tuple[Api, Path]) -> None:
    api, folder = served
    write(folder, A | B | MORE | {"workspace.yaml": SETTINGS + APPROVERS})
    body = {"files": texts_of(folder), "by": "ann", "reason": "hello"}
    plan = api.ask("POST", f"{ROOT}/plan", json=body).json()
    assert (plan["base"], plan["has_changes"], plan["risk"]["waits"]) == (1, True, True)
    found = api.ask("POST", f"{ROOT}/apply", json={**body, "base": 1}).json()
    assert (found["version"], found["status"]) == (2, "waiting")
    own = api.ask("POST", f"{ROOT}/versions/2/approve", json={"by": "ann", "reason": "x"})
    assert (own.status_code, own.json()["code"]) == (403, "approval_own")
    done = api.ask("POST", f"{ROOT}/versions/2/approve", json={"by": "ben", "reason": "x"}).json()
    assert done["status"] == "applied"
    assert api.get("/api/v1/status").json()["workspace"] == {"in_force": 2, "served": 1, "waiting": []}
    late = api.ask("POST", f"{ROOT}/apply", json={**body, "base": 1})
    assert (late.status_code, late.json()["code"]) == (409, "version_passed")
    back = api.ask("POST", f"{ROOT}/rollback", json={"version": 1, "by": "ben", "reason": "no"}).json()
    assert (back["version"], back["restores"], back["status"]) == (3, 1, "applied")
    assert [each["version"] for each in api.get(f"{ROOT}/versions?limit=2").json()] == [3, 2]
    assert api.get(f"{ROOT}/versions/3?contents=true").json()["contents"].keys() == {"workspace.yaml", *A}
    assert {each["file"] for each in api.get(f"{ROOT}/versions/2/diff?against=3").json()["files"]} == {*B, *MORE}


def test_nobody_approves_by_a_token_of_their_own_or_what_it_applied(
    whole: tuple[Whole, Path], served: tuple[Api, Path]
) -> None:
    api, folder = served
    _, administration = open_access(whole[0].stores, passwords=cheap())
    scopes = [Permission.WORKSPACE_APPLY, Permission.WORKSPACE_APPROVE]
    made = {who: administration.make_token(who, frozenset(scopes), "ci", scopes, DAY) for who in ("ann", "ben", "eve")}
    tokens = {who: each.secret for who, each in made.items()}
    write(folder, A | B | MORE | {"workspace.yaml": SETTINGS + APPROVERS})
    base = api.get("/api/v1/status").json()["workspace"]["in_force"]
    body = {"files": texts_of(folder), "reason": "hello", "base": base}

    def applied(**more: Any) -> int:
        found = api.ask("POST", f"{ROOT}/apply", **more).json()
        assert found["status"] == "waiting", found
        return int(found["version"])

    def decided(number: int, act: str, by: str = "", token: str | None = None) -> str:
        answer = api.ask("POST", f"{ROOT}/versions/{number}/{act}", token=token, json={"by": by, "reason": "x"}).json()
        return str(answer.get("code", answer.get("status")))

    by_token = applied(json=body, token=tokens["ann"])
    assert decided(by_token, "approve", "ann") == "approval_own", "her token made it"
    assert decided(by_token, "approve", token=tokens["ann"]) == "approval_own"
    assert decided(by_token, "approve", token=tokens["eve"]) == "approver_unknown"
    assert api.get(f"{ROOT}/versions/{by_token}").json()["steps"][0]["by"] == "token:ci by ann"
    assert decided(by_token, "reject", "ann") == "rejected", "she takes her own back"
    by_hand = applied(json=body | {"by": "ann", "trigger_on_change": True})
    assert decided(by_hand, "approve", token=tokens["ann"]) == "approval_own"
    assert decided(by_hand, "approve", token=tokens["ben"]) == "applied", "another person's token stands for them"


NONSENSE: list[tuple[str, str, Any, int, str]] = [
    ("GET", "/versions/0", None, 422, "request_invalid"),
    ("GET", "/versions/99", None, 404, "version_unknown"),
    ("GET", f"/versions/{2**70}", None, 422, "request_invalid"),
    ("GET", "/versions/1/diff", None, 422, "request_invalid"),
    ("POST", "/plan", {}, 422, "request_invalid"),
    ("POST", "/plan", {"files": {}}, 400, "files_invalid"),
    ("POST", "/plan", {"files": {"workspace.yaml": "name: [", "audiences/../x.yaml": ""}}, 400, "files_invalid"),
    ("POST", "/plan", {"files": {"audiences/\0.yaml": ""}}, 400, "files_invalid"),
    ("POST", "/apply", {"files": {"workspace.yaml": SETTINGS}, "by": "\n"}, 400, "version_unsigned"),
    ("POST", "/rollback", {"version": 99, "by": "kim", "reason": "x"}, 404, "version_unknown"),
    ("POST", "/versions/1/approve", {"by": "ben", "reason": "x"}, 409, "version_decided"),
    ("POST", "/versions/1/reject", {"by": "ben"}, 422, "request_invalid"),
    ("POST", "/versions/1/carry-out", None, 400, "version_not_approved"),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "code"), NONSENSE)
def test_nonsense(served: tuple[Api, Path], method: str, path: str, body: Any, status: int, code: str) -> None:
    api, _ = served
    more = {} if body is None else {"json": body}
    answer = api.ask(method, f"{ROOT}{path}", **more)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_half_a_character_is_told_and_no_defect(served: tuple[Api, Path]) -> None:
    api, _ = served
    content, headers = b'{"files": {"workspace.yaml": "\\udc80"}}', {"content-type": "application/json"}
    answer = api.ask("POST", f"{ROOT}/plan", content=content, headers=headers)
    assert 400 <= answer.status_code < 500, answer.text
