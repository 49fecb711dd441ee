"""The registry of traits against sources and consent."""

from pathlib import Path

import pytest

from fieldfare.flow.trait_checks import trait_problems
from tests.decide.flow.starter import load_changed

STATUS = 'membership_status: {type: text, description: "active, paused or cancelled"}'
LAPSED = "audiences/lapsed.yaml"
Change = tuple[str, str, str]


def trait(more: str) -> Change:
    return "traits.yaml", STATUS, f"membership_status: {{type: text, {more}}}"


@pytest.mark.parametrize(
    ("change", "place", "part"),
    [
        (trait("owner: ap"), "traits.yaml:6 traits.membership_status.owner", "Did you mean `app`?"),
        (trait("sources: [app, till]"), "traits.yaml:6 traits.membership_status.sources[1]", "`till` is unknown"),
        (trait("purposes: [servce]"), "traits.yaml:6 traits.membership_status.purposes[0]", "`service`?"),
        (
            ("traits.yaml", "membership_status: {type", "loyalty_id: {type: text}\n  membership_status: {type"),
            "traits.yaml:6 traits.loyalty_id.sensitivity",
            "holds an identifier",
        ),
        (trait("status: proposed"), "audiences/lapsed.yaml:7", "only proposed"),
        (("workspace.yaml", "verifies: [email]", "verifies: [emial]"), "workspace.yaml:14", "Did you mean `email`?"),
    ],
)
def test_what_nothing_has_is_told_at_its_line(change: Change, place: str, part: str, tmp_path: Path) -> None:
    workspace, problems = load_changed(tmp_path, change)
    assert workspace is None
    assert any(place in str(problem) and part in str(problem) for problem in problems), [str(each) for each in problems]


@pytest.mark.parametrize(
    "change",
    [
        trait("owner: app"),
        (
            "traits.yaml",
            "membership_status: {type",
            "loyalty_id: {type: text, sensitivity: personal}\n  membership_status: {type",
        ),
        trait("purposes: [service, marketing]"),
        ("workspace.yaml", "verifies: [email]", "verifies: [email, member_since]"),
    ],
)
def test_what_there_is_stands(change: Change, tmp_path: Path) -> None:
    workspace, problems = load_changed(tmp_path, change)
    assert workspace is not None, [str(problem) for problem in problems]


def test_what_cannot_be_read_says_nothing() -> None:
    assert list(trait_problems([], None, None, None)) == []


@pytest.mark.parametrize("where", ["member_no", "card"])
def test_a_trait_that_holds_a_kind_of_one_s_own_is_sealed(where: str, tmp_path: Path) -> None:
    change = ("traits.yaml", "membership_status: {type", f"{where}: {{type: text}}\n  membership_status: {{type")
    own = {"identity.yaml": "kinds: {member_no: {from: [traits.card.no, traits.member_no]}}\n"}
    assert load_changed(tmp_path / "without", change)[0] is not None
    workspace, problems = load_changed(tmp_path / "with", change, more=own)
    assert workspace is None
    assert f"traits.{where}.sensitivity" in str(problems[0])


def test_a_kind_of_one_s_own_can_be_verified(tmp_path: Path) -> None:
    change = ("workspace.yaml", "verifies: [email]", "verifies: [email, member_no]")
    assert load_changed(tmp_path / "without", change)[0] is None
    own = {"identity.yaml": "kinds: {member_no: {joins: verified}}\n"}
    assert load_changed(tmp_path / "with", change, more=own)[0] is not None
