"""Places: the published hash and its official vectors, one unit and a million alike, uniform."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fieldfare.learn.experiments.place import Key, _hash_all, _hash_one, key_of, place, places

OFFICIAL = Key(0x0706050403020100, 0x0F0E0D0C0B0A0908)


def test_the_hash_is_siphash_as_its_authors_publish_it() -> None:
    message = int.from_bytes(bytes(range(8)), "little")
    assert _hash_one(message, OFFICIAL) == int.from_bytes(bytes.fromhex("6224939a79f5f593"), "little")
    assert int(_hash_all(np.array([message], np.uint64), OFFICIAL)[0]) == _hash_one(message, OFFICIAL)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=50), st.text(max_size=10))
def test_one_unit_and_many_have_the_same_places(units: list[int], name: str) -> None:
    key = key_of("salt", name, "profile")
    assert places(np.array(units, np.int64), key).tolist() == [place(unit, key) for unit in units]


@given(st.lists(st.text(max_size=20), max_size=20))
def test_units_that_are_texts_too(units: list[str]) -> None:
    key = key_of("salt", "name", "location")
    assert places(units, key).tolist() == [place(unit, key) for unit in units]


def test_anybody_can_recompute_a_key() -> None:
    raw = b"".join(len(part).to_bytes(4, "big") + part for part in (b"clubs", b"journey.win-back", b"profile"))
    told = hashlib.blake2b(raw, digest_size=16).digest()
    key = key_of("clubs", "journey.win-back", "profile")
    assert key.low.to_bytes(8, "little") + key.high.to_bytes(8, "little") == told


@pytest.mark.parametrize("units", [np.arange(200_000), np.arange(200_000) * 2**40, -np.arange(200_000)])
def test_places_are_uniform_over_any_run_of_ids(units: np.ndarray) -> None:
    found = places(units, key_of("salt", "name", "profile"))
    counted = np.bincount((found * 1000).astype(int), minlength=1000)
    assert stats.chisquare(counted).pvalue > 1e-4
    assert found.min() >= 0
    assert found.max() < 1


def test_planted_fault_a_multiplicative_hash_is_not_independent_between_experiments() -> None:
    def weak(key: int) -> np.ndarray:
        return ((np.arange(20_000, dtype=np.uint64) + np.uint64(key)) * np.uint64(0x9E3779B97F4A7C15)) / 2.0**64

    def strong(name: str) -> np.ndarray:
        return places(np.arange(20_000), key_of("salt", name, "profile"))

    assert dependent(weak(1), weak(2))
    assert not dependent(strong("one"), strong("two"))


def dependent(one: np.ndarray, other: np.ndarray) -> bool:
    table = np.histogram2d(one, other, bins=10, range=[[0, 1], [0, 1]])[0]
    return bool(stats.chi2_contingency(table).pvalue < 1e-4)
