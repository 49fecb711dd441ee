"""Membership changes are kept in the order in which they were written."""

from sqlalchemy import create_engine, select

from fieldfare.know.audiences.store import insert_changes, membership_change


def test_changes_are_appended_in_order() -> None:
    engine = create_engine("sqlite://")
    row = {"audience": "lapsed", "profile_id": 2**40, "joined": True, "at": 10, "cause": "event", "event_id": "m1"}
    row["definition"] = "d"
    with engine.begin() as connection:
        membership_change.create(connection)
        insert_changes(connection, [])
        insert_changes(connection, [row, {**row, "joined": False, "at": 20, "cause": "time", "event_id": None}])
        rows = connection.execute(select(membership_change).order_by("seq")).all()
    assert [tuple(found) for found in rows] == [
        (1, "lapsed", 2**40, True, 10, "event", "m1", "d"),
        (2, "lapsed", 2**40, False, 20, "time", None, "d"),
    ]
