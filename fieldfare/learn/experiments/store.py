"""Tables of experiments: who was assigned when, and who was first exposed when. Facts, never rebuilt, never updated.

Beside them stands how far each stratum of a balanced experiment is dealt.

Flow: each function runs inside the caller's transaction and commits nothing. A second delivery of the same row, in
whatever order, leaves the first one standing, so ``at`` is the instant of the first assignment or exposure that was
committed. A crash before the caller's commit leaves nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    Connection,
    Index,
    Select,
    Table,
    Text,
    bindparam,
    select,
    text,
)

from fieldfare.ground.instants import Instant
from fieldfare.ground.store.read import rows_in, rows_of
from fieldfare.ground.store.schema import metadata
from fieldfare.ground.store.write import insert_ignore, upsert
from fieldfare.learn.experiments.model import Arm
from fieldfare.learn.experiments.permuted import Dealt

_TOGETHER = text("unit IS NOT NULL")

assignment = Table(
    "assignment",
    metadata,
    Column("experiment", Text, primary_key=True),
    Column("profile_id", BigInteger, primary_key=True, autoincrement=False),
    Column("arm", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("unit", BigInteger),
    Column("stratum", BigInteger),
    Index("ix_assignment_unit", "experiment", "unit", sqlite_where=_TOGETHER, postgresql_where=_TOGETHER),
)

dealing = Table(
    "dealing",
    metadata,
    Column("experiment", Text, primary_key=True),
    Column("stratum", BigInteger, primary_key=True, autoincrement=False),
    Column("block", BigInteger, nullable=False),
    Column("given", BigInteger, nullable=False),
    Column("shares", Text, nullable=False),
)
"""How far each stratum of a balanced experiment is dealt; it moves with the assignments, in their transaction."""

exposure = Table(
    "exposure",
    metadata,
    Column("experiment", Text, primary_key=True),
    Column("profile_id", BigInteger, primary_key=True, autoincrement=False),
    Column("arm", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

Index("ix_assignment_profile", assignment.c.profile_id)
Index("ix_exposure_profile", exposure.c.profile_id)

_MANY: BindParameter[Any] = bindparam("many", expanding=True)
_HELD_OUT = select(assignment.c.experiment, assignment.c.profile_id).where(
    assignment.c.profile_id.in_(_MANY), assignment.c.arm == Arm.HOLDOUT.value
)
_COLUMNS = assignment.c.profile_id, assignment.c.at, assignment.c.arm, assignment.c.stratum, assignment.c.unit
_OF_EXPERIMENT = select(*_COLUMNS).where(assignment.c.experiment == bindparam("name"))
_KEPT = _OF_EXPERIMENT.where(assignment.c.profile_id.in_(_MANY))
_KEPT_BY_UNIT = _OF_EXPERIMENT.where(assignment.c.unit == bindparam("number"))

Fact = tuple[str, int, str, Instant]
"""Experiment, profile id, arm or variant, instant in microseconds UTC."""


class Kept(NamedTuple):
    """The arm that somebody keeps."""

    arm: str
    stratum: int | None
    unit: int | None
    is_own: bool
    """Whether the person was assigned, and not only somebody who is assigned as one with them."""


class Assigned(NamedTuple):
    """An assignment as it is kept."""

    experiment: str
    profile_id: int
    arm: str
    at: Instant
    unit: int | None = None
    """Who was assigned as one; ``None``: the profile alone, or it was not kept then."""
    stratum: int | None = None
    """In which its shares were dealt; ``None``: a coin decided for each."""


def insert_assignments(connection: Connection, facts: Sequence[Assigned]) -> None:
    """Keep assignments; the first one of an experiment and a profile stands."""
    insert_ignore(connection, assignment, [fact._asdict() | {"arm": str(fact.arm)} for fact in facts])


def arm_kept(
    connection: Connection, experiment: str, own: Collection[int], kin: Collection[int], unit: int | None
) -> Kept | None:
    """Return how a person was assigned first; else how the first was with whom they are assigned as one.

    ``own``: all profile ids of the person. ``kin``: those of others of the unit that are known; ``unit``: its number.
    """
    people = frozenset(own)
    rows = list(rows_in(connection, _KEPT, {*people, *kin}, name=experiment))
    if unit is not None:
        rows += rows_of(connection, _KEPT_BY_UNIT, name=experiment, number=unit)
    found = min(rows, key=lambda row: (row[0] not in people, row[1], row[0]), default=None)
    return None if found is None else Kept(found[2], found[3], found[4], found[0] in people)


def dealt_of(connection: Connection, experiment: str, stratum: int) -> Dealt:
    """Return how far a stratum is dealt."""
    wanted = (dealing.c.experiment == experiment) & (dealing.c.stratum == stratum)
    row = connection.execute(select(dealing.c.block, dealing.c.given, dealing.c.shares).where(wanted)).one_or_none()
    return Dealt() if row is None else Dealt(*row)


def keep_dealt(connection: Connection, dealt: Mapping[tuple[str, int], Dealt]) -> None:
    """Keep how far strata are dealt, by experiment and stratum."""
    rows = [
        {"experiment": experiment, "stratum": stratum} | each._asdict() for (experiment, stratum), each in dealt.items()
    ]
    upsert(connection, dealing, rows)


def insert_exposures(connection: Connection, facts: Sequence[Fact]) -> None:
    """Keep exposures; the first one of an experiment and a profile stands."""
    rows = [
        {"experiment": experiment, "profile_id": profile_id, "arm": str(arm), "at": at}
        for experiment, profile_id, arm, at in facts
    ]
    insert_ignore(connection, exposure, rows)


def held_out(
    connection: Connection, experiments: Collection[str], profile_ids: Collection[int]
) -> set[tuple[str, int]]:
    """Return who of the profiles is held out of which of the experiments."""
    rows = rows_in(connection, _HELD_OUT, profile_ids)
    return {(experiment, profile_id) for experiment, profile_id in rows if experiment in experiments}


def _of(table: Table, experiment: str) -> Select[Any]:
    return select(table).where(table.c.experiment == experiment).order_by(table.c.at, table.c.profile_id)


def assignments_of(connection: Connection, experiment: str) -> list[Assigned]:
    """Return the assignments of one experiment, oldest first."""
    rows = connection.execute(_of(assignment, experiment))
    return [Assigned(*row) for row in rows]


def exposures_of(connection: Connection, experiment: str) -> list[Fact]:
    """Return the first exposures of one experiment, oldest first."""
    rows = connection.execute(_of(exposure, experiment))
    return [(row.experiment, row.profile_id, row.arm, row.at) for row in rows]
