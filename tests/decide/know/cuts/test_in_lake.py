"""Cuts as queries: every engine is given statements that it knows.

What they answer is compared with documents in :mod:`tests.decide.know.audiences.test_compile_ranked`.
"""

from typing import Any

import ibis
import pytest

from fieldfare.know.cuts.in_lake import at_places, concerned, holds_in_lake, place_column, ranked_table
from fieldfare.know.cuts.model import EVERYWHERE, Cut, CutVersion, Mark, PlaceMarks, Rank
from tests.decide.know.audiences.definitions import PLACES
from tests.decide.know.worlds import LOCATIONS

TABLE = ibis.table({"profile_id": "int64", "number": "float64", "place": "string"}, name="numbers")
TOP = Cut("x", (Rank(is_top=True, count=2),), per="region")


def version(number: int, **places: Mark) -> CutVersion:
    told = {place: PlaceMarks((mark,), 5, (1.0, 9.0)) for place, mark in places.items()}
    return CutVersion(TOP.name, number, 1, told)


BEFORE, AFTER = version(1, coast=Mark(3, 7), inland=Mark(4, 1)), version(2, coast=Mark(5, 2), isle=Mark(1))
QUESTIONS: dict[str, Any] = {
    "ranked": at_places(ranked_table(TABLE, TOP), {"coast": {1, 2}, "inland": {1}}),
    "concerned": TABLE.filter(concerned(TOP, BEFORE, AFTER, TABLE, moves=True)),
    "holds": TABLE.filter(holds_in_lake(TOP, (True,), BEFORE, TABLE)),
    "place": TABLE.select(place=place_column(TOP, TABLE.place, PLACES, LOCATIONS)),
}


@pytest.mark.parametrize("engine", ["duckdb", "pyspark"])
@pytest.mark.parametrize("name", QUESTIONS)
def test_every_engine_can_be_asked(name: str, engine: str) -> None:
    pytest.importorskip(engine)
    getattr(ibis, engine)  # its options
    assert "SELECT" in str(ibis.to_sql(QUESTIONS[name], dialect=engine))


def rows(question: Any, *told: tuple[int, float | None, str]) -> list[int]:
    connection = ibis.duckdb.connect(":memory:", threads=1)
    connection.raw_sql("CREATE TABLE numbers (profile_id BIGINT, number DOUBLE, place VARCHAR)")
    connection.con.executemany("INSERT INTO numbers VALUES (?, ?, ?)", told)
    found = sorted(connection.to_pyarrow(question).column("profile_id").to_pylist())
    connection.disconnect()
    return found


def test_who_is_inside() -> None:
    people = ((1, 3.0, "coast"), (7, 3.0, "coast"), (8, 3.0, "coast"), (9, 4.0, "coast"), (2, None, "coast"))
    elsewhere = ((3, 9.0, "isle"), (1, 3.0, "inland"))
    assert rows(QUESTIONS["holds"], *people, *elsewhere) == [1, 7, 9]
    assert rows(TABLE.filter(holds_in_lake(TOP, (True,), None, TABLE)), *people) == []


def test_whom_a_version_concerns() -> None:
    people = ((1, 2.9, "coast"), (7, 3.0, "coast"), (4, 3.0, "coast"), (3, 5.0, "coast"), (2, 5.0, "coast"))
    elsewhere = ((5, 0.5, "isle"), (6, None, "isle"), (8, 4.0, "inland"))
    still = TABLE.filter(concerned(TOP, BEFORE, AFTER, TABLE, moves=False))
    assert rows(still, *people, *elsewhere) == [3, 4, 5, 7], "2 was in and is, 1 was out and is"
    assert rows(QUESTIONS["concerned"], *people, *elsewhere) == [2, 3, 4, 5, 7], "and the cell of 5, from 3 to 9"


def test_over_everybody() -> None:
    assert rows(
        TABLE.filter(
            holds_in_lake(
                Cut("x", (Rank(is_top=False, share=1),)),
                (False,),
                CutVersion("x", 1, 1, {EVERYWHERE: PlaceMarks((Mark(2),), 3)}),
                TABLE,
            )
        ),
        (1, 2.0, EVERYWHERE),
        (2, 3.0, EVERYWHERE),
    ) == [2]
