"""Message ids are let go when their time is over: not by a clock that is wrong, and never in the way of applying."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from fieldfare.collect.store import source_tally
from fieldfare.flow.forget import AGAIN_AFTER
from fieldfare.ground.errors import TransientError
from fieldfare.ground.instants import DAY, HOUR, Instant
from fieldfare.ground.log.ports import NORMAL
from fieldfare.ground.store import open_state
from tests.scenarios.people import NOON, trains
from tests.scenarios.whole import Whole, opened

WINDOW = 30


@pytest.fixture(params=["sqlite", "postgres"])
def whole(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Whole]:
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else None
    with opened(tmp_path / "data", NOON, url=url) as made:
        yield made


def days(whole: Whole) -> list[int]:
    """Return for which days there are ids, counted from the first."""
    with whole.stores.state.read() as connection:
        names = inspect(connection).get_table_names()
    return sorted(int(name[5:]) - NOON // DAY for name in names if name[5:].isdigit() and name.startswith("seen_"))


def duplicates(whole: Whole) -> int:
    return sum(row["duplicates"] for row in whole.rows(source_tally))


def accepted(whole: Whole, at: Instant) -> None:
    """One record that the door says it accepted at an instant, applied whatever the worker's clock says."""
    whole.send(trains("ada" if at == NOON else f"u-{at}", min(at, whole.clock.now())), at)
    while whole.installation.pipeline.apply(NORMAL):
        pass


def test_a_day_goes_when_the_window_has_passed(whole: Whole) -> None:
    for day in (0, 1, WINDOW, WINDOW + 1, WINDOW + 2):
        whole.clock.move_to(NOON + day * DAY)
        accepted(whole, NOON + day * DAY)
    assert days(whole) == [WINDOW, WINDOW + 1, WINDOW + 2]


def test_a_door_whose_clock_is_far_ahead_makes_nobody_forget(whole: Whole) -> None:
    for day in (0, 1, 2):
        whole.clock.move_to(NOON + day * DAY)
        accepted(whole, NOON + day * DAY)
    for more in range(3):
        accepted(whole, NOON + (4_000 + more) * DAY)
    assert days(whole)[:3] == [0, 1, 2]
    whole.send(trains("ada", NOON), NOON + 2 * DAY + HOUR)
    accepted(whole, NOON + 2 * DAY + HOUR)
    assert duplicates(whole) == 1, "what was seen before is seen"


def test_after_a_silence_it_is_forgotten_a_day_later(whole: Whole) -> None:
    for day in (0, 100, 101):
        whole.clock.move_to(NOON + day * DAY)
        accepted(whole, NOON + day * DAY)
        assert days(whole)[0] == (100 if day == 101 else 0)


def test_what_a_backup_reads_is_dropped_later_and_holds_nobody_up(postgres_database: str, tmp_path: Path) -> None:
    backup = open_state(postgres_database)
    with opened(tmp_path / "data", NOON, url=postgres_database) as whole:
        for day in (0, 1, 2):
            whole.clock.move_to(NOON + day * DAY)
            accepted(whole, NOON + day * DAY)
        at = NOON + (WINDOW + 1) * DAY
        whole.clock.move_to(at - DAY)
        accepted(whole, at - DAY)
        with backup.read() as connection:
            connection.execute(text(f"LOCK TABLE seen_{NOON // DAY} IN ACCESS SHARE MODE"))
            whole.clock.move_to(at)
            accepted(whole, at)
            assert days(whole) == [0, 1, 2, WINDOW, WINDOW + 1]
            with pytest.raises(TransientError), whole.stores.state.write() as writing:  # the table is in use indeed
                whole.installation.pipeline._seen.drop(writing, [NOON // DAY])
            whole.send(trains("ada", NOON), at)
            accepted(whole, at + 1)
            assert duplicates(whole) == 1, "the ids are known as before"
        accepted(whole, at + 2)
        assert days(whole)[0] == 0, "it is not asked for with every batch"
        whole.clock.move_to(at + AGAIN_AFTER)
        accepted(whole, at + AGAIN_AFTER)
        assert days(whole) == [1, 2, WINDOW, WINDOW + 1]
    backup.close()
