"""The lake loader loses and doubles nothing wherever it is killed, and writes nothing personal in clear."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete

from fieldfare.flow import load_lake
from fieldfare.flow.event_rows import arrow_rows
from fieldfare.flow.lake_events import openable, sealers_of
from fieldfare.flow.lake_tables import EVENT_ROWS, TABLES, VIEWS
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.store import applied, insert_applied
from fieldfare.ground.errors import PermanentError
from fieldfare.ground.instants import DAY, HOUR
from fieldfare.ground.lake.duck import DuckLake
from fieldfare.ground.lake.ports import Lake, Update, Write
from fieldfare.ground.log.ports import NORMAL
from fieldfare.ground.store import upsert
from fieldfare.know.identity.store import identifier_change
from fieldfare.know.profiles.store import profile_change, profile_version
from tests.scenarios.people import NOON, fails_to_pay, joins, signs_in, trains, visits
from tests.scenarios.whole import Rows, Whole, opened

Snapshot = dict[str, list[dict[str, Any]]]


class Waiting(NamedTuple):
    """What no lake has loaded: verdicts, and notes of changed profiles and identifiers."""

    verdicts: Rows
    profiles: Rows
    identifiers: Rows
    versions: Rows

    @classmethod
    def of(cls, whole: Whole) -> "Waiting":
        return cls(*(whole.rows(table) for table in (applied, profile_change, identifier_change, profile_version)))

    def put_back(self, whole: Whole) -> None:
        with whole.stores.state.write() as connection:
            insert_applied(connection, self.verdicts)
            upsert(connection, profile_change, self.profiles)
            upsert(connection, identifier_change, self.identifiers)
            upsert(connection, profile_version, self.versions)


class Killed(Exception):  # noqa: N818 - what happened, not an error of the product
    """The process ended here."""


class DyingLake(DuckLake):
    """A lake whose process is killed at one of its loads, before or after the commit."""

    def __init__(self, dies_at: int = 10_000, *, committed: bool = False) -> None:
        super().__init__(None, threads=1)
        self.ensure(TABLES, VIEWS)
        self.loads, self._dies_at, self._committed = 0, dies_at, committed

    def load(self, stream: str, through: int, writes: Sequence[Write | Update]) -> None:
        self.loads += 1
        dies = self.loads == self._dies_at
        if dies and not self._committed:
            raise Killed
        super().load(stream, through, writes)
        if dies:
            raise Killed


class ForgetfulLake(DyingLake):
    """The planted fault: the loader is told of no place, so it ignores what is loaded."""

    def loaded(self, stream: str) -> int:
        return 0


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """One installation with two members, a visitor who turns out to be one of them, a duplicate and a dead letter."""
    with opened(tmp_path_factory.mktemp("load-lake"), NOON) as made:
        made.play([*joins("ada", NOON), *joins("bob", NOON + HOUR)], NOON + 2 * HOUR)
        made.send([visits("device", NOON + DAY), {"type": "track", "event": "check_in", "messageId": "x"}], NOON + DAY)
        made.tick(NOON + DAY)
        again = trains("ada", NOON + 2 * DAY)
        made.send([again, again, fails_to_pay("bob", NOON + 2 * DAY)], NOON + 2 * DAY)
        made.send(signs_in("ada", "device", NOON + 2 * DAY), NOON + 2 * DAY)
        made.tick(NOON + 5 * DAY)
        yield made


@pytest.fixture(autouse=True)
def waiting(whole: Whole) -> Iterator[Waiting]:
    """What the pipeline has done and no lake has loaded; put back after the test, for the next lake."""
    rows = Waiting.of(whole)
    yield rows
    rows.put_back(whole)


@pytest.fixture
def verdicts(waiting: Waiting) -> Rows:
    return waiting.verdicts


def loader_of(whole: Whole, lake: Lake) -> LakeLoader:
    return whole.installation.loader(lake)


def load(whole: Whole, lake: Lake) -> None:
    """Load once; the installation is small enough for that to be everything."""
    loader = loader_of(whole, lake)
    loader.run()
    loader.copy_small()


def snapshot(lake: Lake) -> Snapshot:
    """Return every table's rows in a fixed order; sealed bytes differ each time, so only their presence counts."""
    found: Snapshot = {}
    for table in TABLES:
        rows = lake.arrow(f'SELECT * FROM "{table.name}"').to_pylist()
        for row in rows:
            if "sealed" in row:
                row["sealed"] = row["sealed"] is not None
        found[table.name] = sorted(rows, key=repr)
    return found


