"""What one event's claims mean: the table of attach, merge and hold."""

from fieldfare.know.identity.model import ANONYMOUS_ID, EMAIL, USER_ID, Claim, IdentifierKind, Link
from fieldfare.know.identity.resolve import Attach, Hold, Merge, link_of, quick, resolve

U1, U2 = Claim(USER_ID, "u1", b"u1"), Claim(USER_ID, "u2", b"u2")
A1, A2 = Claim(ANONYMOUS_ID, "a1", b"a1"), Claim(ANONYMOUS_ID, "a2", b"a2")
E1 = Claim(EMAIL, "e1", b"e1")

Members = dict[int, dict[bytes, IdentifierKind]]


def decide(
    claims: list[Claim], people: dict[int, list[Claim]], links: list[Link] | None = None
) -> Attach | Merge | Hold:
    owner = {claim.hash: profile for profile, held in people.items() for claim in held}
    members: Members = {profile: {claim.hash: claim.kind for claim in held} for profile, held in people.items()}
    own = [link_of(claims[0], claim, 10, "m", "app") for claim in claims[1:]]
    inside = [link_of(held[0], other, 1, "m0", "app") for held in people.values() for other in held[1:]]
    return resolve(claims, owner, members, [*own, *inside, *(links or [])])


def test_unknown_identifiers_make_a_profile() -> None:
    assert decide([U1, A1], {}) == Attach(None, (U1, A1))


def test_a_known_identifier_takes_the_new_one_along() -> None:
    assert decide([U1, A1], {7: [U1]}) == Attach(7, (A1,))


def test_known_identifiers_of_two_profiles_merge_into_the_older() -> None:
    assert decide([U1, A1], {9: [U1], 4: [A1]}) == Merge(4, (9,), ())


def test_a_device_of_somebody_else_does_not_merge_two_users() -> None:
    assert decide([U2, A1], {1: [U1, A1], 2: [U2]}) == Hold(2, (1, 2), ())


def test_a_new_user_on_a_known_device_is_a_new_person() -> None:
    assert decide([U2, A1], {1: [U1, A1]}) == Attach(None, (U2,))


def test_a_late_event_does_not_tear_a_profile_apart_or_merge_two_users() -> None:
    late = link_of(U2, A1, 0, "late", "app")
    assert decide([U2, A1], {1: [U1, A1], 2: [U2]}, [late]) == Hold(2, (1, 2), ())


def test_a_contradiction_goes_to_the_owner_of_the_leading_claim() -> None:
    people = {1: [U1, A1], 2: [U2, E1]}
    early = [link_of(U1, A1, 6, "m1", "app"), link_of(U2, E1, 10, "m2", "app"), link_of(E1, A1, 5, "m", "app")]
    owner = {claim.hash: profile for profile, held in people.items() for claim in held}
    members: Members = {profile: {claim.hash: claim.kind for claim in held} for profile, held in people.items()}
    assert resolve([E1, A1], owner, members, early) == Hold(2, (1, 2), ())


def test_three_profiles_become_one() -> None:
    assert decide([U1, E1, A2], {3: [A2], 5: [U1], 8: [E1]}) == Merge(3, (5, 8), ())


def test_quick_answers_only_when_nothing_is_new() -> None:
    assert quick([U1, A1], {b"u1": 3, b"a1": 3}) == Attach(3, ())
    assert quick([U1, A1], {b"u1": 3}) is None
    assert quick([U1, A1], {b"u1": 3, b"a1": 4}) is None
