"""A count that takes long is counted once in ten minutes, and says when it is not of now."""

from fieldfare.flow.screens.stores import RECOUNT_US, Recount
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.instants import MINUTE, parse_iso

NOON = parse_iso("2026-03-01T12:00:00+00:00")


def test_it_is_exact_when_it_is_counted_and_an_estimate_until_the_next_time() -> None:
    clock, numbers = SimulatedClock(NOON), iter([5, 7])
    recount = Recount(lambda: next(numbers), clock)
    assert recount.look() == recount.look() == (5, False)
    clock.move_to(NOON + MINUTE)
    assert recount.look() == (5, True)
    clock.move_to(NOON + RECOUNT_US)
    assert recount.look() == (7, False)
