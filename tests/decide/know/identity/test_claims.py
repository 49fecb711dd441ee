"""Which identifiers an event claims: order, blocked values, verified addresses; the short way to an address is true."""

from collections.abc import Callable
from typing import Any

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from fieldfare.collect.model import Event, Mode, Place
from fieldfare.know.identity.claims import BLOCKED, claims_of, normal_email

Normal = Callable[[object], str | None]


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


def claimed(told: Event, verifying: frozenset[str] = frozenset()) -> list[str]:
    found = claims_of(told, hash_of, verifying)
    assert all(claim.hash == hash_of(claim.kind.name, claim.value) for claim in found)
    return [f"{claim.kind.name}:{claim.value}" for claim in found]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"user_id": "u"}, ["user_id:u"]),
        ({"anonymous_id": "a"}, ["anonymous_id:a"]),
        ({"user_id": "u", "anonymous_id": "a"}, ["user_id:u", "anonymous_id:a"]),
        ({"user_id": "u", "previous_id": "p"}, ["user_id:u", "anonymous_id:p"]),
        ({"user_id": "U", "anonymous_id": "A"}, ["user_id:U", "anonymous_id:A"]),
        ({"user_id": "NULL", "anonymous_id": "a"}, ["anonymous_id:a"]),
        ({"user_id": "0", "anonymous_id": "Undefined"}, []),
    ],
)
def test_ids_are_claimed_from_their_fields_the_leading_one_first(fields: dict[str, Any], expected: list[str]) -> None:
    assert claimed(event(**fields)) == expected


@given(st.sampled_from(sorted(BLOCKED)), st.sampled_from([str.lower, str.upper, str.title]))
def test_blocked_values_identify_nobody(value: str, cased: Callable[[str], str]) -> None:
    assert claimed(event(user_id=cased(value), anonymous_id=cased(value), previous_id=cased(value))) == []


ADA = {"email": " Ada@Example.COM "}


Verified = tuple[Event, tuple[str, ...], bool]

VERIFIED: list[Verified] = [
    (event("identify", ADA, user_id="u"), (), False),
    (event("identify", {**ADA, "email_verified": True}, user_id="u"), (), True),
    (event("identify", {**ADA, "email_verified": "true"}, user_id="u"), (), False),
    (event("identify", {**ADA, "email_verified": 1}, user_id="u"), (), False),
    (event("identify", ADA, user_id="u"), ("app",), True),
    (event("identify", ADA, user_id="u"), ("shop",), False),
    (event("identify", {"email": "not one", "email_verified": True}, user_id="u"), (), False),
    (event("identify", {"email": None, "email_verified": True}, user_id="u"), (), False),
    (event("track", {**ADA, "email_verified": True}, user_id="u"), ("app",), False),
    (event("track", user_id="u", context={"traits": {**ADA, "email_verified": True}}), (), True),
    (event("track", user_id="u", context={"traits": ADA}), (), False),
    (event("track", user_id="u", context={"traits": "email"}), (), False),
    (event("group", {**ADA, "email_verified": True}, user_id="u"), (), False),
]


def expected_of(row: Verified) -> list[str]:
    return ["user_id:u", *(["email:ada@example.com"] if row[2] else [])]


@pytest.mark.parametrize("row", VERIFIED)
def test_an_address_is_claimed_only_when_it_is_verified(row: Verified) -> None:
    assert claimed(row[0], frozenset(row[1])) == expected_of(row)


def test_an_address_stands_between_the_user_and_the_device() -> None:
    verified = {**ADA, "email_verified": True}
    told = event("identify", verified, user_id="u", anonymous_id="a")
    assert claimed(told) == ["user_id:u", "email:ada@example.com", "anonymous_id:a"]
    assert claimed(event("identify", verified, anonymous_id="a")) == ["email:ada@example.com", "anonymous_id:a"]


def by_the_library(text: str) -> str | None:
    try:
        return validate_email(text.strip(), check_deliverability=False, test_environment=True).normalized.casefold()
    except EmailNotValidError:
        return None


def check_equal_to_the_library(normal: Normal, text: str) -> None:
    assert normal(text) == by_the_library(text), text


LOCALS = st.text(st.sampled_from("aZ09._+-'é @\"\n"), min_size=0, max_size=8) | st.integers(60, 70).map("a".__mul__)
LABELS = st.text(st.sampled_from("aZ09-üßK。"), min_size=0, max_size=6) | st.integers(55, 65).map("b".__mul__)
DOMAINS = st.lists(LABELS, min_size=1, max_size=5).map(".".join) | st.sampled_from(["X.test", "xn--bcher-kva.de"])
LONG = "a" * 64 + "@" + ".".join(["b" * 60] * 4) + ".com"
OUTSIDE_ASCII = "a" * 64 + "@" + ".".join(["ü"] * 24) + ".com"


@given(st.builds(lambda local, domain: f"{local}@{domain}", LOCALS, DOMAINS) | st.text(max_size=12))
@example(LONG)
@example(OUTSIDE_ASCII)
@example("Ada.B+c@Bücher.Example.com")
@example(" a@b.de\n")
@example("a@b@c.de")
def test_the_short_way_to_an_address_is_the_library_s(text: str) -> None:
    check_equal_to_the_library(normal_email, text)


@pytest.mark.parametrize("value", [None, 7, True, ["a@b.de"], b"a@b.de"])
def test_only_text_is_an_address(value: object) -> None:
    assert normal_email(value) is None


def test_planted_faults_are_caught() -> None:
    def without_a_bound(text: object) -> str | None:
        local, _, domain = str(text).rpartition("@")
        checked = by_the_library(f"x@{domain}")
        return f"{local.lower()}@{checked[2:]}" if checked is not None else None

    for text in (LONG, "a b@example.com", "a@b@example.com"):
        with pytest.raises(AssertionError):
            check_equal_to_the_library(without_a_bound, text)
    believing_all = [claimed(row[0], frozenset({row[0].source})) for row in VERIFIED]
    assert believing_all != [expected_of(row) for row in VERIFIED]
