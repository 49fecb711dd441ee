"""What each change of a workspace is told as, and what it risks; on the fitness example."""

import pytest

from fieldfare.assembly.served import folder_files
from fieldfare.flow.versions.files import file_changes
from fieldfare.flow.versions.judge import foreseen_risks
from fieldfare.flow.versions.meanings import changed_audiences, dependents_of, stage_meaning
from fieldfare.flow.versions.model import Concern, Files, How
from fieldfare.flow.versions.moves import Moves
from fieldfare.flow.versions.sections import SECTIONS, changes_of, risks_of
from fieldfare.flow.versions.touched import touched_journeys
from fieldfare.flow.workspace import KINDS, Workspace, load_workspace
from tests.scenarios.example_engine import FITNESS

FILES = {path: held for path, held in folder_files(FITNESS).items() if not path.startswith("experiments/")}
"""Without what would hold a journey fast that is taken away."""
BEFORE = load_workspace(FILES)[0]
assert BEFORE is not None
KEPT = BEFORE


def changed(file: str, old: str, new: str) -> tuple[Files, Workspace]:
    """Return the example with one text replaced (all of the file when ``old`` is empty; a new file when it is new)."""
    held = FILES.get(file, b"").decode()
    assert not old or old in held, f"{file} has no {old!r}"
    files = {**FILES, file: (held.replace(old, new) if old else new).encode()}
    if not old and not new:
        del files[file]
    workspace, problems = load_workspace(files)
    assert workspace is not None, [str(each) for each in problems]
    return files, workspace


