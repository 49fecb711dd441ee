"""Membership changes are kept in the order in which they were written, and the numbers of members with them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select

from fieldfare.ground.store import State, open_state
from fieldfare.ground.store.migrate import migrate
from fieldfare.know.audiences.store import audience_size, insert_changes, membership_change, sizes


@pytest.fixture(params=["sqlite", "postgresql"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[State]:
    is_sqlite = request.param == "sqlite"
    made = open_state(
        f"sqlite:///{tmp_path / 's.sqlite'}" if is_sqlite else request.getfixturevalue("postgres_database")
    )
    migrate(made)
    yield made
    made.close()


def test_changes_are_appended_in_order() -> None:
    engine = create_engine("sqlite://")
    row = {"audience": "lapsed", "profile_id": 2**40, "joined": True, "at": 10, "cause": "event", "event_id": "m1"}
    row["definition"] = "d"
    with engine.begin() as connection:
        membership_change.create(connection)
        audience_size.create(connection)
        insert_changes(connection, [])
        insert_changes(connection, [row, {**row, "joined": False, "at": 20, "cause": "time", "event_id": None}])
        rows = connection.execute(select(membership_change).order_by("seq")).all()
    assert [tuple(found) for found in rows] == [
        (1, "lapsed", 2**40, True, 10, "event", "m1", "d"),
        (2, "lapsed", 2**40, False, 20, "time", None, "d"),
    ]


def test_how_many_are_in_is_kept_with_the_changes(state: State) -> None:
    row = {"audience": "lapsed", "profile_id": 1, "joined": True, "at": 10, "cause": "event", "event_id": "m1"}
    row["definition"] = "d"
    with state.write() as connection:
        insert_changes(connection, [row, row | {"profile_id": 2}, row | {"audience": "vips"}])
        insert_changes(connection, [row | {"audience": "vips", "joined": False}])
        insert_changes(connection, [row, row | {"joined": False, "profile_id": 2}], {"lapsed": 1})
        assert sizes(connection) == {"lapsed": 1, "vips": 0}
