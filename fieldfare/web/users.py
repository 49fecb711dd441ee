"""The API's routes for managing access: users, roles, tokens, how people sign in, and the record of acts.

Secrets (of one-time links and of tokens) are in one answer, once; nothing lists them afterwards.
"""

from typing import Annotated

import msgspec
from annotated_types import Ge, Le, MaxLen
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import to_iso
from fieldfare.ground.workspace.model import Duration, parse_duration
from fieldfare.trust.access.administer import MOST_ACTS, Administration, Invited
from fieldfare.trust.access.model import (
    PERMISSIONS,
    Act,
    CallerKind,
    LinkPurpose,
    Oidc,
    Permission,
    Policy,
    Role,
    Token,
    User,
)
from fieldfare.web.guard import caller, needs, signed_in
from fieldfare.web.sign_in import Done

Text = Annotated[str, MaxLen(300)]
_MANAGES = Permission.USERS_MANAGE
SET_UP_PATH = "/set-up#"
"""Where a one-time link leads; its secret stands behind the sign that browsers do not send."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RoleView(BaseModel):
    """A role and what it may do."""

    role: Role
    permissions: list[Permission]


class UserView(BaseModel):
    """A user, as those who manage them see them."""

    id: str
    name: str
    display_name: str
    roles: list[Role]
    created_at: str
    has_password: bool
    has_second_factor: bool
    vouched_by: str | None
    disabled_at: str | None


class NewUser(_Body):
    """Who may sign in from now on, as what."""

    name: Text
    display_name: Text = ""
    roles: list[Role]


class UserChange(_Body):
    """What changes of a user; what is left out stays."""

    display_name: Text | None = None
    roles: list[Role] | None = None
    disabled: bool | None = None


class InvitationView(BaseModel):
    """A user and the path of the link by which they set a password; it serves once."""

    user: UserView
    purpose: LinkPurpose
    path: str
    expires_at: str


class TokenView(BaseModel):
    """A token, without its secret."""

    id: str
    name: str
    scopes: list[Permission]
    created_by: str
    created_at: str
    expires_at: str
    used_at: str | None
    revoked_at: str | None


class NewTokenBody(_Body):
    """What a token is called, what it may do, and how long: `90 days`."""

    name: Text
    scopes: list[Permission]
    lasts: Text = "90 days"


class NewTokenView(BaseModel):
    """A token and its secret, which is shown this once."""

    token: TokenView
    secret: str


class OidcBody(_Body):
    """A provider that vouches for users; `secret_variable` names the environment variable with the client's secret."""

    issuer: Text
    client_id: Text
    secret_variable: Text | None = None
    label: Text = "single sign-on"
    roles_claim: Text | None = None
    roles: dict[str, Role] = {}


class PolicyBody(_Body):
    """How people sign in: roles that need a second factor, how long sessions last, who else vouches."""

    second_factor: list[Role] = []
    idle: Text = "8 hours"
    longest: Text = "7 days"
    oidc: OidcBody | None = None


class ActView(BaseModel):
    """One recorded act."""

    seq: int
    at: str
    actor: str
    act: str
    what: str
    status: int


class ActsView(BaseModel):
    """A page of acts, the newest first; ``next`` is the cursor of the page after."""

    acts: list[ActView]
    next: int | None


def user_routes(administration: Administration) -> APIRouter:
    """Return the routes."""
    router = APIRouter()
    _add_users(router, administration)
    _add_tokens(router, administration)

    @router.get("/api/v1/roles", dependencies=signed_in())
    def roles() -> list[RoleView]:
        """Every role and what it may do."""
        return [RoleView(role=role, permissions=sorted(held)) for role, held in PERMISSIONS.items()]

    @router.get("/api/v1/access/policy", dependencies=needs(_MANAGES))
    def policy() -> PolicyBody:
        """How people sign in."""
        return _policy_view(administration.policy())

    @router.put("/api/v1/access/policy", dependencies=needs(_MANAGES))
    def set_policy(told: PolicyBody) -> PolicyBody:
        """Say how people sign in; it holds for sessions that stand too."""
        return _policy_view(administration.set_policy(_actor(), _policy(told)))

    @router.get("/api/v1/access/acts", dependencies=needs(Permission.AUDIT_READ))
    def acts(
        actor: Text | None = None,
        cursor: Annotated[int | None, Query(ge=1, lt=2**62)] = None,
        limit: Annotated[int, Ge(1), Le(MOST_ACTS)] = 50,
    ) -> ActsView:
        """Who did what, the newest first: sign-ins, changes of users, and every call that changed something."""
        found = administration.acts(cursor, limit, actor)
        return ActsView(acts=[_act_view(each) for each in found], next=found[-1].seq if len(found) == limit else None)

    return router


