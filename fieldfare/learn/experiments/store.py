"""Tables of experiments: who was assigned when, and who was first exposed when. Facts, never rebuilt, never updated.

Flow: each function runs inside the caller's transaction and commits nothing. A second delivery of the same row, in
whatever order, leaves the first one standing, so ``at`` is the instant of the first assignment or exposure that was
committed. A crash before the caller's commit leaves nothing.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import BigInteger, Column, Connection, Index, Table, Text, select

from fieldfare.ground.instants import Instant
from fieldfare.ground.store.schema import metadata
from fieldfare.ground.store.write import insert_ignore
from fieldfare.learn.experiments.model import Arm

assignment = Table(
    "assignment",
    metadata,
    Column("experiment", Text, primary_key=True),
    Column("profile_id", BigInteger, primary_key=True, autoincrement=False),
    Column("arm", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

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

Fact = tuple[str, int, str, Instant]
"""Experiment, profile id, arm or variant, instant in microseconds UTC."""


def _rows(facts: Sequence[Fact]) -> list[dict[str, object]]:
    return [
        {"experiment": experiment, "profile_id": profile_id, "arm": str(arm), "at": at}
        for experiment, profile_id, arm, at in facts
    ]


def insert_assignments(connection: Connection, facts: Sequence[Fact]) -> None:
    """Keep assignments; the first one of an experiment and a profile stands."""
    insert_ignore(connection, assignment, _rows(facts))


def insert_exposures(connection: Connection, facts: Sequence[Fact]) -> None:
    """Keep exposures; the first one of an experiment and a profile stands."""
    insert_ignore(connection, exposure, _rows(facts))


def held_out(
    connection: Connection, experiments: Collection[str], profile_ids: Collection[int]
) -> set[tuple[str, int]]:
    """Return who of the profiles is held out of which of the experiments."""
    statement = select(assignment.c.experiment, assignment.c.profile_id).where(
        assignment.c.experiment.in_(sorted(experiments)),
        assignment.c.profile_id.in_(sorted(profile_ids)),
        assignment.c.arm == Arm.HOLDOUT.value,
    )
    return {(experiment, profile_id) for experiment, profile_id in connection.execute(statement)}


def _facts(connection: Connection, table: Table, experiment: str) -> list[Fact]:
    statement = select(table).where(table.c.experiment == experiment).order_by(table.c.at, table.c.profile_id)
    return [(row.experiment, row.profile_id, row.arm, row.at) for row in connection.execute(statement)]


def assignments_of(connection: Connection, experiment: str) -> list[Fact]:
    """Return the assignments of one experiment, oldest first."""
    return _facts(connection, assignment, experiment)


def exposures_of(connection: Connection, experiment: str) -> list[Fact]:
    """Return the first exposures of one experiment, oldest first."""
    return _facts(connection, exposure, experiment)
