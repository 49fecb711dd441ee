"""What is wrong between files is told once, at the right line, with the name that was meant."""

from pathlib import Path

import pytest

from fieldfare.flow import workspace_checks
from tests.decide.flow.starter import load_changed

Change = tuple[str, str, str]
LAPSED, JOURNEY, TEMPLATE = "audiences/lapsed.yaml", "journeys/win-back.yaml", "templates/win-back.yaml"
STRICT = {"collect.yaml": "unknown_events: quarantine\n"}

ERRORS: list[tuple[Change, str, list[str]]] = [
    ((LAPSED, "in: unhappy", "in: unhapy"), "audiences/lapsed.yaml:10 where.all[3].not.in", ["`unhapy`", "`unhappy`?"]),
    ((LAPSED, "trait: membership_status", "trait: membership_stats"), "lapsed.yaml:7", ["Did you mean"]),
    ((LAPSED, "trait: membership_status", "trait: favourite"), "lapsed.yaml:7", ["unknown", "Declare it"]),
    ((LAPSED, "{trait: membership_status, is: active}", "{trait: first_name, is: Al}"), "lapsed.yaml:7", ["personal"]),
    ((LAPSED, "{trait: membership_status, is: active}", "{trait: email, exists: true}"), "lapsed.yaml:7", ["personal"]),
    (
        (LAPSED, "membership_status, is: active", "membership_status, older_than: 3 days"),
        "lapsed.yaml:7 where.all[0].older_than",
        ["type text"],
    ),
    ((LAPSED, "membership_status, is: active", "membership_status, above: 3"), "lapsed.yaml:7", ["a number"]),
    ((LAPSED, "not: {in: unhappy}", "location: [berlin]"), "lapsed.yaml:10", ["location `berlin`"]),
    ((LAPSED, "not: {in: unhappy}", "in_phase: summer.peak"), "lapsed.yaml:10", ["season `summer`"]),
    ((JOURNEY, "joins: lapsed", "joins: lapset"), "journeys/win-back.yaml:6 entry.joins", ["Did you mean `lapsed`?"]),
    ((JOURNEY, "leaves: lapsed", "leaves: gone"), "win-back.yaml:11 exit[0].leaves", ["`gone`"]),
    (
        (JOURNEY, "template: win-back}", "template: winback}"),
        "win-back.yaml:16 steps[1].send.template",
        ["`win-back`?"],
    ),
    ((JOURNEY, "channel: email", "channel: sms"), "win-back.yaml:16 steps[1].send.channel", ["no such channel"]),
    ((JOURNEY, "purpose: marketing", "purpose: advertising"), "win-back.yaml:13 purpose", ["`advertising`"]),
    ((JOURNEY, "purpose: marketing\n", ""), "", []),
    (("consent.yaml", "marketing:", "news:"), "win-back.yaml:13 purpose", ["`marketing`"]),
    ((JOURNEY, "{reminder: true}", "{remindr: true}"), "steps[3].branch.else[0].send.variables.remindr", ["reminder"]),
    ((TEMPLATE, "reminder: false", "reminder: null"), "win-back.yaml:16 steps[1].send", ["needs `reminder`"]),
    ((TEMPLATE, "channel: email", "channel: letter"), "templates/win-back.yaml:3 channel", ["`letter`"]),
    ((JOURNEY, "goal: {event: check_in, within: 30 days}\n", ""), "journeys/win-back.yaml:8 holdout", ["goal"]),
    ((JOURNEY, "in_phase: peak", "{in_phase: winter.peak}"[1:-1]), "win-back.yaml:19", ["season `winter`"]),
    (("consent.yaml", "channels: [email]", "channels: [sms]"), "win-back.yaml:16", ["cannot be granted"]),
    (("policies.yaml", "{channel: email, most: 2", "{channel: emial, most: 2"), "policies.yaml:3", ["`email`?"]),
    (("policies.yaml", "channels: [email]", "channels: [emial]"), "policies.yaml:7", ["`emial`"]),
    (("policies.yaml", "january.peak", "janury.peak"), "policies.yaml:3", ["`january`?"]),
    (("seasons.yaml", "prepare: 28 days", "locations: [nort]"), "seasons.yaml:5", ["`north`?"]),
    (
        ("workspace.yaml", "[email] #", "[emial] #"),
        "workspace.yaml:14 sources[0].verifies",
        ["`email`?"],
    ),
    (
        ("workspace.yaml", "[email] #", "[phone, shoe_size] #"),
        "verifies[1]",
        ["neither a kind of identifier nor a trait"],
    ),
    (("channels.yaml", "driver: capture", "driver: smtp\n    host: h"), "", []),
    (
        ("workspace.yaml", "  from_email: hello@example.com\n", ""),
        "",
        [],
    ),
]


@pytest.mark.parametrize(("change", "place", "parts"), [case for case in ERRORS if case[1]])
def test_an_error_between_files(change: Change, place: str, parts: list[str], tmp_path: Path) -> None:
    workspace, problems = load_changed(tmp_path, change)
    assert workspace is None
    said = [str(problem) for problem in problems if problem.is_error]
    assert any(place in text and all(part in text for part in parts) for text in said), "\n".join(said)


@pytest.mark.parametrize("change", [case[0] for case in ERRORS if not case[1]])
def test_a_change_that_is_no_error(change: Change, tmp_path: Path) -> None:
    workspace, problems = load_changed(tmp_path, change)
    assert workspace is not None, [str(problem) for problem in problems]


