"""Nouns of access: permissions, roles, users, sessions, tokens, one-time links, and who calls. Holds no table.

A *user* signs in to the console; a *token* is a machine's. Both are callers, and so is the command line, which holds
the installation's own token. A role is a set of permissions under a name; a user may have several.
"""

from enum import StrEnum

import msgspec

from fieldfare.ground.instants import DAY, HOUR, Instant


class Permission(StrEnum):
    """What a call can need. Each route names one; whoever holds none of a role can do nothing."""

    SEE = "see"
    PEOPLE_SEE = "people.see"
    PEOPLE_REVEAL = "people.reveal"
    PEOPLE_EDIT = "people.edit"
    PEOPLE_ERASE = "people.erase"
    PEOPLE_EXPORT = "people.export"
    IDENTITY_DECIDE = "identity.decide"
    MESSAGES_SEND = "messages.send"
    MESSAGES_APPROVE = "messages.approve"
    ORDERS_GIVE = "orders.give"
    ACTIONS_ASK = "actions.ask"
    WORKSPACE_DRAFT = "workspace.draft"
    WORKSPACE_APPLY = "workspace.apply"
    WORKSPACE_APPROVE = "workspace.approve"
    LAKE_QUERY = "lake.query"
    DATA_REPAIR = "data.repair"
    AUDIT_READ = "audit.read"
    USERS_MANAGE = "users.manage"


_P = Permission
MEANINGS: dict[Permission, str] = {
    _P.SEE: "definitions, counts, health, seasons, experiments: nothing of a single person",
    _P.PEOPLE_SEE: "single people, with personal values masked; their messages, decisions, tasks",
    _P.PEOPLE_REVEAL: "personal values in clear; every look is recorded",
    _P.PEOPLE_EDIT: "notes, holds, consent records, tasks, traits corrected, answers that may be opt-outs",
    _P.PEOPLE_ERASE: "erasing a person",
    _P.PEOPLE_EXPORT: "taking an audience out",
    _P.IDENTITY_DECIDE: "merging and splitting people, answering questions about them",
    _P.MESSAGES_SEND: "broadcasts, enrolling, test messages, messages that go again",
    _P.MESSAGES_APPROVE: "releasing and rejecting what waits for a person, approving a broadcast",
    _P.ORDERS_GIVE: "pausing, resuming, setting modes",
    _P.ACTIONS_ASK: "asking the gate about actions, and using its permits",
    _P.WORKSPACE_DRAFT: "drafts, previews, plans, simulations: nothing of it holds",
    _P.WORKSPACE_APPLY: "applying a version of the workspace, and going back",
    _P.WORKSPACE_APPROVE: "approving or rejecting a version that waits",
    _P.LAKE_QUERY: "SQL on the lake",
    _P.DATA_REPAIR: "dead letters opened, repaired, discarded; replays; events taken back; cuts and looks run now",
    _P.AUDIT_READ: "who did what: acts, exports, keys, the audit of consent",
    _P.USERS_MANAGE: "users, roles, tokens, how people sign in",
}
"""What each permission lets somebody do."""


class Role(StrEnum):
    """A set of permissions under the name of a job."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    MARKETER = "marketer"
    FRONT_DESK = "front_desk"
    PRIVACY_OFFICER = "privacy_officer"
    ENGINEER = "engineer"
    OWNER = "owner"


_LOOKS = frozenset({_P.SEE, _P.PEOPLE_SEE})
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({_P.SEE}),
    Role.ANALYST: frozenset({_P.SEE, _P.LAKE_QUERY, _P.WORKSPACE_DRAFT}),
    Role.MARKETER: _LOOKS
    | {
        _P.PEOPLE_EXPORT,
        _P.MESSAGES_SEND,
        _P.MESSAGES_APPROVE,
        _P.ORDERS_GIVE,
        _P.WORKSPACE_DRAFT,
        _P.WORKSPACE_APPLY,
    },
    Role.FRONT_DESK: _LOOKS | {_P.PEOPLE_REVEAL, _P.PEOPLE_EDIT, _P.ACTIONS_ASK},
    Role.PRIVACY_OFFICER: _LOOKS
    | {
        _P.PEOPLE_REVEAL,
        _P.PEOPLE_EDIT,
        _P.PEOPLE_ERASE,
        _P.PEOPLE_EXPORT,
        _P.IDENTITY_DECIDE,
        _P.ORDERS_GIVE,
        _P.AUDIT_READ,
    },
    Role.ENGINEER: _LOOKS
    | {
        _P.IDENTITY_DECIDE,
        _P.ORDERS_GIVE,
        _P.ACTIONS_ASK,
        _P.WORKSPACE_DRAFT,
        _P.WORKSPACE_APPLY,
        _P.LAKE_QUERY,
        _P.DATA_REPAIR,
    },
    Role.OWNER: frozenset(Permission),
}
"""What each role may do."""


def permissions_of(roles: tuple[Role, ...]) -> frozenset[Permission]:
    """Return what the roles may do together."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))


