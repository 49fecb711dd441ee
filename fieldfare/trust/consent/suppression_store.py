"""Tables of suppressed addresses: which are, and every act that made or ended it. Callers own the transaction.

An address is suppressed by its keyed hash, so merges, splits, erasures and imports do not touch it. Acts are append-
only by the database itself; what stands is kept beside them, for the gate. Only a STOP can be lifted; what else forbids
the address then stands again. A second delivery of the same act changes nothing.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    LargeBinary,
    Row,
    Table,
    Text,
    bindparam,
    delete,
    func,
    select,
)

from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import Instant
from fieldfare.ground.store.read import rows_in
from fieldfare.ground.store.schema import metadata
from fieldfare.ground.store.write import insert_ignore
from fieldfare.trust.consent.model import STOP_REASONS, Suppression
from fieldfare.trust.consent.periods import LIFT, SUPPRESS, SuppressionAct, periods
from fieldfare.trust.consent.store import grows_only, guard

suppression = Table(
    "suppression",
    metadata,
    Column("address_hash", LargeBinary, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
)
suppression_act = Table(
    "suppression_act",
    metadata,
    Column("id", Text, primary_key=True),
    Column("address_hash", LargeBinary, nullable=False),
    Column("act", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Index("ix_suppression_act_address_hash", "address_hash"),
)
guard(suppression_act, grows_only("suppression_act"))

_SUPPRESSED = select(suppression).where(suppression.c.address_hash.in_(bindparam("many", expanding=True)))
_ACTS = select(suppression_act).order_by(suppression_act.c.at, suppression_act.c.id)


def insert_suppressions(connection: Connection, suppressions: Sequence[Suppression]) -> None:
    """Suppress addresses; one that is suppressed already keeps its first reason and instant."""
    acts = [_act_row(each) for each in suppressions]
    rows = [
        {"address_hash": each.address_hash, "reason": each.reason, "since": each.since_at, "source": each.source}
        for each in suppressions
    ]
    insert_ignore(connection, suppression_act, acts)
    insert_ignore(connection, suppression, rows)


def lift_stop(connection: Connection, address_hash: bytes, at: Instant, source: str) -> bool:
    """Lift what a STOP suppressed; return whether there was a STOP. Any other reason stands, or stands again."""
    acts = [_act_of(row) for row in connection.execute(_ACTS.where(suppression_act.c.address_hash == address_hash))]
    if not any(each.until_at is None and each.reason in STOP_REASONS for each in periods(acts)):
        return False
    row = {
        "id": derived_id("lft", address_hash, at),
        "address_hash": address_hash,
        "act": LIFT,
        "reason": "answered START",
    }
    insert_ignore(connection, suppression_act, [row | {"at": at, "source": source}])
    connection.execute(delete(suppression).where(suppression.c.address_hash == address_hash))
    lifted = SuppressionAct(address_hash, LIFT, "answered START", at, source)
    left = [each for each in periods([*acts, lifted]) if each.until_at is None]
    insert_suppressions(connection, left[:1])
    return True


def load_suppressions(connection: Connection, address_hashes: Collection[bytes]) -> dict[bytes, Suppression]:
    """Return the suppressions of those addresses that are suppressed."""
    found: dict[bytes, Suppression] = {}
    for address_hash, reason, since, source in rows_in(connection, _SUPPRESSED, address_hashes):
        address = bytes(address_hash)
        found[address] = Suppression(address_hash=address, reason=reason, since_at=since, source=source)
    return found


def all_suppressions(connection: Connection) -> list[Suppression]:
    """Return every suppression there ever was with the time through which it held, oldest first, for the oracle."""
    return periods(_act_of(row) for row in connection.execute(_ACTS))


def count_suppressions(connection: Connection) -> dict[str, int]:
    """Return how many addresses are suppressed, by reason."""
    counted = select(suppression.c.reason, func.count()).group_by(suppression.c.reason).order_by(suppression.c.reason)
    return {row[0]: row[1] for row in connection.execute(counted)}


def _act_row(each: Suppression) -> dict[str, object]:
    """Return the row of an act; of a reason that is never lifted there is one for each address."""
    parts = (each.since_at,) if each.reason in STOP_REASONS else ()
    return {
        "id": derived_id("sup", each.address_hash, each.reason, *parts),
        "address_hash": each.address_hash,
        "act": SUPPRESS,
        "reason": each.reason,
        "at": each.since_at,
        "source": each.source,
    }


def _act_of(row: Row[tuple[object, ...]]) -> SuppressionAct:
    return SuppressionAct(bytes(row.address_hash), row.act, row.reason, row.at, row.source)
