"""What acts of people do to links: tables, and the laws that a split must keep."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.know.identity.acts import Act, ActKind, Changes, changes_of, strongest
from fieldfare.know.identity.model import PERSON, SHIPPED, IdentifierState, Link, LinkKind, Node
from fieldfare.know.identity.partition import partition
from fieldfare.know.identity.resolve import link_id

KINDS = ("user_id", "email", "anonymous_id", "phone")


def name(number: int) -> bytes:
    return bytes([number])


def link(a: int, b: int, kind: LinkKind = LinkKind.SAME) -> Link:
    low, high = sorted((name(a), name(b)))
    return Link(
        id=link_id(low, high, kind, "exact"),
        a=low,
        b=high,
        kind=kind,
        rule="exact",
        confidence=100,
        occurred_at=a + b,
        message_id="m",
        source="app",
    )


def act(kind: ActKind, *a: int, b: tuple[int, ...] = ()) -> Act:
    return Act(kind=kind, a=[name(each) for each in a], b=[name(each) for each in b], actor="ann", reason="seen")


def of(*kinds: str) -> dict[bytes, Node]:
    return {name(number): Node(SHIPPED[kind]) for number, kind in enumerate(kinds, 1)}


def done(said: Act, left: set[int], right: set[int], nodes: dict[bytes, Node], links: list[Link]) -> Changes:
    sides = [{name(each) for each in side} for side in (left, right)]
    return changes_of(said, sides[0], sides[1], nodes, links, 99, "act")


def after(links: list[Link], changes: Changes) -> list[Link]:
    return [each for each in links if each.id not in changes.retract] + list(changes.add)


def parts(nodes: dict[bytes, Node], links: list[Link]) -> list[set[int]]:
    return [{node[0] for node in part.members} for part in partition(nodes, links).parts]


def test_a_split_of_the_hub_keeps_the_rest_together() -> None:
    nodes = of("user_id", "email", "anonymous_id", "anonymous_id")
    links = [link(1, 2), link(1, 3), link(1, 4)]
    changes = done(act(ActKind.SPLIT, 1), {1, 2, 3, 4}, set(), nodes, links)
    assert parts(nodes, after(links, changes)) == [{1}, {2, 3, 4}]


def test_a_merge_takes_back_what_was_forbidden() -> None:
    nodes = of("user_id", "user_id")
    links = [link(1, 2, LinkKind.NEVER)]
    changes = done(act(ActKind.MERGE, 1, b=(2,)), {1}, {2}, nodes, links)
    assert changes.retract == {links[0].id}
    assert parts(nodes, after(links, changes)) == [{1, 2}]
    assert [each.who for each in changes.add] == ["ann"]


def test_never_retracts_what_would_join() -> None:
    nodes = of("user_id", "user_id", "anonymous_id")
    links = [link(1, 3), link(2, 3)]
    changes = done(act(ActKind.NEVER, 1, b=(2,)), {1, 3}, {2}, nodes, links)
    assert changes.retract == {links[1].id}
    assert [each.kind for each in changes.add] == [LinkKind.NEVER]


@pytest.mark.parametrize(
    ("said", "left", "right", "why"),
    [
        (act(ActKind.NEVER, 1, b=(2,)), {1, 2}, {1, 2}, "same_profile"),
        (act(ActKind.HOUSEHOLD, 1, b=(2,)), {1, 2}, {1, 2}, "same_profile"),
        (act(ActKind.MERGE, 1, b=(2,)), {1, 2}, {1, 2}, "merged_already"),
        (act(ActKind.SPLIT, 3), {1, 2}, set(), "nothing_to_split"),
        (act(ActKind.SPLIT, 1, 2), {1, 2}, set(), "nothing_to_split"),
    ],
)
def test_what_cannot_be_meant_is_refused(said: Act, left: set[int], right: set[int], why: str) -> None:
    assert done(said, left, right, of("user_id", "email", "phone"), []) == Changes(refused=why)


def test_states() -> None:
    nodes = of("anonymous_id")
    assert done(act(ActKind.QUARANTINE, 1), {1}, set(), nodes, []).states == {name(1): IdentifierState.QUARANTINED}
    assert done(act(ActKind.RELEASE, 1), {1}, set(), nodes, []).states == {name(1): IdentifierState.CLEARED}
    assert done(act(ActKind.DISMISS, 1), {1}, set(), nodes, []) == Changes()


def test_who_stands_for_a_person() -> None:
    assert strongest([name(1), name(2), name(3)], of("phone", "anonymous_id", "email")) == name(3)


@st.composite
def people(draw: st.DrawFn) -> tuple[dict[bytes, Node], list[Link], set[int], set[int]]:
    count = draw(st.integers(2, 7))
    nodes = {name(1): Node(SHIPPED["user_id"])}
    nodes |= {name(number): Node(SHIPPED[draw(st.sampled_from(KINDS[1:3]))]) for number in range(2, count + 1)}
    pairs = list(itertools.combinations(range(1, count + 1), 2))
    links = [link(a, b) for a, b in draw(st.lists(st.sampled_from(pairs), unique=True))]
    mine = next(part for part in parts(nodes, links) if 1 in part)
    moving = draw(st.sets(st.sampled_from(sorted(mine)), min_size=1))
    return nodes, links, mine, moving


@given(people())
def test_a_split_makes_two_people_of_one_and_stays(
    made: tuple[dict[bytes, Node], list[Link], set[int], set[int]],
) -> None:
    nodes, links, mine, moving = made
    changes = done(act(ActKind.SPLIT, *sorted(moving)), mine, set(), nodes, links)
    if moving == mine:
        assert changes.refused == "nothing_to_split"
        return
    left = after(links, changes)
    found = [part & mine for part in parts(nodes, left)]  # with room again, somebody else may join a side
    assert moving in found
    assert mine - moving in found
    # An event that asserts again what was retracted changes nothing: the link is known, and retracted.
    bridge = link(min(moving), min(mine - moving))
    if bridge.id not in changes.retract:
        again = parts(nodes, [*left, bridge])
        assert not any(part >= mine for part in again)
    assert all(each.rule == PERSON for each in changes.add)
