"""The partition of identifiers into people: free of order, equal to plain components where nothing forbids."""

import itertools
from collections.abc import Callable, Mapping, Sequence

import msgspec
import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.ids import digest
from fieldfare.ground.instants import DAY
from fieldfare.know.identity.model import (
    PERSON,
    SHIPPED,
    HoldReason,
    IdentifierKind,
    IdentifierState,
    Joins,
    Link,
    LinkKind,
    Node,
)
from fieldfare.know.identity.partition import Partition, partition

USER, EMAIL, ANON = SHIPPED["user_id"], SHIPPED["email"], SHIPPED["anonymous_id"]
PHONE, TOKEN, CARD = SHIPPED["phone"], SHIPPED["device_token"], SHIPPED["payment_id"]
KINDS = (USER, EMAIL, ANON, PHONE, TOKEN, CARD)
Nodes = Mapping[bytes, Node]
Function = Callable[[Nodes, Sequence[Link]], Partition]
_JOINING = {Joins.ALWAYS, Joins.VERIFIED}


def name(number: int) -> bytes:
    return bytes([number])


def of(*kinds: IdentifierKind) -> dict[bytes, Node]:
    return {name(number): Node(kind) for number, kind in enumerate(kinds, 1)}


def link(
    a: int,
    b: int,
    at: int,
    kind: LinkKind = LinkKind.SAME,
    *,
    rule: str = "exact",
    confidence: int = 100,
    retracted: bool = False,
) -> Link:
    low, high = sorted((name(a), name(b)))
    return Link(
        id=digest(low, high, kind, rule),
        a=low,
        b=high,
        kind=kind,
        rule=rule,
        confidence=confidence,
        occurred_at=at,
        message_id=f"m{at}",
        source="app",
        retracted_at=1 if retracted else None,
    )


def parts(found: Partition) -> list[set[int]]:
    return [{node[0] for node in part.members} for part in found.parts]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[bytes, Node], list[Link]]:
    count = draw(st.integers(2, 8))
    nodes = {
        name(number): Node(
            draw(st.sampled_from(KINDS)),
            draw(st.sampled_from([IdentifierState.LIVE] * 5 + [IdentifierState.QUARANTINED])),
        )
        for number in range(count)
    }
    pairs = draw(st.lists(st.sampled_from(list(itertools.combinations(range(count), 2))), unique=True))
    links = [
        link(
            a,
            b,
            draw(st.integers(0, 5)),
            draw(st.sampled_from([LinkKind.SAME] * 4 + [LinkKind.NEVER, LinkKind.HOUSEHOLD])),
            rule=draw(st.sampled_from(["exact"] * 4 + [PERSON])),
            confidence=draw(st.sampled_from([80, 100])),
            retracted=draw(st.sampled_from([False, False, True])),
        )
        for a, b in pairs
    ]
    return nodes, links


def check_order_free(function: Function, nodes: Nodes, links: list[Link]) -> None:
    there, back = function(nodes, links), function(dict(reversed(list(nodes.items()))), list(reversed(links)))
    assert there.parts == back.parts
    assert there.shared == back.shared
    assert set(map(_key, there.refused)) == set(map(_key, back.refused))


def _key(refused: object) -> bytes:
    return msgspec.json.encode(msgspec.to_builtins(refused))


def check_rules(function: Function, nodes: Nodes, links: list[Link]) -> None:
    found = function(nodes, links)
    assert sorted(itertools.chain.from_iterable(part.members for part in found.parts)) == sorted(nodes)
    live = [each for each in links if each.retracted_at is None]
    by_person = any(each.rule == PERSON and each.kind is LinkKind.SAME for each in live)
    for part in found.parts:
        members = part.members
        assert not any(each.kind is LinkKind.NEVER and each.a in members and each.b in members for each in live)
        if by_person:  # a person may say what no rule would
            continue
        users = sum(nodes[each].kind is USER for each in members)
        assert users <= 1
        assert sum(nodes[each].kind is EMAIL for each in members) <= 3
        aside = [n for n in members if nodes[n].state is not IdentifierState.LIVE or n in found.shared]
        assert not aside or len(members) == 1
        assert sum(nodes[each].kind.joins in _JOINING for each in members) >= 1 or len(members) <= 8


def check_components(function: Function, nodes: Nodes, links: list[Link]) -> None:
    anybody = IdentifierKind(name="any", priority=1)
    free = dict.fromkeys(nodes, Node(anybody))
    same = [each for each in links if each.kind is LinkKind.SAME]
    graph = nx.Graph()
    graph.add_nodes_from(free)
    graph.add_edges_from((each.a, each.b) for each in same if each.retracted_at is None)
    expected = sorted((frozenset(part) for part in nx.connected_components(graph)), key=min)
    assert [part.members for part in function(free, same).parts] == expected


@given(graphs())
def test_partition_holds_its_laws(graph: tuple[dict[bytes, Node], list[Link]]) -> None:
    check_order_free(partition, *graph)
    check_rules(partition, *graph)
    check_components(partition, *graph)


def test_the_earlier_of_two_equal_assertions_wins() -> None:
    assert parts(partition(of(USER, USER, ANON), [link(1, 3, at=2), link(2, 3, at=1)])) == [{1}, {2, 3}]


def test_the_surer_wins_over_the_earlier() -> None:
    links = [link(1, 3, at=2, confidence=100), link(2, 3, at=1, confidence=80)]
    assert parts(partition(of(USER, USER, ANON), links)) == [{1, 3}, {2}]


