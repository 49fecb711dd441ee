"""Contracts beside each other: versions, claimed names, and the purposes that fields must state."""

from pathlib import Path

import pytest

from tests.decide.flow.starter import load_changed

RATED = "contracts/class_rated.yaml"
FIELD = "comment: {sensitivity: personal, purposes: [service]}"


def said(folder: Path, *changes: tuple[str, str, str], more: dict[str, str] | None = None) -> list[str]:
    _, problems = load_changed(folder, *changes, more=more)
    return [str(problem) for problem in problems if problem.is_error]


def trial(version: int, event: str = "trial_started", more: str = "") -> str:
    return f"event: {event}\nversion: {version}\ndescription: d\nschema: {{properties: {{a: {{}}, b: {{}}}}}}\n{more}"


def test_versions_of_one_event_stand_in_files_of_their_own_with_the_same_synonyms(tmp_path: Path) -> None:
    more = {
        "contracts/trial_started.yaml": trial(2, more="synonyms: [Trial Started]\n"),
        "contracts/trial_started.v1.yaml": trial(1, more="synonyms: [Trial Started, trial]\n"),
    }
    workspace, problems = load_changed(tmp_path, more=more)
    assert workspace is not None, [str(problem) for problem in problems]
    assert list(workspace.contracts.versions_of("trial_started")) == [1, 2]
    assert workspace.contracts.by_event["trial_started"].version == 2
    assert workspace.contracts.canonical("trial") == "trial_started"


def test_a_version_is_one_contract(tmp_path: Path) -> None:
    (text,) = said(tmp_path, more={"contracts/a.yaml": trial(2), "contracts/b.yaml": trial(2)})
    assert text.startswith("contracts/b.yaml:1 event: `trial_started` is claimed by two contracts of version 2")
    assert "also in contracts/a.yaml" in text


def test_a_name_belongs_to_one_event(tmp_path: Path) -> None:
    more = {"contracts/a.yaml": trial(1, more="synonyms: [Class Rated]\n")}
    (text,) = said(tmp_path, more=more)
    assert "contracts/class_rated.yaml" in text
    assert "`Class Rated` is claimed by two contracts, also in contracts/a.yaml" in text


@pytest.mark.parametrize(
    ("setting", "field", "parts"),
    [
        ("sensitive", "comment: {sensitivity: personal}", ["`comment` is personal and says no `purposes`", "service"]),
        ("sensitive", "comment: {sensitivity: none}", []),
        ("none", "comment: {sensitivity: health}", []),
        ("all", "comment: {sensitivity: none}", ["`comment` says no `purposes`"]),
        ("all", "comment: {purposes: [legal]}", []),
        ("sensitive", "comment: {purposes: [marketing, operations]}", []),
        ("sensitive", "comment: {purposes: [marketting]}", ["`marketting` is unknown", "Did you mean `marketing`?"]),
        ("none", "comment: {purposes: [astrology]}", ["`astrology` is unknown", "consent.yaml"]),
    ],
)
def test_a_purpose_is_stated_before_a_field_is_accepted(
    setting: str, field: str, parts: list[str], tmp_path: Path
) -> None:
    found = said(tmp_path, (RATED, FIELD, field), more={"collect.yaml": f"purposes_required: {setting}\n"})
    assert len(found) == (1 if parts else 0), found
    assert all(part in text for text in found for part in parts), found
    assert all(text.startswith("contracts/class_rated.yaml:14 fields.comment") for text in found), found


def test_without_a_readable_consent_nothing_is_said_of_names(tmp_path: Path) -> None:
    change = (RATED, FIELD, "comment: {purposes: [astrology]}")
    assert not [text for text in said(tmp_path, change, more={"consent.yaml": "\tx"}) if "astrology" in text]
