"""Since when ids of one person are one."""

from fieldfare.know.identity.united import united_since


def test_the_latest_instant_on_the_way_counts() -> None:
    assert united_since({}) == {}
    assert united_since({2: (1, 50)}) == {2: 50}
    assert united_since({3: (2, 10), 2: (1, 50)}) == {3: 50, 2: 50}
    assert united_since({3: (2, 90), 2: (1, 50)}) == {3: 90, 2: 50}
    assert united_since({1: (2, 5), 2: (1, 6)}) == {1: 6, 2: 6}, "a circle ends"
