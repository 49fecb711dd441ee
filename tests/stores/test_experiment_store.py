"""Assignments and exposures: the first one stands, whatever is delivered again."""

from sqlalchemy import create_engine

from fieldfare.learn.experiments.model import Arm
from fieldfare.learn.experiments.permuted import Dealt
from fieldfare.learn.experiments.store import (
    Assigned,
    Kept,
    arm_kept,
    assignment,
    assignments_of,
    dealing,
    dealt_of,
    exposure,
    exposures_of,
    insert_assignments,
    insert_exposures,
    keep_dealt,
)


def test_the_first_assignment_and_exposure_stand() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        assignment.create(connection)
        exposure.create(connection)
        insert_assignments(
            connection,
            [Assigned("journey.a", 7, Arm.HOLDOUT, 100, 3, 12), Assigned("journey.a", 5, Arm.TREATED, 90, -(2**63))],
        )
        insert_assignments(
            connection, [Assigned("journey.a", 7, Arm.TREATED, 50, 8), Assigned("journey.b", 7, Arm.TREATED, 60)]
        )
        insert_exposures(connection, [("journey.a", 7, Arm.HOLDOUT, 120)])
        insert_exposures(connection, [("journey.a", 7, Arm.HOLDOUT, 130)])
        insert_exposures(connection, [])
        assert assignments_of(connection, "journey.a") == [
            Assigned("journey.a", 5, Arm.TREATED, 90, -(2**63)),
            Assigned("journey.a", 7, Arm.HOLDOUT, 100, 3, 12),
        ]
        assert assignments_of(connection, "journey.b") == [Assigned("journey.b", 7, Arm.TREATED, 60)]
        assert exposures_of(connection, "journey.a") == [("journey.a", 7, Arm.HOLDOUT, 120)]


def test_whoever_is_assigned_as_one_has_the_arm_and_stratum_of_the_first() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        assignment.create(connection)
        met = [Assigned("journey.a", 7, Arm.HOLDOUT, 100, 3, 12), Assigned("journey.a", 8, Arm.TREATED, 50, 4, 13)]
        insert_assignments(connection, met)
        out, treated = Kept(Arm.HOLDOUT, 12, 3, is_own=True), Kept(Arm.TREATED, 13, 4, is_own=True)
        of_other = treated._replace(is_own=False)
        assert arm_kept(connection, "journey.a", {7}, (), None) == out
        assert arm_kept(connection, "journey.a", {9}, (), 4) == of_other
        assert arm_kept(connection, "journey.a", {9}, {8, 7}, None) == of_other, "the first counts"
        assert arm_kept(connection, "journey.a", {7}, {8}, 4) == out, "one's own row is the arm, wherever one lives"
        assert arm_kept(connection, "journey.a", {7, 8}, (), None) == treated, "of merged people the first counts"
        assert arm_kept(connection, "journey.a", {9}, (), 5) is None
        assert arm_kept(connection, "journey.b", {7}, (), 3) is None


def test_how_far_a_stratum_is_dealt_is_kept_for_each() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        dealing.create(connection)
        keep_dealt(connection, {("journey.a", 5): Dealt(0, 2, "x"), ("journey.a", -6): Dealt(3, 1, "x")})
        keep_dealt(connection, {("journey.a", 5): Dealt(1, 0, "y")})
        assert dealt_of(connection, "journey.a", 5) == Dealt(1, 0, "y")
        assert dealt_of(connection, "journey.a", -6) == Dealt(3, 1, "x")
        assert dealt_of(connection, "journey.b", 5) == Dealt()
