"""Every example lives through a year on the simulated clock without a defect.

What its people do is generated, and what its messages change is stated. A tenth of them every day, all with
``FIELDFARE_ROUNDS=full``.
"""

import os
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
import pytest
from ruamel.yaml import YAML

from fieldfare.assembly.installation import open_answers, open_simulation
from fieldfare.collect.store import dead_letter
from fieldfare.decide.journeys.definition import Send
from fieldfare.decide.journeys.model import DONE
from fieldfare.flow.generate import fitness
from fieldfare.flow.generate.brand import answer_to, calls_of, person_of
from fieldfare.flow.generate.brands import BRANDS
from fieldfare.flow.simulate import Call, Reacts
from fieldfare.ground.instants import DAY, Instant, parse_iso
from fieldfare.network.calendars.wall import minute_of_day
from tests.scenarios.example_engine import EXAMPLES, EXAMPLES_WITHIN
from tests.scenarios.whole import Whole, opened

FULL = os.environ.get("FIELDFARE_ROUNDS") == "full"
ROUNDS = 30 if FULL else 3
"""People of each kind."""
DAYS = 380
SEED = 7
DEFECTS = {"failed", "loop", "trait_missing", "nothing_to_join", "changed"}


class Year(NamedTuple):
    """What an example lives through."""

    name: str
    calls: Iterable[Call]
    start: Instant
    react: Reacts
    zones: dict[str, str]
    """Zone of each person, by user id."""


def year_of(name: str) -> Year:
    if name == "fitness":
        world = fitness.World(12 * ROUNDS, parse_iso("2024-12-31T23:00:00+00:00"), DAYS, SEED)
        made = fitness.generate(world.members, world.start, world.days, world.seed)
        members = [world.member(index) for index in range(world.members)]
        return Year(
            name,
            (call for call in made if "userId" in call[1]),
            world.start,
            lambda sent: fitness.react(sent, world),
            {member.user_id: member.club.zone for member in members},
        )
    brand = BRANDS[name]
    people = [person_of(brand, index, SEED) for index in range(ROUNDS * len(brand.kinds))]
    return Year(
        name,
        calls_of(brand, len(people), DAYS, SEED),
        brand.start,
        lambda sent: answer_to(brand, sent, SEED),
        {person.user_id: person.spot.zone for person in people},
    )


@pytest.fixture(scope="module", params=[folder.name for folder in EXAMPLES_WITHIN])
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Year, Whole]]:
    year = year_of(request.param)
    folder = tmp_path_factory.mktemp(request.param)
    with opened(folder / "data", year.start, EXAMPLES / request.param) as whole:
        simulation = open_simulation(whole.installation, whole.clock, whole.lake)
        source, calls = next(iter(whole.workspace.sources)), list(year.calls)
        half, end = year.start + DAYS // 2 * DAY, year.start + (DAYS + 20) * DAY
        simulation.run([call for call in calls if call[0] <= half], source, half, year.react, lambda _now: None)
        if request.param == "retail":  # it finds its cuts by a command, as its operator does
            open_answers(whole.installation, whole.lake).publish_cuts()
        simulation.run([call for call in calls if call[0] > half], source, end, year.react, lambda _now: None)
        yield year, whole


def test_nothing_is_refused_by_the_door(lived: tuple[Year, Whole]) -> None:
    _, whole = lived
    assert [(row["name"], row["reason"], row["detail"]) for row in whole.rows(dead_letter)] == []


def test_no_walk_and_no_message_fails(lived: tuple[Year, Whole]) -> None:
    _, whole = lived
    ends = {(walk["journey"], walk["end_reason"]) for walk in whole.enrollments()}
    assert [end for end in ends if end[1] in DEFECTS] == []
    refused = {
        (row["template"], reason)
        for row in whole.decisions()
        for reason in msgspec.json.decode(row["reasons"] or b"[]")
    }
    assert [each for each in refused if each[1] in {"render_failed", "rule_failed", "address_missing"}] == []
    assert {row["outcome"] for row in whole.attempts()} == {"handed_over"}


def test_no_call_was_made_against_consent(lived: tuple[Year, Whole]) -> None:
    _, whole = lived
    replayed = whole.replayed()
    assert replayed.breaches == ()
    assert replayed.calls > 0


def test_every_journey_is_entered_walked_to_an_end_and_heard(lived: tuple[Year, Whole]) -> None:
    _, whole = lived
    walks = whole.enrollments()
    journeys = set(whole.workspace.journeys)
    assert journeys - {walk["journey"] for walk in walks} == set()
    assert journeys - {walk["journey"] for walk in walks if walk["status"] in DONE} == set()
    sent = {row["template"] for row in whole.messages()}
    silent = {
        name
        for name, journey in whole.workspace.journeys.items()
        if not sent & {step.template for step in journey.steps.values() if isinstance(step, Send)}
    }
    assert silent == set()


def test_nothing_that_may_wait_goes_in_the_quiet_hours(lived: tuple[Year, Whole]) -> None:
    year, whole = lived
    zones = {whole.profile_id(f"user_id:{user}"): zone for user, zone in year.zones.items()}
    told = YAML(typ="safe").load((EXAMPLES / year.name / "policies.yaml").read_text(encoding="utf-8"))
    silences = told["quiet_hours"] if isinstance(told["quiet_hours"], list) else [told["quiet_hours"]]
    waits = [row for row in whole.attempts() if row["purpose"] not in told["purposes_exempt"]]
    loud = [
        (row["template"], row["call_started_at"])
        for row in waits
        for silence in silences
        if row["channel"] in silence["channels"]
        and is_silent(minute_of_day(row["call_started_at"], zones[row["profile_id"]]), silence)
    ]
    assert len(waits) > len(zones) / 2
    assert loud == []


def is_silent(minute: int, silence: dict[str, Any]) -> bool:
    """Return whether the minute lies in a silence that runs over midnight."""
    first, end = ("21:00", "08:00") if "preset" in silence else (silence["from"], silence["to"])
    first_minute, end_minute = (int(clock[:2]) * 60 + int(clock[3:]) for clock in (first, end))
    return minute >= first_minute or minute < end_minute


def test_planted_a_silence_that_nobody_kept_is_found() -> None:
    assert is_silent(22 * 60, {"from": "21:00", "to": "08:00"})
    assert is_silent(7 * 60, {"preset": "us"})
    assert not is_silent(12 * 60, {"from": "21:00", "to": "08:00"})
