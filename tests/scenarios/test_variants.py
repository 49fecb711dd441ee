"""Variants of a step and of a broadcast, from the first assignment to the report: kept, exposed, sticky, compared."""

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.assembly.answering import open_message_answers
from fieldfare.assembly.delivering import open_feed
from fieldfare.assembly.installation import open_answers
from fieldfare.flow.broadcast_answers import BroadcastAnswers
from fieldfare.flow.simulate import Call
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, HOUR, MINUTE, SECOND
from fieldfare.learn.experiments.place import number_of
from fieldfare.learn.experiments.store import assignment, exposure
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, joins, signs_in, trains, visits, withdrawn
from tests.scenarios.whole import Whole, opened

PEOPLE, TIERS = 80, ("plus", "basic")
FILES = {
    "audiences/everybody.yaml": "audience: everybody\nowner: clubs\nwhere: {trait: membership_status, is: active}\n",
    "templates/spring.yaml": "template: spring\nchannel: email\npurpose: marketing\nsubject: Spring\ntext: Hello\n",
    "templates/warm.yaml": "template: warm\nchannel: email\npurpose: marketing\nsubject: Warm\ntext: Hello\n",
    "broadcasts/spring.yaml": """broadcast: spring
audience: everybody
channel: email
template: spring
purpose: marketing
holdout: 25 %
variants: [{variant: plain}, {variant: warm, template: warm}]
strata: [membership_tier]
""",
    "journeys/greeting.yaml": """journey: greeting
entry: {event: check_in, reentry: always}
steps:
  - experiment:
      name: words
      variants:
        - {variant: none}
        - variant: short
          steps: [{emit: {event: class_attended}}]
        - {variant: long, weight: 2}
""",
    "experiments/words.yaml": """experiment: words
journey: greeting
step: words
metric: returned
smallest_effect: 10 %
supporting: [visits]
""",
    "experiments/spring.yaml": """experiment: spring
broadcast: spring
metric: returned
smallest_effect: 10 %
payoff: {value: 29.00, message_cost: 0.02}
""",
}
FILES["experiments/kiosk.yaml"] = """experiment: kiosk
places: {starts: {hamburg-altona: 2025-03-04}, since: 2025-02-20, period: 2 days}
metric: visits
smallest_effect: 5.0
"""
OF_STEP, OF_BROADCAST = "journey.greeting.words", "broadcast.spring"


def joined(number: int) -> list[Call]:
    """Return how a member joins; every fifth has another tier."""
    return joins(f"m-{number}", NOON + number * MINUTE, membership_tier=TIERS[number % 5 == 0])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    folder = tmp_path_factory.mktemp("variants")
    workspace = Path(shutil.copytree(FITNESS, folder / "workspace"))
    for name, text in FILES.items():
        (workspace / name).parent.mkdir(exist_ok=True)
        (workspace / name).write_text(text)
    with opened(folder / "data", NOON, workspace) as made:
        calls = [call for number in range(PEOPLE) for call in joined(number)]
        again = [(NOON + DAY, trains(f"m-{number}", NOON + DAY)) for number in range(PEOPLE)]
        made.play([*calls, (NOON + 2 * HOUR, withdrawn("m-3", NOON + 2 * HOUR)), *again], NOON + 2 * DAY)
        made.tick(NOON + 5 * DAY)
        yield made


def arms(whole: Whole, table: Any, experiment: str) -> dict[int, str]:
    return {row["profile_id"]: row["arm"] for row in whole.rows(table) if row["experiment"] == experiment}


def test_who_reaches_the_step_is_assigned_and_exposed_once_the_control_too(whole: Whole) -> None:
    met = arms(whole, assignment, OF_STEP)
    assert len(met) == PEOPLE
    assert set(met.values()) == {"none", "short", "long"}
    assert arms(whole, exposure, OF_STEP) == met
    walks = [row for row in whole.enrollments() if row["journey"] == "greeting"]
    assert len(walks) == 2 * PEOPLE, "everybody walked twice, in the variant of the first time"
    first = {row["profile_id"]: row["at"] for row in whole.rows(assignment) if row["experiment"] == OF_STEP}
    assert max(first.values()) < NOON + DAY