WORKSPACE, CONTRACT = "workspace.yaml", "contracts/membership_renewed.yaml"
TEMPLATE, JOURNEY = "templates/win_back.yaml", "journeys/win-back.yaml"
IBAN = "  iban: {type: text, sensitivity: financial, purposes: [service]}\n"
ACTIONS = "actions:\n  refund: {purpose: transactional, reversible: false}\n"
NEWS = "broadcast: news\naudience: lapsed\nchannel: email\ntemplate: win_back\npurpose: marketing\n"
CHANGES = [
    (WORKSPACE, "currency: EUR", "currency: EUR\napprovers: [ann]", "workspace", {Concern.APPROVAL_RULES}),
    (WORKSPACE, "currency: EUR", "currency: EUR\ntest_recipients: [a@b.example]", "workspace", {Concern.SENDS}),
    (WORKSPACE, "currency: EUR", "currency: EUR\nlarge_audience: 20000", "workspace", {Concern.APPROVAL_RULES}),
    (WORKSPACE, "currency: EUR", "currency: EUR\nlarge_audience: 20", "workspace", set()),
    (WORKSPACE, "currency: EUR", "currency: CHF", "workspace", set()),
    (WORKSPACE, "verifies: [email]", "verifies: [email, phone]", "workspace", {Concern.IDENTITY_RULES}),
    (WORKSPACE, "verifies: [email]", "verifies: []", "workspace", set()),
    (WORKSPACE, "verifies: [email]", "verifies: [email]\n    keep_raw: 2 days", "workspace", {Concern.IRREVERSIBLE}),
    (WORKSPACE, "verifies: [email]", "verifies: [email]\n    keep_raw: 60 days", "workspace", set()),
    (
        "collect.yaml",
        "",
        "allowed_sensitivities: [none, personal, contact, health]\n",
        "collect",
        {Concern.SENSITIVE_FIELD},
    ),
    ("collect.yaml", "", "allowed_sensitivities: [none, personal, contact]\nunknown_events: strip\n", "collect", set()),
    ("collect.yaml", "", "purposes_required: none\n", "collect", {Concern.CONSENT_LOOSENED}),
    (
        CONTRACT,
        "sensitivity: none, purposes: [marketing]",
        "sensitivity: financial, purposes: [marketing]",
        "contracts/membership_renewed",
        {Concern.SENSITIVE_FIELD},
    ),
    (
        CONTRACT,
        "purposes: [marketing]",
        "purposes: [marketing, service]",
        "contracts/membership_renewed",
        {Concern.NEW_PURPOSE},
    ),
    (CONTRACT, "purposes: [marketing]", "purposes: [service]", "contracts/membership_renewed", {Concern.NEW_PURPOSE}),
    (CONTRACT, "A contract of", "One contract of", "contracts/membership_renewed", set()),
    ("identity.yaml", "", "kinds:\n  anonymous_id:\n    shared_after: 5\n", "identity", {Concern.IDENTITY_RULES}),
    ("traits.yaml", "  on_hold:", f"{IBAN}  on_hold:", "traits", {Concern.SENSITIVE_FIELD}),
    (
        "traits.yaml",
        "personal, purposes: [service]",
        "personal, purposes: [service, marketing]",
        "traits",
        {Concern.NEW_PURPOSE},
    ),
    ("traits.yaml", "retention: 365 days", "retention: 30 days", "traits", {Concern.IRREVERSIBLE}),
    ("traits.yaml", "retention: 365 days", "retention: 400 days", "traits", set()),
    ("traits.yaml", "within: 6 days", "within: 5 days", "traits", set()),
    ("consent.yaml", "  transactional:", "  surveys: {}\n  transactional:", "consent", {Concern.NEW_PURPOSE}),
    ("consent.yaml", '"2025-01"', '"2025-01"\n    expires_after: 400 days', "consent", set()),
    ("consent.yaml", '"2025-01"', '"2026-01"', "consent", {Concern.CONSENT_LOOSENED}),
    ("policies.yaml", "most: 3", "most: 4", "policies", {Concern.CONSENT_LOOSENED}),
    ("policies.yaml", "most: 3", "most: 2", "policies", set()),
    ("policies.yaml", 'from: "21:00"', 'from: "22:00"', "policies", {Concern.CONSENT_LOOSENED}),
    (
        "channels.yaml",
        "email:\n    driver: capture",
        "email:\n    driver: smtp\n    host: mail.example.com",
        "channels",
        {Concern.SENDS},
    ),
    ("actions.yaml", "", ACTIONS, "actions", {Concern.INCENTIVE, Concern.IRREVERSIBLE}),
    ("broadcasts/news.yaml", "", NEWS, "broadcasts/news", set()),
    (TEMPLATE, "A person of your club reads it.", "Somebody reads it.", "templates/win_back", {Concern.SENDS}),
    (TEMPLATE, "channel: email", "channel: email\nincentive: a free month", "templates/win_back", {Concern.INCENTIVE}),
    ("templates/new.yaml", "", "template: new\nchannel: email\nsubject: s\ntext: t\n", "templates/new", set()),
    (JOURNEY, "wait: 10 days", "wait: 9 days", "journeys/win-back", {Concern.SENDS}),
    (JOURNEY, "holdout: 15 %", "holdout: 5 %", "journeys/win-back", {Concern.SENDS}),
    (JOURNEY, "owner: lifecycle", "owner: clubs", "journeys/win-back", set()),
    ("journeys/rebook.yaml", "", "", "journeys/rebook", set()),
    ("audiences/new.yaml", "", "audience: new\nwhere: {did: check_in}\n", "audiences/new", set()),
    ("seasons.yaml", "prepare: 28 days", "prepare: 27 days", "seasons", set()),
    ("locations.yaml", "name: Kiel", "name: Kiel Nord", "locations", set()),
    ("lifecycle.yaml", "within: 30 days}\n    exit", "within: 31 days}\n    exit", "lifecycle", set()),
]


@pytest.mark.parametrize(("file", "old", "new", "thing", "concerns"), CHANGES)
def test_a_change_is_told_once_with_its_risks(
    file: str, old: str, new: str, thing: str, concerns: set[Concern]
) -> None:
    files, after = changed(file, old, new)
    told = changes_of(KEPT, after, file_changes(FILES, files))
    assert [each.thing for each in told] == [thing]
    assert {each.concern for each in risks_of(KEPT, after)} == concerns
    assert not risks_of(KEPT, KEPT)
    if told[0].how is How.CHANGED:
        assert told[0].what, "it says what differs"


def test_every_kind_of_file_belongs_to_a_section() -> None:
    places = {kind.pattern.removesuffix(".yaml").removesuffix("/*.ics").removesuffix("/*") for kind in KINDS.values()}
    assert {section.name for section in SECTIONS} == places