class CallerKind(StrEnum):
    """What kind of credential a call carries."""

    USER = "user"
    TOKEN = "token"  # noqa: S105 - a word, no secret
    INSTALLATION = "installation"


_TOKEN, _BY = "token:", " by "


def person_behind(signature: str) -> str:
    """Return whose hand an act is, by the name it was recorded under: a token stands for whoever made it.

    No user's name holds a colon, so nobody signs as a token.
    """
    return signature.rpartition(_BY)[2] if signature.startswith(_TOKEN) else signature


class Caller(msgspec.Struct, frozen=True):
    """Who calls, and what they may do. ``session`` is the id of a signed-in user's session, ``maker`` a token's."""

    kind: CallerKind
    name: str
    permissions: frozenset[Permission]
    session: str | None = None
    user: str | None = None
    needs_second_factor: bool = False
    """Whether a role of the user demands a second factor and there is none: until then nothing is permitted."""
    maker: str = ""

    def may(self, permission: Permission) -> bool:
        """Return whether the caller holds the permission."""
        return permission in self.permissions

    @property
    def signs(self) -> str | None:
        """Return the name that acts are recorded under; ``None``: the call says it, for it is the command line's."""
        if self.kind is CallerKind.INSTALLATION:
            return None
        return self.name if self.kind is CallerKind.USER else f"{_TOKEN}{self.name}{_BY}{self.maker}"


class User(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who signs in. ``name`` is what they type, lowercase."""

    id: str
    name: str
    display_name: str
    roles: tuple[Role, ...]
    created_at: Instant
    password: str | None = None
    """Its argon2 hash; ``None`` until a first password was set, or when somebody else vouches for the user."""
    second_factor: bytes | None = None
    """The sealed secret; ``None`` when there is none."""
    second_factor_step: int = 0
    """The last time step whose code was used: a code serves once."""
    issuer: str | None = None
    subject: str | None = None
    disabled_at: Instant | None = None


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in. ``hash`` is that of the secret in the cookie."""

    id: str
    hash: bytes
    user_id: str
    created_at: Instant
    seen_at: Instant
    agent: str
    ended_at: Instant | None = None


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A machine's credential: what it may do, until when."""

    id: str
    hash: bytes
    name: str
    scopes: tuple[Permission, ...]
    created_by: str
    created_at: Instant
    expires_at: Instant
    used_at: Instant | None = None
    revoked_at: Instant | None = None


class LinkPurpose(StrEnum):
    """What a one-time link is for."""

    SET_UP = "set_up"
    INVITATION = "invitation"
    RESET = "reset"


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A link that sets a password, once. A set-up link makes the first owner, so it has no user yet."""

    hash: bytes
    purpose: LinkPurpose
    user_id: str | None
    created_at: Instant
    expires_at: Instant
    used_at: Instant | None = None


class Oidc(msgspec.Struct, frozen=True, kw_only=True):
    """A provider that vouches for users."""

    issuer: str
    client_id: str
    secret_variable: str | None = None
    """Name of the environment variable that holds the client's secret; ``None`` for a public client."""
    label: str = "single sign-on"
    roles_claim: str | None = None
    roles: dict[str, Role] = {}
    """Role by value of the claim; whoever has one of them and is no user yet becomes one."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How people sign in and stay so."""

    second_factor: tuple[Role, ...] = ()
    """Roles that demand a second factor."""
    idle_us: int = 8 * HOUR
    """A session that is not used for so long ends."""
    longest_us: int = 7 * DAY
    """A session ends so long after sign-in, used or not."""
    oidc: Oidc | None = None


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded act: who did what to whom; never a value of a customer."""

    at: Instant
    actor: str
    act: str
    what: str = ""
    status: int = 200
    seq: int = 0
