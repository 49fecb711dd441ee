"""Tables of versions: contents of files, versions, and their steps. Append-only; statements only.

Contents are kept once, by digest. A version's status is its last step; the version in force is the one that was applied
last.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    Table,
    Text,
    func,
    insert,
    select,
)

from fieldfare.ground.store import insert_ignore, metadata

workspace_file = Table(
    "workspace_file",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("contents", LargeBinary, nullable=False),
)
workspace_version = Table(
    "workspace_version",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("base", BigInteger, nullable=True),
    Column("content", Text, nullable=False),
    Column("files", Text, nullable=False),
    Column("changes", Text, nullable=False),
    Column("risks", Text, nullable=False),
    Column("audiences", Text, nullable=False),
    Column("triggers", Boolean, nullable=False),
    Column("restores", BigInteger, nullable=True),
)
"""``files``, ``changes``, ``risks`` and ``audiences`` are JSON."""
version_step = Table(
    "version_step",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("number", BigInteger, nullable=False, index=True),
    Column("status", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""What became of each version: waiting, approved, rejected, applied; by whom, why and when."""


def insert_version(connection: Connection, row: Mapping[str, Any], contents: Mapping[str, bytes]) -> None:
    """Write a version and the contents of its files, by digest, that are not there yet."""
    rows = [{"digest": digest, "contents": raw} for digest, raw in sorted(contents.items())]
    insert_ignore(connection, workspace_file, rows)
    connection.execute(insert(workspace_version), dict(row))


def insert_step(connection: Connection, row: Mapping[str, Any]) -> None:
    """Add a step: ``number``, ``status``, ``by``, ``reason``, ``at``."""
    connection.execute(insert(version_step), dict(row))


def last_number(connection: Connection) -> int:
    """Return the number of the newest version, 0 when there is none."""
    return connection.execute(select(func.max(workspace_version.c.number))).scalar_one() or 0


def applied_number(connection: Connection) -> int | None:
    """Return the version that was applied last, ``None`` when none was."""
    wanted = select(version_step.c.number).where(version_step.c.status == "applied")
    found: int | None = connection.execute(wanted.order_by(version_step.c.seq.desc()).limit(1)).scalar()
    return found


def applied(connection: Connection) -> list[tuple[int, int]]:
    """Return which version was applied when, the first first; one that is gone back to stands there twice."""
    wanted = select(version_step.c.number, version_step.c.at).where(version_step.c.status == "applied")
    return [(row.number, row.at) for row in connection.execute(wanted.order_by(version_step.c.seq))]


def versions(connection: Connection, numbers: Sequence[int] | None = None) -> list[dict[str, Any]]:
    """Return the rows of versions, all when no numbers are given, the oldest first."""
    wanted = select(workspace_version).order_by(workspace_version.c.number)
    if numbers is not None:
        wanted = wanted.where(workspace_version.c.number.in_(numbers))
    return [dict(row) for row in connection.execute(wanted).mappings()]


def steps(connection: Connection, numbers: Iterable[int]) -> list[dict[str, Any]]:
    """Return the steps of versions, in their order."""
    wanted = select(version_step).where(version_step.c.number.in_(list(numbers)))
    return [dict(row) for row in connection.execute(wanted.order_by(version_step.c.seq)).mappings()]


def contents(connection: Connection, digests: Iterable[str]) -> dict[str, bytes]:
    """Return contents by digest."""
    found: dict[str, bytes] = {}
    wanted = sorted(set(digests))
    for start in range(0, len(wanted), 500):
        some = select(workspace_file).where(workspace_file.c.digest.in_(wanted[start : start + 500]))
        found |= {row.digest: bytes(row.contents) for row in connection.execute(some)}
    return found
