"""Tables of access: users, sessions, tokens, one-time links, failed sign-ins, acts, the policy.

Statements only; callers own the transaction. Of every secret only a hash is stored; acts are appended and stay.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Row,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from fieldfare.ground.instants import Instant
from fieldfare.ground.store import State, one_at_a_time
from fieldfare.ground.store.schema import metadata
from fieldfare.ground.store.write import upsert
from fieldfare.trust.access.model import Act, Link, LinkPurpose, Permission, Policy, Role, Session, Token, User

_POLICY = "policy"

access_user = Table(
    "access_user",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("display_name", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("password", Text),
    Column("second_factor", LargeBinary),
    Column("second_factor_step", BigInteger, nullable=False),
    Column("issuer", Text),
    Column("subject", Text),
    Column("disabled_at", BigInteger),
    Index("ix_access_user_subject", "issuer", "subject"),
)

access_session = Table(
    "access_session",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("id", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("agent", Text, nullable=False),
    Column("ended_at", BigInteger),
    Index("ix_access_session_user", "user_id", "created_at"),
)

access_token = Table(
    "access_token",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("revoked_at", BigInteger),
)

access_link = Table(
    "access_link",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("user_id", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

access_failure = Table(
    "access_failure",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("of", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_access_failure_of", "of", "at"),
)

access_act = Table(
    "access_act",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Index("ix_access_act_actor", "actor", "seq"),
)

access_setting = Table(
    "access_setting",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)


def insert_user(connection: Connection, user: User) -> None:
    """Add a user."""
    connection.execute(insert(access_user).values(**_user_row(user)))


def update_user(connection: Connection, user: User) -> None:
    """Write a user as they are now."""
    connection.execute(update(access_user).where(access_user.c.id == user.id).values(**_user_row(user)))


def users(connection: Connection) -> list[User]:
    """Return all users by name."""
    return [_user(row) for row in connection.execute(select(access_user).order_by(access_user.c.name))]


def user_named(connection: Connection, name: str) -> User | None:
    """Return the user of a name."""
    return _one_user(connection, access_user.c.name == name)


def user_of(connection: Connection, user_id: str) -> User | None:
    """Return the user of an id."""
    return _one_user(connection, access_user.c.id == user_id)


def user_of_subject(connection: Connection, issuer: str, subject: str) -> User | None:
    """Return the user that a provider vouches for."""
    return _one_user(connection, (access_user.c.issuer == issuer) & (access_user.c.subject == subject))


def _one_user(connection: Connection, condition: Any) -> User | None:
    row = connection.execute(select(access_user).where(condition)).first()
    return None if row is None else _user(row)


def insert_session(connection: Connection, session: Session) -> None:
    """Add a session."""
    connection.execute(insert(access_session).values(**msgspec.structs.asdict(session)))


def session_of(connection: Connection, secret_hash: bytes) -> tuple[Session, User] | None:
    """Return the session of a secret's hash and its user, whether or not it still stands."""
    joined = access_session.join(access_user, access_session.c.user_id == access_user.c.id)
    row = connection.execute(
        select(*access_session.c, *(column.label(f"user_{column.name}_") for column in access_user.c))
        .select_from(joined)
        .where(access_session.c.hash == secret_hash)
    ).first()
    if row is None:
        return None
    found = row._mapping  # noqa: SLF001 - SQLAlchemy's public way to a row by name
    session = Session(**{column.name: found[column.name] for column in access_session.c})
    return session, _made({column.name: found[f"user_{column.name}_"] for column in access_user.c})


def sessions_of(connection: Connection, user_id: str, since: Instant) -> list[Session]:
    """Return the sessions of a user that began since then and were not ended, the newest first."""
    found = select(access_session).where(
        access_session.c.user_id == user_id, access_session.c.created_at >= since, access_session.c.ended_at.is_(None)
    )
    rows = connection.execute(found.order_by(access_session.c.created_at.desc()))
    return [Session(**row._mapping) for row in rows]  # noqa: SLF001 - as above


def touch_session(connection: Connection, secret_hash: bytes, now: Instant) -> None:
    """Note that a session was used."""
    connection.execute(update(access_session).where(access_session.c.hash == secret_hash).values(seen_at=now))


def end_sessions(connection: Connection, user_id: str, now: Instant, only: str | None = None, but: str = "") -> int:
    """End sessions of a user: all, ``only`` one, or all ``but`` one. Return how many."""
    stands = (access_session.c.user_id == user_id) & access_session.c.ended_at.is_(None) & (access_session.c.id != but)
    if only is not None:
        stands &= access_session.c.id == only
    return connection.execute(update(access_session).where(stands).values(ended_at=now)).rowcount


def forget_old(connection: Connection, sessions_before: Instant, failures_before: Instant) -> None:
    """Delete sessions and failures that nobody can need any more."""
    connection.execute(delete(access_session).where(access_session.c.created_at < sessions_before))
    connection.execute(delete(access_failure).where(access_failure.c.at < failures_before))


def insert_token(connection: Connection, token: Token) -> None:
    """Add a token."""
    values = msgspec.structs.asdict(token) | {"scopes": " ".join(token.scopes)}
    connection.execute(insert(access_token).values(**values))


