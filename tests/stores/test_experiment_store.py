"""Assignments and exposures: the first one stands, whatever is delivered again."""

from sqlalchemy import create_engine

from fieldfare.learn.experiments.model import Arm
from fieldfare.learn.experiments.store import (
    assignment,
    assignments_of,
    exposure,
    exposures_of,
    insert_assignments,
    insert_exposures,
)


def test_the_first_assignment_and_exposure_stand() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        assignment.create(connection)
        exposure.create(connection)
        insert_assignments(connection, [("journey.a", 7, Arm.HOLDOUT, 100), ("journey.a", 5, Arm.TREATED, 90)])
        insert_assignments(connection, [("journey.a", 7, Arm.TREATED, 50), ("journey.b", 7, Arm.TREATED, 60)])
        insert_exposures(connection, [("journey.a", 7, Arm.HOLDOUT, 120)])
        insert_exposures(connection, [("journey.a", 7, Arm.HOLDOUT, 130)])
        insert_exposures(connection, [])
        assert assignments_of(connection, "journey.a") == [
            ("journey.a", 5, Arm.TREATED, 90),
            ("journey.a", 7, Arm.HOLDOUT, 100),
        ]
        assert assignments_of(connection, "journey.b") == [("journey.b", 7, Arm.TREATED, 60)]
        assert exposures_of(connection, "journey.a") == [("journey.a", 7, Arm.HOLDOUT, 120)]
