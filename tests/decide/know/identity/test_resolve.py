"""What one event's claims mean: the table of attach and regroup, and the law that order does not matter."""

import itertools
from collections.abc import Iterable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.know.identity.model import (
    PERSON,
    SHIPPED,
    Claim,
    IdentifierState,
    Link,
    LinkKind,
    Node,
)
from fieldfare.know.identity.partition import partition
from fieldfare.know.identity.resolve import Attach, Owner, Regroup, leaf, link_id, link_of, quick, regroup
from tests.amounts import examples

MOST = 100
CLAIMS = {
    letters: Claim(SHIPPED[kind], letters, letters.encode())
    for kind, values in {
        "user_id": ("u1", "u2", "u3"),
        "membership_id": ("c1", "c2"),
        "email": ("e1", "e2", "e3", "e4", "e5"),
        "phone": ("p1", "p2"),
        "anonymous_id": ("a1", "a2", "a3"),
        "device_token": ("t1",),
        "payment_id": ("x1", "x2"),
    }.items()
    for letters in values
}
U1, U2, A1, A2, E1 = (CLAIMS[letters] for letters in ("u1", "u2", "a1", "a2", "e1"))


class People:
    """Identity kept the way the pipeline keeps it: by the short ways where they answer, else by the component."""

    def __init__(self) -> None:
        self.owner: dict[bytes, Owner] = {}
        self.links: dict[bytes, Link] = {}
        self.claims: dict[bytes, Claim] = {}
        self.next_id = 0
        self.answers: list[object] = []

    def take(self, names: Sequence[str], at: int) -> None:
        claims = sorted((CLAIMS[each] for each in names), key=lambda claim: claim.kind.priority)
        for claim in claims:
            self.claims[claim.hash] = claim
        asserted = [
            each for each in (link_of(claims[0], other, at, f"m{at}", "app") for other in claims[1:]) if self._new(each)
        ]
        answer = None if asserted else quick(claims, self.owner)
        if answer is None:
            for each in asserted:
                self.links[each.id] = each
            ends = {end for each in asserted for end in (each.a, each.b)} - {claims[0].hash}
            answer = leaf(claims, self.owner, self._held(claims[0]), ends, MOST)
        self.answers.append(answer)
        if answer is None:
            self.regroup()
            return
        profile_id = answer.profile_id if answer.profile_id is not None else self._made()
        for claim in answer.fresh:
            self.owner[claim.hash] = Owner(profile_id, profile_id)

    def regroup(self) -> Regroup:
        nodes = {
            each: Node(claim.kind, self.owner[each].state if each in self.owner else IdentifierState.LIVE)
            for each, claim in self.claims.items()
        }
        answer = regroup(partition(nodes, self.links.values(), MOST), nodes, self.owner)
        for group in answer.groups:
            profile_id = group.profile_id if group.profile_id > 0 else self._made()
            for node in group.members:
                known = self.owner.get(node)
                home = known.home_id if known is not None and group.profile_id > 0 else profile_id
                state = IdentifierState.SHARED if node in answer.shared else nodes[node].state
                self.owner[node] = Owner(profile_id, home, state)
        return answer

    def say(self, a: str, b: str, kind: LinkKind, at: int = 0) -> Regroup:
        low, high = sorted((CLAIMS[a].hash, CLAIMS[b].hash))
        self.links[link_id(low, high, kind, PERSON)] = Link(
            id=link_id(low, high, kind, PERSON),
            a=low,
            b=high,
            kind=kind,
            rule=PERSON,
            confidence=100,
            occurred_at=at,
            message_id="said",
            source="console",
            who="ann",
        )
        return self.regroup()

    def groups(self) -> set[frozenset[bytes]]:
        found: dict[int, set[bytes]] = {}
        for node, owner in self.owner.items():
            found.setdefault(owner.profile_id, set()).add(node)
        return {frozenset(members) for members in found.values()}

    def ids(self, *names: str) -> list[int]:
        return [self.owner[CLAIMS[each].hash].profile_id for each in names]

    def _new(self, link: Link) -> bool:
        known = self.links.get(link.id)
        return known is None or link.occurred_at < known.occurred_at

    def _held(self, lead: Claim) -> dict[str, int]:
        owner = self.owner.get(lead.hash)
        held: dict[str, int] = {}
        for node, other in self.owner.items():
            if owner is not None and other.profile_id == owner.profile_id:
                held[self.claims[node].kind.name] = held.get(self.claims[node].kind.name, 0) + 1
        return held

    def _made(self) -> int:
        self.next_id += 1
        return self.next_id


