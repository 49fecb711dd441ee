"""Generated brands: functions of a seed, in time order, with the shares that are stated."""

from collections import Counter
from typing import NamedTuple

import pytest
from ruamel.yaml import YAML

from fieldfare.flow.generate.brand import CONSENTS, Brand, answer_to, calls_of, person_of
from fieldfare.flow.generate.brands import BRANDS
from fieldfare.ground.instants import DAY, Instant
from tests.scenarios.example_engine import EXAMPLES


class Message(NamedTuple):
    user_id: str | None
    template: str
    at: Instant


brands = pytest.mark.parametrize("brand", BRANDS.values(), ids=lambda brand: str(brand.name))


@brands
def test_the_calls_are_a_function_of_the_seed_in_time_order(brand: Brand) -> None:
    made = calls_of(brand, len(brand.kinds), 60, 3)
    assert made == calls_of(brand, len(brand.kinds), 60, 3)
    assert made != calls_of(brand, len(brand.kinds), 60, 4)
    assert [at for at, _ in made] == sorted(at for at, _ in made)
    assert all(call["context"]["generated"] for _, call in made)


@brands
def test_some_calls_arrive_twice_and_no_two_others_share_an_id(brand: Brand) -> None:
    ids = Counter(call["messageId"] for _, call in calls_of(brand, 4 * len(brand.kinds), 200, 3))
    assert set(ids.values()) == {1, 2}
    twice = sum(count == 2 for count in ids.values())
    assert twice < len(ids) / 50


def of(brand: Brand, template: str, people: int) -> list[list[str]]:
    at = brand.start + 40 * DAY
    answers = [answer_to(brand, Message(f"p{index:05d}", template, at), 3) for index in range(people)]
    assert all(when > at for each in answers for when, _ in each)
    return [[call["event"] for _, call in each if call["event"] != "Consent Updated"] for each in answers]


@brands
def test_each_message_changes_what_is_stated_and_nothing_else(brand: Brand) -> None:
    for template, answer in brand.answers.items():
        found = of(brand, template, 2_000)
        share = sum(bool(each) for each in found) / len(found)
        assert share == pytest.approx(answer.chance, abs=0.045), template  # four standard errors of a half
        assert {event for each in found for event in each} == {answer.event}
    assert not any(of(brand, "no-such-template", 200))


@brands
def test_planted_a_wrong_share_is_seen(brand: Brand) -> None:
    template, answer = max(brand.answers.items(), key=lambda each: each[1].chance)
    wrong = brand._replace(answers={template: answer._replace(chance=answer.chance + 0.1)})
    found = of(wrong, template, 2_000)
    assert sum(bool(each) for each in found) / len(found) != pytest.approx(answer.chance, abs=0.045)


@brands
def test_who_is_there_fits_the_workspace(brand: Brand) -> None:
    folder = EXAMPLES / brand.name
    read = YAML(typ="safe").load
    templates = {path.stem for path in folder.glob("templates/*.yaml")}
    assert {*brand.answers, *brand.exempt} <= templates
    if (folder / "locations.yaml").exists():
        places = read((folder / "locations.yaml").read_text(encoding="utf-8"))["locations"]
        assert {(each["location"], each["time_zone"]) for each in places} == {tuple(spot) for spot in brand.spots}
    purposes = read((folder / "consent.yaml").read_text(encoding="utf-8"))["purposes"]
    for purpose, channels in brand.purposes.items():
        assert set(channels) <= set(purposes[purpose]["channels"])
        assert purposes[purpose]["notice_version"] == brand.notice
    consent = sum(person_of(brand, index, 3).consents for index in range(2_000)) / 2_000
    assert consent == pytest.approx(CONSENTS, abs=0.035)
