"""The order of audiences, and cycles among them."""

from itertools import pairwise

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.know.audiences.cycle import find_cycle, in_order, needs
from fieldfare.know.audiences.model import AllOf, Audience, Did, InAudience, Negation

NAMES = "abcde"


def audiences_of(graph: dict[str, set[str]]) -> list[Audience]:
    return [
        Audience(name, AllOf((Did("X"), *(Negation(InAudience(other)) for other in sorted(asked)))), name)
        for name, asked in graph.items()
    ]


def test_a_cycle_is_named_from_its_first_to_its_first() -> None:
    assert find_cycle(audiences_of({"a": {"b"}, "b": {"c"}, "c": {"b"}})) == ["b", "c", "b"]
    assert find_cycle(audiences_of({"a": {"a"}})) == ["a", "a"]
    assert find_cycle(audiences_of({"a": {"unknown"}})) is None


@given(st.dictionaries(st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES), max_size=2)))
def test_cycles_are_found_exactly_when_there_are_any(graph: dict[str, set[str]]) -> None:
    audiences = audiences_of(graph)
    edges = nx.DiGraph([(name, other) for name, asked in graph.items() for other in asked if other in graph])
    cycle = find_cycle(audiences)
    assert (cycle is None) is nx.is_directed_acyclic_graph(edges)
    if cycle is not None:
        assert cycle[0] == cycle[-1]
        assert all(edges.has_edge(one, other) for one, other in pairwise(cycle))
    elif all(asked <= set(graph) for asked in graph.values()):
        places = {audience.name: place for place, audience in enumerate(in_order(audiences))}
        assert len(places) == len(audiences)
        assert all(places[other] < places[audience.name] for audience in audiences for other in needs(audience))
