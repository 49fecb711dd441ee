"""Tables of identity: identifiers by keyed hash, links, redirects, holds. Statements only.

Written by the pipeline's transaction alone. Reads take sorted chunks, which is fastest on a clustered key.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from fieldfare.ground.instants import Instant
from fieldfare.ground.store import insert_ignore, metadata, rows_in, rows_of, run_each, upsert
from fieldfare.know.identity.model import (
    Hold,
    HoldReason,
    HoldStatus,
    IdentifierRow,
    IdentifierState,
    Link,
    LinkKind,
    Moved,
)
from fieldfare.know.identity.resolve import NO_PROFILE, Owner
from fieldfare.trust.keys.seal import HASH_BYTES

CHUNK = 900
_BEFORE_ALL = -(1 << 62)
_STATES = {int(state): state for state in IdentifierState}

identifier = Table(
    "identifier",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("profile_id", BigInteger, nullable=False, index=True),
    Column("home_id", BigInteger, nullable=False),
    Column("state", SmallInteger, nullable=False, server_default="0"),
    Column("sealed", LargeBinary, nullable=False),
    Column("first_seen_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
link = Table(
    "link",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("a", LargeBinary, nullable=False),
    Column("b", LargeBinary, nullable=False),
    Column("kind", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("confidence", SmallInteger, nullable=False),
    Column("occurred_at", BigInteger, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("who", Text),
    Column("retracted_at", BigInteger),
    Column("retracted_by", Text),
    Column("retracted_because", Text),
    Index("ix_link_a", "a"),
    Index("ix_link_b", "b"),
    sqlite_with_rowid=False,
)
redirect = Table(
    "redirect",
    metadata,
    Column("profile_id", BigInteger, primary_key=True, autoincrement=False),
    Column("into_id", BigInteger, nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("message_id", Text, nullable=False),
)
hold = Table(
    "identity_hold",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("a", LargeBinary, nullable=False, index=True),
    Column("b", LargeBinary, nullable=False, index=True),
    Column("confidence", SmallInteger, nullable=False),
    Column("explanation", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("decided_at", BigInteger),
    Column("decided_by", Text),
    Column("decided_because", Text),
    Index("ix_identity_hold_status", "status", "at"),
    sqlite_with_rowid=False,
)
regrouped = Table(
    "identity_regroup",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("cause", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("groups", LargeBinary, nullable=False),
)
"""Profiles that were torn apart, for whoever keeps rows by profile: see :class:`Moved`."""

act = Table(
    "identity_act",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("a", LargeBinary, nullable=False),
    Column("b", LargeBinary, nullable=False),
    Column("outcome", Text, nullable=False),
)
"""What people did; ``a`` and ``b`` are the hashes of the identifiers they named, one after the other."""

identifier_change = Table(
    "identifier_change",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("stamp", BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)
"""Identifiers that the lake has not got as they are; see ``profile_change``."""

_MANY: BindParameter[Any] = bindparam("many", expanding=True)
_OWNERS = select(identifier.c.hash, identifier.c.profile_id, identifier.c.home_id, identifier.c.state).where(
    identifier.c.hash.in_(_MANY)
)
_KINDS = select(
    identifier.c.hash, identifier.c.kind, identifier.c.profile_id, identifier.c.home_id, identifier.c.state
).where(identifier.c.hash.in_(_MANY))
_FIRST_MET = select(link.c.id, link.c.occurred_at, link.c.retracted_at).where(link.c.id.in_(_MANY))
_LINKS_OF_A = select(*link.c).where(link.c.a.in_(_MANY))
_LINKS_OF_B = select(*link.c).where(link.c.b.in_(_MANY))
_LINK_COLUMNS = tuple(link.c.keys())
_KNOWN = select(identifier.c.hash).where(identifier.c.hash.in_(_MANY))
_OF_PROFILE = select(identifier).where(identifier.c.profile_id == bindparam("profile"))
_HASHES = select(identifier.c.profile_id, identifier.c.hash).where(identifier.c.profile_id.in_(_MANY))
_ONWARD = select(redirect.c.profile_id, redirect.c.into_id).where(redirect.c.profile_id.in_(_MANY))
_BACKWARD = select(redirect.c.profile_id, redirect.c.into_id).where(redirect.c.into_id.in_(_MANY))


_LOADED = delete(identifier_change).where(
    identifier_change.c.hash == bindparam("which"), identifier_change.c.stamp == bindparam("as_of")
)
_TAKE = (
    update(identifier)
    .where(identifier.c.hash == bindparam("which"), identifier.c.profile_id == literal_column(str(NO_PROFILE)))
    .values(profile_id=bindparam("owner"), home_id=bindparam("home"), state=bindparam("is"))
)
_MOVE = (
    update(identifier)
    .where(identifier.c.hash == bindparam("which"))
    .values(profile_id=bindparam("owner"), home_id=bindparam("home"), state=bindparam("is"))
)
_EARLIER = (
    update(link)
    .where(link.c.id == bindparam("which"), link.c.occurred_at > bindparam("at"))
    .values(occurred_at=bindparam("at"), message_id=bindparam("message"), source=bindparam("sender"))
)


def chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield sorted chunks small enough for one statement."""
    ordered = sorted(values)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def owners(connection: Connection, hashes: Iterable[bytes]) -> dict[bytes, Owner]:
    """Return whose each identifier is, of those that belong to a profile."""
    return {
        bytes(row[0]): Owner(row[1], row[2], _STATES[row[3]])
        for row in rows_in(connection, _OWNERS, hashes)
        if row[1] != NO_PROFILE
    }


