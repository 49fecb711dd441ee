"""The partition of identifiers into people: free of order, equal to plain components where nothing forbids."""

import itertools
from collections.abc import Callable, Mapping

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.ids import digest
from fieldfare.know.identity.model import ANONYMOUS_ID, EMAIL, USER_ID, IdentifierKind, Link, LinkKind
from fieldfare.know.identity.partition import partition

KINDS = (USER_ID, EMAIL, ANONYMOUS_ID)
Partition = Callable[[Mapping[bytes, IdentifierKind], list[Link]], list[frozenset[bytes]]]


def node(number: int) -> bytes:
    return bytes([number])


def link(
    a: int, b: int, at: int, kind: LinkKind = LinkKind.SAME, *, confidence: int = 100, retracted: bool = False
) -> Link:
    low, high = sorted((node(a), node(b)))
    return Link(
        id=digest(low, high, kind),
        a=low,
        b=high,
        kind=kind,
        rule="exact",
        confidence=confidence,
        occurred_at=at,
        message_id=f"m{at}",
        source="app",
        retracted_at=1 if retracted else None,
    )


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[bytes, IdentifierKind], list[Link]]:
    count = draw(st.integers(2, 8))
    nodes = {node(number): draw(st.sampled_from(KINDS)) for number in range(count)}
    pairs = draw(st.lists(st.sampled_from(list(itertools.combinations(range(count), 2))), unique=True))
    links = [
        link(
            a,
            b,
            draw(st.integers(0, 5)),
            draw(st.sampled_from([LinkKind.SAME] * 4 + [LinkKind.NEVER])),
            confidence=draw(st.sampled_from([80, 100])),
            retracted=draw(st.booleans()),
        )
        for a, b in pairs
    ]
    return nodes, links


def check_order_free(function: Partition, nodes: dict[bytes, IdentifierKind], links: list[Link]) -> None:
    assert function(nodes, links) == function(dict(reversed(nodes.items())), list(reversed(links)))


def check_rules(function: Partition, nodes: dict[bytes, IdentifierKind], links: list[Link]) -> None:
    parts = function(nodes, links)
    assert sorted(itertools.chain.from_iterable(parts)) == sorted(nodes)
    live = [each for each in links if each.retracted_at is None]
    for part in parts:
        assert not any(each.kind is LinkKind.NEVER and each.a in part and each.b in part for each in live)
        for kind in KINDS:
            if kind.most_per_profile is not None:
                assert sum(nodes[each] is kind for each in part) <= kind.most_per_profile


def check_components(function: Partition, nodes: dict[bytes, IdentifierKind], links: list[Link]) -> None:
    free = dict.fromkeys(nodes, ANONYMOUS_ID)
    same = [each for each in links if each.kind is LinkKind.SAME]
    graph = nx.Graph()
    graph.add_nodes_from(free)
    graph.add_edges_from((each.a, each.b) for each in same if each.retracted_at is None)
    assert function(free, same) == sorted((frozenset(part) for part in nx.connected_components(graph)), key=min)


@given(graphs())
def test_partition_holds_its_laws(graph: tuple[dict[bytes, IdentifierKind], list[Link]]) -> None:
    check_order_free(partition, *graph)
    check_rules(partition, *graph)
    check_components(partition, *graph)


def test_the_earlier_of_two_equal_assertions_wins() -> None:
    nodes = {node(1): USER_ID, node(2): USER_ID, node(3): ANONYMOUS_ID}
    assert frozenset({node(2), node(3)}) in partition(nodes, [link(1, 3, at=2), link(2, 3, at=1)])


def test_planted_faults_are_caught() -> None:
    def unsorted(nodes: Mapping[bytes, IdentifierKind], links: list[Link]) -> list[frozenset[bytes]]:
        part = {each: {each} for each in nodes}
        for each in links:
            if each.kind is LinkKind.SAME and sum(nodes[n] is USER_ID for n in part[each.a] | part[each.b]) <= 1:
                joined = part[each.a] | part[each.b]
                part.update(dict.fromkeys(joined, joined))
        return sorted({frozenset(members) for members in part.values()}, key=min)

    nodes = {node(1): USER_ID, node(2): USER_ID, node(3): ANONYMOUS_ID}
    with pytest.raises(AssertionError):
        check_order_free(unsorted, nodes, [link(1, 3, at=2), link(2, 3, at=1)])
    with pytest.raises(AssertionError):
        check_rules(unsorted, nodes, [link(1, 3, at=1), link(1, 3, at=2, kind=LinkKind.NEVER)])
    with pytest.raises(AssertionError):
        check_components(unsorted, nodes, [link(1, 2, at=1, retracted=True)])
