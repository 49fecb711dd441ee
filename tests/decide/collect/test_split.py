"""Splitting a body: the fast way and the plain scan agree, and one broken item harms no other."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.collect.split import Crowd, Parts, _scan, split

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
HEADS = st.dictionaries(st.sampled_from(["context", "sentAt", "writeKey", "other", "a,b"]), JSON, max_size=4)


def raw(parts: Parts | Crowd | str) -> list[bytes]:
    assert isinstance(parts, Parts), parts
    return [bytes(item).strip() for item in parts.items]


@given(HEADS, st.lists(JSON, max_size=5), HEADS, st.sampled_from([None, 1]), st.booleans())
def test_both_ways_give_the_same(
    before: dict[str, Any], batch: list[Any], after: dict[str, Any], indent: int | None, ascii_: bool
) -> None:
    body = json.dumps({**before, "batch": batch, **after}, indent=indent, ensure_ascii=ascii_).encode()
    fast, slow = split("batch", body), _scan(body)
    assert raw(fast) == raw(slow)
    assert isinstance(fast, Parts)
    assert isinstance(slow, Parts)
    assert (fast.head.context, fast.head.sent_at, fast.head.write_key) == (
        slow.head.context,
        slow.head.sent_at,
        slow.head.write_key,
    )


@pytest.mark.parametrize(
    "bad",
    [b'{"a":NaN}', b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}", b'{"a":"\xff"}', b"{'a':1}", b"nope", b'{"a":01}'],
)
def test_a_broken_item_stays_between_its_neighbours(bad: bytes) -> None:
    parts = split("batch", b'{"sentAt":"x","batch":[{"n":1}, ' + bad + b' ,{"n":"]},{"}],"writeKey":"k"}')
    assert raw(parts) == [b'{"n":1}', bad, b'{"n":"]},{"}']
    assert isinstance(parts, Parts)
    assert (parts.head.sent_at, parts.head.write_key) == ("x", "k")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"5",
        b'{"batch":{}}',
        b'{"batch":[NaN',
        b'{"batch":[1}',
        b'{"x":{"batch":[NaN]}}',
        b'{"batch":[NaN]} x',
        b'{"batch":["' + b'\\"' * 1000,
        b'{"batch":' + b"[" * 100_000,
    ],
)
def test_what_is_no_batch_is_a_sentence(body: bytes) -> None:
    assert isinstance(split("batch", body), str)


def test_a_single_call_is_its_body() -> None:
    assert raw(split("track", b'{"a":1}')) == [b'{"a":1}']


@given(st.binary(max_size=200))
def test_no_bytes_raise(body: bytes) -> None:
    split("batch", body)
    split("batch", b'{"batch":[' + body)
    split("batch", b'{"batch":[' + body + b"]}")