def token_of(connection: Connection, secret_hash: bytes) -> Token | None:
    """Return the token of a secret's hash, whether or not it still stands."""
    row = connection.execute(select(access_token).where(access_token.c.hash == secret_hash)).first()
    return None if row is None else _token(row)


def tokens(connection: Connection) -> list[Token]:
    """Return all tokens, the newest first."""
    return [_token(row) for row in connection.execute(select(access_token).order_by(access_token.c.created_at.desc()))]


def touch_token(connection: Connection, secret_hash: bytes, now: Instant) -> None:
    """Note that a token was used."""
    connection.execute(update(access_token).where(access_token.c.hash == secret_hash).values(used_at=now))


def revoke_tokens(connection: Connection, now: Instant, *, token_id: str | None = None, maker: str = "") -> int:
    """Revoke one token, or all that somebody made; return how many."""
    which = access_token.c.id == token_id if token_id is not None else access_token.c.created_by == maker
    stands = which & access_token.c.revoked_at.is_(None)
    return connection.execute(update(access_token).where(stands).values(revoked_at=now)).rowcount


@contextmanager
def changing(state: State) -> Iterator[Connection]:
    """One transaction that reads and then changes users: no other one comes in between."""
    with state.write() as connection:
        one_at_a_time(connection)
        yield connection


def insert_link(connection: Connection, link: Link) -> None:
    """Add a one-time link; earlier ones of the same user and purpose serve no more."""
    same = (access_link.c.user_id == link.user_id) & (access_link.c.used_at.is_(None))
    if link.user_id is None:
        same = access_link.c.user_id.is_(None) & access_link.c.used_at.is_(None)
    connection.execute(delete(access_link).where(same))
    connection.execute(insert(access_link).values(**msgspec.structs.asdict(link)))


def drop_links(connection: Connection, user_id: str) -> None:
    """Let no open link of a user serve any more."""
    connection.execute(delete(access_link).where(access_link.c.user_id == user_id, access_link.c.used_at.is_(None)))


def link_of(connection: Connection, secret_hash: bytes) -> Link | None:
    """Return the link of a secret's hash, whether or not it still stands."""
    row = connection.execute(select(access_link).where(access_link.c.hash == secret_hash)).first()
    if row is None:
        return None
    return Link(**{**row._mapping, "purpose": LinkPurpose(row.purpose)})  # noqa: SLF001 - as above


def use_link(connection: Connection, secret_hash: bytes, now: Instant) -> bool:
    """Use a link up; return whether it was still there to be used."""
    unused = (access_link.c.hash == secret_hash) & access_link.c.used_at.is_(None)
    return connection.execute(update(access_link).where(unused).values(used_at=now)).rowcount == 1


def failures(connection: Connection, of: bytes, since: Instant, most: int = 200) -> list[Instant]:
    """Return when sign-ins of an account or address failed, the newest first."""
    found = select(access_failure.c.at).where(access_failure.c.of == of, access_failure.c.at >= since)
    return list(connection.execute(found.order_by(access_failure.c.at.desc()).limit(most)).scalars())


def insert_failures(connection: Connection, of: Sequence[bytes], now: Instant) -> None:
    """Note a failed sign-in."""
    connection.execute(insert(access_failure), [{"of": each, "at": now} for each in of])


def clear_failures(connection: Connection, of: bytes) -> None:
    """Forget the failures of an account that signed in."""
    connection.execute(delete(access_failure).where(access_failure.c.of == of))


def insert_act(connection: Connection, act: Act) -> None:
    """Append an act."""
    values = {name: value for name, value in msgspec.structs.asdict(act).items() if name != "seq"}
    connection.execute(insert(access_act).values(**values))


def acts(connection: Connection, before: int | None, limit: int, actor: str | None = None) -> list[Act]:
    """Return acts, the newest first, below a number."""
    found = select(access_act).order_by(access_act.c.seq.desc()).limit(limit)
    if before is not None:
        found = found.where(access_act.c.seq < before)
    if actor is not None:
        found = found.where(access_act.c.actor == actor)
    return [Act(**row._mapping) for row in connection.execute(found)]  # noqa: SLF001 - as above


def policy(connection: Connection) -> Policy:
    """Return how people sign in."""
    value = connection.execute(
        select(access_setting.c.value).where(access_setting.c.name == _POLICY)
    ).scalar_one_or_none()
    return Policy() if value is None else msgspec.json.decode(value, type=Policy)


def set_policy(connection: Connection, told: Policy) -> None:
    """Say how people sign in."""
    upsert(connection, access_setting, [{"name": _POLICY, "value": msgspec.json.encode(told)}])


def count_users(connection: Connection) -> int:
    """Return how many users there are."""
    return connection.execute(select(func.count()).select_from(access_user)).scalar_one()


def _user_row(user: User) -> dict[str, Any]:
    return msgspec.structs.asdict(user) | {"roles": " ".join(user.roles)}


def _user(row: Row[Any]) -> User:
    return _made(dict(row._mapping))  # noqa: SLF001 - as above


def _made(values: dict[str, Any]) -> User:
    return User(**{**values, "roles": tuple(Role(each) for each in values["roles"].split())})


def _token(row: Row[Any]) -> Token:
    return Token(**{**row._mapping, "scopes": tuple(Permission(each) for each in row.scopes.split())})  # noqa: SLF001 - as above
