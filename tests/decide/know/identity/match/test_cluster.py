import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.know.identity.match.cluster import MOST_BITS, bits, cluster, pairs_within, unique_sources
from fieldfare.know.identity.match.model import Pair


def test_a_chain_whose_ends_share_nothing_is_not_one_person() -> None:
    assert cluster(3, [Pair(0, 1, 0.9), Pair(1, 2, 0.8), Pair(0, 2, 0.001)]) == [0, 0, 2]
    assert cluster(3, [Pair(0, 1, 0.9), Pair(1, 2, 0.8), Pair(0, 2, 0.3)]) == [0, 0, 0]
    assert cluster(3, [Pair(0, 1, 0.9), Pair(1, 2, 0.9)]) == [0, 0, 2]  # the third pair was not even scored


def test_what_is_doubtful_alone_may_join_by_what_stands_beside() -> None:
    assert cluster(2, [Pair(0, 1, 0.3)]) == [0, 1]
    assert cluster(3, [Pair(0, 1, 0.99), Pair(0, 2, 0.95), Pair(1, 2, 0.3)]) == [0, 0, 0]


def test_a_source_with_a_person_once_gives_a_group_one_record() -> None:
    sources, once = ["a", "b", "b"], frozenset({"b"})
    pairs = [Pair(0, 1, 0.99), Pair(0, 2, 0.9), Pair(1, 2, 0.6)]
    assert cluster(3, pairs, sources=sources, unique_sources=once) == [0, 0, 2]
    assert cluster(3, pairs, sources=sources) == [0, 0, 0]


def test_which_sources_have_a_person_once() -> None:
    sources = ["a"] * 200 + ["b"] * 200
    assert unique_sources(sources, [Pair(0, 200, 0.99)]) == {"a", "b"}
    assert unique_sources(sources, [Pair(n, n + 1, 0.9) for n in range(0, 20, 2)]) == {"b"}
    assert unique_sources(["a"] * 200, []) == frozenset()


_edges = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.floats(0, 1)), max_size=25)


@given(_edges)
def test_order_does_not_matter_and_groups_lie_within_components(edges: list[tuple[int, int, float]]) -> None:
    scored = {(min(a, b), max(a, b)): p for a, b, p in edges if a != b}
    pairs = [Pair(a, b, p) for (a, b), p in scored.items()]
    groups = cluster(10, pairs)
    assert cluster(10, sorted(pairs, key=lambda each: each.probability)) == groups
    graph = nx.Graph([key for key, p in scored.items() if bits(p) >= bits(0.4)])
    for a, b in pairs_within(groups):
        assert nx.has_path(graph, a, b)


@pytest.mark.parametrize(("probability", "found"), [(0.5, 0.0), (0.0, -MOST_BITS), (1.0, MOST_BITS)])
def test_one_pair_never_outvotes_all(probability: float, found: float) -> None:
    assert bits(probability) == found