def test_a_condition_may_ask_for_what_is_derived_from_a_sealed_trait(tmp_path: Path) -> None:
    derived = ("traits.yaml", "sensitivity: contact}", "sensitivity: contact, derive: {mail_domain: domain}}")
    asked = "{trait: membership_status, is: active}"
    workspace, problems = load_changed(
        tmp_path / "asks", derived, (LAPSED, asked, "{trait: mail_domain, is: example.com}")
    )
    assert workspace is not None, [str(problem) for problem in problems]
    assert "mail_domain" in workspace.traits
    _, problems = load_changed(tmp_path / "compares", derived, (LAPSED, asked, "{trait: mail_domain, above: 3}"))
    assert any("type text" in str(problem) for problem in problems)


def test_a_cycle_is_printed(tmp_path: Path) -> None:
    where = "where: {did: class_rated, where: {stars: {at_most: 2}}, within: 90 days}"
    _, problems = load_changed(tmp_path, ("audiences/unhappy.yaml", where, "where: {not: {in: lapsed}}"))
    expected = (
        "audiences/lapsed.yaml:10 where.all[3].not.in: Audiences ask for each other in a circle: "
        "`lapsed` → `unhappy` → `lapsed`. None of them could be decided first. Break the circle in one of them."
    )
    assert [str(problem) for problem in problems] == [expected]


def test_an_unknown_event_is_a_warning_where_such_events_are_kept(tmp_path: Path) -> None:
    workspace, problems = load_changed(tmp_path, (LAPSED, "did_not: check_in", "did_not: Chekced In"))
    assert workspace is not None
    assert [(p.is_error, p.line) for p in problems] == [(False, 9)]
    assert "Did you mean `Checked In`?" in str(problems[0])


def test_an_unknown_event_is_an_error_where_such_events_are_set_aside(tmp_path: Path) -> None:
    workspace, problems = load_changed(tmp_path, (LAPSED, "did_not: check_in", "did_not: checkt in"), more=STRICT)
    assert workspace is None
    assert [p.line for p in problems if p.is_error] == [9]


def test_a_misspelt_property_is_told(tmp_path: Path) -> None:
    workspace, problems = load_changed(tmp_path, ("audiences/unhappy.yaml", "{stars:", "{starz:"))
    assert workspace is not None
    assert "Did you mean `stars`?" in str(problems[0])


@pytest.mark.parametrize(
    ("name", "source", "part"),
    [
        ("audiences/more.yaml", LAPSED, "audience `lapsed` stands in two files, also in audiences/lapsed.yaml"),
        ("journeys/more.yaml", JOURNEY, "journey `win-back` stands in two files"),
        ("templates/more.yaml", TEMPLATE, "also in templates/more.yaml"),
        ("contracts/more.yaml", "contracts/class_rated.yaml", "`class_rated` is claimed by two contracts"),
    ],
)
def test_a_name_in_two_files(name: str, source: str, part: str, tmp_path: Path) -> None:
    from tests.decide.flow.starter import starter_files

    _, problems = load_changed(tmp_path, more={name: starter_files()[source]})
    assert any(part in str(problem) and problem.is_error for problem in problems), [str(p) for p in problems]


def test_a_broken_file_still_declares_its_name(tmp_path: Path) -> None:
    """One mistake is one problem: what refers to the broken audience is not reported too."""
    _, problems = load_changed(tmp_path, ("audiences/unhappy.yaml", "within: 90 days", "within: 90"))
    assert [problem.file for problem in problems] == ["audiences/unhappy.yaml"]


def test_an_unreadable_file_silences_what_refers_to_its_kind(tmp_path: Path) -> None:
    _, problems = load_changed(tmp_path, more={"audiences/broken.yaml": "audience: 'x\n", "traits.yaml": "\tx"})
    assert {problem.file for problem in problems} == {"audiences/broken.yaml", "traits.yaml"}


def test_all_problems_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    changes = [change for change, place, _ in ERRORS if place and change[0] in {"policies.yaml", "seasons.yaml"}]
    workspace, problems = load_changed(tmp_path, *changes, (JOURNEY, "leaves: lapsed", "leaves: gone"))
    assert workspace is None
    assert len([p for p in problems if p.is_error]) == len(changes) + 1


def test_a_smtp_channel_needs_a_sender(tmp_path: Path) -> None:
    changes = (
        ("channels.yaml", "driver: capture", "driver: smtp\n    host: h"),
        ("workspace.yaml", "  from_email: hello@example.com\n", ""),
        ("workspace.yaml", "  postal_address: My Brand", "  from_name: My Brand"),
    )
    _, problems = load_changed(tmp_path, *changes)
    said = [str(p) for p in problems]
    assert any("has no sender" in text for text in said)
    assert any("postal_address" in text and not p.is_error for text, p in zip(said, problems, strict=True))


def test_planted_fault_without_the_check_a_wrong_name_passes(tmp_path: Path) -> None:
    """The table above finds nothing when references are not looked at: so it is this check that finds them."""
    real = workspace_checks._references
    try:
        workspace_checks._references = lambda *_: iter(())
        workspace, problems = load_changed(tmp_path, (JOURNEY, "leaves: lapsed", "leaves: gone"))
    finally:
        workspace_checks._references = real
    assert problems == []
    assert workspace is not None
