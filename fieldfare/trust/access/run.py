"""Signing in and being recognised: the shell of access for the one who signs in.

Flow of a sign-in: one read tells failures and the user; the password is compared outside of any transaction, for that
takes a while; one write then notes the failure, or makes the session, uses the code's step up and forgets the account's
failures. What changed meanwhile counts: the write refuses when the password or the second factor is another one now, or
when another sign-in used the code. A crash before the write leaves nothing; after it, a session whose cookie nobody
got, which ends by itself.

A call is recognised by one read; its use is written at most once a minute. Users, tokens and the policy are managed in
``administer``.
"""

from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, FieldfareError
from fieldfare.ground.ids import random_bytes, text_digest
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import State
from fieldfare.trust.access import admit, second_factor, store, throttle
from fieldfare.trust.access.model import (
    Act,
    Caller,
    CallerKind,
    Link,
    Policy,
    Role,
    Session,
    User,
)
from fieldfare.trust.access.passwords import Passwords, check_password
from fieldfare.trust.access.ports import SealsShort
from fieldfare.trust.access.secrets import new_id, new_secret, secret_hash

_UNAUTHORIZED, _LIMITED = 401, 429
MOST_AGENT = 120


class SignedIn(NamedTuple):
    """A new session, and the secret that its cookie carries."""

    secret: str
    caller: Caller


