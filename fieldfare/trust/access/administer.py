"""Managing users, tokens, one-time links and how people sign in: the shell of access for those who manage it.

Each change is one short transaction that reads what it changes, so two managers at once cannot leave no owner. What was
done is recorded in the same transaction. A disabled user and new roles end their
sessions and the tokens that they made at once; whoever still may makes new ones.
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, HOUR, Instant
from fieldfare.ground.store import State
from fieldfare.trust.access import admit, store
from fieldfare.trust.access.model import (
    Act,
    Link,
    LinkPurpose,
    Permission,
    Policy,
    Role,
    Token,
    User,
    permissions_of,
)
from fieldfare.trust.access.secrets import TOKEN_MARK, new_id, new_secret, secret_hash

SET_UP_US = HOUR
INVITATION_US = 3 * DAY
RESET_US = DAY
LONGEST_TOKEN_US = 400 * DAY
MOST_ACTS = 500
_UNAUTHORIZED, _NOT_FOUND = 401, 404


class Invited(NamedTuple):
    """A user, and the secret of the link that sets their password; it is shown once."""

    user: User
    secret: str
    expires_at: Instant


class NewToken(NamedTuple):
    """A token, and its secret, which is shown once."""

    token: Token
    secret: str


class Administration:
    """Manages who may sign in; ``actor`` is whoever does it."""

    def __init__(self, state: State, clock: Clock) -> None:
        """Work on the state database."""
        self.state, self.clock = state, clock

    def users(self) -> list[User]:
        """Return all users by name."""
        with self.state.read() as tx:
            return store.users(tx)

    def user(self, name: str) -> User:
        """Return a user by id or name. Raises ``CallerError`` ``user_unknown``."""
        with self.state.read() as tx:
            return _user(tx, name)

    def set_up(self) -> tuple[str, Instant] | None:
        """Return the secret of a fresh set-up link, ``None`` when there is a user already."""
        now = self.clock.now()
        with store.changing(self.state) as tx:
            if store.count_users(tx):
                return None
            return self._link(tx, LinkPurpose.SET_UP, None, SET_UP_US, now), now + SET_UP_US

    def invite(self, actor: str, name: str, display_name: str, roles: Iterable[Role]) -> Invited:
        """Add a user, who sets a password by the link. Raises ``user_name``, ``user_exists``, ``user_roles``."""
        told, now = admit.check_name(name), self.clock.now()
        user = User(
            id=new_id("usr"),
            name=told,
            display_name=display_name.strip() or told,
            roles=_roles(roles),
            created_at=now,
        )
        with store.changing(self.state) as tx:
            if store.user_named(tx, told) is not None:
                text = f"There is a user `{told}` already. Change that one, or take another name."
                raise CallerError("user_exists", text, field="name", status=409)
            store.insert_user(tx, user)
            secret = self._link(tx, LinkPurpose.INVITATION, user.id, INVITATION_US, now)
            self._record(tx, actor, "user_invited", f"{told} {' '.join(user.roles)}", now)
        return Invited(user, secret, now + INVITATION_US)

    def new_link(self, actor: str, name: str) -> Invited:
        """Make a link by which a user sets a new password; earlier links serve no more."""
        now = self.clock.now()
        with store.changing(self.state) as tx:
            user = _user(tx, name)
            purpose = LinkPurpose.RESET if user.password is not None else LinkPurpose.INVITATION
            secret = self._link(tx, purpose, user.id, RESET_US, now)
            self._record(tx, actor, "link_made", user.name, now)
        return Invited(user, secret, now + RESET_US)

    def change(
        self,
        actor: str,
        name: str,
        *,
        roles: Iterable[Role] | None = None,
        display_name: str | None = None,
        is_disabled: bool | None = None,
        drops_second_factor: bool = False,
    ) -> User:
        """Change a user; what is left out stays. Raises ``user_unknown``, ``user_roles``, ``owner_last``."""
        now = self.clock.now()
        with store.changing(self.state) as tx:
            before = _user(tx, name)
            changes: dict[str, object] = {}
            if roles is not None:
                changes["roles"] = _roles(roles)
            if display_name is not None and display_name.strip():
                changes["display_name"] = display_name.strip()
            if is_disabled is not None:
                changes["disabled_at"] = (before.disabled_at or now) if is_disabled else None
            if drops_second_factor:
                changes |= {"second_factor": None, "second_factor_step": 0}
            user = msgspec.structs.replace(before, **changes)
            admit.check_last_owner(store.users(tx), user)
            store.update_user(tx, user)
            if user.disabled_at is not None or user.roles != before.roles or drops_second_factor:
                store.end_sessions(tx, user.id, now)
            if user.disabled_at is not None:
                store.drop_links(tx, user.id)
            if user.disabled_at is not None or user.roles != before.roles:
                store.revoke_tokens(tx, now, maker=user.name)
            self._record(tx, actor, "user_changed", f"{user.name} {' '.join(sorted(changes))}", now)
        return user

    def end_sessions(self, actor: str, name: str) -> int:
        """End all sessions of a user; return how many."""
        now = self.clock.now()
        with store.changing(self.state) as tx:
            user = _user(tx, name)
            count = store.end_sessions(tx, user.id, now)
            self._record(tx, actor, "sessions_ended", user.name, now)
        return count

    def make_token(
        self,
        actor: str,
        held: frozenset[Permission],
        name: str,
        scopes: Iterable[Permission],
        lasts_us: int,
        user: str | None = None,
    ) -> NewToken:
        """Make a token that may do some of what its maker may.

        ``user``: the id of the one who makes it. What they may do is read once more in the write that makes the token,
        so whoever is disabled meanwhile leaves none behind. Raises ``scope_not_held``, ``token_invalid``,
        ``unauthorized``.
        """
        told, now = name.strip(), self.clock.now()
        if not 1 <= len(told) <= 100 or not 0 < lasts_us <= LONGEST_TOKEN_US:  # noqa: PLR2004 - the bound is said below
            text = "A token has a name of at most 100 characters, and lasts at most 400 days. Say both."
            raise CallerError("token_invalid", text, field="name")
        secret = TOKEN_MARK + new_secret()
        with store.changing(self.state) as tx:
            holds = held if user is None else held & _held_now(tx, user)
            token = Token(
                id=new_id("tok"),
                hash=secret_hash(secret),
                name=told,
                scopes=admit.check_scopes(scopes, holds),
                created_by=actor,
                created_at=now,
                expires_at=now + lasts_us,
            )
            store.insert_token(tx, token)
            self._record(tx, actor, "token_made", f"{token.id} {' '.join(token.scopes)}", now)
        return NewToken(token, secret)

    def tokens(self) -> list[Token]:
        """Return all tokens, the newest first."""
        with self.state.read() as tx:
            return store.tokens(tx)

    def revoke_token(self, actor: str, token_id: str) -> None:
        """End a token at once. Raises ``CallerError`` ``token_unknown``."""
        now = self.clock.now()
        with store.changing(self.state) as tx:
            if not store.revoke_tokens(tx, now, token_id=token_id):
                text = "There is no such token, or it was revoked already. `GET /api/v1/tokens` lists them."
                raise CallerError("token_unknown", text, field="token", status=_NOT_FOUND)
            self._record(tx, actor, "token_revoked", token_id, now)

    def policy(self) -> Policy:
        """Return how people sign in."""
        with self.state.read() as tx:
            return store.policy(tx)

    def set_policy(self, actor: str, policy: Policy) -> Policy:
        """Say how people sign in. Raises ``CallerError`` ``policy_invalid``."""
        if not HOUR // 12 <= policy.idle_us <= policy.longest_us <= 90 * DAY:
            text = "A session idles for 5 minutes to as long as it lasts, and lasts at most 90 days. Write such spans."
            raise CallerError("policy_invalid", text, field="idle")
        if policy.oidc is not None:
            admit.check_provider(policy.oidc)
        now = self.clock.now()
        with store.changing(self.state) as tx:
            store.set_policy(tx, policy)
            self._record(tx, actor, "policy_set", " ".join(policy.second_factor), now)
        return policy

    def acts(self, before: int | None, limit: int, actor: str | None = None) -> list[Act]:
        """Return what was done, the newest first."""
        with self.state.read() as tx:
            return store.acts(tx, before, min(limit, MOST_ACTS), actor)

    def _link(self, tx: Connection, purpose: LinkPurpose, user_id: str | None, lasts_us: int, now: Instant) -> str:
        secret = new_secret()
        hashed = secret_hash(secret)
        store.insert_link(
            tx, Link(hash=hashed, purpose=purpose, user_id=user_id, created_at=now, expires_at=now + lasts_us)
        )
        return secret

    def _record(self, tx: Connection, actor: str, act: str, what: str, now: Instant) -> None:
        store.insert_act(tx, Act(at=now, actor=actor, act=act, what=what.strip()))


def _user(tx: Connection, name: str) -> User:
    found = store.user_of(tx, name) or store.user_named(tx, admit.kept_name(name))
    if found is None:
        text = "There is no such user. `fieldfare users list` shows all."
        raise CallerError("user_unknown", text, field="user", status=_NOT_FOUND)
    return found


def _held_now(tx: Connection, user_id: str) -> frozenset[Permission]:
    """Return what a user may do at this moment. Raises ``CallerError`` ``unauthorized`` when they may not sign in."""
    user = store.user_of(tx, user_id)
    if user is None or user.disabled_at is not None:
        text = "You were disabled meanwhile, so nothing was made. Ask whoever manages users."
        raise CallerError("unauthorized", text, status=_UNAUTHORIZED)
    return frozenset() if admit.lacks_second_factor(user, store.policy(tx)) else permissions_of(user.roles)


def _roles(roles: Iterable[Role]) -> tuple[Role, ...]:
    found = tuple(sorted({*roles}))
    if not found:
        raise CallerError("user_roles", f"Name at least one role of {', '.join(Role)}.", field="roles")
    return found
