"""Who is let in, which sessions, tokens and links stand, and what a manager cannot do by mistake."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, HOUR
from fieldfare.trust.access import admit
from fieldfare.trust.access.admit import Answer
from fieldfare.trust.access.model import (
    PERMISSIONS,
    Caller,
    CallerKind,
    Link,
    LinkPurpose,
    Oidc,
    Permission,
    Policy,
    Role,
    Session,
    Token,
    User,
    permissions_of,
    person_behind,
)

NOW = 1_800_000_000_000_000
KIM = User(id="u1", name="kim", display_name="Kim", roles=(Role.OWNER,), created_at=0, password="hash")
SESSION = Session(id="s1", hash=b"h", user_id="u1", created_at=NOW, seen_at=NOW, agent="")
POLICY = Policy()


def of(**changes: object) -> User:
    return msgspec.structs.replace(KIM, **changes)


@pytest.mark.parametrize(
    ("user", "is_right", "code", "step", "answer"),
    [
        (None, False, None, None, Answer.WRONG),
        (None, True, None, None, Answer.WRONG),
        (KIM, False, None, None, Answer.WRONG),
        (KIM, True, None, None, Answer.IN),
        (KIM, True, "123456", None, Answer.IN),
        (of(disabled_at=1), True, None, None, Answer.WRONG),
        (of(second_factor=b"s"), True, None, None, Answer.CODE_NEEDED),
        (of(second_factor=b"s"), True, "", None, Answer.CODE_NEEDED),
        (of(second_factor=b"s"), True, "000000", None, Answer.CODE_WRONG),
        (of(second_factor=b"s"), True, "123456", 7, Answer.IN),
        (of(second_factor=b"s"), False, "123456", 7, Answer.WRONG),
        (of(second_factor=b"s", disabled_at=1), True, "123456", 7, Answer.WRONG),
    ],
)
def test_sign_in(user: User | None, is_right: bool, code: str | None, step: int | None, answer: Answer) -> None:
    assert admit.sign_in(user, is_right=is_right, code=code, step=step) is answer


@pytest.mark.parametrize(
    ("seen_after", "asked_after", "stands"),
    [
        (0, 0, True),
        (0, 8 * HOUR - 1, True),
        (0, 8 * HOUR, False),
        (7 * DAY - 1, 7 * DAY - 1, True),
        (7 * DAY - 1, 7 * DAY, False),
    ],
)
def test_sessions_end_by_idling_and_by_age(seen_after: int, asked_after: int, stands: bool) -> None:
    session = msgspec.structs.replace(SESSION, seen_at=NOW + seen_after)
    assert admit.session_stands(session, POLICY, NOW + asked_after) is stands
    assert not admit.session_stands(msgspec.structs.replace(session, ended_at=NOW), POLICY, NOW + asked_after)


def test_tokens_and_links_end() -> None:
    token = Token(id="t", hash=b"", name="t", scopes=(), created_by="kim", created_at=0, expires_at=NOW)
    assert [admit.token_stands(token, at) for at in (NOW - 1, NOW)] == [True, False]
    assert not admit.token_stands(msgspec.structs.replace(token, revoked_at=1), NOW - 1)
    link = Link(hash=b"", purpose=LinkPurpose.RESET, user_id="u1", created_at=0, expires_at=NOW)
    assert [admit.link_stands(link, at) for at in (NOW - 1, NOW)] == [True, False]
    assert not admit.link_stands(msgspec.structs.replace(link, used_at=1), NOW - 1)


def test_a_demanded_second_factor_takes_every_permission_until_it_is_there() -> None:
    policy = Policy(second_factor=(Role.OWNER,))
    lacking = admit.caller_of(KIM, SESSION, policy)
    assert (lacking.needs_second_factor, lacking.permissions) == (True, frozenset())
    assert admit.caller_of(of(second_factor=b"s"), SESSION, policy).permissions == frozenset(Permission)
    vouched = of(issuer="https://id.example", password=None)
    assert admit.caller_of(vouched, SESSION, policy).permissions, "the provider asks for it"
    assert admit.caller_of(of(issuer="https://id.example"), SESSION, policy).needs_second_factor, "a password opens too"
    assert admit.caller_of(of(roles=(Role.VIEWER,)), SESSION, policy).permissions == {Permission.SEE}
    assert lacking.kind is CallerKind.USER


roles = st.sets(st.sampled_from(Role), min_size=1).map(tuple)


@given(roles, roles)
def test_more_roles_never_permit_less(some: tuple[Role, ...], more: tuple[Role, ...]) -> None:
    assert permissions_of(some) <= permissions_of((*some, *more))


def test_roles_are_what_their_names_say() -> None:
    assert PERMISSIONS[Role.OWNER] == frozenset(Permission)
    for role in set(Role) - {Role.OWNER}:
        assert Permission.USERS_MANAGE not in PERMISSIONS[role]
        assert Permission.SEE in PERMISSIONS[role]
    assert [role for role in Role if Permission.PEOPLE_ERASE in PERMISSIONS[role]] == [
        Role.PRIVACY_OFFICER,
        Role.OWNER,
    ]
    for role in (Role.VIEWER, Role.ANALYST):
        assert not {one for one in PERMISSIONS[role] if one.startswith(("people.", "messages."))}


@pytest.mark.parametrize(
    ("change", "is_refused"),
    [({"roles": (Role.VIEWER,)}, True), ({"disabled_at": 1}, True), ({"display_name": "K"}, False)],
)
def test_the_last_owner_stays(change: dict[str, object], is_refused: bool) -> None:
    others = [of(id="u2", name="lee", disabled_at=1), of(id="u3", name="ada", roles=(Role.ENGINEER,))]
    if is_refused:
        with pytest.raises(CallerError, match="last owner"):
            admit.check_last_owner([KIM, *others], of(**change))
    else:
        admit.check_last_owner([KIM, *others], of(**change))
    admit.check_last_owner([KIM, of(id="u4", name="bo"), *others], of(**change))


@given(st.sets(st.sampled_from(Permission)), st.sets(st.sampled_from(Permission)))
def test_a_token_never_holds_what_its_maker_does_not(asked: set[Permission], held: set[Permission]) -> None:
    if asked and asked <= held:
        assert set(admit.check_scopes(asked, frozenset(held))) == asked
    else:
        with pytest.raises(CallerError) as caught:
            admit.check_scopes(asked, frozenset(held))
        assert caught.value.code == "scope_not_held"


@pytest.mark.parametrize(
    ("signature", "person"),
    [
        ("kim", "kim"),
        ("token:ci by kim@example.com", "kim@example.com"),
        ("token:ci by ann by kim", "kim"),
        ("token: by kim", "kim"),
        ("somebody by kim", "somebody by kim"),
        ("", ""),
    ],
)
def test_a_token_stands_for_whoever_made_it(signature: str, person: str) -> None:
    assert person_behind(signature) == person


def test_what_a_token_signs_leads_to_its_maker() -> None:
    token = Caller(CallerKind.TOKEN, "a by b", frozenset(), maker="kim")
    assert person_behind(token.signs or "") == "kim"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, None),
        ({"issuer": "https://id.example/realms/a"}, None),
        ({"issuer": "http://127.0.0.1:9000"}, None),
        ({"issuer": "http://localhost/x"}, None),
        ({"issuer": "http://[::1]:8080"}, None),
        ({"secret_variable": "FIELDFARE_OIDC_SECRET"}, None),
        ({"issuer": "http://id.example"}, "issuer"),
        ({"issuer": "http://127.0.0.1.example"}, "issuer"),
        ({"issuer": "http://localhost@id.example"}, "issuer"),
        ({"issuer": "https://id.example?x=1"}, "issuer"),
        ({"issuer": "https://id.example#x"}, "issuer"),
        ({"issuer": "https://kim@id.example"}, "issuer"),
        ({"issuer": "https://"}, "issuer"),
        ({"issuer": "https://[x"}, "issuer"),
        ({"issuer": "https://id.example\0"}, "issuer"),
        ({"issuer": "id.example"}, "issuer"),
        ({"issuer": "file:///etc/passwd"}, "issuer"),
        ({"issuer": ""}, "issuer"),
        ({"client_id": " "}, "client_id"),
        ({"secret_variable": "FIELDFARE_MASTER_KEY"}, "secret_variable"),
        ({"secret_variable": ""}, "secret_variable"),
    ],
)
def test_a_provider_is_reached_so_that_nobody_can_speak_for_it(changes: dict[str, str], field: str | None) -> None:
    named: dict[str, Any] = {"issuer": "https://id.example", "client_id": "fieldfare"}
    oidc = Oidc(**(named | changes))
    if field is None:
        admit.check_provider(oidc)
        return
    with pytest.raises(CallerError) as refused:
        admit.check_provider(oidc)
    assert (refused.value.code, refused.value.field) == ("policy_invalid", field)


@pytest.mark.parametrize(
    ("told", "kept"), [(" Kim ", "kim"), ("KIM@Example.com", "kim@example.com"), ("\uff2bim", "kim"), ("ki\0m", "")]
)
def test_a_name_is_kept_in_one_form(told: str, kept: str) -> None:
    assert admit.kept_name(told) == kept


@given(st.text())
def test_a_name_that_is_taken_is_plain_and_stays_as_it_is(told: str) -> None:
    try:
        name = admit.check_name(told)
    except CallerError as refused:
        assert refused.code == "user_name"  # noqa: PT017 - most texts are no names
        return
    assert admit.kept_name(name) == name
    assert ":" not in name
    assert name not in admit.RESERVED