def check_loading_again_changes_nothing(whole: Whole, lake: DyingLake, rows: Waiting) -> None:
    """Load all; then load again what was done, as after a crash between the lake's commit and the trimming."""
    load(whole, lake)
    first = snapshot(lake)
    rows.put_back(whole)
    load(whole, lake)
    assert snapshot(lake) == first


def check_a_crash_changes_nothing(whole: Whole, lake: DyingLake, expected: Snapshot) -> None:
    with pytest.raises(Killed):
        loader_of(whole, lake).sync()
    loader_of(whole, lake).sync()
    assert snapshot(lake) == expected


def test_every_accepted_event_is_there_once_under_its_place(whole: Whole, verdicts: Rows) -> None:
    lake = DyingLake()
    loader_of(whole, lake).sync()
    wanted = {
        (row["partition"], row["offset"], index): profile_id
        for row in verdicts
        for index, profile_id in enumerate(msgspec.msgpack.decode(row["verdicts"], type=list[int]))
        if profile_id > 0
    }
    places = [(row["partition"], row["offset"], row["index"]) for row in snapshot(lake)["event_rows"]]
    assert sorted(places) == sorted(wanted)
    assert len(wanted) < sum(len(msgspec.msgpack.decode(row["verdicts"])) for row in verdicts), "some were not accepted"
    for row in snapshot(lake)["event_rows"]:
        assert row["profile_id"] == wanted[row["partition"], row["offset"], row["index"]]


def test_what_the_lake_has_is_forgotten(whole: Whole, waiting: Waiting) -> None:
    assert all(waiting)
    whole.installation.intake.handed.take(NORMAL, 1)  # so the loader reads on from there, past what was handed over
    for record in whole.stores.log.read(NORMAL, 1, 100):
        whole.installation.intake.hand_over([whole.installation.intake.open(record)])
    assert whole.installation.intake.handed.waiting[0] > 1
    loader_of(whole, DyingLake()).run()
    assert Waiting.of(whole) == ([], [], [], [])
    assert whole.installation.intake.handed.waiting == (0, 0, 0)


def test_loading_again_changes_nothing(whole: Whole, waiting: Waiting) -> None:
    check_loading_again_changes_nothing(whole, DyingLake(), waiting)


def test_killed_at_any_load_the_next_run_makes_the_same_lake(whole: Whole, waiting: Waiting) -> None:
    unharmed = DyingLake()
    loader_of(whole, unharmed).sync()
    expected = snapshot(unharmed)
    assert all(expected[name] for name in ("event_rows", "profile_rows", "identity_rows", "profile_versions"))
    assert all(expected[name] for name in ("membership_changes", "redirects"))
    assert unharmed.loads >= 5
    for number in range(1, unharmed.loads + 1):
        for committed in (False, True):
            waiting.put_back(whole)
            check_a_crash_changes_nothing(whole, DyingLake(number, committed=committed), expected)


def test_what_a_crash_left_untrimmed_goes_with_the_next_load(tmp_path: Path) -> None:
    with opened(tmp_path, NOON) as whole:
        whole.play(joins("ada", NOON), NOON + HOUR)
        lake = DyingLake(2, committed=True)
        with pytest.raises(Killed):
            loader_of(whole, lake).run()
        left = whole.rows(applied)
        assert {row["partition"] for row in left} == {NORMAL}
        loader_of(whole, lake).sync()
        assert whole.rows(applied) == left, "nothing new, nothing done"
        whole.send(trains("ada", NOON + DAY), NOON + DAY)
        whole.tick(NOON + DAY)
        loader_of(whole, lake).sync()
        assert whole.rows(applied) == []
        places = [(row["partition"], row["offset"], row["index"]) for row in snapshot(lake)["event_rows"]]
        assert len(places) == len(set(places)) == 4


def clear_values(lake: DuckLake) -> str:
    return repr([lake.arrow(f'SELECT * FROM "{table.name}"').to_pylist() for table in TABLES])


def check_nothing_personal(shown: str) -> None:
    for secret in ("ada@example.com", "bob@example.com", "Kim"):
        assert secret not in shown


