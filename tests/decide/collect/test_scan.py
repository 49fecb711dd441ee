"""Finding the items of a batch by strings and brackets alone: where they stand, how many, and in what time."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.collect.scan import Found, find_batch
from fieldfare.collect.split import Crowd, Parts, split_at_most

ITEMS = st.sampled_from([b"NaN", b'{"a":"]"}', b"[[[1],{}]]", b'"\\"],["', b"", b"tru", b'{"batch":[1,2]}', b"\xff"])
MIB = 1024 * 1024


@given(st.lists(ITEMS, min_size=1, max_size=8), st.sampled_from([b"", b" ", b"\n\t"]))
def test_items_are_found_between_commas(items: list[bytes], space: bytes) -> None:
    body = b'{"context":{"batch":"x"},"batch"' + space + b":" + space + b"[" + b",".join(items) + b"],"
    body += b'"sentAt":"[{"}'
    found = find_batch(body, 100)
    assert isinstance(found, Found)
    expected = [] if items == [b""] else items
    assert list(found.items(body)) == expected
    assert found.count == len(expected)


def test_a_second_list_is_not_taken_for_the_first() -> None:
    assert "twice" in str(find_batch(b'{"batch":[1],"batch":[2]}', 9))
    assert isinstance(find_batch(b'{"batch":[{"batch":[1]}],"x":{"batch":[2]}}', 9), Found)
    assert isinstance(split_at_most("batch", b'{"batch":[{"a":1}],"batch":[{"a":2}]}', 9), str)
    assert not isinstance(split_at_most("batch", b'{"batch":[{"a":"batch"},{"b":"batch"}]}', 9), str)


def test_beyond_the_bound_items_are_counted_and_not_listed() -> None:
    found = find_batch(b'{"batch":[1,2,3,NaN]}', 3)
    assert isinstance(found, Found)
    assert (found.count, found.commas) == (4, [])
    assert split_at_most("batch", b'{"batch":[1,2,3]}', 2) == Crowd(3)
    assert split_at_most("batch", b'{"batch":[1,2,NaN]}', 2) == Crowd(3)


@pytest.mark.parametrize(
    "filling", [b"1,", b"[", b"[{", b'"a":', b"],[", b'"batch",', b'{"batch":[', b'"', b"\\", b"{},", b'"batch":[],']
)
def test_four_megabytes_of_anything_take_little_memory(filling: bytes) -> None:
    body = b'{"batch":[' + filling * (4 * MIB // len(filling)) + b"1]}"
    tracemalloc.start()
    try:
        parts = split_at_most("batch", body, 2_500)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert not isinstance(parts, Parts) or len(parts.items) == 1
    assert most < 60 * MIB