def kinds_of(connection: Connection, hashes: Iterable[bytes]) -> dict[bytes, tuple[str, Owner]]:
    """Return the kind of each known identifier and whose it is (``NO_PROFILE``: nobody's)."""
    return {
        bytes(row[0]): (row[1], Owner(row[2], row[3], _STATES[row[4]])) for row in rows_in(connection, _KINDS, hashes)
    }


def first_met(connection: Connection, link_ids: Iterable[bytes]) -> dict[bytes, Instant]:
    """Return when the pair of each known link was first met; of a retracted one nothing can be earlier."""
    found = rows_in(connection, _FIRST_MET, link_ids)
    return {bytes(row[0]): row[1] if row[2] is None else _BEFORE_ALL for row in found}


def links_among(connection: Connection, hashes: Iterable[bytes], *, live: bool = True) -> list[Link]:
    """Return all links that touch any of the hashes, those that were retracted only if not ``live``."""
    ends = set(hashes)
    links = [_link(row) for end in (_LINKS_OF_A, _LINKS_OF_B) for row in rows_in(connection, end, ends)]
    return list({each.id: each for each in links if each.retracted_at is None or not live}.values())


def _link(row: tuple[Any, ...]) -> Link:
    values = dict(zip(_LINK_COLUMNS, row, strict=True))
    values.update(id=bytes(values["id"]), a=bytes(values["a"]), b=bytes(values["b"]), kind=LinkKind(values["kind"]))
    return Link(**values)


def redirects(connection: Connection) -> dict[int, int]:
    """Return all redirects, each to its final profile."""
    direct: dict[int, int] = {
        row[0]: row[1] for row in connection.execute(select(redirect.c.profile_id, redirect.c.into_id))
    }
    return {source: _final(source, direct) for source in direct}


def _final(profile_id: int, direct: dict[int, int]) -> int:
    while profile_id in direct:
        profile_id = direct[profile_id]
    return profile_id


