"""The filter never calls a known digest new, and seldom a new one known."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.collect.bloom import Bloom, halves


def digests(first: int, last: int) -> list[bytes]:
    return [hashlib.blake2b(str(each).encode(), digest_size=16).digest() for each in range(first, last)]


@given(st.sets(st.binary(min_size=16, max_size=16), min_size=1, max_size=200))
def test_what_was_added_may_be_there(some: set[bytes]) -> None:
    bloom = Bloom()
    bloom.add(halves(sorted(some)))
    assert bloom.may_hold(halves(sorted(some))).all()


@pytest.mark.parametrize("count", [1_000, 60_000, 70_000, 300_000])
def test_it_grows_and_stays_sharp(count: int) -> None:
    bloom, known = Bloom(), digests(0, count)
    for start in range(0, count, 2_000):
        bloom.add(halves(known[start : start + 2_000]))
    assert bloom.may_hold(halves(known)).all()
    wrong = int(bloom.may_hold(halves(digests(count, count + 20_000))).sum())
    assert wrong < 20_000 / 100
    assert bloom.size < max(200_000, 6 * count)


def test_an_empty_filter_knows_nothing() -> None:
    assert not Bloom().may_hold(halves(digests(0, 100))).any()
    assert Bloom().may_hold(halves([])).dtype == np.bool_