def test_what_is_personal_is_sealed_and_opens_with_its_identifier_s_key(whole: Whole) -> None:
    lake = DyingLake()
    loader_of(whole, lake).sync()
    check_nothing_personal(clear_values(lake))
    keys = whole.stores.keys
    rows = lake.arrow("SELECT * FROM event_rows WHERE type = 'identify'").to_pylist()
    assert any("ada@example.com" in repr(event.payload) for event in openable(rows, sealers_of(keys, rows)))


def test_planted_faults_are_caught(whole: Whole, waiting: Waiting) -> None:
    with pytest.raises(AssertionError):
        check_loading_again_changes_nothing(whole, ForgetfulLake(), waiting)
    with pytest.raises(AssertionError):
        check_nothing_personal("{'traits': {'email': 'ada@example.com'}}")
    waiting.put_back(whole)
    with pytest.raises(AssertionError):
        check_a_crash_changes_nothing(whole, DyingLake(1), {})


def test_loaded_in_small_parts_it_is_the_same_lake(whole: Whole, waiting: Waiting) -> None:
    at_once, in_parts = DyingLake(), DyingLake()
    load(whole, at_once)
    waiting.put_back(whole)
    loader = loader_of(whole, in_parts)
    first = loader.run(load_lake.EVENTS_PER_LOAD)
    runs = 1
    while loader.run(load_lake.EVENTS_PER_LOAD):
        runs += 1
    assert first
    assert runs > 1, "the parts are smaller than what there is"
    loader.copy_small()
    assert snapshot(in_parts) == snapshot(at_once)


First = Callable[[list[tuple[int, bytes]]], dict[int, list[int]]]


@given(st.lists(st.integers(1, 9_000), min_size=1, max_size=12), st.integers(1, load_lake.EVENTS_PER_LOAD))
def test_a_load_takes_the_first_records_whole_and_never_none(sizes: list[int], most: int) -> None:
    raw = [(offset, msgspec.msgpack.encode([7] * size)) for offset, size in enumerate(sizes, 5)]
    taken = load_lake._first_events(raw, most)
    assert list(taken) == [offset for offset, _ in raw[: len(taken)]]
    counts = [len(each) for each in taken.values()]
    assert counts == sizes[: len(taken)]
    assert sum(counts[:-1]) < most
    assert len(taken) == len(raw) or sum(counts) >= most


def test_rows_become_arrow_in_the_table_s_own_types() -> None:
    empty = arrow_rows(EVENT_ROWS, [])
    assert empty.num_rows == 0
    assert empty.schema.names == [name for name, _, _ in EVENT_ROWS.columns]
    row = (1, 2, 3, "m", "track", "check_in", "app", "live", 4, b"h", 5, 5, None, 6, 7, None, "{}", None, 1, "v1")
    assert arrow_rows(EVENT_ROWS, [row, row]).to_pylist()[1] == dict(zip(empty.schema.names, row, strict=True))


def test_a_log_that_is_older_than_the_state_is_told(tmp_path: Path) -> None:
    with opened(tmp_path / "data", NOON) as short:
        short.send(trains("ada", NOON), NOON)
        short.tick(NOON)
        short.installation.intake.handed.take(NORMAL, 1)
        short.stores.log.trim(NORMAL, 1)
        with pytest.raises(PermanentError, match="older than the state"):
            short.installation.loader(short.lake).sync()


@pytest.mark.parametrize("taken", [1, 2])
def test_what_another_lake_has_taken_is_told_and_not_passed_over(tmp_path: Path, taken: int) -> None:
    with opened(tmp_path / "data", NOON) as one:
        for number in range(3):
            one.send(trains("ada", NOON + number), NOON + number)
        one.tick(NOON + HOUR)
        with one.stores.state.write() as connection:
            connection.execute(delete(applied).where(applied.c.partition == NORMAL, applied.c.offset == taken))
        with pytest.raises(PermanentError, match=f"at {taken} of log-{NORMAL}") as caught:
            one.installation.loader(one.lake).run()
        assert caught.value.code == "lake_short"
        assert one.lake.query("SELECT count(*) FROM event_rows", 1).rows == [(0,)], "nothing was loaded past it"
        assert len(one.rows(applied)) == 2, "what is left is kept"