def test_a_device_of_three_people_is_shared_and_joins_nobody() -> None:
    nodes = of(USER, USER, USER, ANON)
    found = partition(nodes, [link(number, 4, at=number) for number in (1, 2, 3)])
    assert parts(found) == [{1}, {2}, {3}, {4}]
    assert found.shared == {name(4)}


def test_the_email_of_a_family_is_shared_with_the_second_member() -> None:
    found = partition(of(USER, USER, EMAIL, ANON), [link(1, 3, at=1), link(2, 3, at=2), link(3, 4, at=3)])
    assert parts(found) == [{1}, {2}, {3}, {4}]


def test_a_lone_phone_attaches_and_never_merges() -> None:
    assert parts(partition(of(USER, PHONE), [link(1, 2, at=1)])) == [{1, 2}]
    found = partition(of(USER, USER, PHONE), [link(1, 3, at=1), link(2, 3, at=2)])
    assert parts(found) == [{1}, {2}, {3}]
    assert [(each.reason, each.link.occurred_at) for each in found.refused] == [(HoldReason.AMBIGUOUS, 2)]


def test_a_phone_attaches_through_nobody_who_is_weaker() -> None:
    """Two phones on one push token stay two people; the token changes hands too."""
    assert parts(partition(of(PHONE, PHONE, TOKEN), [link(1, 3, at=1), link(2, 3, at=2)])) == [{1}, {2}, {3}]


def test_a_payment_id_never_joins() -> None:
    found = partition(of(USER, USER, CARD), [link(1, 3, at=1), link(2, 3, at=2)])
    assert parts(found) == [{1}, {2}, {3}]
    assert found.refused == ()


def test_two_people_with_billing_data_each_wait_for_a_person() -> None:
    """A guest paid before signing in on that device, and the member had paid too."""
    nodes = of(USER, CARD, ANON, CARD)
    paid = [link(1, 2, at=1), link(3, 4, at=2)]
    found = partition(nodes, [*paid, link(1, 3, at=3)])
    assert parts(found) == [{1, 2}, {3, 4}]
    assert [each.reason for each in found.refused] == [HoldReason.SENSITIVE]
    assert parts(partition(nodes, [*paid, link(1, 3, at=0)])) == [{1, 2, 3, 4}], "they were one before they paid"
    said = link(1, 3, at=4, rule=PERSON)
    assert parts(partition(nodes, [*paid, said])) == [{1, 2, 3, 4}]


def test_a_person_overrides_limits_but_not_never() -> None:
    nodes = of(USER, USER)
    said = link(1, 2, at=1, rule=PERSON)
    assert parts(partition(nodes, [said])) == [{1, 2}]
    assert parts(partition(nodes, [said, link(1, 2, at=2, kind=LinkKind.NEVER)])) == [{1}, {2}]


def test_what_a_person_joined_still_takes_other_identifiers() -> None:
    links = [link(1, 2, at=1, rule=PERSON), link(1, 3, at=2), link(2, 4, at=3)]
    assert parts(partition(of(USER, USER, ANON, EMAIL), links)) == [{1, 2, 3, 4}]


def test_a_limit_within_a_window_counts_what_was_met_close_together() -> None:
    kind = IdentifierKind(name="cookie", priority=60, most_per_profile=2, within_days=30)
    nodes = {name(1): Node(USER), **{name(number): Node(kind) for number in (2, 3, 4)}}
    close = [link(1, 2, at=0), link(1, 3, at=DAY), link(1, 4, at=2 * DAY)]
    assert parts(partition(nodes, close)) == [{1, 2, 3}, {4}]
    apart = [link(1, 2, at=0), link(1, 3, at=DAY), link(1, 4, at=31 * DAY)]
    assert parts(partition(nodes, apart)) == [{1, 2, 3, 4}]


def test_a_cluster_that_is_too_large_is_refused() -> None:
    nodes = of(USER, ANON, ANON, ANON)
    found = partition(nodes, [link(1, number, at=number) for number in (2, 3, 4)], most=3)
    assert parts(found) == [{1, 2, 3}, {4}]
    assert [each.reason for each in found.refused] == [HoldReason.CLUSTER]


def test_confidence_is_the_least_among_what_joined() -> None:
    found = partition(of(USER, ANON, PHONE), [link(1, 2, at=1), link(1, 3, at=2, confidence=90)])
    assert [part.confidence for part in found.parts] == [90]


def test_planted_faults_are_caught() -> None:
    def unsorted(nodes: Nodes, links: Sequence[Link]) -> Partition:
        part = {each: {each} for each in nodes}
        for each in links:
            together = part[each.a] | part[each.b]
            if each.kind is LinkKind.SAME and sum(nodes[n].kind is USER for n in together) <= 1:
                part.update(dict.fromkeys(together, together))
        unique = sorted({frozenset(members) for members in part.values()}, key=min)
        plain = partition(nodes, [])
        return msgspec.structs.replace(
            plain, parts=tuple(msgspec.structs.replace(plain.parts[0], members=members) for members in unique)
        )

    nodes = of(USER, USER, ANON)
    with pytest.raises(AssertionError):
        check_order_free(unsorted, nodes, [link(1, 3, at=2), link(2, 3, at=1)])
    with pytest.raises(AssertionError):
        check_rules(unsorted, nodes, [link(1, 3, at=1), link(1, 3, at=2, kind=LinkKind.NEVER)])
    with pytest.raises(AssertionError):
        check_components(unsorted, nodes, [link(1, 2, at=1, retracted=True)])
