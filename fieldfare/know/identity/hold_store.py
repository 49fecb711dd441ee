"""Questions that open and close by themselves. Statements only; what people answer is written in ``store``.

A question about an identifier that is set aside asks nothing any more: whatever somebody says, it joins nobody. So it
is closed, and opened again when it is asked again, because the identifier was released. What a person answered stays.
"""

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, func, or_, select, update

from fieldfare.ground.instants import Instant
from fieldfare.ground.store import insert_ignore
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.know.identity.model import Hold, HoldReason, HoldStatus
from fieldfare.know.identity.store import chunks, hold

BECAUSE = "an identifier that it is about was set aside"
_OPEN, _DISMISSED = HoldStatus.OPEN.value, HoldStatus.DISMISSED.value
_REOPEN = (
    update(hold)
    .where(hold.c.id == bindparam("which"), hold.c.status == _DISMISSED, hold.c.decided_by == OWN_SOURCE)
    .values(status=_OPEN, decided_at=None, decided_by=None, decided_because=None)
)


def ask(connection: Connection, holds: Sequence[Hold]) -> None:
    """Insert questions; one that was asked before stays as it is, unless nobody but we ourselves closed it."""
    if holds:
        insert_ignore(connection, hold, [msgspec.structs.asdict(each) for each in holds])
        connection.execute(_REOPEN, [{"which": each.id} for each in holds])


def close_about(connection: Connection, set_aside: Collection[bytes], at: Instant) -> None:
    """Close what links asked about the identifiers and nobody answered; what a model suggests is of profiles."""
    for chunk in chunks(set_aside):
        about = or_(hold.c.a.in_(chunk), hold.c.b.in_(chunk))
        asked = update(hold).where(about, hold.c.status == _OPEN, hold.c.reason != HoldReason.SUGGESTED.value)
        closed = {"status": _DISMISSED, "decided_at": at, "decided_by": OWN_SOURCE, "decided_because": BECAUSE}
        connection.execute(asked.values(closed))


def count_open(connection: Connection) -> int:
    """Return how many questions wait for an answer."""
    asked = select(func.count()).select_from(hold).where(hold.c.status == _OPEN)
    return connection.execute(asked).scalar_one()
