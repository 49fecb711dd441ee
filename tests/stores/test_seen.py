"""Message ids: exact over the window, forgotten by dropping a day's table, whatever was rolled back or restarted."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, inspect, select

import fieldfare.assembly.installation  # noqa: F401 - declares every room's tables
from fieldfare.collect import seen as seen_module
from fieldfare.collect.seen import FILES, SeenIds
from fieldfare.collect.store import unsorted_ids
from fieldfare.flow.forget import NEAR
from fieldfare.ground.ids import text_digest
from fieldfare.ground.store import State, open_state
from fieldfare.ground.store.migrate import migrate

WINDOW = 3


@pytest.fixture(params=["sqlite", "postgresql"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[State]:
    url = f"sqlite:///{tmp_path / 'state.sqlite'}"
    made = open_state(url if request.param == "sqlite" else request.getfixturevalue("postgres_database"))
    migrate(made)
    yield made
    made.close()


def ids(*names: object) -> list[bytes]:
    return [text_digest(str(name)) for name in names]


def remember(state: State, seen: SeenIds, day: int, *names: object) -> None:
    with state.write() as connection:
        seen.remember(connection, day, ids(*names))


def among(state: State, seen: SeenIds, *names: object) -> set[bytes]:
    with state.write() as connection:
        return seen.among(connection, ids(*names))


def forget(state: State, seen: SeenIds, today: int, near: int = NEAR) -> list[int]:
    with state.write() as connection:
        days = seen.expired(connection, today, near)
        seen.drop(connection, days)
    return days


def day_tables(state: State) -> set[str]:
    with state.read() as connection:
        return {name for name in inspect(connection).get_table_names() if name.startswith("seen_")}


def test_ids_are_known_over_the_window_and_then_dropped_with_their_day(state: State) -> None:
    seen = SeenIds(WINDOW)
    for day in range(100, 106):
        remember(state, seen, day, f"a{day}", f"b{day}")
    remember(state, seen, FILES, "row 1")
    assert among(state, seen, "a100", "b105", "c", "row 1") == {*ids("a100", "b105", "row 1")}
    assert forget(state, seen, 105) == [100, 101]
    assert among(state, seen, "a101", "a102", "row 1") == {*ids("a102", "row 1")}
    assert day_tables(state) == {"seen_file", *(f"seen_{day}" for day in range(102, 106))}
    assert forget(state, seen, 1_000, near=1_000) == [102, 103, 104, 105]
    assert among(state, seen, "a105", "row 1") == {*ids("row 1")}, "ids of files never expire"


def test_a_day_that_follows_none_of_the_last_days_ends_nothing(state: State) -> None:
    seen = SeenIds(WINDOW)
    for day in (100, 101):
        remember(state, seen, day, f"a{day}")
    assert forget(state, seen, 500) == []
    remember(state, seen, 500, "a500")
    assert forget(state, seen, 500) == []
    assert among(state, seen, "a100", "a500") == {*ids("a100", "a500")}
    assert forget(state, seen, 501) == [100, 101], "the clock stands by it"


def test_a_new_process_knows_what_the_last_one_remembered(state: State) -> None:
    remember(state, SeenIds(WINDOW), 100, "a")
    remember(state, SeenIds(WINDOW), FILES, "f")
    fresh = SeenIds(WINDOW)
    for _ in range(4):  # before, while and after its filters are filled
        assert among(state, fresh, "a", "b", "f") == {*ids("a", "f")}
        remember(state, fresh, 101, "c")
    assert among(state, fresh, "a", "c") == {*ids("a", "c")}


def test_a_batch_that_was_rolled_back_leaves_nothing(state: State) -> None:
    seen = SeenIds(WINDOW)

    class LostError(Exception):
        pass

    def fail() -> None:
        with state.write() as connection:
            seen.remember(connection, 100, ids("a"))
            raise LostError

    with pytest.raises(LostError):
        fail()
    seen.reset()
    assert among(state, seen, "a") == set()
    remember(state, seen, 100, "a")
    assert among(state, seen, "a") == {*ids("a")}


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 40), st.booleans()), max_size=40))
def test_any_history_answers_as_a_plain_set_does(history: list[tuple[int, int, bool]]) -> None:
    state = open_state("sqlite://")
    migrate(state)
    seen, model, today = SeenIds(WINDOW), dict[int, int](), 0
    for later, number, restart in history:
        today = max(today, 100 + later)
        if restart:
            seen = SeenIds(WINDOW)
        with state.write() as connection:
            seen.drop(connection, seen.expired(connection, today, 1_000))
            model = {each: day for each, day in model.items() if day >= today - WINDOW}
            assert seen.among(connection, ids(*range(41))) == {*ids(*model)}
            if number not in model:
                seen.remember(connection, today, ids(number))
                model[number] = today
    state.close()


@settings(max_examples=15)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3 * seen_module.FEW), st.booleans()), max_size=90),
    st.sampled_from([0, 1, 4, seen_module.DENSE]),
)
def test_large_batches_are_known_while_they_are_sorted_in_and_after(
    history: list[tuple[int, int, bool]], dense: int
) -> None:
    state = open_state("sqlite://")
    migrate(state)
    seen, today, number, kept = SeenIds(WINDOW, dense=dense), 100, 0, list[tuple[int, range]]()
    for later, size, restart in history:
        today += later == 2
        seen = SeenIds(WINDOW, dense=dense) if restart else seen
        batch, number = range(number, number + size), number + size
        with state.write() as connection:
            seen.remember(connection, today, ids(*batch))
            kept.append((today, batch))
            seen.drop(connection, seen.expired(connection, today, 1_000))
            kept = [(day, some) for day, some in kept if day >= today - WINDOW]
            asked = {some[0] for _, some in kept} | {some[-1] for _, some in kept}
            assert seen.among(connection, ids(*asked, number)) == {*ids(*asked)}
    with state.read() as connection:
        rest = connection.execute(select(func.count()).select_from(unsorted_ids)).scalar() or 0
        known = {number for _, some in kept for number in some}
        assert seen.among(connection, ids(*known, number)) == {*ids(*known)}
    assert rest <= seen_module.WINDOWS
    state.close()


def test_what_was_sorted_in_stands_in_the_table_of_its_day() -> None:
    state = open_state("sqlite://")
    migrate(state)
    seen = SeenIds(WINDOW, dense=0)
    for turn in range(2 * seen_module.WINDOWS):
        remember(state, seen, 100 + turn % 2, *(f"{turn} {number}" for number in range(2 * seen_module.FEW)))
    with state.read() as connection:
        rows = connection.exec_driver_sql("SELECT id FROM seen_100 UNION ALL SELECT id FROM seen_101").all()
    sorted_in = {bytes(row[0]) for row in rows}
    first = {each for turn in range(seen_module.WINDOWS) for each in ids(*(f"{turn} {n}" for n in range(200)))}
    assert first <= sorted_in
    assert len(sorted_in) == len(rows) < 2 * seen_module.WINDOWS * 200
    state.close()


def test_a_batch_that_is_large_beside_its_table_stands_there_at_once() -> None:
    state = open_state("sqlite://")
    migrate(state)
    seen, batch = SeenIds(WINDOW), 2 * seen_module.FEW
    waiting = []
    for turn in range(seen_module.DENSE + 3):
        remember(state, seen, 100, *(f"{turn} {number}" for number in range(batch)))
        with state.read() as connection:
            waiting.append(connection.execute(select(func.count()).select_from(unsorted_ids)).scalar())
    assert waiting == [0] * (seen_module.DENSE + 1) + [1, 2]
    state.close()


def test_filters_are_filled_some_rows_at_a_time(state: State) -> None:
    names = [f"n{number}" for number in range(3 * seen_module.FILL_ROWS // 2)]
    remember(state, SeenIds(WINDOW), 100, *names)
    fresh = SeenIds(WINDOW)
    for number in range(6):
        assert among(state, fresh, "n0", names[-1], "new") == {*ids("n0", names[-1])}
        remember(state, fresh, 100, f"later {number}")
        assert among(state, fresh, f"later {number}") == {*ids(f"later {number}")}


def test_filters_that_grow_too_large_are_given_up_oldest_first(state: State) -> None:
    seen = SeenIds(WINDOW, most_filter_bytes=400_000)
    for day in range(100, 104):
        remember(state, seen, day, f"a{day}")
    assert among(state, seen, "a100", "a103", "b") == {*ids("a100", "a103")}
    assert seen.filter_bytes <= 400_000
