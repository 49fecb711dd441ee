"""A workspace as one value: what it compiles to, what its digests depend on, and event names by their synonyms."""

from pathlib import Path

import pytest

from fieldfare.flow.workspace import KINDS, Workspace, count_things, load_workspace
from tests.decide.flow.starter import load_changed, starter_files, write


def load(folder: Path, *changes: tuple[str, str, str], more: dict[str, str] | None = None) -> Workspace:
    folder.mkdir(exist_ok=True)
    workspace, problems = load_changed(folder, *changes, more=more)
    assert workspace is not None, [str(problem) for problem in problems]
    return workspace


def test_the_starter_is_valid_without_a_warning(tmp_path: Path) -> None:
    write(tmp_path, starter_files())
    workspace, problems = load_workspace(tmp_path)
    assert problems == []
    assert workspace is not None
    assert count_things(workspace)["audiences"] == 3
    assert workspace.sources["app"].write_key == "${FIELDFARE_WRITE_KEY}"
    assert set(workspace.journeys) == {"win-back"}


def test_the_starter_has_most_kinds_of_file() -> None:
    kinds = {kind.name for kind in KINDS.values() for name in starter_files() if Path(name).match(kind.pattern)}
    assert set(KINDS) - kinds == {
        "actions",
        "block",
        "broadcast",
        "collect",
        "experiment",
        "health",
        "lifecycle",
        "mapping",
        "measures",
        "metrics",
        "outcomes",
        "programme",
        "schedule",
        "school_calendar",
        "survey",
        "webhook",
    }


def test_measures_cover_audiences_and_journeys(tmp_path: Path) -> None:
    plain = load(tmp_path / "a")
    change = ("journeys/win-back.yaml", "when: {in_phase: peak}", "when: {did: no_show, within: 9 days}")
    more = load(tmp_path / "b", change)
    assert {measure.event for measure in plain.measures.values()} == {"check_in", "class_rated"}
    assert {measure.event for measure in more.measures.values()} == {"check_in", "class_rated", "no_show"}


def test_a_synonym_means_the_canonical_event(tmp_path: Path) -> None:
    plain = load(tmp_path / "a")
    changes = [
        ("audiences/lapsed.yaml", "did_not: check_in", "did_not: Checked In"),
        ("audiences/unhappy.yaml", "did: class_rated", "did: Class Rated"),
        ("journeys/win-back.yaml", "event: check_in", "event: Checked In"),
    ]
    renamed = load(tmp_path / "b", *changes)
    assert renamed.measures == plain.measures
    assert renamed.journeys == plain.journeys
    assert renamed.fingerprint == plain.fingerprint


@pytest.mark.parametrize(
    ("change", "fingerprint", "definition"),
    [
        (("traits.yaml", "# Facts", "# The facts"), False, False),
        (("audiences/lapsed.yaml", "have not been seen", "were not seen"), True, False),
        (("audiences/lapsed.yaml", "within: 30 days", "within: 29 days"), True, True),
        (("traits.yaml", "type: date", "type: text"), True, True),
        (("seasons.yaml", "02-09", "02-10"), True, True),
        (("locations.yaml", "region: south", "region: north"), True, True),
        (("workspace.yaml", "Europe/Berlin", "Europe/London"), True, True),
        (("templates/win-back.yaml", "Still a place", "A place"), True, False),
        (("policies.yaml", "most: 2", "most: 3"), True, False),
    ],
)
def test_what_the_digests_depend_on(
    change: tuple[str, str, str], fingerprint: bool, definition: bool, tmp_path: Path
) -> None:
    before, after = load(tmp_path / "a"), load(tmp_path / "b", change)
    assert (before.fingerprint != after.fingerprint) is fingerprint
    assert (before.definition_digest != after.definition_digest) is definition


def test_a_workspace_is_the_same_for_the_same_files(tmp_path: Path) -> None:
    first, second = load(tmp_path / "a"), load(tmp_path / "b")
    assert first.fingerprint == second.fingerprint
    assert first.definition_digest == second.definition_digest


def test_the_least_workspace_is_one_file(tmp_path: Path) -> None:
    write(tmp_path, {"workspace.yaml": starter_files()["workspace.yaml"]})
    workspace, problems = load_workspace(tmp_path)
    assert problems == []
    assert workspace is not None
    assert workspace.policies.version == "none"


@pytest.mark.parametrize(
    ("more", "file", "is_error", "part"),
    [
        ({"polices.yaml": "caps: []\n"}, "polices.yaml", True, "Did you mean `policies.yaml`?"),
        ({"audience/x.yaml": "a: 1\n"}, "audience/x.yaml", True, "Did you mean `audiences`?"),
        ({"audiences/x.yml": "a: 1\n"}, "audiences/x.yml", True, "Rename it to `audiences/x.yaml`"),
        ({"audiences/eu/x.yaml": "a: 1\n"}, "audiences/eu/x.yaml", True, "Move it up into `audiences/`"),
        ({"docker-compose.yaml": "a: 1\n"}, "docker-compose.yaml", False, "not read"),
    ],
)
def test_a_file_in_no_place_is_told(more: dict[str, str], file: str, is_error: bool, part: str, tmp_path: Path) -> None:
    _, problems = load_changed(tmp_path, more=more)
    assert [(p.file, p.is_error) for p in problems] == [(file, is_error)]
    assert part in str(problems[0])


def test_hidden_files_are_left_alone(tmp_path: Path) -> None:
    assert load(tmp_path, more={".fieldfare/x.yaml": "\t", ".x.yaml": "\t"}).name == "my-brand"


def test_folders_that_are_none(tmp_path: Path) -> None:
    for folder in (tmp_path / "nothing", tmp_path):
        workspace, problems = load_workspace(folder)
        assert workspace is None
        assert problems


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    write(tmp_path, starter_files())
    (tmp_path / "audiences/gone.yaml").symlink_to(tmp_path / "nowhere")
    workspace, problems = load_workspace(tmp_path)
    assert workspace is None
    assert [problem.file for problem in problems] == ["audiences/gone.yaml"]
