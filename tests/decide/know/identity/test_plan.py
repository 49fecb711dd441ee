"""A plan of other rules agrees, component by component, with the partition that would be made."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.know.identity.model import PERSON, SHIPPED, IdentifierState, Link, LinkKind, Node
from fieldfare.know.identity.partition import partition
from fieldfare.know.identity.plan import Graph, Plan, add, begin, components_of
from fieldfare.know.identity.resolve import Owner
from tests.amounts import examples
from tests.decide.know.identity.test_partition import graphs, name

KINDS = tuple(SHIPPED.values())
MOST = 6


def graph_of(nodes: dict[bytes, Node], links: list[Link], owners: dict[bytes, int]) -> Graph:
    order = {node: place for place, node in enumerate(nodes)}
    same = [each for each in links if each.kind is LinkKind.SAME and each.retracted_at is None]
    hard = np.zeros(len(nodes), dtype=np.bool_)
    for each in links:
        if each.retracted_at is None and (each.kind is LinkKind.NEVER or each.rule == PERSON):
            hard[[order[each.a], order[each.b]]] = True
    return Graph(
        np.array([KINDS.index(node.kind) for node in nodes.values()], dtype=np.int64),
        KINDS,
        np.array([owners[node] for node in nodes], dtype=np.int64),
        np.array([int(node.state) for node in nodes.values()], dtype=np.int64),
        np.array([order[each.a] for each in same], dtype=np.int64),
        np.array([order[each.b] for each in same], dtype=np.int64),
        hard,
    )


def planned(nodes: dict[bytes, Node], links: list[Link], owners: dict[bytes, int]) -> Plan:
    graph = graph_of(nodes, links, owners)
    found = components_of(graph, MOST)
    plan = begin(graph, found)
    names = list(nodes)
    for component in np.flatnonzero(~found.plain):
        mine = {names[place]: nodes[names[place]] for place in np.flatnonzero(found.label == component)}
        held = {node: Owner(owners[node], owners[node]) for node in mine}
        inside = [each for each in links if each.a in mine and each.b in mine]
        add(plan, {node: names.index(node) for node in mine}, mine, held, inside, MOST)
    return plan


@settings(max_examples=examples(300))
@given(graphs(), st.data())
def test_a_plan_counts_what_the_partition_makes(
    graph: tuple[dict[bytes, Node], list[Link]], data: st.DataObject
) -> None:
    nodes, links = graph
    links = [each for each in links if each.kind is not LinkKind.HOUSEHOLD]
    owners = {node: data.draw(st.integers(1, 3)) for node in nodes}
    plan = planned(nodes, links, owners)
    parts = [part.members for part in partition(nodes, links, MOST).parts]
    assert plan.profiles == len(set(owners.values()))
    assert plan.profiles_after == len(parts)
    names = list(nodes)
    changed = {frozenset(names[place] for place in change.members) for change in plan.changes}
    for part in parts:
        if len({owners[node] for node in part}) > 1:
            assert any(part <= each for each in changed), "whoever would merge is in the plan"
    sizes = sorted((len(part) for part in parts), reverse=True)
    assert [size for size, _ in plan.largest if size][: len(sizes)] == sizes[:10]


def test_nothing_changes_under_the_same_rules() -> None:
    nodes = {name(number): Node(SHIPPED["anonymous_id"]) for number in range(1, 5)}
    plan = planned(nodes, [], {node: place for place, node in enumerate(nodes, 1)})
    assert (plan.merged, plan.split, plan.changes) == (0, 0, [])


def test_who_would_merge_and_who_would_come_apart() -> None:
    nodes = {
        name(1): Node(SHIPPED["user_id"]),
        name(2): Node(SHIPPED["anonymous_id"]),
        name(3): Node(SHIPPED["user_id"]),
    }
    links = [
        Link(
            id=bytes([a, b]),
            a=name(a),
            b=name(b),
            kind=LinkKind.SAME,
            rule="x",
            confidence=100,
            occurred_at=a,
            message_id="m",
            source="app",
        )
        for a, b in itertools.combinations((1, 2), 2)
    ]
    merging = planned(nodes, links, {name(1): 1, name(2): 2, name(3): 3})
    assert (merging.merged, merging.split, merging.changes[0].profiles) == (1, 0, (1, 2))
    aside = nodes | {name(2): Node(SHIPPED["anonymous_id"], IdentifierState.QUARANTINED)}
    parting = planned(aside, links, {name(1): 1, name(2): 1, name(3): 3})
    assert (parting.merged, parting.split, parting.changes[0].becomes) == (0, 1, 2)
