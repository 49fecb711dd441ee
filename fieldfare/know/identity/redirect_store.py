"""Reads where ids of merged profiles lead and since when. Statements only; the pipeline writes them."""

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, select

from fieldfare.ground.instants import Instant
from fieldfare.ground.store.read import rows_in
from fieldfare.know.identity.store import redirect

_LEADS = select(redirect.c.profile_id, redirect.c.into_id, redirect.c.at).where(
    redirect.c.profile_id.in_(bindparam("many", expanding=True))
)


def redirects_among(connection: Connection, profile_ids: Iterable[int]) -> dict[int, tuple[int, Instant]]:
    """Return, for those of the ids that lead elsewhere, where to and since when."""
    return {row[0]: (row[1], row[2]) for row in rows_in(connection, _LEADS, profile_ids)}