class Access:
    """Signs people in and recognises callers."""

    def __init__(self, state: State, keys: SealsShort, clock: Clock, passwords: Passwords | None = None) -> None:
        """Work on the state database; ``clock`` is the machine's, for authenticator apps go by it."""
        self.state, self.keys, self.clock = state, keys, clock
        self.passwords = passwords if passwords is not None else Passwords()

    def sign_in(self, name: str, password: str, code: str | None, address: str, agent: str) -> SignedIn:
        """Begin a session.

        Raises ``CallerError``: ``sign_in_refused``, ``second_factor_needed``, ``second_factor_wrong`` (401),
        ``sign_in_limited`` (429).
        """
        told, now = admit.kept_name(name), self.clock.now()
        account, place = text_digest(f"account:{told}"), text_digest(f"address:{address}")
        with self.state.read() as tx:
            since = now - throttle.REMEMBERED_US
            wait = throttle.wait_s(store.failures(tx, account, since), store.failures(tx, place, since), now)
            user, policy = store.user_named(tx, told), store.policy(tx)
        if wait:
            raise _limited(wait)
        is_right = self.passwords.is_right(user.password if user else None, password)
        step = self._step(user, code, now)
        answer = admit.sign_in(user, is_right=is_right, code=code, step=step)
        if answer in {admit.Answer.WRONG, admit.Answer.CODE_WRONG}:
            self._note_failure([account, place], told if user else "", answer, now)
        if answer is not admit.Answer.IN or user is None:
            raise _refusal(answer)
        is_dated = user.password is not None and self.passwords.is_dated(user.password)
        renewed = self.passwords.hash(password) if is_dated else None
        return self._begin(user, policy, agent, account, now, step, renewed)

    def begin_vouched(self, user: User, agent: str) -> SignedIn:
        """Begin a session for a user that a provider vouches for."""
        with self.state.read() as tx:
            policy = store.policy(tx)
        return self._begin(user, policy, agent, text_digest(f"account:{user.name}"), self.clock.now(), None)

    def _begin(
        self,
        user: User,
        policy: Policy,
        agent: str,
        account: bytes,
        now: Instant,
        step: int | None,
        renewed: str | None = None,
    ) -> SignedIn:
        """Make the session of a user as they were read; ``renewed``: their password, hashed as is usual now."""
        secret = new_secret()
        session = Session(
            id=new_id("ses"),
            hash=secret_hash(secret),
            user_id=user.id,
            created_at=now,
            seen_at=now,
            agent="".join(filter(str.isprintable, agent))[:MOST_AGENT],
        )
        with store.changing(self.state) as tx:
            current = store.user_of(tx, user.id)
            if current is None or current.disabled_at is not None or _proof(current) != _proof(user):
                raise _refusal(admit.Answer.WRONG)  # what was compared outside is not what holds now
            if step is not None and step <= current.second_factor_step:
                raise _refusal(admit.Answer.CODE_WRONG)
            user = msgspec.structs.replace(
                current, password=renewed or current.password, second_factor_step=step or current.second_factor_step
            )
            store.update_user(tx, user)
            store.insert_session(tx, session)
            store.clear_failures(tx, account)
            store.forget_old(tx, now - policy.longest_us, now - throttle.REMEMBERED_US)
            store.insert_act(tx, Act(at=now, actor=user.name, act="signed_in"))
        return SignedIn(secret, admit.caller_of(user, session, policy))

    def _note_failure(self, of: list[bytes], name: str, answer: admit.Answer, now: Instant) -> None:
        with store.changing(self.state) as tx:
            store.insert_failures(tx, of, now)
            store.insert_act(tx, Act(at=now, actor=name, act="sign_in_failed", what=answer, status=_UNAUTHORIZED))

    def _step(self, user: User | None, code: str | None, now: Instant) -> int | None:
        if user is None or user.second_factor is None or not code:
            return None
        secret = self.keys.open_token(user.second_factor).decode()
        return second_factor.step_of(secret, code, now, user.second_factor_step)

    def by_session(self, secret: str, *, is_use: bool = True) -> Caller | None:
        """Return who calls with the secret of a session, ``None`` when it does not stand.

        What is no ``is_use`` (a screen that listens) does not keep the session from idling.
        """
        now, hashed = self.clock.now(), secret_hash(secret)
        with self.state.read() as tx:
            found, policy = store.session_of(tx, hashed), store.policy(tx)
        if found is None:
            return None
        session, user = found
        if user.disabled_at is not None or not admit.session_stands(session, policy, now):
            return None
        if is_use and admit.is_due_touch(session, now):
            with self.state.write() as tx:
                store.touch_session(tx, hashed, now)
        return admit.caller_of(user, session, policy)

    def by_token(self, secret: str) -> Caller | None:
        """Return who calls with a token, ``None`` when it does not stand."""
        now, hashed = self.clock.now(), secret_hash(secret)
        with self.state.read() as tx:
            token = store.token_of(tx, hashed)
        if token is None or not admit.token_stands(token, now):
            return None
        if token.used_at is None or now - token.used_at >= admit.TOUCH_US:
            with self.state.write() as tx:
                store.touch_token(tx, hashed, now)
        return Caller(CallerKind.TOKEN, token.name, frozenset(token.scopes), maker=token.created_by)

    def user(self, caller: Caller) -> User:
        """Return the user that calls. Raises ``CallerError`` ``not_signed_in`` for a machine."""
        with self.state.read() as tx:
            found = store.user_of(tx, caller.user) if caller.user is not None else None
        if found is None:
            text = "Only somebody who is signed in can do this; this call carries a token. Sign in."
            raise CallerError("not_signed_in", text, status=_UNAUTHORIZED)
        return found

    def sign_out(self, caller: Caller) -> None:
        """End the session that calls."""
        self.end_session(caller, caller.session)

    def end_session(self, caller: Caller, session: str | None) -> int:
        """End one session of the user that calls, or all others when none is named; return how many."""
        user, now = self.user(caller), self.clock.now()
        with store.changing(self.state) as tx:
            count = store.end_sessions(tx, user.id, now, only=session, but="" if session else caller.session or "")
            store.insert_act(tx, Act(at=now, actor=user.name, act="signed_out"))
        return count

    def sessions(self, caller: Caller) -> list[Session]:
        """Return the sessions of the user that calls that still stand."""
        user, now = self.user(caller), self.clock.now()
        with self.state.read() as tx:
            policy = store.policy(tx)
            found = store.sessions_of(tx, user.id, now - policy.longest_us)
        return [each for each in found if admit.session_stands(each, policy, now)]

    def change_password(self, caller: Caller, current: str, new: str) -> None:
        """Change the caller's own password; their other sessions end. Raises ``password_wrong``, ``password_weak``."""
        user, now = self.user(caller), self.clock.now()
        self._confirm(user, current, now)
        check_password(new, user.name)
        hashed = self.passwords.hash(new)
        with store.changing(self.state) as tx:
            self._changed(tx, user.id, password=hashed)
            store.end_sessions(tx, user.id, now, but=caller.session or "")
            store.drop_links(tx, user.id)
            store.insert_act(tx, Act(at=now, actor=user.name, act="password_changed"))

    def _confirm(self, user: User, password: str, now: Instant) -> None:
        """See that it is the user who asks, as slowly after failures as a sign-in."""
        account = text_digest(f"account:{user.name}")
        with self.state.read() as tx:
            wait = throttle.wait_s(store.failures(tx, account, now - throttle.REMEMBERED_US), (), now)
        if wait:
            raise _limited(wait)
        if not self.passwords.is_right(user.password, password):
            self._note_failure([account], user.name, admit.Answer.WRONG, now)
            text = "This is not your password. Write the one that you sign in with."
            raise CallerError("password_wrong", text, field="password", status=403)

    def begin_second_factor(self, caller: Caller, brand: str) -> tuple[str, str]:
        """Return a new secret and its ``otpauth`` address; nothing is stored until a code of it is given."""
        user = self.user(caller)
        secret = second_factor.secret_text(random_bytes(second_factor.SECRET_BYTES))
        return secret, second_factor.address_of(secret, user.name, brand)

    def set_second_factor(self, caller: Caller, secret: str, code: str, password: str) -> None:
        """Demand codes of this secret from now on, after one was given. Raises ``second_factor_wrong``."""
        user, now = self.user(caller), self.clock.now()
        if user.password is not None:
            self._confirm(user, password, now)
        step = second_factor.step_of(secret, code, now, 0) if second_factor.is_secret(secret) else None
        if step is None:
            raise CallerError("second_factor_wrong", _CODE, field="code", status=403)
        sealed = self.keys.seal_token(secret.encode())
        with store.changing(self.state) as tx:
            self._changed(tx, user.id, second_factor=sealed, second_factor_step=step)
            store.end_sessions(tx, user.id, now, but=caller.session or "")
            store.insert_act(tx, Act(at=now, actor=user.name, act="second_factor_set"))

    def _changed(self, tx: Connection, user_id: str, **changes: object) -> User:
        current = store.user_of(tx, user_id)
        assert current is not None, "users are never deleted"
        user = msgspec.structs.replace(current, **changes)
        store.update_user(tx, user)
        return user

    def link(self, secret: str) -> tuple[Link, User | None]:
        """Return what a one-time link is for, and for whom. Raises ``CallerError`` ``link_dead``."""
        now = self.clock.now()
        with self.state.read() as tx:
            found = store.link_of(tx, secret_hash(secret))
            user = store.user_of(tx, found.user_id) if found is not None and found.user_id is not None else None
        if found is None or not admit.link_stands(found, now) or (user is not None and user.disabled_at is not None):
            raise _link_dead()
        return found, user

    def redeem(self, secret: str, password: str, name: str | None = None, display_name: str | None = None) -> User:
        """Set a password by a one-time link; a set-up link makes the first owner, who says their name.

        Raises ``CallerError``: ``link_dead``, ``password_weak``, ``user_name``.
        """
        found, user = self.link(secret)
        now = self.clock.now()
        told = user.name if user is not None else admit.check_name(name or "")
        check_password(password, told)
        hashed = self.passwords.hash(password)
        with store.changing(self.state) as tx:
            if not store.use_link(tx, secret_hash(secret), now):
                raise _link_dead()
            if user is not None:
                shown = (display_name or "").strip() or user.display_name
                user = self._changed(tx, user.id, password=hashed, display_name=shown)
                store.end_sessions(tx, user.id, now)
            else:
                if store.count_users(tx):
                    raise _link_dead()
                user = User(
                    id=new_id("usr"),
                    name=told,
                    display_name=(display_name or "").strip() or told,
                    roles=(Role.OWNER,),
                    created_at=now,
                    password=hashed,
                )
                store.insert_user(tx, user)
            what = found.purpose.value
            store.insert_act(tx, Act(at=now, actor=user.name, act="password_set", what=what))
        return user

    def needs_set_up(self) -> bool:
        """Return whether there is no user yet."""
        with self.state.read() as tx:
            return store.count_users(tx) == 0

    def policy(self) -> Policy:
        """Return how people sign in."""
        with self.state.read() as tx:
            return store.policy(tx)

    def note(self, actor: str, act: str, what: str, status: int) -> None:
        """Record an act that a call did."""
        with store.changing(self.state) as tx:
            store.insert_act(tx, Act(at=self.clock.now(), actor=actor, act=act, what=what, status=status))


_CODE = "This is not the code that the app shows now. Wait for the next one and write that; look at the phone's clock."


def _proof(user: User) -> tuple[str | None, bytes | None]:
    """Return what a sign-in is compared with."""
    return user.password, user.second_factor


def _refusal(answer: admit.Answer) -> FieldfareError:
    if answer is admit.Answer.CODE_NEEDED:
        text = "Name and password are right. Send the code that your authenticator app shows along with them."
        return CallerError("second_factor_needed", text, field="code", status=_UNAUTHORIZED)
    if answer is admit.Answer.CODE_WRONG:
        return CallerError("second_factor_wrong", _CODE, field="code", status=_UNAUTHORIZED)
    text = "Name or password is wrong, or the user is disabled. Try again, or ask whoever manages users for a new link."
    return CallerError("sign_in_refused", text, status=_UNAUTHORIZED)


def _limited(wait_s: int) -> CallerError:
    text = f"There were too many failed sign-ins. Wait {wait_s} seconds, then try again."
    return CallerError("sign_in_limited", text, status=_LIMITED, retry_after_s=wait_s)


def _link_dead() -> CallerError:
    text = "This link was used, has expired or never was. Ask whoever manages users for a new one."
    return CallerError("link_dead", text, field="token", status=404)
