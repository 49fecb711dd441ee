"""Whether a sign-in succeeds, whether a session stands, who may be changed: the decisions of access. Pure.

A sign-in is refused in the same words whether the name, the password or the user is wrong. Whoever has a second factor
needs it every time; whoever must have one and has none gets a session that may do nothing but set one up.
"""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from urllib.parse import urlsplit

from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import MINUTE, Instant
from fieldfare.trust.access.model import (
    Caller,
    CallerKind,
    Link,
    Oidc,
    Permission,
    Policy,
    Role,
    Session,
    Token,
    User,
    permissions_of,
)

SHORTEST_NAME, LONGEST_NAME = 2, 100
RESERVED = frozenset({"installation", "fieldfare", "guardrail", "unknown"})
"""Names under which acts of no user are recorded."""
_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})
_SECRET_VARIABLE = re.compile(r"FIELDFARE_OIDC_[A-Z0-9_]{1,80}")
TOUCH_US = MINUTE
"""A session's last use is written at most this often."""


class Answer(StrEnum):
    """What becomes of a try to sign in."""

    IN = "in"
    WRONG = "wrong"
    CODE_NEEDED = "code_needed"
    CODE_WRONG = "code_wrong"


def kept_name(told: str) -> str:
    """Return a sign-in name in the form in which it is kept; empty for what can be none, such as one with a NUL."""
    name = unicodedata.normalize("NFKC", told).strip().casefold()
    return name if name.isprintable() else ""


def is_name(name: str) -> bool:
    """Return whether a kept name may be a user's: plain characters, and none of the names of our own that sign acts."""
    plain = all(one.isalnum() or one in "._+-@" for one in name)
    return SHORTEST_NAME <= len(name) <= LONGEST_NAME and plain and name not in RESERVED


def check_name(told: str) -> str:
    """Return a sign-in name as it is kept. Raises ``CallerError`` ``user_name``."""
    name = kept_name(told)
    if is_name(name):
        return name
    why = f"`{name}` is a name under which Fieldfare itself signs. " if name in RESERVED else ""
    text = f"{why}A sign-in name has 2 to 100 letters, digits and `. _ + - @`, such as `kim` or `kim@example.com`."
    raise CallerError("user_name", text, field="name")


def check_provider(oidc: Oidc) -> None:
    """Raise ``CallerError`` ``policy_invalid`` for a provider whose word could be forged on the way, or that is none.

    Plain http is taken on this machine alone. The client's secret may only stand in a variable that is meant for it:
    it is sent to the provider, so no other variable of the server may be named.
    """
    try:
        parts = urlsplit(oidc.issuer)
        host, extra = parts.hostname, parts.username or parts.query or parts.fragment
    except ValueError:
        host, extra, parts = None, None, urlsplit("")
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and host in _THIS_MACHINE)
    if not is_safe or not host or extra or not oidc.issuer.isprintable():
        text = "A provider's `issuer` is an https address without a query, such as `https://id.example.com`."
        raise CallerError("policy_invalid", text, field="issuer")
    if not oidc.client_id.strip() or not oidc.client_id.isprintable():
        raise CallerError("policy_invalid", "`client_id` is missing: Fieldfare's name there.", field="client_id")
    if oidc.secret_variable is not None and not _SECRET_VARIABLE.fullmatch(oidc.secret_variable):
        text = "The variable with the client's secret has a name that begins with `FIELDFARE_OIDC_`. Name it so."
        raise CallerError("policy_invalid", text, field="secret_variable")


def sign_in(user: User | None, *, is_right: bool, code: str | None, step: int | None) -> Answer:
    """Return the answer to a name and a password; ``step``: the time step of the code, ``None`` when it is wrong."""
    if user is None or user.disabled_at is not None or not is_right:
        return Answer.WRONG
    if user.second_factor is None:
        return Answer.IN
    if not code:
        return Answer.CODE_NEEDED
    return Answer.IN if step is not None else Answer.CODE_WRONG


def session_stands(session: Session, policy: Policy, now: Instant) -> bool:
    """Return whether a session is still one."""
    if session.ended_at is not None:
        return False
    return now < session.seen_at + policy.idle_us and now < session.created_at + policy.longest_us


def is_due_touch(session: Session, now: Instant) -> bool:
    """Return whether the use of a session is worth writing down."""
    return now - session.seen_at >= TOUCH_US


def token_stands(token: Token, now: Instant) -> bool:
    """Return whether a token is still one."""
    return token.revoked_at is None and now < token.expires_at


def link_stands(link: Link, now: Instant) -> bool:
    """Return whether a one-time link may still be used."""
    return link.used_at is None and now < link.expires_at


def lacks_second_factor(user: User, policy: Policy) -> bool:
    """Return whether a role of the user demands a second factor and there is none.

    A provider that vouches for the user asks for it itself; of a user who has a password too, it is demanded here.
    """
    vouched = user.issuer is not None and user.password is None
    return user.second_factor is None and not vouched and bool({*user.roles} & {*policy.second_factor})


def caller_of(user: User, session: Session, policy: Policy) -> Caller:
    """Return who calls with a session."""
    lacks = lacks_second_factor(user, policy)
    permissions: frozenset[Permission] = frozenset() if lacks else permissions_of(user.roles)
    return Caller(CallerKind.USER, user.name, permissions, session.id, user.id, lacks)


def check_last_owner(users: Iterable[User], changed: User) -> None:
    """Raise ``CallerError`` ``owner_last`` when nobody could manage users after a change."""
    for user in users:
        one = changed if user.id == changed.id else user
        if Role.OWNER in one.roles and one.disabled_at is None:
            return
    text = f"`{changed.name}` is the last owner; without one nobody can manage users. Make somebody else owner first."
    raise CallerError("owner_last", text, field="roles", status=409)


def check_scopes(scopes: Iterable[Permission], held: frozenset[Permission]) -> tuple[Permission, ...]:
    """Return a token's scopes in order. Raises ``CallerError`` ``scope_not_held`` for more than its maker may do."""
    asked = sorted({*scopes})
    missing = [scope for scope in asked if scope not in held]
    if missing or not asked:
        why = f"you may not do {', '.join(missing)} yourself" if missing else "a token without scopes can do nothing"
        text = f"This token cannot be made: {why}. Name scopes among {', '.join(sorted(held))}."
        raise CallerError("scope_not_held", text, field="scopes", status=403 if missing else 400)
    return tuple(asked)