def _add_users(router: APIRouter, administration: Administration) -> None:
    @router.get("/api/v1/users", dependencies=needs(_MANAGES))
    def users() -> list[UserView]:
        """Every user by name."""
        return [_user_view(each) for each in administration.users()]

    @router.post("/api/v1/users", dependencies=needs(_MANAGES))
    def invite(told: NewUser) -> InvitationView:
        """Add a user; the answer holds the link by which they set a password."""
        return _invitation(administration.invite(_actor(), told.name, told.display_name, told.roles), is_new=True)

    @router.patch("/api/v1/users/{user}", dependencies=needs(_MANAGES))
    def change(user: Text, told: UserChange) -> UserView:
        """Change roles, name or whether a user may sign in; changed roles end their sessions."""
        found = administration.change(
            _actor(), user, roles=told.roles, display_name=told.display_name, is_disabled=told.disabled
        )
        return _user_view(found)

    @router.post("/api/v1/users/{user}/link", dependencies=needs(_MANAGES))
    def link(user: Text) -> InvitationView:
        """Make a link by which a user sets a new password; earlier ones serve no more."""
        return _invitation(administration.new_link(_actor(), user), is_new=False)

    @router.delete("/api/v1/users/{user}/second-factor", dependencies=needs(_MANAGES))
    def drop_second_factor(user: Text) -> UserView:
        """Take a lost second factor away; their sessions end."""
        return _user_view(administration.change(_actor(), user, drops_second_factor=True))

    @router.delete("/api/v1/users/{user}/sessions", dependencies=needs(_MANAGES))
    def end_sessions(user: Text) -> Done:
        """End all sessions of a user."""
        administration.end_sessions(_actor(), user)
        return Done()


def _add_tokens(router: APIRouter, administration: Administration) -> None:
    @router.get("/api/v1/tokens", dependencies=needs(_MANAGES))
    def tokens() -> list[TokenView]:
        """Every token, the newest first, without its secret."""
        return [_token_view(each) for each in administration.tokens()]

    @router.post("/api/v1/tokens", dependencies=needs(_MANAGES))
    def make(told: NewTokenBody) -> NewTokenView:
        """Make a token for a machine; the answer holds its secret, this once. A token makes none."""
        if caller().kind is CallerKind.TOKEN:  # it would outlive whoever made the first one
            text = "A token makes no tokens. Sign in, or use `fieldfare users` on the machine itself."
            raise CallerError("token_by_token", text, status=409)
        made = administration.make_token(
            _actor(), caller().permissions, told.name, told.scopes, _span(told.lasts, "lasts"), caller().user
        )
        return NewTokenView(token=_token_view(made.token), secret=made.secret)

    @router.delete("/api/v1/tokens/{token}", dependencies=needs(_MANAGES))
    def revoke(token: Text) -> Done:
        """End a token at once."""
        administration.revoke_token(_actor(), token)
        return Done()


def _actor() -> str:
    return caller().signs or "installation"


def _span(told: str, field: str) -> int:
    found = parse_duration(told)
    if isinstance(found, Duration) and found.us:
        return found.us
    why = found if isinstance(found, str) else "It is nothing."
    raise CallerError("span_unreadable", f"`{field}` is no span of time. {why}", field=field)


def _policy(told: PolicyBody) -> Policy:
    return Policy(
        second_factor=tuple(sorted({*told.second_factor})),
        idle_us=_span(told.idle, "idle"),
        longest_us=_span(told.longest, "longest"),
        oidc=Oidc(**told.oidc.model_dump()) if told.oidc is not None else None,
    )


def _policy_view(found: Policy) -> PolicyBody:
    return PolicyBody(
        second_factor=list(found.second_factor),
        idle=_spoken(found.idle_us),
        longest=_spoken(found.longest_us),
        oidc=OidcBody(**msgspec.structs.asdict(found.oidc)) if found.oidc is not None else None,
    )


def _spoken(span_us: int) -> str:
    for unit in ("day", "hour", "minute", "second"):
        one = Duration(1, unit).us
        if span_us % one == 0:
            return f"{span_us // one} {unit}s"
    return f"{span_us // Duration(1, 'second').us} seconds"


def _user_view(user: User) -> UserView:
    return UserView(
        id=user.id,
        name=user.name,
        display_name=user.display_name,
        roles=list(user.roles),
        created_at=to_iso(user.created_at),
        has_password=user.password is not None,
        has_second_factor=user.second_factor is not None,
        vouched_by=user.issuer,
        disabled_at=_iso(user.disabled_at),
    )


def _invitation(found: Invited, *, is_new: bool) -> InvitationView:
    is_first = is_new or found.user.password is None
    return InvitationView(
        user=_user_view(found.user),
        purpose=LinkPurpose.INVITATION if is_first else LinkPurpose.RESET,
        path=SET_UP_PATH + found.secret,
        expires_at=to_iso(found.expires_at),
    )


def _token_view(token: Token) -> TokenView:
    return TokenView(
        id=token.id,
        name=token.name,
        scopes=list(token.scopes),
        created_by=token.created_by,
        created_at=to_iso(token.created_at),
        expires_at=to_iso(token.expires_at),
        used_at=_iso(token.used_at),
        revoked_at=_iso(token.revoked_at),
    )


def _act_view(act: Act) -> ActView:
    return ActView(seq=act.seq, at=to_iso(act.at), actor=act.actor, act=act.act, what=act.what, status=act.status)


def _iso(at: int | None) -> str | None:
    return None if at is None else to_iso(at)
