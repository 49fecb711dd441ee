"""A provider that fails is left alone, probed by one call, and trusted again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.delivery.breaker import (
    FIRST_OPEN,
    LONGEST_OPEN,
    MOST_BAD,
    PROBE_LEASE,
    Breaker,
    Circuit,
    Signal,
    after,
    circuit_of,
    signal_of,
    take,
    waits_until,
)
from fieldfare.act.delivery.model import Outcome, OutcomeKind
from fieldfare.ground.instants import MINUTE, SECOND

GOOD = Outcome(kind=OutcomeKind.HANDED_OVER)
BAD = Outcome(kind=OutcomeKind.FAILED, detail="http_503")
HANGS = Outcome(kind=OutcomeKind.UNKNOWN, detail="http_readtimeout")
BUSY = Outcome(kind=OutcomeKind.FAILED, detail="http_429", retry_after_us=7 * SECOND)


def opened() -> Breaker:
    breaker = Breaker()
    for _ in range(MOST_BAD):
        breaker = after(breaker, BAD, 0)
    return breaker


@pytest.mark.parametrize(
    ("outcome", "signal"),
    [
        (GOOD, Signal.GOOD),
        (Outcome(kind=OutcomeKind.REJECTED), Signal.GOOD),
        (Outcome(kind=OutcomeKind.FAILED, of_recipient=True), Signal.GOOD),
        (BAD, Signal.BAD),
        (HANGS, Signal.BAD),
        (BUSY, Signal.BUSY),
    ],
)
def test_what_an_outcome_says_of_the_provider(outcome: Outcome, signal: Signal) -> None:
    assert signal_of(outcome) is signal


def test_it_opens_after_so_many_in_a_row_and_not_before() -> None:
    breaker = Breaker()
    for _ in range(MOST_BAD - 1):
        breaker = after(breaker, HANGS, 0)
    assert circuit_of(breaker, 0) is Circuit.CLOSED
    assert after(after(breaker, GOOD, 0), BAD, 0).bad == 1, "a good one in between begins anew"
    breaker = after(breaker, BAD, 0)
    assert (waits_until(breaker, 0), breaker.detail) == (FIRST_OPEN, "http_503")


def test_half_open_lets_one_probe_through() -> None:
    breaker = opened()
    assert waits_until(breaker, FIRST_OPEN) is None
    probing = take(breaker, FIRST_OPEN)
    assert waits_until(probing, FIRST_OPEN) == FIRST_OPEN + PROBE_LEASE
    assert after(probing, GOOD, FIRST_OPEN + 1) == Breaker()
    again = after(probing, BAD, FIRST_OPEN + 1)
    assert waits_until(again, FIRST_OPEN + 1) == FIRST_OPEN + 1 + 2 * FIRST_OPEN
    assert waits_until(probing, FIRST_OPEN + PROBE_LEASE) is None, "a probe whose process died is forgotten"


def test_what_it_asks_for_is_what_it_gets() -> None:
    assert waits_until(after(Breaker(), BUSY, 0), 0) == 7 * SECOND
    assert waits_until(after(opened(), Outcome(kind=OutcomeKind.FAILED, retry_after_us=MINUTE), 0), 0) == MINUTE


def test_a_good_end_of_an_old_call_does_not_close_it() -> None:
    assert after(opened(), GOOD, 1) == opened()


@given(st.lists(st.tuples(st.sampled_from([GOOD, BAD, HANGS, BUSY]), st.integers(0, 20 * MINUTE)), max_size=40))
def test_it_is_never_shut_for_ever_and_a_good_probe_always_closes_it(history: list[tuple[Outcome, int]]) -> None:
    breaker, now = Breaker(), 0
    for outcome, later in history:
        now += later
        until = waits_until(breaker, now)
        assert until is None or now < until <= now + LONGEST_OPEN + PROBE_LEASE
        if until is None:
            breaker = take(breaker, now)
        breaker = after(breaker, outcome, now)
    until = waits_until(breaker, now)
    now = now if until is None else until
    now = waits_until(breaker, now) or now
    assert after(take(breaker, now), GOOD, now) == Breaker()