def insert_identifiers(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert identifiers; a hash has one row. One that belonged to nobody takes its owner."""
    insert_ignore(connection, identifier, rows)
    owned = [
        {"which": row["hash"], "owner": row["profile_id"], "home": row["home_id"], "is": row["state"]}
        for row in rows
        if row["profile_id"] != NO_PROFILE
    ]
    run_each(connection, _TAKE, owned)


def move_identifiers(connection: Connection, moves: Mapping[bytes, Owner]) -> None:
    """Give stored identifiers to other profiles."""
    rows = [
        {"which": node, "owner": owner.profile_id, "home": owner.home_id, "is": int(owner.state)}
        for node, owner in sorted(moves.items())
    ]
    run_each(connection, _MOVE, rows)


def insert_links(connection: Connection, links: Sequence[Link]) -> None:
    """Insert links; the same assertion twice is one row, and of two the earlier counts."""
    insert_ignore(connection, link, [msgspec.structs.asdict(each) for each in links])
    earlier = [
        {"which": each.id, "at": each.occurred_at, "message": each.message_id, "sender": each.source} for each in links
    ]
    run_each(connection, _EARLIER, earlier)


class Redirect(msgspec.Struct, frozen=True):
    """Where a profile id leads from now on (``None``: to itself again), since when and by which event."""

    into_id: int | None
    at: Instant
    message_id: str


def set_redirects(connection: Connection, redirects: Mapping[int, Redirect]) -> None:
    """Let profile ids lead to others, or to themselves again."""
    rows = [
        {"profile_id": gone, "into_id": to.into_id, "at": to.at, "message_id": to.message_id}
        for gone, to in sorted(redirects.items())
        if to.into_id is not None
    ]
    upsert(connection, redirect, rows)
    back = [{"which": profile_id} for profile_id, to in redirects.items() if to.into_id is None]
    if back:
        connection.execute(delete(redirect).where(redirect.c.profile_id == bindparam("which")), back)


def insert_regrouped(connection: Connection, at: Instant, cause: str, message_id: str, moved: Sequence[Moved]) -> None:
    """Tell whoever keeps rows by profile which of them are somebody else's now."""
    row = {"at": at, "cause": cause, "message_id": message_id, "groups": msgspec.msgpack.encode(moved)}
    connection.execute(insert(regrouped), [row])


def regrouped_after(connection: Connection, seq: int, limit: int | None) -> list[tuple[int, list[Moved]]]:
    """Return the tears after ``seq``, in order; all of them without a limit."""
    wanted = select(regrouped.c.seq, regrouped.c.groups).where(regrouped.c.seq > seq)
    rows = connection.execute(wanted.order_by(regrouped.c.seq).limit(limit))
    return [(row[0], msgspec.msgpack.decode(row[1], type=list[Moved])) for row in rows]


def identifiers_of(connection: Connection, profile_id: int) -> list[IdentifierRow]:
    """Return the identifier rows of a profile."""
    return [IdentifierRow(*row) for row in rows_of(connection, _OF_PROFILE, profile=profile_id)]


def hashes_of(connection: Connection, profile_ids: Iterable[int]) -> dict[int, set[bytes]]:
    """Return the hashes of each profile's identifiers; who has none is left out."""
    found: dict[int, set[bytes]] = {}
    for profile_id, each in rows_in(connection, _HASHES, profile_ids):
        found.setdefault(profile_id, set()).add(bytes(each))
    return found


def known(connection: Connection, hashes: Iterable[bytes]) -> set[bytes]:
    """Return those of the hashes that have a row, with a profile or without."""
    return {row[0] for row in rows_in(connection, _KNOWN, hashes)}


def erase(connection: Connection, hashes: Iterable[bytes], profile_ids: Collection[int]) -> int:
    """Delete identifiers with their links and the questions about them; return how many identifiers there were.

    Acts and tears stay, and name the identifiers no more; acts lose the reason that was written.
    """
    gone, count = frozenset(hashes), 0
    for chunk in chunks(gone):
        for table in (link, hold):
            connection.execute(delete(table).where(or_(table.c.a.in_(chunk), table.c.b.in_(chunk))))
        count += connection.execute(delete(identifier).where(identifier.c.hash.in_(chunk))).rowcount
    _unname_in_acts(connection, gone, profile_ids)
    _unname_in_tears(connection, gone)
    return count


def silenced_acts(connection: Connection) -> list[str]:
    """Return the acts whose reason was emptied, because they named somebody who was erased."""
    return sorted(connection.execute(select(act.c.id).where(act.c.reason == "")).scalars())


def _unname_in_acts(connection: Connection, gone: frozenset[bytes], profile_ids: Collection[int]) -> None:
    """Take the hashes out of acts; of those and of acts on the profiles the reason, a free text that may name them."""
    rows = []
    for each in connection.execute(select(act)):
        named, left = (each.a, each.b), (_without(each.a, gone), _without(each.b, gone))
        told = msgspec.json.decode(each.outcome)
        concerned = {*told.get("profiles_before", ()), *told.get("profiles", ())}.intersection(profile_ids)
        if left != named or (concerned and each.reason):
            rows.append({"which": each.id, "left": left[0], "right": left[1]})
    if rows:
        silent = update(act).where(act.c.id == bindparam("which")).values(reason="")
        connection.execute(silent.values(a=bindparam("left"), b=bindparam("right")), rows)


def _without(named: bytes, gone: frozenset[bytes]) -> bytes:
    each = (named[start : start + HASH_BYTES] for start in range(0, len(named), HASH_BYTES))
    return b"".join(one for one in each if one not in gone)


def _unname_in_tears(connection: Connection, gone: frozenset[bytes]) -> None:
    """Take the hashes out of tears; the lake has given away what it had under them."""
    rows = []
    for seq, moved in regrouped_after(connection, 0, None):
        kept = [Moved(one.profile_id, [lead for lead in one.leads if lead not in gone], one.was) for one in moved]
        if kept != moved:
            rows.append({"which": seq, "kept": msgspec.msgpack.encode(kept)})
    if rows:
        torn = update(regrouped).where(regrouped.c.seq == bindparam("which"))
        connection.execute(torn.values(groups=bindparam("kept")), rows)


def rows_among(connection: Connection, hashes: Iterable[bytes]) -> list[Any]:
    """Return the rows of those of the hashes that are known."""
    return [
        row
        for chunk in chunks(hashes)
        for row in connection.execute(select(identifier).where(identifier.c.hash.in_(chunk)))
    ]


def standing_ids(connection: Connection, profile_ids: Iterable[int]) -> dict[int, int]:
    """Return, for each profile id, the profile that stands for it now (itself, when it was not merged away)."""
    wanted = set(profile_ids)
    standing = {profile_id: profile_id for profile_id in wanted}
    while wanted:
        found = {row[0]: row[1] for row in rows_in(connection, _ONWARD, wanted)}
        for profile_id, target in standing.items():
            standing[profile_id] = found.get(target, target)
        wanted = set(found.values())
    return standing


def families(connection: Connection, profile_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """Return, for each profile id, all ids of the same person: the one that stands and those merged."""
    standing = standing_ids(connection, profile_ids)
    members = {target: {target} for target in standing.values()}
    wanted = {target: target for target in members}
    while wanted:
        found = {row[0]: wanted[row[1]] for row in rows_in(connection, _BACKWARD, wanted)}
        for profile_id, target in found.items():
            members[target].add(profile_id)
        wanted = found
    return {profile_id: frozenset(members[target]) for profile_id, target in standing.items()}


def retract_links(connection: Connection, retracted: Mapping[bytes, tuple[Instant, str, str]]) -> None:
    """Retract links: id -> when, by whom, why. One that was retracted before keeps its first reason."""
    rows = [
        {"which": which, "since": at, "person": by, "why": why} for which, (at, by, why) in sorted(retracted.items())
    ]
    if rows:
        gone = update(link).where(link.c.id == bindparam("which"), link.c.retracted_at.is_(None))
        told = {"retracted_at": "since", "retracted_by": "person", "retracted_because": "why"}
        connection.execute(gone.values({column: bindparam(name) for column, name in told.items()}), rows)


def answer_holds(connection: Connection, answered: Mapping[bytes, tuple[HoldStatus, Instant, str, str]]) -> None:
    """Close questions: id -> how, when, by whom, why."""
    rows = [
        {"which": which, "how": status.value, "since": at, "who": by, "why": why}
        for which, (status, at, by, why) in sorted(answered.items())
    ]
    if rows:
        told = {"status": "how", "decided_at": "since", "decided_by": "who", "decided_because": "why"}
        closed = update(hold).where(hold.c.id == bindparam("which"))
        connection.execute(closed.values({column: bindparam(name) for column, name in told.items()}), rows)


def insert_acts(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep acts; one is kept once."""
    insert_ignore(connection, act, rows)


def load_act(connection: Connection, act_id: str) -> dict[str, Any] | None:
    """Return an act."""
    row = connection.execute(select(act).where(act.c.id == act_id)).mappings().first()
    return dict(row) if row is not None else None


def load_acts(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """Return the newest acts."""
    return [dict(row) for row in connection.execute(select(act).order_by(act.c.at.desc()).limit(limit)).mappings()]


def load_holds(
    connection: Connection, *, status: str | None = None, reason: str | None = None, limit: int = 100
) -> list[Hold]:
    """Return questions, the newest first."""
    wanted = select(hold)
    if status is not None:
        wanted = wanted.where(hold.c.status == status)
    if reason is not None:
        wanted = wanted.where(hold.c.reason == reason)
    rows = connection.execute(wanted.order_by(hold.c.at.desc(), hold.c.id).limit(limit)).mappings()
    return [_hold(row) for row in rows]


def holds_among(connection: Connection, hashes: Iterable[bytes]) -> list[Hold]:
    """Return the questions about any of the hashes, answered or not, the newest first."""
    found: dict[bytes, Hold] = {}
    for chunk in chunks(hashes):
        wanted = select(hold).where(or_(hold.c.a.in_(chunk), hold.c.b.in_(chunk)))
        found.update((bytes(row["id"]), _hold(row)) for row in connection.execute(wanted).mappings())
    return sorted(found.values(), key=lambda each: (-each.at, each.id))


def load_hold(connection: Connection, prefix: str) -> Hold | None:
    """Return the question whose id begins with the hex digits, ``None`` when there is none or more than one."""
    first = bytes.fromhex(prefix.ljust(32, "0"))
    last = bytes.fromhex(prefix.ljust(32, "f"))
    rows = connection.execute(select(hold).where(hold.c.id >= first, hold.c.id <= last).limit(2)).mappings().all()
    return _hold(rows[0]) if len(rows) == 1 else None


def _hold(row: Mapping[Any, Any]) -> Hold:
    typed = {"reason": HoldReason(row["reason"]), "status": HoldStatus(row["status"])}
    return Hold(**{**row, **{name: bytes(row[name]) for name in ("id", "a", "b")}, **typed})


def note_changes(connection: Connection, hashes: Iterable[bytes], stamp: int) -> None:
    """Note that the lake has not got these identifiers as they are."""
    upsert(connection, identifier_change, [{"hash": each, "stamp": stamp} for each in hashes])


def last_stamp(connection: Connection) -> int:
    """Return the stamp of the newest change that waits for the lake, 0 when none waits."""
    return connection.execute(select(func.max(identifier_change.c.stamp))).scalar_one() or 0


def changes(connection: Connection, stamp: int, limit: int) -> list[tuple[bytes, int]]:
    """Return (hash, stamp) of the oldest changes, those of ``stamp`` included."""
    columns = identifier_change.c
    wanted = select(columns.hash, columns.stamp).where(columns.stamp <= stamp)
    return [tuple(row) for row in connection.execute(wanted.order_by(columns.stamp, columns.hash).limit(limit))]


def forget_changes(connection: Connection, rows: Sequence[tuple[bytes, int]]) -> None:
    """Forget changes that the lake has, but for those that changed again meanwhile."""
    if rows:
        connection.execute(_LOADED, [{"which": row[0], "as_of": row[1]} for row in rows])
