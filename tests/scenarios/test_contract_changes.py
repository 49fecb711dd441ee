"""A change of contracts before it is served: what differs, what would be refused of what came in, what to declare."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from ruamel.yaml import YAML

from fieldfare.assembly.files import open_workspace
from fieldfare.assembly.installation import open_answers
from fieldfare.collect.compare import Effect
from fieldfare.collect.contracts import CollectSettings
from fieldfare.collect.files import ContractFile
from fieldfare.flow.contract_answers import Candidate, ContractAnswers, candidate_of
from fieldfare.flow.contract_history import record_contracts
from fieldfare.flow.generate.calls import identify, track
from fieldfare.flow.lake_events import COLUMNS, openable, sealers_of
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, HOUR
from fieldfare.ground.workspace.model import OWN_SOURCE
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON
from tests.scenarios.whole import ENVIRON, Whole, opened

OLD = """event: trial_started
description: A trial began.
schema: {properties: {weeks: {type: number}, tier: {type: string}}}
fields: {weeks: {purposes: [operations], unit: weeks}, tier: {purposes: [operations]}}
"""
SECRETS = ("needle@example.com", "needle has a knee injury", "DE89370400440532013000", "4111 1111 1111 1111")


def workspace(folder: Path, text: str = OLD) -> Path:
    shutil.copytree(FITNESS, folder)
    (folder / "contracts" / "trial_started.yaml").write_text(text, encoding="utf-8")
    return folder


def trials(start: int, count: int, at: int, **properties: Any) -> list[dict[str, Any]]:
    numbers = range(start, start + count)
    return [track("trial_started", f"u-{n}", f"t-{n}", at, {"tier": "plus", **properties}) for n in numbers]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """Three days of trials: a field was renamed upstream on the last, and undeclared ones came along."""
    folder = tmp_path_factory.mktemp("contracts")
    with opened(folder / "data", NOON, workspace(folder / "workspace")) as made:
        early, late = NOON - 3 * DAY, NOON - HOUR
        made.clock = type(made.clock)(early)
        made.use(folder / "workspace")
        noted = {"notes": SECRETS[1], "payer": {"iban": SECRETS[2], "card": SECRETS[3]}, SECRETS[0]: 1}
        made.send(trials(0, 30, early, weeks=2, mail=SECRETS[0], **noted), early)
        made.send(trials(30, 10, early, weeks=2.5), early)
        made.tick(early)
        calls = trials(40, 30, late, weeks=4)
        for call in calls:
            call["properties"]["level"] = call["properties"].pop("tier")
        made.send(calls, late)
        made.send(identify("u-1", "i-1", late, {"shoe_size": 40, "membership_tier": "plus"}), late)
        made.tick(late)
        made.tick(NOON)
        yield made


@pytest.fixture(scope="module")
def answers(whole: Whole) -> ContractAnswers:
    record_contracts(whole.stores.state, whole.workspace.contracts, whole.clock.now())
    return open_answers(whole.installation, whole.lake).contracts


def candidate(whole: Whole, text: str | None, **settings: Any) -> Candidate:
    """Return the workspace's contracts with the trial's replaced."""
    kept = candidate_of(whole.workspace.contracts)
    files = [one for one in kept.contracts if one.event != "trial_started"]
    files += [msgspec.convert(YAML(typ="safe").load(text), ContractFile)] if text is not None else []
    return Candidate(files, msgspec.structs.replace(kept.settings, **settings))


def of_trial(found: dict[str, Any]) -> dict[str, Any]:
    only: dict[str, Any] = next(one for one in found["replayed"] if one["event"] == "trial_started")
    return only


def test_nothing_changed_is_compatible(answers: ContractAnswers, whole: Whole) -> None:
    found = answers.diff(candidate(whole, OLD), 7)
    assert (found["is_recorded"], found["is_compatible"], found["changes"]) == (True, True, [])
    assert (of_trial(found)["accepted"], of_trial(found)["replayed"], of_trial(found)["refused"]) == (70, 70, 0)
    assert OWN_SOURCE not in str(found)


def test_a_narrower_contract_says_whom_it_refuses(answers: ContractAnswers, whole: Whole) -> None:
    text = OLD.replace("{type: number}", "{type: integer, maximum: 3}").replace(
        "schema: {", "schema: {required: [tier], "
    )
    found = answers.diff(candidate(whole, text), 7)
    assert not found["is_compatible"]
    effects = {(one["field"], one["effect"]) for one in found["changes"]}
    assert {("weeks", Effect.INCOMPATIBLE), ("tier", Effect.INCOMPATIBLE), ("", Effect.NOTICE)} <= effects
    assert of_trial(found)["refused"] == 40
    why = {(one["field"], one["rule"]): one["events"] for one in of_trial(found)["why"]}
    assert why == {("`weeks`", "type"): 10, ("`weeks`", "maximum"): 30, ("the event", "required"): 30}
    recent = answers.diff(candidate(whole, text), 1)
    assert (of_trial(recent)["accepted"], of_trial(recent)["refused"]) == (30, 30)


def test_a_change_that_only_sounds_narrower_is_told_but_refuses_nobody(answers: ContractAnswers, whole: Whole) -> None:
    found = answers.diff(candidate(whole, OLD.replace("{type: number}", "{type: number, minimum: 1}")), 7)
    assert (found["is_compatible"], of_trial(found)["refused"]) == (False, 0)


def test_settings_and_removed_contracts_are_replayed_too(answers: ContractAnswers, whole: Whole) -> None:
    found = answers.diff(candidate(whole, None, unknown_events="quarantine"), 7)
    assert [one["rule"] for one in of_trial(found)["why"]] == ["unknown_events"]
    found = answers.diff(candidate(whole, OLD, unknown_fields="quarantine"), 7)
    assert (of_trial(found)["refused"], of_trial(found)["why"][0]["rule"]) == (60, "unknown_fields")


def test_a_new_synonym_brings_events_under_its_contract(answers: ContractAnswers, whole: Whole) -> None:
    text = OLD.replace("trial_started", "intro_started") + "synonyms: [trial_started]\n"
    found = answers.diff(candidate(whole, text.replace("{type: number}", "{const: 4}")), 7)
    assert of_trial(found)["refused"] == 40


def test_a_rename_upstream_is_seen(answers: ContractAnswers, whole: Whole) -> None:
    renamed = {"event": "trial_started", "source": "app", "old": "tier", "new": "level"}
    assert answers.diff(candidate(whole, OLD), 7)["renames"] == [renamed]
    assert answers.suggestions(7)["renames"] == [renamed]


def test_undeclared_fields_are_suggested_and_no_value_is_told(answers: ContractAnswers) -> None:
    found = answers.suggestions(7)
    by_event = {one["event"]: one for one in found["suggestions"]}
    fields = {one["name"]: (one["sensitivity"], one["share"]) for one in by_event["trial_started"]["fields"]}
    assert fields["notes"] == ("health", round(30 / 70, 4))
    assert fields["mail"][0] == "contact"
    assert fields["payer.iban"][0] == fields["payer.card"][0] == "financial"
    assert fields["level"][0] == "none"
    assert "tier" not in fields
    assert by_event["trial_started"]["hidden"] == 1
    assert [one["name"] for one in by_event["identify"]["fields"]] == ["shoe_size"], "traits.yaml declares the other"
    assert not any(secret in str(found) for secret in SECRETS)
    assert answers.suggestions(1)["suggestions"], "a single day is enough"


def test_erased_people_are_left_out(whole: Whole) -> None:
    """Without the key of a person, what is sealed stays sealed and nothing fails."""
    rows = whole.lake.arrow(f"SELECT {COLUMNS} FROM event_rows t").to_pylist()
    assert len([*openable(rows, sealers_of(whole.stores.keys, rows))]) == len(rows) > 0
    assert [*openable(rows, {})] == []


def test_contracts_are_listed_and_shown(answers: ContractAnswers) -> None:
    listed = {one["event"]: one for one in answers.listed()}
    assert (listed["trial_started"]["is_shipped"], listed["check_in"]["is_shipped"]) == (False, True)
    shown = answers.shown("Checked In")
    assert (shown["event"], shown["versions"][0]["version"], len(shown["history"])) == ("check_in", 1, 1)
    with pytest.raises(CallerError, match="trial_started") as caught:
        answers.shown("trial_startd")
    assert (caught.value.code, caught.value.status) == ("contract_unknown", 404)


def test_a_candidate_that_is_no_contract_is_refused(answers: ContractAnswers) -> None:
    wrong = Candidate([ContractFile(event="x", schema={"type": 5})], CollectSettings())
    with pytest.raises(CallerError, match="JSON Schema") as caught:
        answers.diff(wrong, 7)
    assert caught.value.code == "contract_invalid"


def test_before_anything_was_recorded(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "workspace")
    with opened(tmp_path / "data", NOON, folder) as made:
        found = open_answers(made.installation, made.lake).contracts.diff(
            candidate_of(open_workspace(folder, ENVIRON).contracts), 7
        )
    assert (found["is_recorded"], found["is_compatible"], found["changes"]) == (False, True, [])
