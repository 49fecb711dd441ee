"""Drafts of workspace files: what somebody edits and has not applied, one for each user and path. Statements only.

A draft stands until it is dropped or its text is in force: whoever puts a version in force calls :func:`settle` in the
same transaction, so no draft of what holds is left behind, whoever applied it. A draft without content removes its
file. Whether a draft is out of date is told by the file in the version that it began from and in the one in force.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, LargeBinary, Table, Text, delete, select

from fieldfare.flow.versions.model import Digests
from fieldfare.ground.ids import digest
from fieldfare.ground.store import metadata
from fieldfare.ground.store.write import upsert

NO_DRAFT, REMOVES = "none", "removed"

workspace_draft = Table(
    "workspace_draft",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("base", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("digest", Text),
    Column("content", LargeBinary),
)
"""``base``: the version that the draft began from, 0 for none; without ``content`` and ``digest`` the file goes."""


def drafts_of(connection: Connection, owner: str) -> dict[str, dict[str, Any]]:
    """Return somebody's drafts by path."""
    wanted = select(workspace_draft).where(workspace_draft.c.owner == owner).order_by(workspace_draft.c.path)
    return {row["path"]: dict(row) for row in connection.execute(wanted).mappings()}


def keep(connection: Connection, row: Mapping[str, Any]) -> None:
    """Keep a draft (``owner``, ``path``, ``base``, ``at``, ``content``) in place of the owner's earlier one."""
    upsert(connection, workspace_draft, [{**row, "digest": digest_of(row["content"])}])


def drop(connection: Connection, owner: str, path: str | None = None) -> int:
    """Drop one draft of somebody, or all when no path is given; return how many."""
    theirs = workspace_draft.c.owner == owner
    if path is not None:
        theirs &= workspace_draft.c.path == path
    return connection.execute(delete(workspace_draft).where(theirs)).rowcount


def settle(connection: Connection, held: Digests) -> None:
    """Drop every draft, whoever keeps it, that says what these files say: it is applied."""
    columns = workspace_draft.c.owner, workspace_draft.c.path, workspace_draft.c.digest
    for owner, path, said in connection.execute(select(*columns)).all():
        if said == held.get(path):
            drop(connection, owner, path)


def digest_of(content: bytes | None) -> str | None:
    """Return the digest of a file as versions have it, ``None`` of none."""
    return None if content is None else digest(content).hex()


def mark_of(row: Mapping[str, Any] | None) -> str:
    """Return what tells one draft from another: what it makes of the file, or that there is none."""
    if row is None:
        return NO_DRAFT
    return digest_of(row["content"]) or REMOVES


def is_stale(path: str, then: Digests, now: Digests) -> bool:
    """Return whether a file is another one in force now than in the version that a draft began from."""
    return then.get(path) != now.get(path)
