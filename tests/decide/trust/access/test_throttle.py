"""How long a failed sign-in makes the next one wait: nothing at first, then doubling, never for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.instants import HOUR, SECOND
from fieldfare.trust.access.throttle import FREE_OF_ACCOUNT, FREE_OF_ADDRESS, LONGEST_S, wait_s

NOW = 1_800_000_000 * SECOND
failures = st.lists(st.integers(min_value=NOW - 2 * HOUR, max_value=NOW), max_size=60)


@pytest.mark.parametrize(
    ("of_account", "of_address", "wait"),
    [(0, 0, 0), (4, 0, 0), (5, 0, 1), (6, 0, 2), (9, 0, 16), (40, 0, LONGEST_S), (0, 19, 0), (0, 20, 1), (5, 24, 16)],
)
def test_the_wait_doubles(of_account: int, of_address: int, wait: int) -> None:
    assert wait_s([NOW] * of_account, [NOW] * of_address, NOW) == wait


def test_a_wait_is_over_after_its_time() -> None:
    assert [wait_s([NOW] * 7, [], NOW + after * SECOND) for after in (0, 1, 3, 4)] == [4, 3, 1, 0]
    assert wait_s([NOW] * 7, [], NOW + 3 * SECOND + 1) == 1, "never a moment too early"


@given(failures, failures)
def test_nobody_waits_longer_than_the_longest_and_waiting_so_long_always_helps(of: list[int], place: list[int]) -> None:
    wait = wait_s(of, place, NOW)
    assert 0 <= wait <= LONGEST_S
    assert wait_s(of, place, NOW + wait * SECOND) == 0


@given(failures, failures, st.integers(min_value=NOW - HOUR // 2, max_value=NOW))
def test_one_more_failure_never_shortens_the_wait(of: list[int], place: list[int], at: int) -> None:
    assert wait_s([*of, at], place, NOW) >= wait_s(of, place, NOW)
    assert wait_s(of, [*place, at], NOW) >= wait_s(of, place, NOW)


@given(st.integers(min_value=0, max_value=FREE_OF_ACCOUNT - 1), st.integers(min_value=0, max_value=FREE_OF_ADDRESS - 1))
def test_few_failures_cost_nothing(of: int, place: int) -> None:
    assert wait_s([NOW] * of, [NOW] * place, NOW) == 0
