"""Why two identifiers are one person, or two."""

import networkx as nx
from hypothesis import given

from fieldfare.know.identity.explain import explain
from fieldfare.know.identity.model import HoldReason, Link, LinkKind, Node
from fieldfare.know.identity.partition import partition
from tests.decide.know.identity.test_partition import ANON, USER, graphs, link, name, of


def test_the_shortest_chain_is_told() -> None:
    nodes = of(ANON, USER, ANON)
    links = [link(1, 2, at=1), link(2, 3, at=2)]
    told = explain(name(1), name(3), nodes, links, partition(nodes, links))
    assert told.is_one
    assert told.chain == (links[0], links[1])
    assert explain(name(3), name(1), nodes, links, partition(nodes, links)).chain == (links[1], links[0])


def test_what_keeps_them_apart_is_told() -> None:
    nodes = of(USER, ANON, USER)
    links = [link(1, 2, at=1), link(2, 3, at=2), link(1, 3, at=3, kind=LinkKind.NEVER)]
    told = explain(name(1), name(3), nodes, links, partition(nodes, links))
    assert not told.is_one
    assert told.never == (links[2],)
    assert [each.link for each in told.parting] == [links[1]]
    without = partition(nodes, links[:2])
    assert [each.reason for each in explain(name(1), name(3), nodes, links[:2], without).parting] == [HoldReason.LIMIT]


def test_strangers_have_no_chain() -> None:
    nodes = of(USER, USER)
    told = explain(name(1), name(2), nodes, [], partition(nodes, []))
    assert (told.is_one, told.chain, told.parting) == (False, (), ())
    assert not explain(name(1), b"elsewhere", nodes, [], partition(nodes, [])).is_one


@given(graphs())
def test_a_chain_leads_from_the_one_to_the_other_and_is_the_shortest(
    graph: tuple[dict[bytes, Node], list[Link]],
) -> None:
    nodes, links = graph
    found = partition(nodes, links)
    part = next((each.members for each in found.parts if len(each.members) > 1), None)
    if part is None:
        return
    first, second = min(part), max(part)
    told = explain(first, second, nodes, links, found)
    inside = nx.Graph(
        (each.a, each.b)
        for each in links
        if each.kind is LinkKind.SAME and each.retracted_at is None and {each.a, each.b} <= part
    )
    assert len(told.chain) == nx.shortest_path_length(inside, first, second)
    node = first
    for each in told.chain:
        node = each.b if node == each.a else each.a
    assert node == second
