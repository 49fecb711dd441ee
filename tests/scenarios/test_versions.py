"""Versions as people meet them: stored, judged, approved, refused to the second, rolled back; on both databases."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.cli.serve import require_applied
from fieldfare.flow.versions.record import files_in_force, same_since
from fieldfare.flow.versions.requests import DecisionRequest
from fieldfare.ground.errors import CallerError, ConfigError, ConflictError, FieldfareError
from fieldfare.ground.instants import HOUR
from fieldfare.ground.store import State
from tests.scenarios.people import NOON
from tests.scenarios.planned import (
    APPROVERS,
    MORE,
    SETTINGS,
    apply,
    asked,
    audience,
    back,
    bring,
    start,
    versions_of,
    write,
)
from tests.scenarios.whole import Whole, opened

A, B, C = audience("a", "{did: check_in}"), audience("b", "{did: app_opened}"), audience("c", "{did_not: check_in}")
WATCHED = {"workspace.yaml": SETTINGS + APPROVERS}


@pytest.fixture(params=["sqlite", "postgresql"])
def whole(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Whole]:
    url = None if request.param == "sqlite" else request.getfixturevalue("postgres_database")
    with opened(tmp_path / "data", NOON, url=url) as made:
        yield made


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Whole]:
    """Where the database is not what matters."""
    with opened(tmp_path / "data", NOON) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


def refusal(kind: type[FieldfareError], code: str, call: Any, *told: Any, **more: Any) -> str:
    with pytest.raises(kind) as refused:
        call(*told, **more)
    assert refused.value.code == code, refused.value.message
    return refused.value.message


def decide(whole: Whole, word: str, number: int, by: str, reason: str = "looked at") -> dict[str, Any]:
    found: dict[str, Any] = getattr(versions_of(whole), word)(DecisionRequest(version=number, by=by, reason=reason))
    return found


def held(state: State) -> tuple[int, dict[str, str]]:
    found = files_in_force(state)
    assert found is not None
    return found[0], {path: raw.decode() for path, raw in found[1].items()}


def test_versions_are_numbered_kept_whole_and_never_change(whole: Whole, folder: Path) -> None:
    first = start(whole, write(folder, A | B))
    assert (first["version"], first["status"], first["base"], first["risks"]) == (1, "applied", None, [])
    write(folder, A | C)
    second = apply(whole, folder, reason="b is over")
    assert (second["version"], second["base"], second["by"], second["reason"]) == (2, 1, "kim", "b is over")
    assert [(each["thing"], each["how"]) for each in second["changes"]] == [
        ("audiences/b", "removed"),
        ("audiences/c", "added"),
    ]
    assert second["audiences"] == ["b", "c"]
    again = apply(whole, folder)
    assert (again["version"], again["is_new"]) == (2, False)
    assert held(whole.stores.state) == (2, {"workspace.yaml": SETTINGS, **A, **C})
    shown = versions_of(whole).show(1, contents=True)
    assert shown["contents"] == {"workspace.yaml": SETTINGS, **A, **B}
    assert [each["version"] for each in versions_of(whole).history(10)] == [2, 1]
    (gone, new) = versions_of(whole).diff(1, 2)["files"]
    assert (gone["file"], new["file"]) == ("audiences/b.yaml", "audiences/c.yaml")
    assert "-where: {did: app_opened}" in gone["diff"]
    assert "+where: {did_not: check_in}" in new["diff"]
    assert "${FIELDFARE_WRITE_KEY}" in shown["contents"]["workspace.yaml"], "a secret stays a reference"


def test_a_file_is_as_it_is_since_it_last_changed(small: Whole, folder: Path) -> None:
    def since(path: str) -> int | None:
        with small.stores.state.read() as connection:
            return same_since(connection, path)

    assert since("audiences/a.yaml") is None, "nothing was applied yet"
    began = small.clock.now()
    start(small, write(folder, A | B))
    small.tick(began + HOUR)
    write(folder, A | C)
    apply(small, folder)
    found = [since(f"audiences/{name}.yaml") for name in "abc"]
    assert found == [began, None, began + HOUR]
    small.tick(began + 2 * HOUR)
    back(small, 1)
    found = [since(f"audiences/{name}.yaml") for name in "abc"]
    assert found == [began, began + 2 * HOUR, None]


def test_comments_are_a_change_of_words_alone(small: Whole, folder: Path) -> None:
    start(small, write(folder, A))
    (folder / "audiences/a.yaml").write_text("# who came\n" + A["audiences/a.yaml"])
    plan = versions_of(small).plan(asked(folder))
    assert [each["how"] for each in plan["changes"]] == ["reworded"]
    assert (plan["needs"], plan["audiences"], plan["has_changes"]) == ("nothing", [], True)
    assert apply(small, folder)["version"] == 2


def test_the_second_of_two_is_refused_with_the_difference(whole: Whole, folder: Path, tmp_path: Path) -> None:
    start(whole, write(folder, A))
    mine, theirs = write(tmp_path / "mine", A | B), write(tmp_path / "theirs", A | C)
    assert apply(whole, theirs, by="ann", reason="more")["version"] == 2
    text = refusal(ConflictError, "version_passed", apply, whole, mine, base=1)
    for word in ("Version 2", "ann", "more", "version 1", "audiences/c"):
        assert word in text
    text = refusal(ConflictError, "version_stale", apply, whole, mine)
    assert "audiences/c.yaml (changed by ann in version 2)" in text
    assert held(whole.stores.state)[0] == 2
    plan = versions_of(whole).plan(asked(mine))
    assert [(each["file"], each["version"], each["by"]) for each in plan["stale"]] == [("audiences/c.yaml", 2, "ann")]
    assert apply(whole, mine, base=2)["version"] == 3, "who says so may take it back"
    assert apply(whole, write(tmp_path / "mine", A), by="kim")["version"] == 4, "one's own change may go without"


def test_two_at_the_very_same_time_and_one_wins(whole: Whole, folder: Path, tmp_path: Path) -> None:
    start(whole, write(folder, A))
    mine, theirs = write(tmp_path / "mine", A | B), write(tmp_path / "theirs", A | C)
    versions = versions_of(whole)
    planner = versions._planner

    class Slow:
        """Somebody else applies between this plan and its transaction."""

        def run(self, *told: Any) -> Any:
            planned = planner.run(*told)
            apply(whole, theirs, by="ann")
            return planned

    versions._planner = Slow()  # type: ignore[assignment]
    text = refusal(ConflictError, "version_passed", versions.apply, asked(mine))
    assert "audiences/c" in text
    assert [each["version"] for each in versions.history(10)] == [2, 1]


def test_what_carries_a_risk_waits_for_somebody_else(whole: Whole, folder: Path) -> None:
    start(whole, write(folder, WATCHED | A))
    assert apply(whole, write(folder, WATCHED | A | B))["status"] == "applied", "an audience alone is safe"
    write(folder, WATCHED | A | B | MORE)
    plan = versions_of(whole).plan(asked(folder))
    assert plan["risk"]["waits"]
    assert {each["concern"] for each in plan["risk"]["concerns"]} == {"new_purpose", "sends"}
    found = apply(whole, folder, by="ann", reason="say hello")
    assert (found["version"], found["status"]) == (3, "waiting")
    assert held(whole.stores.state)[0] == 2
    again = apply(whole, folder, by="ann")
    assert (again["version"], again["status"]) == (3, "waiting"), "the same again is the same version"
    assert "somebody else" in refusal(CallerError, "approval_own", decide, whole, "approve", 3, "ann")
    assert "ann, ben" in refusal(CallerError, "approver_unknown", decide, whole, "approve", 3, "kim")
    refusal(CallerError, "version_unsigned", decide, whole, "approve", 3, "ben", " ")
    refusal(CallerError, "version_unknown", decide, whole, "approve", 9, "ben")
    done = decide(whole, "approve", 3, "ben", "checked the text")
    assert done["status"] == "applied"
    assert [(each["status"], each["by"], each["reason"]) for each in done["steps"]] == [
        ("waiting", "ann", "say hello"),
        ("approved", "ben", "checked the text"),
        ("applied", "ben", "checked the text"),
    ]
    assert held(whole.stores.state)[0] == 3
    text = refusal(ConflictError, "version_decided", decide, whole, "approve", 3, "ben")
    assert "applied" in text


def test_a_rejected_version_stays_in_the_record(small: Whole, folder: Path) -> None:
    start(small, write(folder, WATCHED | A))
    write(folder, WATCHED | A | MORE)
    assert apply(small, folder)["version"] == 2
    decide(small, "reject", 2, "ben", "no")
    assert versions_of(small).history(9)[0]["status"] == "rejected"
    refusal(ConflictError, "version_decided", decide, small, "approve", 2, "ben")
    refusal(CallerError, "version_not_applied", back, small, 2)
    assert apply(small, folder)["version"] == 3, "asked again it waits again"
    assert decide(small, "reject", 3, "kim", "I take it back")["status"] == "rejected"


def test_a_waiting_version_is_passed_by_another_one(small: Whole, folder: Path, tmp_path: Path) -> None:
    start(small, write(folder, WATCHED | A))
    assert apply(small, write(folder, WATCHED | A | MORE))["status"] == "waiting"
    assert apply(small, write(tmp_path / "other", WATCHED | A | B))["version"] == 3
    text = refusal(ConflictError, "version_passed", decide, small, "approve", 2, "ben")
    assert "audiences/b" in text
    assert held(small.stores.state)[0] == 3


def test_approvers_are_those_of_the_version_in_force(small: Whole, folder: Path) -> None:
    start(small, write(folder, WATCHED | A))
    found = apply(small, write(folder, A), by="mallory")
    assert found["status"] == "waiting"
    assert {each["concern"] for each in found["risks"]} == {"approval_rules"}
    refusal(CallerError, "approver_unknown", decide, small, "approve", 2, "kim")
    assert decide(small, "approve", 2, "ann")["status"] == "applied"
    assert apply(small, write(folder, A | MORE))["status"] == "applied", "now nobody is named"


def test_only_some_files_are_applied_and_rolled_back(small: Whole, folder: Path) -> None:
    start(small, write(folder, A | B))
    other = audience("a", "{did: check_in, within: 5 days}")
    write(folder, other | C)
    found = apply(small, folder, only=("audiences/a",))
    assert [each["thing"] for each in found["changes"]] == ["audiences/a"]
    assert held(small.stores.state)[1] == {"workspace.yaml": SETTINGS, **other, **B}
    assert apply(small, folder, only=("audiences",))["version"] == 3
    assert held(small.stores.state)[1] == {"workspace.yaml": SETTINGS, **other, **C}
    found = back(small, 1, only=("audiences/a",))
    assert (found["version"], found["restores"], found["status"]) == (4, 1, "applied")
    assert held(small.stores.state)[1] == {"workspace.yaml": SETTINGS, **A, **C}
    text = refusal(CallerError, "only_unknown", apply, small, folder, only=("audiences/z",))
    assert "audiences/" in text
    text = refusal(ConflictError, "version_stale", apply, small, folder)
    assert "audiences/a.yaml" in text, "what was rolled back does not come again by itself"
    assert back(small, 1)["version"] == 5
    assert held(small.stores.state)[1] == {"workspace.yaml": SETTINGS, **A, **B}


def test_killed_between_version_and_edition_the_next_start_or_apply_goes_on(whole: Whole, folder: Path) -> None:
    start(whole, write(folder, A))
    write(folder, A | B)
    whole.use(folder)
    with pytest.raises(ConfigError, match="apply"):
        require_applied(whole.installation)
    assert apply(whole, folder)["needs"] == "edition"
    # The process ends here: the version is stored, its edition has not begun.
    whole.use(folder)
    require_applied(whole.installation)
    again = apply(whole, folder)
    assert (again["version"], again["is_new"], again["needs"]) == (2, False, "edition")
    bring(whole, folder)
    assert apply(whole, folder)["needs"] == "nothing"


def test_taken_back_before_it_began_the_old_definitions_go_on(small: Whole, folder: Path) -> None:
    start(small, write(folder, A))
    apply(small, write(folder, A | B))
    found = back(small, 1)
    assert (found["version"], found["needs"]) == (3, "nothing")
    small.use(folder)
    with pytest.raises(ConfigError):
        require_applied(small.installation)
    bring(small, folder)
    require_applied(small.installation)


def test_who_must_be_folded_anew_waits_for_the_server_to_stop(small: Whole, folder: Path) -> None:
    start(small, write(folder, WATCHED | A))
    write(folder, WATCHED | A | {"traits.yaml": "traits: {plan: {type: text}}\n"})
    serving = versions_of(small, is_serving=True)
    refusal(ConflictError, "lake_busy", serving.apply, asked(folder))
    assert len(serving.history(9)) == 1
    write(folder, WATCHED | A | {"identity.yaml": "kinds:\n  anonymous_id:\n    shared_after: 5\n"})
    assert serving.apply(asked(folder))["status"] == "waiting"
    found = serving.approve(DecisionRequest(version=2, by="ben", reason="fine"))
    assert (found["status"], found["needs"]) == ("approved", "refold")
    assert held(small.stores.state)[0] == 1
    refusal(ConflictError, "lake_busy", serving.carry_out, 2)
    assert versions_of(small).carry_out(2)["status"] == "applied"
    refusal(CallerError, "version_not_approved", versions_of(small).carry_out, 2)
    assert serving.standing() == {"in_force": 2, "served": 1, "waiting": []}


def test_a_broken_workspace_is_told_whole_and_nothing_is_stored(small: Whole, folder: Path) -> None:
    start(small, write(folder, A))
    write(folder, {"audiences/a.yaml": "audience: a\nwhere: {in: nobody}\n", "audiences/z.yaml": "audience: 7\n"})
    text = refusal(CallerError, "files_invalid", apply, small, folder)
    assert "audiences/a.yaml:2" in text
    assert "audiences/z.yaml" in text
    assert len(versions_of(small).history(9)) == 1
    assert small.clock.now() < NOON + HOUR
