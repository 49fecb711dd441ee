"""journeys/*.yaml to a compiled journey: what stands in it, and problems outside the steps."""

from typing import Any

import msgspec
import pytest

from fieldfare.decide.journeys.definition import Exit, Goal, Reentry, Trigger
from fieldfare.decide.journeys.files import JourneyFile
from fieldfare.decide.journeys.parse import parse_journey, version_of
from fieldfare.ground.instants import DAY
from fieldfare.know.audiences.model import Negation, TraitTest
from tests.decide.decide.journeys.walks import WIN_BACK, compiled


def test_a_whole_journey() -> None:
    journey = compiled(WIN_BACK)
    assert (journey.name, journey.owner, journey.holdout) == ("win-back", "growth", 0.15)
    assert journey.experiment == "journey.win-back"
    assert journey.entry.audience == "lapsed"
    assert (journey.entry.reentry, journey.entry.reentry_after_us) == (Reentry.AFTER, 90 * DAY)
    assert journey.entry.max_age_us == DAY
    assert journey.goal == Goal(trigger=Trigger("check_in"), within_us=30 * DAY, revenue="spent")
    assert journey.exits == (Exit(leaves="lapsed"), Exit(trigger=Trigger("membership_cancelled")))
    assert journey.heard == {"check_in", "membership_cancelled", "class_booked"}
    assert journey.left == {"lapsed"}
    assert journey.echo_us == 30 * DAY
    assert journey.first == "0"


def test_defaults() -> None:
    journey = compiled({"journey": "bare", "entry": {"event": "start"}, "steps": [{"exit": "done"}]})
    assert journey.experiment is None
    assert journey.goal is None
    assert journey.entry.reentry is Reentry.NEVER
    assert journey.echo_us == 0


def test_conditions_of_entry_and_exit() -> None:
    raw = WIN_BACK | {
        "entry": {"event": "start", "where": {"level": {"above": 3}}, "if": {"trait": "plan", "is": "gold"}},
        "exit": [{"when": {"not": {"trait": "plan", "is": "gold"}}}],
    }
    journey = compiled(raw)
    assert isinstance(journey.entry.gates[0].condition, TraitTest)
    assert isinstance(journey.exits[0].condition, Negation)
    assert journey.entry.trigger is not None
    assert journey.entry.trigger.where[0].operator == "above"


def test_the_version_follows_what_it_does_and_not_its_words() -> None:
    file = msgspec.convert(WIN_BACK, JourneyFile)
    words = msgspec.convert(WIN_BACK | {"description": "Other words.", "owner": "x"}, JourneyFile)
    other = msgspec.convert(WIN_BACK | {"priority": 51}, JourneyFile)
    assert version_of(file) == version_of(words) != version_of(other)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"entry": {}}, ("entry",)),
        ({"entry": {"joins": "lapsed", "event": "start"}}, ("entry",)),
        ({"entry": {"joins": "lapsed", "where": {"a": 1}}}, ("entry", "where")),
        ({"entry": {"joins": "lapsed", "max_age": "1"}}, ("entry", "max_age")),
        ({"entry": {"event": "start", "on_cut": True}}, ("entry", "on_cut")),
        ({"entry": {"joins": "lapsed", "reentry": {"after": "never"}}}, ("entry", "reentry", "after")),
        ({"entry": {"event": "start", "if": {"trait": "plan"}}}, ("entry", "if")),
        ({"entry": {"event": ""}}, ("entry", "event")),
        ({"goal": {"event": "check_in", "within": "30"}}, ("goal", "within")),
        ({"goal": {"event": "check_in", "within": "30 days", "where": {}}}, ("goal", "where")),
        ({"exit": [{"leaves": "lapsed"}, {}]}, ("exit", 1)),
        ({"exit": [{"leaves": "lapsed", "where": {"a": 1}}]}, ("exit", 0, "where")),
        ({"exit": [{"when": {"all": []}}]}, ("exit", 0, "when", "all")),
        ({"holdout": "15"}, ("holdout",)),
        ({"holdout": "0 %"}, ("holdout",)),
        ({"holdout": "100 %"}, ("holdout",)),
        ({"steps": [{"wait": "2"}]}, ("steps", 0, "wait")),
    ],
)
def test_problems(change: dict[str, Any], path: tuple[str | int, ...]) -> None:
    journey, problems = parse_journey(msgspec.convert(WIN_BACK | change, JourneyFile))
    assert journey is None
    assert [each.path for each in problems] == [path]
    assert all(each.what and each.why and each.fix for each in problems)


def test_all_problems_come_at_once() -> None:
    raw = WIN_BACK | {"holdout": "x", "goal": {"event": "e", "within": "x"}, "steps": [{"wait": "x"}, {}]}
    _, problems = parse_journey(msgspec.convert(raw, JourneyFile))
    assert [each.path for each in problems] == [("goal", "within"), ("holdout",), ("steps", 0, "wait"), ("steps", 1)]