def after(*events: str) -> People:
    people = People()
    for at, names in enumerate(events, 1):
        people.take(names.split(), at)
    return people


def test_unknown_identifiers_make_a_profile() -> None:
    people = after("u1 a1")
    assert people.answers == [Attach(None, (U1, A1))]


def test_a_known_identifier_takes_the_new_one_along() -> None:
    assert after("u1", "u1 a1").answers[-1] == Attach(1, (A1,))


def test_what_is_known_costs_a_look_up() -> None:
    assert after("u1 a1", "u1 a1").answers[-1] == Attach(1, ())
    assert quick([U1, A1], {b"u1": Owner(3, 3)}) is None


def test_known_identifiers_of_two_profiles_merge_into_the_older() -> None:
    people = after("a1", "u1", "u1 a1")
    assert people.ids("u1", "a1") == [1, 1]


def test_a_new_user_on_a_known_device_is_a_new_person() -> None:
    people = after("u1 a1", "u2 a1")
    assert people.ids("u1", "a1", "u2") == [1, 1, 2]


def test_the_third_user_makes_the_device_shared_and_takes_it_from_the_first() -> None:
    people = after("u1 a1", "u2 a1", "u3 a1")
    assert people.owner[b"a1"].state is IdentifierState.SHARED
    assert len({*people.ids("u1", "u2", "u3", "a1")}) == 4


def test_three_profiles_become_one() -> None:
    assert after("a2", "u1", "e1", "u1 e1 a2").ids("a2", "u1", "e1") == [1, 1, 1]


def test_a_late_event_moves_the_device_to_whom_it_was_first_with() -> None:
    people = People()
    people.take(["u2", "a1"], 5)
    people.take(["u1", "a1"], 1)
    assert people.ids("u1", "a1") != people.ids("u2", "u2")
    assert people.ids("u1") == people.ids("a1")


def test_splitting_gives_both_their_ids_back() -> None:
    people = after("a1", "u1 e1", "u1 a1")
    assert people.ids("a1", "u1", "e1") == [1, 1, 1]
    people.say("u1", "a1", LinkKind.NEVER)
    assert people.ids("a1", "u1", "e1") == [1, 2, 2]
    people.take(["u1", "a1"], 9)
    assert people.ids("a1", "u1", "e1") == [1, 2, 2], "it stays split whatever is asserted again"


def test_a_person_joins_what_no_rule_would() -> None:
    people = after("u1 e1", "u2 e2")
    answer = people.say("u1", "u2", LinkKind.SAME)
    assert answer.torn == frozenset()
    assert people.ids("u1", "u2", "e1", "e2") == [1, 1, 1, 1]


def test_a_tear_names_who_is_torn() -> None:
    people = after("u1 a1 e1")
    answer = people.say("u1", "a1", LinkKind.NEVER)
    assert answer.torn == {1}
    assert people.ids("u1", "e1", "a1") == [1, 1, 2]


EVENTS = st.lists(
    st.lists(st.sampled_from(sorted(CLAIMS)), min_size=1, max_size=4, unique=True), min_size=1, max_size=7
)


def whole(people: People) -> set[frozenset[bytes]]:
    """Return the partition of everything that was ever asserted."""
    nodes = {each: Node(claim.kind) for each, claim in people.claims.items()}
    return {part.members for part in partition(nodes, people.links.values(), MOST).parts}


@settings(max_examples=examples(400))
@given(EVENTS, st.randoms(use_true_random=False))
def test_no_order_of_arrival_changes_who_is_who(events: list[list[str]], random: object) -> None:
    stamped = list(enumerate(events))
    shuffled = stamped[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    found = [_played(order) for order in (stamped, shuffled)]
    for people in found:
        assert people.groups() == whole(people), "the short ways agree with the whole partition"
    assert found[0].groups() == found[1].groups()


def _played(order: Iterable[tuple[int, list[str]]]) -> People:
    people = People()
    for at, names in order:
        people.take(names, at)
    return people


def test_every_order_of_a_hard_case() -> None:
    events = ["u1 a1", "u2 a1", "u1 e1", "e1 a2", "u2 p1", "a2 p1"]
    found = {
        frozenset(_played([(at, names.split()) for at, names in order]).groups())
        for order in itertools.permutations(enumerate(events))
    }
    assert len(found) == 1
