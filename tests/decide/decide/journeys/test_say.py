"""Every step says what it does, every entry what lets people in."""

import pytest

from fieldfare.decide.journeys.definition import Step
from fieldfare.decide.journeys.say import enters_by, length, says
from fieldfare.ground.instants import DAY, HOUR
from tests.decide.decide.journeys.walks import WIN_BACK, compiled, simple


def test_every_kind_of_step_has_words() -> None:
    assert {says(each) for each in compiled(WIN_BACK).steps.values()} >= {
        "waits 2 days",
        "proposes miss-you by email",
        "waits for class_booked, at most 7 days",
        "ends as no interest",
    }
    variants = [{"variant": "plain"}, {"variant": "warm"}]
    assert {says(each) for each in simple({"experiment": {"name": "words", "variants": variants}}).steps.values()} == {
        "tries plain, warm in the experiment words"
    }
    assert len(Step.__args__) == 14, "say what a new kind does"


@pytest.mark.parametrize(("us", "expected"), [(DAY, "1 day"), (36 * HOUR, "36 hours"), (5, "5 microseconds")])
def test_lengths(us: int, expected: str) -> None:
    assert length(us) == expected


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"event": "start"}, "event start"),
        ({"joins": "lapsed"}, "joining lapsed"),
        ({"date": {"trait": "renews_on"}}, "date renews_on"),
        ({"schedule": {"of": "lapsed", "at": "08:30"}}, "schedule of lapsed"),
        ({"api": True}, "API"),
    ],
)
def test_entries(entry: dict[str, object], expected: str) -> None:
    assert enters_by(simple({"wait": "1 day"}, entry=entry).entry) == expected
