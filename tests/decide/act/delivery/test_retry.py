"""When a failed attempt is tried again."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.delivery.retry import FIRST_WAIT, LONGEST_WAIT, MOST_ATTEMPTS, retry_at
from fieldfare.ground.instants import HOUR, MINUTE


@pytest.mark.parametrize(("failed", "minutes"), [(1, 1), (2, 4), (3, 16), (4, 64), (5, 256)])
def test_waits_grow_by_four(failed: int, minutes: int) -> None:
    at = retry_at("prp_1", failed, 0)
    assert at is not None
    assert minutes * MINUTE <= at < minutes * MINUTE * 1.2


def test_it_ends() -> None:
    assert retry_at("prp_1", MOST_ATTEMPTS, 0) is None
    assert retry_at("prp_1", MOST_ATTEMPTS + 3, 0) is None


@given(st.text(), st.integers(0, 2**60))
def test_always_later_never_shrinking_bounded_and_the_same_again(proposal_id: str, now: int) -> None:
    waits = [retry_at(proposal_id, failed, now) for failed in range(1, MOST_ATTEMPTS)]
    assert waits == [retry_at(proposal_id, failed, now) for failed in range(1, MOST_ATTEMPTS)]
    instants = [each for each in waits if each is not None]
    assert len(instants) == MOST_ATTEMPTS - 1
    assert all(now + FIRST_WAIT <= each <= now + LONGEST_WAIT * 1.2 for each in instants)
    assert all(a < b for a, b in pairwise(instants))


def test_proposals_that_failed_together_do_not_come_back_together() -> None:
    assert len({retry_at(f"prp_{number}", 1, 0) for number in range(50)}) > 45


def test_a_provider_is_never_called_sooner_than_it_asks() -> None:
    first, asked = retry_at("prp_1", 1, 0), retry_at("prp_1", 1, 0, HOUR)
    assert first is not None
    assert asked is not None
    assert first < HOUR <= asked
    assert retry_at("prp_1", 1, 0, 1) == first, "a shorter wish changes nothing"
