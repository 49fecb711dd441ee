"""Table of disputes: grants of ours that a consent platform denies. Statements only; callers own the transaction.

While one stands, the gate holds what needs that grant. A row is about one person, or (``subject`` is empty) about
everybody for a purpose on a channel, when a platform disagrees about too many. Rows are never removed but by erasure:
who resolved them, when and why stays.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    Connection,
    Index,
    LargeBinary,
    Table,
    Text,
    bindparam,
    case,
    delete,
    func,
    select,
    text,
    update,
)

from fieldfare.ground.instants import Instant
from fieldfare.ground.store.read import rows_in, rows_of
from fieldfare.ground.store.schema import metadata
from fieldfare.ground.store.write import upsert
from fieldfare.trust.consent.model import EVERY

EVERYBODY = b""
"""Subject of a dispute about everybody."""
_OPEN = text("resolved_at IS NULL")

consent_dispute = Table(
    "consent_dispute",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("purpose", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("subject", LargeBinary, primary_key=True),
    Column("profile_id", BigInteger),
    Column("at", BigInteger, nullable=False),
    Column("resolved_at", BigInteger),
    Column("resolved_by", Text),
    Column("reason", Text),
    Index("ix_consent_dispute_open", "subject", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("ix_consent_dispute_profile_id", "profile_id"),
)
_MANY: BindParameter[Any] = bindparam("many", expanding=True)
_OPEN_ONES = select(
    consent_dispute.c.purpose, consent_dispute.c.channel, consent_dispute.c.subject, consent_dispute.c.profile_id
).where(_OPEN)
_ANY = _OPEN_ONES.limit(1)
_BY_SUBJECT = _OPEN_ONES.where(consent_dispute.c.subject.in_(_MANY))
_BY_PROFILE = _OPEN_ONES.where(consent_dispute.c.profile_id.in_(_MANY))
Key = tuple[str, str]
"""Purpose and channel."""


def open_disputes(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep disputes; one that was resolved before stands again."""
    nobody = {"resolved_at": None, "resolved_by": None, "reason": None}
    upsert(connection, consent_dispute, [row | nobody for row in rows])


def close_agreed(connection: Connection, platform: str, pairs: Collection[tuple[Key, bytes]], at: Instant) -> None:
    """Close the disputes about people with whom the platform agrees now; never one about everybody."""
    for (purpose, channel), subject in sorted(pairs):
        assert subject != EVERYBODY, "only a person resolves what concerns everybody"
        theirs = _of(platform, purpose, channel) & (consent_dispute.c.subject == subject)
        _close(connection, theirs, at, "comparison", "the platform agrees now")


def resolve(connection: Connection, platform: str, key: Key, actor: str, reason: str, at: Instant) -> int:
    """Close all disputes with a platform about a purpose on a channel; return how many there were."""
    return _close(connection, _of(platform, *key), at, actor, reason)


def disputed(
    connection: Connection, profile_ids: Collection[int], subjects: Collection[bytes]
) -> set[tuple[Key, int | bytes]]:
    """Return which purposes and channels are disputed for whom: a profile, an identifier, or ``EVERYBODY``."""
    found: set[tuple[Key, int | bytes]] = set()
    if not rows_of(connection, _ANY):
        return found
    rows = [*rows_in(connection, _BY_SUBJECT, {EVERYBODY, *subjects}), *rows_in(connection, _BY_PROFILE, profile_ids)]
    for purpose, channel, subject, profile_id in rows:
        found.add(((purpose, channel), bytes(subject)))
        if profile_id is not None:
            found.add(((purpose, channel), profile_id))
    return found


def under(
    purpose: str, channel: str, family: Collection[int], address_hash: bytes | None
) -> set[tuple[Key, int | bytes]]:
    """Return under what a dispute stands that concerns a purpose and channel of a person; see :func:`disputed`."""
    whom = [each for each in (EVERYBODY, address_hash, *family) if each is not None]
    return {((purpose, each), who) for each in (channel, EVERY) for who in whom}


def standing_disputes(connection: Connection) -> list[dict[str, Any]]:
    """Return what is disputed: platform, purpose, channel, people, whether everybody is concerned, and since when."""
    table = consent_dispute.c
    keys = table.platform, table.purpose, table.channel
    counted = func.sum(case((table.subject == EVERYBODY, 0), else_=1))
    wanted = select(*keys, func.count(), counted, func.min(table.at)).where(_OPEN).group_by(*keys).order_by(*keys)
    return [
        {
            "platform": platform,
            "purpose": purpose,
            "channel": channel,
            "people": int(concerned),
            "everybody": int(concerned) < every,
            "since_at": since_at,
        }
        for platform, purpose, channel, every, concerned, since_at in connection.execute(wanted)
    ]


def erase_disputes(connection: Connection, profile_ids: Collection[int], subjects: Collection[bytes]) -> int:
    """Delete disputes about people; return how many there were."""
    table = consent_dispute.c
    theirs = table.profile_id.in_(sorted(profile_ids)) | table.subject.in_(sorted(each for each in subjects if each))
    return connection.execute(delete(consent_dispute).where(theirs)).rowcount


def _of(platform: str, purpose: str, channel: str) -> Any:
    table = consent_dispute.c
    return (table.platform == platform) & (table.purpose == purpose) & (table.channel == channel)


def _close(connection: Connection, which: Any, at: Instant, actor: str, reason: str) -> int:
    closed = update(consent_dispute).where(_OPEN, which)
    return connection.execute(closed.values(resolved_at=at, resolved_by=actor, reason=reason)).rowcount
