"""How long it takes: by what was measured, else by assumed rates, and it says which."""

import pytest

from fieldfare.flow.versions.estimate import EVENTS_PER_S, PROFILES_PER_S, Lacking, Run, estimate, lacking
from fieldfare.ground.instants import SECOND
from fieldfare.know.profiles.model import Measure

MEASURES = {
    "k1": Measure(key="k1", event="visit", of="spend", horizon_days=30),
    "k2": Measure(key="k2", event="visit", horizon_days=0),
    "k3": Measure(key="k3", event="order", horizon_days=None),
}


def test_what_is_lacking_is_named_with_its_events() -> None:
    found = lacking({"k1": (5, 0), "k3": (-1, -1)}, (-1, -1), MEASURES, {"visit": 70})
    assert [(each.event, each.of, each.days, each.is_new, each.events) for each in found] == [
        ("order", None, 0, True, 0),
        ("visit", "spend", 30, False, 70),
    ]


def some(*events: tuple[str, int]) -> list[Lacking]:
    return [
        Lacking(key=str(number), event=event, of=None, days=1, is_new=True, events=count)
        for number, (event, count) in enumerate(events)
    ]


@pytest.mark.parametrize(
    ("filled", "earlier", "refold", "events", "seconds", "is_measured"),
    [
        ([], None, False, 0, 20, False),
        ([("visit", 20 * EVENTS_PER_S), ("visit", 20 * EVENTS_PER_S)], None, False, 20 * EVENTS_PER_S, 40, False),
        ([], Run(10_000, 50 * SECOND), False, 0, 150, True),
        ([], Run(999, 50 * SECOND), False, 0, 20, False),
        ([], Run(10_000, 0), False, 0, 20, False),
        ([], Run(10_000, 50 * SECOND), True, 100 * EVENTS_PER_S, 120, False),
    ],
)
def test_estimate(
    filled: list[tuple[str, int]], earlier: Run | None, refold: bool, events: int, seconds: int, is_measured: bool
) -> None:
    profiles = 20 * PROFILES_PER_S
    found = estimate(profiles, some(*filled), 100 * EVENTS_PER_S, earlier, refold=refold)
    assert (found.events, found.seconds, found.is_measured) == (events, seconds, is_measured)


def test_nobody_takes_no_time() -> None:
    assert estimate(0, [], 0, None, refold=False).seconds == 0