def test_the_report_compares_each_variant_with_the_control(whole: Whole) -> None:
    told = open_answers(whole.installation, whole.lake).registered.report("words")
    counted = Counter(arms(whole, assignment, OF_STEP).values())
    assert told["findings"]["sizes"] == dict(counted)
    assert told["findings"]["control"] == "none"
    assert [(each["metric"], each["variant"]) for each in told["findings"]["metrics"]] == [
        ("returned", "short"),
        ("returned", "long"),
        ("visits", "short"),
        ("visits", "long"),
    ]
    text = "\n".join(told["report"])
    assert "(journey greeting, step words)" in text
    assert "returned (primary, variant long)" in text
    assert told["findings"]["split"]["expected"] == {"none": 0.25, "short": 0.25, "long": 0.5}


def test_after_a_merge_the_variant_that_was_met_first_stays(whole: Whole) -> None:
    """A new visitor becomes somebody who is known; what they met first holds in every later walk."""
    before = arms(whole, assignment, OF_STEP)
    now = whole.clock.now()
    for number in range(8):
        whole.play([(now, visits(f"b-{number}", now))], now + MINUTE)
        whole.play([(now + HOUR, signs_in(f"m-{number}", f"b-{number}", now + HOUR))], now + 2 * HOUR)
        whole.play([(now + 3 * HOUR, trains(f"m-{number}", now + 3 * HOUR))], now + 4 * HOUR)
        now = whole.clock.now()
    redirects = {whole.profile_id(f"user_id:m-{number}") for number in range(8)}
    after = arms(whole, assignment, OF_STEP)
    assert after.keys() >= before.keys()
    new = {each: arm for each, arm in after.items() if each not in before}
    assert new.keys() <= redirects
    told = open_answers(whole.installation, whole.lake).registered.report("words")["findings"]
    assert told["crossed"] == 0, "nobody met two variants"
    assert sum(told["sizes"].values()) == PEOPLE


def test_a_broadcast_keeps_out_and_compares_and_says_so(whole: Whole) -> None:
    made: BroadcastAnswers = open_message_answers(whole.installation, whole.lake).broadcasts
    planned = made.plan("spring")
    made.start("spring", "ada", "spring is here")
    feed = open_feed(whole.installation)
    for _ in range(50):
        fed = feed.run()
        whole.until_quiet(whole.clock.now() + SECOND)
        if not fed and not feed.run():
            break
    met = arms(whole, assignment, OF_BROADCAST)
    assert Counter(met.values()) == {"holdout": 20, "plain": 30, "warm": 30}, "exact, for the list was known"
    strata = {row["stratum"] for row in whole.rows(assignment) if row["experiment"] == OF_BROADCAST}
    assert strata == {number_of(tier) for tier in TIERS}, "they are kept with the arms, for the analysis"
    sent = {name: len(whole.sent(name)) for name in ("spring", "warm")}
    assert planned["would_get_it"] == sum(sent.values())
    withdrew = whole.profile_id("user_id:m-3")
    assert sent == {
        template: sum(arm == variant for each, arm in met.items() if each != withdrew)
        for template, variant in (("spring", "plain"), ("warm", "warm"))
    }
    met.pop(withdrew)
    assert arms(whole, exposure, OF_BROADCAST) == met, "a refusal for the holdout alone is an exposure too"
    told = open_answers(whole.installation, whole.lake).registered.report("spring")["findings"]
    assert (told["control"], told["sizes"]) == ("holdout", {"holdout": 20, "plain": 30, "warm": 30})


def test_places_without_lots_are_weaker_evidence(whole: Whole) -> None:
    made = open_answers(whole.installation, whole.lake).registered
    told = made.report("kiosk")
    text = "\n".join(told["report"])
    assert "NOT RANDOMISED: weaker evidence" in text
    assert "visits: not computable (no_controls)" in text, "everybody trains in one club"
    assert (told["verdict"], told["pauses"]) == ("wait", [])
    with pytest.raises(CallerError, match="is not randomised, so no number of units is planned"):
        made.design("kiosk", None, None, None)
