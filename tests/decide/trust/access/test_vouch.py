"""Whom a provider's claims let in: the known, the invited, and those whom a claim gives roles."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.errors import CallerError
from fieldfare.trust.access.model import Oidc, Role, User
from fieldfare.trust.access.vouch import name_in, roles_in, vouched

OIDC = Oidc(issuer="https://id.example", client_id="f", roles_claim="groups", roles={"brand": Role.MARKETER})
CLAIMS = {"sub": "s-1", "email": "Kim@Example.com", "email_verified": True, "name": "Kim"}
KIM = User(id="u1", name="kim@example.com", display_name="Kim", roles=(Role.VIEWER,), created_at=0)


def of(**changes: object) -> User:
    return msgspec.structs.replace(KIM, **changes)


def admitted(known: User | None, named: User | None, **claims: Any) -> User | None:
    try:
        return vouched(CLAIMS | claims, OIDC, known, named, "new", 7).user
    except CallerError as refused:
        return {"vouched_unknown": None}[refused.code]


KNOWN = of(issuer="https://id.example", subject="s-1")


def test_the_known_come_in_by_their_subject_whatever_their_address_says() -> None:
    assert admitted(KNOWN, None) == KNOWN
    assert admitted(KNOWN, None, email="other@example.com", email_verified=False) == KNOWN
    assert admitted(of(issuer="https://id.example", subject="s-1", disabled_at=1), None, groups=["brand"]) is None


def test_the_invited_are_taken_over_once_their_address_is_verified() -> None:
    assert admitted(None, KIM) == KNOWN
    assert admitted(None, of(password="hash")) is None, "who has a password signs in with it"
    assert admitted(None, of(disabled_at=1)) is None
    assert admitted(None, of(issuer="https://id.example", subject="s-2")) is None, "that address is another subject's"


def test_a_claim_makes_a_user_and_no_claim_makes_none() -> None:
    made = admitted(None, None, groups=["brand", "other"])
    assert made is not None
    assert (made.name, made.roles, made.subject, made.password) == ("kim@example.com", (Role.MARKETER,), "s-1", None)
    assert admitted(None, None) is None
    assert admitted(None, None, groups=["other"]) is None
    assert admitted(None, None, groups=["brand"], email_verified=False) is None


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        (CLAIMS, "kim@example.com"),
        (CLAIMS | {"email_verified": False}, None),
        (CLAIMS | {"email_verified": "true"}, None),
        (CLAIMS | {"email": None}, None),
        ({"sub": "s-1"}, None),
    ],
)
def test_only_a_verified_address_is_a_name(claims: dict[str, Any], name: str | None) -> None:
    assert name_in(claims) == name


anything = st.recursive(st.none() | st.booleans() | st.text() | st.integers(), st.lists, max_leaves=4)


@given(anything)
def test_nonsense_in_the_claim_gives_no_role(told: Any) -> None:
    found = roles_in({"groups": told}, OIDC)
    assert found == () or told == "brand" or "brand" in told
