"""When a round of publishing is due, and which cuts come next in it."""

import pytest

from fieldfare.ground.instants import DAY, HOUR, parse_iso, to_iso
from fieldfare.ground.workspace.model import CutRefresh
from fieldfare.know.cuts.due import Run, next_round, slot_after, slot_before

BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("refresh", "minute", "now", "before", "after"),
    [
        ("nightly", 180, "2026-03-10T12:00:00Z", "2026-03-10T02:00:00", "2026-03-11T02:00:00"),
        ("nightly", 180, "2026-03-10T01:59:59Z", "2026-03-09T02:00:00", "2026-03-10T02:00:00"),
        ("nightly", 180, "2026-03-10T02:00:00Z", "2026-03-10T02:00:00", "2026-03-11T02:00:00"),
        # On the 29th the clocks jump from 2:00 to 3:00.
        ("nightly", 150, "2026-03-29T00:30:00Z", "2026-03-28T01:30:00", "2026-03-29T01:00:00"),
        ("nightly", 150, "2026-03-29T12:00:00Z", "2026-03-29T01:00:00", "2026-03-30T00:30:00"),
        # On the 25th of October 2:30 comes twice: the first counts.
        ("nightly", 150, "2026-10-25T01:00:00Z", "2026-10-25T00:30:00", "2026-10-26T01:30:00"),
        ("weekly", 180, "2026-03-10T12:00:00Z", "2026-03-09T02:00:00", "2026-03-16T02:00:00"),
        ("hourly", 0, "2026-03-10T12:30:00Z", "2026-03-10T12:00:00", "2026-03-10T13:00:00"),
        ("hourly", 0, "2026-03-10T12:00:00Z", "2026-03-10T12:00:00", "2026-03-10T13:00:00"),
    ],
)
def test_slots(refresh: str, minute: int, now: str, before: str, after: str) -> None:
    policy, at = CutRefresh(refresh, minute), parse_iso(now)
    told = slot_before(policy, BERLIN, at), slot_after(policy, BERLIN, at)
    assert [None if each is None else to_iso(each)[:19] for each in told] == [before, after]


def test_never_is_never() -> None:
    assert slot_before(CutRefresh("never"), BERLIN, DAY) is None
    assert slot_after(CutRefresh("never"), BERLIN, DAY) is None


NEEDS = {"a": frozenset({"b"}), "b": frozenset[str]()}


@pytest.mark.parametrize(
    ("last", "slot", "expected"),
    [
        (None, None, (Run(DAY), ["b"])),
        (Run(HOUR, ("b",)), None, (Run(HOUR, ("b",)), ["a"])),
        (Run(HOUR, ("a", "b")), None, None),
        (Run(HOUR, ("a", "b")), HOUR, None),
        (Run(HOUR, ("a", "b")), HOUR + 1, (Run(DAY), ["b"])),
        (Run(HOUR, ("b", "gone")), HOUR, (Run(HOUR, ("b", "gone")), ["a"])),
    ],
)
def test_the_next_of_a_round(last: Run | None, slot: int | None, expected: tuple[Run, list[str]] | None) -> None:
    assert next_round(NEEDS, last, slot, DAY) == expected
