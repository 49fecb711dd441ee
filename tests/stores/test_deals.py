"""Seats of one transaction: people of a unit share one, whoever asks again takes none, and what is not taken stays."""

from sqlalchemy import create_engine

from fieldfare.flow.deals import Deals, Seat
from fieldfare.learn.experiments.model import Split, UnitKind
from fieldfare.learn.experiments.permuted import Dealt, next_in
from fieldfare.learn.experiments.store import Assigned, assignment, dealing, dealt_of, insert_assignments

SPLIT = Split(name="journey.a", salt="clubs", weights={"none": 1, "short": 1, "long": 1}, unit=UnitKind.HOUSEHOLD)
STRATUM, NOW = 5, 100


def test_people_of_a_unit_take_one_seat_in_one_transaction() -> None:
    engine = create_engine("sqlite://")
    expected, at = [], Dealt()
    for _ in range(12):
        variant, at = next_in(SPLIT, STRATUM, at)
        expected.append(variant)
    with engine.begin() as connection:
        assignment.create(connection)
        dealing.create(connection)
        deals, told = Deals(connection), []
        for unit in range(12):
            for member in range(2):
                seat = Seat(SPLIT, STRATUM, 2 * unit + member, unit, unit)
                arm = deals.arm_of(seat)
                assert deals.arm_of(seat) == arm, "asking gives nothing away"
                met = Assigned(SPLIT.name, seat.profile_id, arm, NOW, unit)
                assert deals.take(met) == met._replace(stratum=STRATUM)
                assert deals.take(met) == met, "nobody asked"
                told.append(arm)
        assert told[::2] == told[1::2] == expected
        deals.save(connection)
        assert dealt_of(connection, SPLIT.name, STRATUM) == at


def test_a_household_keeps_its_seat_when_somebody_with_a_lower_id_comes() -> None:
    """Its number is then another one; 9 was assigned alone before, 3 came to it, and 2 as 8 was before a merge."""
    engine = create_engine("sqlite://")
    for stratum in (STRATUM, None):
        for is_stored in (False, True):
            with engine.begin() as connection:
                assignment.drop(connection, checkfirst=True)
                dealing.drop(connection, checkfirst=True)
                assignment.create(connection)
                dealing.create(connection)
                deals, told = Deals(connection), list[Assigned]()
                home: frozenset[int] = frozenset()
                for profile_id, family in ((9, ()), (3, ()), (8, ()), (2, (8,))):
                    unit = min((profile_id, *home))
                    seat = Seat(SPLIT, stratum, profile_id, unit, unit, frozenset(family), home)
                    met = deals.take(Assigned(SPLIT.name, profile_id, deals.arm_of(seat), NOW + len(told), unit))
                    told.append(met)
                    home |= {profile_id}
                    if is_stored:
                        insert_assignments(connection, [met])
                        deals.save(connection)
                        deals = Deals(connection)
                assert {each.arm for each in told} == {told[0].arm}
                assert [each.unit for each in told] == [9, 9, 9, 9]
                deals.save(connection)
                given = dealt_of(connection, SPLIT.name, STRATUM)
                assert (given.block, given.given) == ((0, 1) if stratum else (0, 0))


def test_who_has_moved_keeps_the_arm_of_before() -> None:
    """In the household that 4 moves to everybody is in another arm, and was so before her."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        assignment.create(connection)
        dealing.create(connection)
        met = [Assigned(SPLIT.name, 1, "none", NOW, 1), Assigned(SPLIT.name, 4, "long", NOW + 1, 4, STRATUM)]
        insert_assignments(connection, met)
        deals = Deals(connection)
        moved = Seat(SPLIT, STRATUM, 4, 1, 1, kin=frozenset({1}))
        assert deals.at(moved).kept() == deals.at(moved).arm() == "long"
        kept = deals.take(Assigned(SPLIT.name, 4, "long", NOW + 2, 1))
        assert (kept.unit, kept.stratum) == (4, STRATUM), "she counts in the unit in which she was assigned"
        assert deals.at(moved._replace(profile_id=5)).kept() == "none"
