"""Late events are folded into the day on which they occurred, where they occurred, whatever the clocks do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.flow.generate.calls import track
from fieldfare.ground.instants import DAY, HOUR, parse_iso
from tests.scenarios.people import joins
from tests.scenarios.whole import Whole, known_of, opened

LISBON, BERLIN = "lisbon-baixa", "hamburg-altona"
SPRING = parse_iso("2025-03-30T00:00:00+00:00")
"""In the night that begins here clocks go forward at 01:00 UTC, in Lisbon and in Berlin."""


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with opened(tmp_path, SPRING - 20 * DAY) as made:
        made.play(joins("m-1", SPRING - 20 * DAY), SPRING - 19 * DAY)
        yield made


def visit(whole: Whole, occurred_at: str, location: str, arrives_at: int) -> None:
    at = parse_iso(occurred_at)
    whole.send(track("check_in", "m-1", f"{occurred_at}-{location}", at, {"location_id": location}), arrives_at)
    whole.tick(arrives_at)


def shown(whole: Whole, name: str) -> Any:
    return whole.installation.look.profile("user_id:m-1", whole.clock.now())["computed"][name]["value"]


@pytest.mark.parametrize(
    ("occurred_at", "location", "days"),
    [
        ("2025-03-29T22:30:00+00:00", LISBON, 4),  # 22:30 on the 29th there
        ("2025-03-29T23:30:00+00:00", LISBON, 4),  # 23:30 there; the 30th in Berlin
        ("2025-03-29T23:30:00+00:00", BERLIN, 3),  # 00:30 on the 30th there
        ("2025-03-30T22:30:00+00:00", LISBON, 3),  # clocks went forward: 23:30 on the 30th
        ("2025-03-30T23:30:00+00:00", LISBON, 2),  # 00:30 on the 31st
        ("2025-03-30T21:59:00+00:00", BERLIN, 3),  # 23:59 on the 30th
        ("2025-03-30T22:00:00+00:00", BERLIN, 2),  # midnight
    ],
)
def test_a_late_visit_counts_on_its_own_day(whole: Whole, occurred_at: str, location: str, days: int) -> None:
    """Days are counted to the second of April in the workspace's zone, Berlin."""
    visit(whole, occurred_at, location, SPRING + 3 * DAY + 10 * HOUR)
    assert shown(whole, "recency_days") == days
    whole.tick(SPRING + 9 * DAY)
    found = known_of(whole)
    whole.rebuild()
    assert known_of(whole) == found


def test_the_order_of_arrival_does_not_matter(whole: Whole, tmp_path: Path) -> None:
    visits = [
        ("2025-03-29T23:30:00+00:00", LISBON),
        ("2025-03-30T22:30:00+00:00", BERLIN),
        ("2025-03-25T10:00:00+00:00", LISBON),
        ("2025-03-30T00:30:00+00:00", BERLIN),
    ]
    arrival = SPRING + 3 * DAY
    for number, (occurred_at, location) in enumerate(visits):
        visit(whole, occurred_at, location, arrival + number)
    with opened(tmp_path / "other", SPRING - 20 * DAY, keys_of=tmp_path) as other:
        other.play(joins("m-1", SPRING - 20 * DAY), SPRING - 19 * DAY)
        for number, (occurred_at, location) in enumerate(reversed(visits)):
            visit(other, occurred_at, location, arrival + number)
        names = ("recency_days", "weekly_activity_count", "favourite_location", "favourite_weekday", "clubs_90d")
        assert [shown(whole, name) for name in names] == [shown(other, name) for name in names]
        assert shown(whole, "clubs_90d") == 2
