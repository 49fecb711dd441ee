"""Which identifiers an event claims: places, order, blocked values, verified addresses, aliases, households, bounds."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.collect.model import Event, Mode, Place
from fieldfare.ground.workspace.model import Source
from fieldfare.know.identity.blocked import WORDS
from fieldfare.know.identity.claim_plan import ClaimPlan
from fieldfare.know.identity.claims import MOST_CLAIMS, claims_of, lead_of
from fieldfare.know.identity.files import IdentityFile
from fieldfare.know.identity.model import DEFAULT, Policy
from fieldfare.know.identity.normal import Regions
from fieldfare.know.identity.parse import parse_identity

REGIONS = Regions({"soho": "GB"}, "DE")


def hash_of(kind: str, value: str) -> bytes:
    return f"{kind}:{value}".encode()


def event(kind: str = "track", payload: dict[str, Any] | None = None, **fields: Any) -> Event:
    values: dict[str, Any] = {"source": "app", "user_id": None, "anonymous_id": None, "context": {}, **fields}
    return Event(
        place=Place(0, 1, 0),
        mode=Mode.LIVE,
        message_id="m",
        type=kind,
        name="check_in" if kind == "track" else kind,
        payload=payload or {},
        original_at=0,
        sent_at=None,
        received_at=0,
        occurred_at=0,
        local_day=0,
        **values,
    )


def external(**entry: Any) -> Event:
    told = {"id": "17", "type": "membership_id", "collection": "users", "encoding": "none"} | entry
    return event(user_id="u", context={"externalIds": [told]})


def policy_of(**said: Any) -> Policy:
    policy, problems = parse_identity(msgspec.convert(said, IdentityFile))
    assert policy is not None, problems
    return policy


def plan_of(policy: Policy = DEFAULT, **verifies: tuple[str, ...]) -> ClaimPlan:
    sources = [Source(name, None, name, kinds) for name, kinds in verifies.items()]
    return ClaimPlan(policy, hash_of, sources, REGIONS)


def claimed(told: Event, plan: ClaimPlan | None = None) -> list[str]:
    plan = plan if plan is not None else plan_of()
    found = claims_of(told, plan)
    assert all(claim.hash == hash_of(claim.kind.name, claim.value) for claim in found)
    assert lead_of(told, plan) == next(iter(found), None)
    return [f"{claim.kind.name}:{claim.value}" for claim in found]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"user_id": "u"}, ["user_id:u"]),
        ({"anonymous_id": "a"}, ["anonymous_id:a"]),
        ({"user_id": "u", "anonymous_id": "a"}, ["user_id:u", "anonymous_id:a"]),
        ({"user_id": "U", "anonymous_id": "A"}, ["user_id:U", "anonymous_id:A"]),
        ({"user_id": "Zoe\u0308"}, ["user_id:Zo\u00eb"]),
        ({"user_id": "NULL", "anonymous_id": "a"}, ["anonymous_id:a"]),
        ({"user_id": "0", "anonymous_id": "Undefined"}, []),
        ({"user_id": "u", "context": {"library": {"name": "x"}, "page": {}}}, ["user_id:u"]),
    ],
)
def test_ids_are_claimed_from_their_fields_the_leading_one_first(fields: dict[str, Any], expected: list[str]) -> None:
    assert claimed(event(**fields)) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"user_id": "u", "previous_id": "p"}, ["user_id:u", "anonymous_id:p"]),
        ({"user_id": "u", "previous_id": "a", "anonymous_id": "a"}, ["user_id:u", "anonymous_id:a"]),
        ({"user_id": "u", "previous_id": "o", "anonymous_id": "a"}, ["user_id:u", "user_id:o", "anonymous_id:a"]),
        ({"user_id": "u", "previous_id": "u", "anonymous_id": "a"}, ["user_id:u", "anonymous_id:a"]),
        ({"previous_id": "p", "anonymous_id": "a"}, ["anonymous_id:a", "anonymous_id:p"]),
        ({"user_id": "u", "previous_id": "undefined"}, ["user_id:u"]),
    ],
)
def test_an_alias_replaces_an_anonymous_id_or_a_user_id(fields: dict[str, Any], expected: list[str]) -> None:
    assert claimed(event("alias", **fields)) == expected


@given(st.sampled_from(sorted(WORDS)), st.sampled_from([str.lower, str.upper, str.title]))
def test_blocked_values_identify_nobody(value: str, cased: Callable[[str], str]) -> None:
    assert claimed(event(user_id=cased(value), anonymous_id=cased(value), previous_id=cased(value))) == []


ADA = {"email": " Ada@Example.COM "}
SURE = {**ADA, "email_verified": True}
Verified = tuple[Event, tuple[str, ...], bool]
VERIFIED: list[Verified] = [
    (event("identify", ADA, user_id="u"), (), False),
    (event("identify", SURE, user_id="u"), (), True),
    (event("identify", {**ADA, "emailVerified": True}, user_id="u"), (), True),
    (event("identify", {**ADA, "email_verified": "true"}, user_id="u"), (), False),
    (event("identify", {**ADA, "email_verified": 1}, user_id="u"), (), False),
    (event("identify", {**ADA, "phone_verified": True}, user_id="u"), (), False),
    (event("identify", ADA, user_id="u"), ("app",), True),
    (event("identify", ADA, user_id="u"), ("shop",), False),
    (event("identify", {"email": "not one", "email_verified": True}, user_id="u"), (), False),
    (event("identify", {"email": None, "email_verified": True}, user_id="u"), (), False),
    (event("identify", {"email": "noreply@example.com", "email_verified": True}, user_id="u"), (), False),
    (event("identify", {"primary_email": ADA["email"], "primary_email_verified": True}, user_id="u"), (), True),
    (event("track", SURE, user_id="u"), (), True),
    (event("track", ADA, user_id="u"), ("app",), True),
    (event("page", ADA, user_id="u"), (), False),
    (event("track", user_id="u", context={"traits": SURE}), (), True),
    (event("track", user_id="u", context={"traits": ADA}), (), False),
    (event("track", {"email_verified": True}, user_id="u", context={"traits": ADA}), (), False),
    (event("track", user_id="u", context={"traits": "email"}), (), False),
    (event("group", SURE, user_id="u", group_id="g"), ("app",), False),
    (event("group", user_id="u", group_id="g", context={"traits": SURE}), (), True),
    (external(type="email", id="ada@example.com"), ("app",), True),
    (external(type="email", id="ada@example.com"), (), False),
]


def expected_of(row: Verified) -> list[str]:
    return ["user_id:u", *(["email:ada@example.com"] if row[2] else [])]


def claimed_with(row: Verified) -> list[str]:
    return claimed(row[0], plan_of(DEFAULT, **dict.fromkeys(row[1], ("email",))))


@pytest.mark.parametrize("row", VERIFIED)
def test_an_address_is_claimed_only_when_it_is_verified(row: Verified) -> None:
    assert claimed_with(row) == expected_of(row)


def test_what_a_source_verifies_is_by_kind() -> None:
    told = event("identify", {**ADA, "phone": "+4930901820"}, user_id="u")
    assert claimed(told, plan_of(app=("phone",))) == ["user_id:u", "phone:+4930901820"]
    assert claimed(told, plan_of(app=("email", "phone"))) == ["user_id:u", "email:ada@example.com", "phone:+4930901820"]


@pytest.mark.parametrize(("location", "expected"), [(None, "+4930901820"), ("mitte", "+4930901820"), ("soho", None)])
def test_a_number_is_one_of_its_location_s_country(location: str | None, expected: str | None) -> None:
    told = event(payload={"phone": "030 901820"}, location=location, source="till")
    assert claimed(told, plan_of(till=("phone",))) == ([f"phone:{expected}"] if expected else [])


def test_a_receipt_with_nothing_but_a_verified_phone_has_an_identifier() -> None:
    told = event(payload={"phone": "+49 30 901820", "total": 12}, source="till")
    assert claimed(told, plan_of(till=("phone",))) == ["phone:+4930901820"]
    assert claimed(told) == []


def test_the_order_is_that_of_priority() -> None:
    told = event("identify", {**SURE, "loyaltyId": 77, "membership_id": "M1"}, user_id="u", anonymous_id="a")
    expected = ["user_id:u", "membership_id:M1", "loyalty_id:77", "email:ada@example.com", "anonymous_id:a"]
    assert claimed(told) == expected
    changed = policy_of(kinds={"loyalty_id": {"priority": 5}})
    assert claimed(told, plan_of(changed))[0] == "loyalty_id:77"
    swapped = policy_of(kinds={"user_id": {"priority": 65}})
    assert claimed(event(user_id="u", anonymous_id="a"), plan_of(swapped)) == ["anonymous_id:a", "user_id:u"]


TRACKED = {"advertisingId": "7A3C-99", "adTrackingEnabled": True}
DEVICE = {"type": "ios", "id": "6B2C-77", "token": "f00dfeed" * 8, **TRACKED}


def test_devices_are_told_as_segment_promotes_them() -> None:
    told = event(anonymous_id="a", context={"device": DEVICE})
    token = f"device_token:{DEVICE['token']}"
    assert claimed(told) == ["anonymous_id:a", token, "device_id:6b2c-77", "advertising_id:7a3c-99"]
    for allowed in (False, None, "true"):
        told = event(anonymous_id="a", context={"device": {**DEVICE, "adTrackingEnabled": allowed}})
        assert claimed(told) == ["anonymous_id:a", token, "device_id:6b2c-77"]
    zero = {**DEVICE, "advertisingId": "00000000-0000-0000-0000-000000000000", "token": "undefined"}
    assert claimed(event(anonymous_id="a", context={"device": zero})) == ["anonymous_id:a", "device_id:6b2c-77"]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({}, ["membership_id:17"]),
        ({"id": 17}, ["membership_id:17"]),
        ({"type": "ios.id", "id": "ABC-1"}, ["device_id:abc-1"]),
        ({"type": "android.push_token", "id": "f00dfeed" * 4}, ["device_token:" + "f00dfeed" * 4]),
        ({"type": "user_id", "id": "v"}, ["user_id:v"]),
        ({"type": "member_no"}, []),
        ({"type": None}, []),
        ({"type": ["membership_id"]}, []),
        ({"collection": "accounts"}, []),
        ({"collection": None}, []),
        ({"encoding": "sha256"}, []),
        ({"id": "n/a"}, []),
        ({"id": {"no": 1}}, []),
        ({"id": True}, []),
    ],
)
def test_external_ids_are_claimed_when_they_are_of_users_and_of_a_known_kind(
    entry: dict[str, Any], expected: list[str]
) -> None:
    assert claimed(external(**entry)) == ["user_id:u", *expected]


@pytest.mark.parametrize("entries", [None, "x", {}, [None, 7, "x", []]])
def test_external_ids_of_a_wrong_shape_claim_nothing(entries: Any) -> None:
    assert claimed(event(user_id="u", context={"externalIds": entries})) == ["user_id:u"]


NUMBERS = ["context.externalIds", "context.externalIds.crm.no", "properties.card.number", "traits.no"]
OWN = policy_of(kinds={"member_no": {"from": NUMBERS}, "advertising_id": {"from": []}})


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (event(payload={"card": {"number": 9}}), ["member_no:9"]),
        (event(payload={"card": 9}), []),
        (event(payload={"card": {"number": {"x": 1}}}), []),
        (event("identify", {"card": {"number": 9}}), []),
        (event("identify", {"no": "x9"}), ["member_no:x9"]),
        (event(payload={"no": "x9"}), []),
        (event(context={"traits": {"no": "x9"}}), ["member_no:x9"]),
        (external(type="member_no"), ["user_id:u", "member_no:17"]),
        (external(type="crm.no"), ["user_id:u", "member_no:17"]),
        (event(anonymous_id="a", context={"device": {**DEVICE, "id": None, "token": None}}), ["anonymous_id:a"]),
    ],
)
def test_a_kind_of_one_s_own_is_taken_from_where_the_policy_says(told: Event, expected: list[str]) -> None:
    assert claimed(told, plan_of(OWN)) == expected


@pytest.mark.parametrize("key", ["type", "group_type", "groupType"])
def test_a_group_of_people_who_live_together_is_a_household(key: str) -> None:
    told = event("group", {key: "Family", "email": "x@y.de"}, user_id="u", group_id="g7")
    assert claimed(told) == ["user_id:u", "household_id:g7"]
    assert claimed(event("group", {key: "team"}, user_id="u", group_id="g7")) == ["user_id:u"]
    assert claimed(event("track", {key: "family"}, user_id="u", group_id="g7")) == ["user_id:u"]


def test_kinds_that_find_nobody_are_not_enough_and_never_lead() -> None:
    assert claimed(event(payload={"payment_id": "card_1"})) == []
    assert claimed(event(payload={"paymentId": "card_1"}, anonymous_id="a")) == ["anonymous_id:a", "payment_id:card_1"]
    eager = policy_of(kinds={"payment_id": {"priority": 1}, "household_id": {"priority": 2}})
    told = event(payload={"payment_id": "card_1", "household_id": "h"}, user_id="u")
    assert claimed(told, plan_of(eager)) == ["user_id:u", "payment_id:card_1", "household_id:h"]
    silent = policy_of(kinds={"anonymous_id": {"joins": "never"}})
    assert claimed(event(anonymous_id="a"), plan_of(silent)) == []


def test_claims_are_each_once_and_bounded_by_priority() -> None:
    ids = [{"type": "membership_id", "id": f"m{number}", "collection": "users"} for number in range(60)] * 2
    found = claimed(event(user_id="u", anonymous_id="a", context={"externalIds": ids}))
    assert found == ["user_id:u", *(f"membership_id:m{number}" for number in range(MOST_CLAIMS - 1))]
    same = {"membership_id": "m", "membershipId": " m "}
    assert claimed(event(payload=same, context={"traits": same}, user_id="u")) == ["user_id:u", "membership_id:m"]


INNER_KEYS = st.sampled_from(["id", "type", "email", "token"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(INNER_KEYS, inner),
    max_leaves=6,
)
KEYS = st.sampled_from(["traits", "device", "externalIds", "email", "phone", "membership_id", "payment_id"])


@given(
    st.sampled_from(["track", "identify", "group", "alias"]),
    st.dictionaries(KEYS, JSON),
    st.dictionaries(KEYS, JSON),
    st.booleans(),
)
def test_no_event_breaks_it_and_the_leading_claim_is_the_first(
    kind: str, payload: dict[str, Any], context: dict[str, Any], has_user: bool
) -> None:
    told = event(kind, payload, context=context, user_id="u" if has_user else None, group_id="g")
    found = claimed(told, plan_of(app=("email", "phone")))
    assert len(found) == len(set(found)) <= MOST_CLAIMS
    assert not has_user or found[0] == "user_id:u"


def test_planted_faults_are_caught() -> None:
    believing_all = [claimed(row[0], plan_of(app=("email",))) for row in VERIFIED]
    assert believing_all != [expected_of(row) for row in VERIFIED]
