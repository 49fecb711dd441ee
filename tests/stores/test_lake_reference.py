"""The lake's page is true: its examples run on an empty lake, and every column of every view has a meaning."""

import re
from collections.abc import Iterator

import pytest

from fieldfare.flow.lake_tables import TABLES, VIEWS
from fieldfare.flow.reference_lake import EXAMPLES, OF_VIEWS, asked_of, meaning_of, render_lake_reference
from fieldfare.ground.errors import CallerError
from fieldfare.ground.lake.duck import DuckLake


@pytest.fixture
def lake() -> Iterator[DuckLake]:
    """Give an empty lake with all tables and views."""
    made = DuckLake(None)
    made.ensure(TABLES, VIEWS)
    yield made
    made.close()


def _columns(lake: DuckLake, view: str) -> list[tuple[str, str]]:
    (asked,) = [asked_of(each) for each in VIEWS if each.name == view]
    answer = lake.query(f"SELECT * FROM {asked}", 1)
    return [(name, "ANY") for name in answer.columns]


@pytest.mark.parametrize(("title", "query"), EXAMPLES, ids=[title for title, _ in EXAMPLES])
def test_an_example_runs_on_an_empty_lake(lake: DuckLake, title: str, query: str) -> None:
    answer = lake.query(query, 10)
    assert len(answer.columns) >= 2, title
    assert answer.rows == []


def test_planted_fault_an_example_with_a_wrong_column_does_not_run(lake: DuckLake) -> None:
    _, query = EXAMPLES[0]
    with pytest.raises(CallerError) as caught:
        lake.query(query.replace("local_date", "local_dates"), 10)
    assert caught.value.code == "sql_invalid"
    assert re.search(r"[^.]\. Correct it and run it again\.$", caught.value.message), caught.value.message


def test_every_column_of_every_view_has_a_meaning(lake: DuckLake) -> None:
    assert set(OF_VIEWS) == {view.name for view in VIEWS}
    columns = {view.name: _columns(lake, view.name) for view in VIEWS}
    assert all(meaning_of(view, name) for view, found in columns.items() for name, _ in found)
    page = render_lake_reference(columns)
    assert all(f"### {each.name}" in page for each in (*TABLES, *VIEWS))


def test_planted_fault_a_column_without_meaning_is_reported() -> None:
    with pytest.raises(KeyError):
        meaning_of("events", "surprise")


def test_what_a_view_describes_beside_its_table_is_in_the_view(lake: DuckLake) -> None:
    for view, (_, own) in OF_VIEWS.items():
        assert set(own) <= {name for name, _ in _columns(lake, view)}