def test_a_new_sensitive_read_of_a_template_is_a_risk_and_so_is_unsealing() -> None:
    base = {**FILES, "collect.yaml": b"allowed_sensitivities: [none, personal, contact, financial]\n"}
    base["traits.yaml"] = FILES["traits.yaml"].replace(b"  on_hold:", IBAN.encode() + b"  on_hold:")
    text = FILES[TEMPLATE].replace(b"That happens", b"Your {{ profile.iban | default: 0 }}. That happens")
    open_one = base["traits.yaml"].replace(b"sensitivity: financial, purposes: [service]", b"purposes: [service]")
    before, after = load_workspace(base)[0], load_workspace({**base, TEMPLATE: text})[0]
    unsealed = load_workspace({**base, "traits.yaml": open_one})[0]
    assert before is not None
    assert after is not None
    assert unsealed is not None
    assert {each.concern for each in risks_of(before, after)} == {Concern.SENDS, Concern.SENSITIVE_FIELD}
    assert not risks_of(after, before) or {each.concern for each in risks_of(after, before)} == {Concern.SENDS}
    assert {each.concern for each in risks_of(before, unsealed)} == {Concern.SENSITIVE_FIELD}


@pytest.mark.parametrize(
    ("file", "old", "new", "audiences"),
    [
        ("audiences/lapsed.yaml", "owner:", "# said\nowner:", ()),
        ("audiences/lapsed.yaml", "30 days", "31 days", ("lapsed",)),
        ("audiences/recent_signups.yaml", "30 days", "31 days", ("new_signups_slow_start", "recent_signups")),
        (WORKSPACE, "Europe/Berlin", "Europe/Lisbon", tuple(sorted(KEPT.audiences))),
        (TEMPLATE, "A person", "Somebody", ()),
        ("seasons.yaml", 'to: "02-09"', 'to: "02-10"', ("atlantic_peak", "off_season_lurkers", "peak_regulars")),
    ],
)
def test_which_audiences_mean_something_else(file: str, old: str, new: str, audiences: tuple[str, ...]) -> None:
    _, after = changed(file, old, new)
    assert changed_audiences(KEPT, after) == audiences
    assert changed_audiences(KEPT, KEPT) == ()
    assert changed_audiences(None, after) == tuple(sorted(after.audiences))


def test_a_stage_that_changes_changes_what_asks_for_it() -> None:
    _, after = changed("lifecycle.yaml", "within: 30 days}\n    exit", "within: 31 days}\n    exit")
    assert stage_meaning(KEPT) != stage_meaning(after)
    assert "vip" in dependents_of(KEPT)["vips"].stages
    assert dependents_of(KEPT)["lapsed"].journeys == ("win-back",)
    assert dependents_of(KEPT)["recent_signups"].audiences == ("new_signups_slow_start",)


def test_journeys_see_what_they_name_and_send() -> None:
    _, after = changed(TEMPLATE, "A person", "Somebody")
    (one,) = touched_journeys(KEPT, after, ["lapsed"], {"win-back": 7})
    assert (one.journey, one.how, one.audiences, one.templates, one.walks) == (
        "win-back",
        None,
        ("lapsed",),
        ("win_back",),
        7,
    )
    _, gone = changed("journeys/rebook.yaml", "", "")
    assert [(each.journey, each.how) for each in touched_journeys(KEPT, gone, [], {})] == [("rebook", How.REMOVED)]
    assert not touched_journeys(KEPT, KEPT, [], {})


def test_large_audiences_and_those_that_are_let_in_at_once() -> None:
    def moves(size: int, joins: int) -> Moves:
        return Moves(
            audience="lapsed",
            size=0,
            size_after=size,
            joins=joins,
            leaves=0,
            examples_joining=(),
            examples_leaving=(),
            by_location=(),
        )

    def concerns(size: int, joins: int, *, triggers: bool) -> list[Concern]:
        return [each.concern for each in foreseen_risks(KEPT, KEPT, [moves(size, joins)], triggers=triggers)]

    assert concerns(10_000, 9, triggers=False) == []
    assert concerns(10_001, 9, triggers=False) == [Concern.LARGE_AUDIENCE]
    assert concerns(10_001, 0, triggers=True) == []
    assert concerns(50, 1, triggers=True) == [Concern.SENDS]
    assert not list(foreseen_risks(None, KEPT, [moves(99_999, 9)], triggers=True))


def test_a_measure_says_what_needs_it_and_is_part_of_what_an_audience_means() -> None:
    files, after = changed("measures.yaml", "event: check_in, owner", "event: class_booked, owner")
    told = {each.thing: each.what for each in changes_of(KEPT, after, file_changes(FILES, files))}
    assert list(told) == ["measures", "audiences/no_shows"]
    assert told["measures"] == ("`visits`: `over` differs; needed by audience no_shows",)
    assert not risks_of(KEPT, after)
    assert changed_audiences(KEPT, after) == ("no_shows",)
