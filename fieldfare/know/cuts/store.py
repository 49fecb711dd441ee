"""The tables of published cuts, and of whom a new version still has to reach. Statements only.

Versions only grow, and none is ever changed. A version and the list of those whom it concerns are written in one
transaction: from then on it is in force, and whoever is on the list is brought to it before anything else happens to
them.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    Select,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    insert,
    select,
)

from fieldfare.ground.instants import Instant
from fieldfare.ground.store import insert_ignore, metadata, rows_in, rows_of
from fieldfare.know.cuts.model import CutVersion, Mark, PlaceMarks

_Id = BigInteger().with_variant(Integer, "sqlite")
cut = Table(
    "cut",
    metadata,
    Column("seq", _Id, primary_key=True, autoincrement=True),
    Column("cut", Text, nullable=False),
    Column("trait", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("place", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("marks", Text, nullable=False),
    Column("guards", Text, nullable=False),
    Column("ranked", BigInteger, nullable=False),
    Column("concerned", BigInteger, nullable=False),
    UniqueConstraint("cut", "version", "place"),
)
"""One row per version and place. ``marks``: JSON list of [number, profile id]; ``concerned``: how many profiles the
whole version had to be brought to."""
cut_wake = Table(
    "cut_wake",
    metadata,
    Column("profile_id", _Id, primary_key=True, autoincrement=False),
)
"""Profiles that the newest versions concern and that were not brought to them yet."""

_MARKS = msgspec.json.Decoder(tuple[Mark, ...]).decode
_NEWEST = select(cut.c.cut, func.max(cut.c.version).label("version")).group_by(cut.c.cut).subquery()
_GUARDS = msgspec.json.Decoder(tuple[float, ...]).decode
_WAITING = select(cut_wake.c.profile_id).where(cut_wake.c.profile_id.in_(bindparam("many", expanding=True)))
_SEQ = select(func.max(cut.c.seq))
_ANY = select(cut_wake.c.profile_id).limit(1)
_NEXT = select(cut_wake.c.profile_id).order_by(cut_wake.c.profile_id).limit(bindparam("most"))
_REACHED = delete(cut_wake).where(cut_wake.c.profile_id == bindparam("which"))


def last_seq(connection: Connection) -> int:
    """Return the number of the newest row, 0 when there is none."""
    return rows_of(connection, _SEQ)[0][0] or 0


def latest(connection: Connection, names: Iterable[str]) -> dict[str, CutVersion]:
    """Return the newest version of each of these cuts that was ever published."""
    found: dict[str, tuple[int, Instant, dict[str, PlaceMarks]]] = {}
    asked = frozenset(names)
    for row in newest(connection):
        if row["cut"] in asked:
            _, _, places = found.setdefault(row["cut"], (row["version"], row["at"], {}))
            places[row["place"]] = PlaceMarks(row["marks"], row["ranked"], _GUARDS(row["guards"]))
    return {name: CutVersion(name, *told) for name, told in found.items()}


def versions(connection: Connection, name: str | None = None) -> list[dict[str, Any]]:
    """Return every row, of one cut or of all, the newest version of each last."""
    wanted = select(cut).order_by(cut.c.cut, cut.c.version, cut.c.place)
    if name is not None:
        wanted = wanted.where(cut.c.cut == name)
    return [{**row, "marks": _MARKS(row["marks"])} for row in connection.execute(wanted).mappings()]


def newest(connection: Connection) -> list[dict[str, Any]]:
    """Return the rows of the newest version of every cut."""
    wanted = select(cut).join(_NEWEST, (cut.c.cut == _NEWEST.c.cut) & (cut.c.version == _NEWEST.c.version))
    rows = connection.execute(wanted.order_by(cut.c.cut, cut.c.place)).mappings()
    return [{**row, "marks": _MARKS(row["marks"])} for row in rows]


def insert_version(connection: Connection, trait: str, version: CutVersion, concerned: int) -> None:
    """Write a version of a cut by this trait."""
    rows = [
        {
            "cut": version.name,
            "trait": trait,
            "version": version.version,
            "place": place,
            "at": version.at,
            "marks": msgspec.json.encode(told.marks).decode(),
            "guards": msgspec.json.encode(told.guards).decode(),
            "ranked": told.ranked,
            "concerned": concerned,
        }
        for place, told in sorted(version.places.items())
    ]
    if rows:
        connection.execute(insert(cut), rows)


def add_concerned(connection: Connection, profile_ids: Sequence[int]) -> None:
    """Put profiles on the list of those to be brought to the newest versions."""
    insert_ignore(connection, cut_wake, [{"profile_id": each} for each in profile_ids])


def add_all_of(connection: Connection, profile_ids: Select[tuple[int]]) -> None:
    """Put on the list whom a statement selects."""
    connection.execute(delete(cut_wake))  # whoever is there is selected again
    connection.execute(insert(cut_wake).from_select(["profile_id"], profile_ids))


def is_waking(connection: Connection) -> bool:
    """Return whether anybody is on the list."""
    return bool(rows_of(connection, _ANY))


def count_waiting(connection: Connection) -> int:
    """Return how many are on the list."""
    return connection.execute(select(func.count()).select_from(cut_wake)).scalar_one()


def next_waiting(connection: Connection, most: int) -> list[int]:
    """Return the next profiles on the list."""
    return [row[0] for row in rows_of(connection, _NEXT, most=most)]


def waiting_among(connection: Connection, profile_ids: Iterable[int]) -> set[int]:
    """Return those of these profiles that are on the list."""
    return {row[0] for row in rows_in(connection, _WAITING, profile_ids)}


def forget_waiting(connection: Connection, profile_ids: Iterable[int]) -> None:
    """Take profiles off the list."""
    rows = [{"which": each} for each in profile_ids]
    if rows:
        connection.execute(_REACHED, rows)
