"""A replay leaves what a fresh installation with the definitions of now would know, however often it is killed."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from fieldfare.assembly.installation import open_replay
from fieldfare.collect.store import dead_letter
from fieldfare.flow import replay as replay_module
from fieldfare.flow.event_rows import arrow_rows
from fieldfare.flow.lake_tables import EVENT_ROWS
from fieldfare.flow.replay import Replay, Selection
from fieldfare.flow.spans import Span
from fieldfare.flow.store import applied
from fieldfare.ground.instants import DAY
from fieldfare.ground.lake.duck import DuckLake
from fieldfare.ground.lake.ports import Update, Write
from fieldfare.ground.log.ports import NORMAL, PARTITIONS
from tests.scenarios import replayed
from tests.scenarios.people import NOON
from tests.scenarios.replayed import bring, history, known, lake_of
from tests.scenarios.whole import Whole, opened

Folders = tuple[Path, Path]


class Killed(Exception):  # noqa: N818 - what happened, not an error of the product
    """The process ended here."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    made = tmp_path_factory.mktemp("workspaces")
    return replayed.before(made / "before"), replayed.after(made / "after")


def forget_the_log(whole: Whole) -> None:
    for partition in PARTITIONS:
        whole.stores.log.trim(partition, whole.stores.log.head(partition))


def fresh(folder: Path, keys_of: Path, workspace: Path, seed: int) -> dict[str, Any]:
    """Return what an installation knows that had the definitions of now from the start: the oracle."""
    with opened(folder, NOON, workspace, keys_of=keys_of) as whole:
        bring(whole, history(seed))
        return known(whole)


def changed_to(whole: Whole, workspace: Path) -> None:
    """Apply the definitions of now, as ``fieldfare apply`` does."""
    whole.use(workspace)
    whole.rebuild("definition")


@pytest.mark.parametrize(("seed", "trimmed"), [(1, False), (2, False), (3, True)])
def test_after_a_change_all_is_as_in_a_fresh_installation(
    tmp_path: Path, folders: Folders, seed: int, trimmed: bool
) -> None:
    before, after = folders
    with opened(tmp_path / "old", NOON, before) as whole:
        bring(whole, history(seed))
        was = known(whole)
        if trimmed:
            forget_the_log(whole)
        changed_to(whole, after)
        head = whole.stores.log.head(NORMAL)
        report = whole.replay()
        found = known(whole)
        assert whole.stores.log.head(NORMAL) == head, "nothing is appended"
        again = whole.replay()
        assert (again.changed_rows, again.joined, again.left) == (0, {}, {})
        assert known(whole) == found
    assert found == fresh(tmp_path / "new", tmp_path / "old", after, seed)
    assert found["events"] != was["events"]
    assert report.events == len(found["events"])
    assert report.from_log == (0 if trimmed else report.events)
    assert {"name", "local_day", "sealed", "fields"} <= set(report.changes)
    places = [(row["partition"], row["offset"], row["index"]) for row in found["events"]]
    assert places == [(row["partition"], row["offset"], row["index"]) for row in was["events"]]


def test_planted_without_the_replay_it_is_not(tmp_path: Path, folders: Folders) -> None:
    before, after = folders
    with opened(tmp_path / "old", NOON, before) as whole:
        bring(whole, history(1, 20))
        changed_to(whole, after)
        found = known(whole)
    with opened(tmp_path / "new", NOON, after, keys_of=tmp_path / "old") as whole:
        bring(whole, history(1, 20))
        assert known(whole) != found


@pytest.fixture
def settled(tmp_path: Path, folders: Folders) -> Iterator[Whole]:
    """An installation in the middle of its history."""
    with opened(tmp_path / "data", NOON, folders[0]) as whole:
        bring(whole, history(4, 40))
        yield whole


@pytest.fixture(params=["sqlite", "postgres"])
def either(request: pytest.FixtureRequest, tmp_path: Path, folders: Folders) -> Iterator[Whole]:
    """The same on each database."""
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else None
    with opened(tmp_path / "data", NOON, folders[0], url=url) as whole:
        bring(whole, history(4, 40))
        yield whole


def test_without_a_change_nothing_changes(either: Whole) -> None:
    before, changes = known(either), either.memberships()
    report = either.replay()
    assert (report.changed_rows, report.joined, report.left, report.unreadable) == (0, {}, {}, 0)
    assert report.profiles == len(before["documents"])
    assert known(either) == before
    assert either.memberships() == changes
    either.rebuild()
    assert known(either) == before, "a replay is a rebuild"


def test_a_dry_run_says_what_a_replay_does_and_changes_nothing(either: Whole, folders: Folders) -> None:
    changed_to(either, folders[1])
    before, changes = known(either), either.memberships()
    told = either.replay(dry_run=True)
    assert known(either) == before
    assert either.memberships() == changes
    done = either.replay()
    assert (told.dry_run, done.dry_run) == (True, False)
    for each in ("events", "from_log", "changed_rows", "changes", "refused_now", "profiles", "joined", "left"):
        assert getattr(told, each) == getattr(done, each), each
    assert told.joined or told.left


class DyingLake:
    """A lake whose process is killed at one of the replay's loads, before or after the commit."""

    def __init__(self, lake: DuckLake, dies_at: int, *, committed: bool) -> None:
        self._lake, self._dies_at, self._committed = lake, dies_at, committed
        self.loads = 0
        self.dies_folding = False

    def load(self, stream: str, through: int, writes: Sequence[Write | Update]) -> None:
        self.loads += stream.startswith("replay")
        if self.dies_folding and stream == "replay-fold" and through:
            raise Killed
        if self.loads == self._dies_at and not self._committed:
            raise Killed
        self._lake.load(stream, through, writes)
        if self.loads == self._dies_at:
            raise Killed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lake, name)


def dying(whole: Whole, dies_at: int, *, committed: bool) -> tuple[Replay, DyingLake]:
    made, lake = open_replay(whole.installation, whole.lake), DyingLake(whole.lake, dies_at, committed=committed)
    made._lake = made._loader._lake = lake
    made._most, made._look = 6, 20
    return made, lake


def run(whole: Whole, made: Replay) -> Any:
    try:
        return made.run(Selection(), whole.workspace.fingerprint, whole.clock)
    finally:
        made._loader._lake = whole.lake


@pytest.mark.parametrize("committed", [False, True])
def test_killed_anywhere_and_run_again_it_comes_to_the_same(
    tmp_path: Path, folders: Folders, *, committed: bool
) -> None:
    before, after = folders
    with opened(tmp_path / "old", NOON, before) as whole:
        bring(whole, history(5, 25))
        changed_to(whole, after)
        deaths = 0
        while True:
            # Four times at the beginning; then one load is done each time.
            dies_at = deaths + 1 if deaths < 4 else 100 if deaths > 20 else 1 if committed else 2
            made, _ = dying(whole, dies_at, committed=committed)
            try:
                report = run(whole, made)
                break
            except Killed:
                deaths += 1
        assert deaths >= 9
        assert report.continued
        assert whole.replay().changed_rows == 0
        found = known(whole)
    with opened(tmp_path / "new", NOON, after, keys_of=tmp_path / "old") as whole:
        bring(whole, history(5, 25))
        assert known(whole) == found


def test_one_that_another_overtakes_is_finished_by_it(tmp_path: Path, folders: Folders) -> None:
    """Killed between its rows and its profiles; then a replay of something else is run, not this one again."""
    before, after = folders
    with opened(tmp_path / "old", NOON, before) as whole:
        bring(whole, history(6, 25))
        changed_to(whole, after)
        made, lake = dying(whole, 100, committed=False)
        lake.dies_folding = True
        with pytest.raises(Killed):
            run(whole, made)
        whole.replay(source="nobody")
        found = known(whole)
    with opened(tmp_path / "new", NOON, after, keys_of=tmp_path / "old") as whole:
        bring(whole, history(6, 25))
        assert known(whole) == found


def chosen(rows: list[dict[str, Any]], test: Callable[[dict[str, Any]], bool]) -> set[tuple[int, int]]:
    return {(row["offset"], row["index"]) for row in rows if test(row)}


def test_only_what_is_selected_is_replaced(settled: Whole, folders: Folders) -> None:
    changed_to(settled, folders[1])
    rows = lake_of(settled)
    somebody = rows[0]["profile_id"]
    middle = rows[len(rows) // 2]["received_at"]
    for selection, test in (
        ({"source": "nobody"}, lambda _row: False),
        ({"event": "Sauna"}, lambda row: row["name"] in {"Sauna", "check_in", "class_attended"}),
        ({"event": "class_booked"}, lambda row: row["name"] == "class_booked"),
        ({"profile_ids": frozenset({somebody})}, lambda row: row["profile_id"] == somebody),
        ({"span": Span(middle, None)}, lambda row: row["received_at"] >= middle),
        ({"span": Span(None, middle)}, lambda row: row["received_at"] < middle),
        (
            {"span": Span(middle - DAY, middle), "by": "occurred"},
            lambda row: middle - DAY <= row["occurred_at"] < middle,
        ),
    ):
        told = settled.replay(dry_run=True, **selection)
        assert told.events == len(chosen(rows, test)), selection
    before = {(row["offset"], row["index"]): row for row in rows}
    settled.replay(event="Sauna")
    now = {(row["offset"], row["index"]): row for row in lake_of(settled)}
    touched = {place for place, row in now.items() if row != before[place]}
    assert touched
    assert touched <= chosen(rows, lambda row: row["name"] in {"Sauna", "check_in", "class_attended"})


def test_whole_records_are_replaced_however_small_the_pages(settled: Whole, folders: Folders) -> None:
    changed_to(settled, folders[1])
    made = open_replay(settled.installation, settled.lake)
    made._most = 5
    run_ = replay_module._Run(Selection(), None, {p: settled.lake.loaded(f"log-{p}") for p in PARTITIONS})
    rows = [row for rows, _ in made._pages(run_, NORMAL, 0) for row in rows]
    assert [(row["offset"], row["index"]) for row in rows] == [
        (row["offset"], row["index"]) for row in lake_of(settled) if row["partition"] == NORMAL
    ]


def test_dead_letters_stay_dead_and_verdicts_stay(settled: Whole, folders: Folders) -> None:
    before = settled.rows(dead_letter), {row["event_id"]: row["profile_id"] for row in lake_of(settled)}
    assert before[0]
    changed_to(settled, folders[1])
    settled.replay()
    assert (settled.rows(dead_letter), {row["event_id"]: row["profile_id"] for row in lake_of(settled)}) == before
    assert settled.rows(applied) == []


def test_a_stricter_contract_takes_nothing_back(tmp_path: Path, folders: Folders) -> None:
    with opened(tmp_path / "old", NOON, folders[0]) as whole:
        bring(whole, history(7, 20))
        before = known(whole)
        strict = replayed.before(tmp_path / "strict")
        contract = strict / "contracts" / "check_in.yaml"
        text = contract.read_text(encoding="utf-8").replace("spend: {type: number}", "spend: {type: string}")
        contract.write_text(text, encoding="utf-8")
        whole.use(strict)
        report = whole.replay()
        assert report.refused_now.keys() == {"contract_violated"}
        assert known(whole) == before


def test_a_row_whose_key_is_destroyed_is_left_alone(tmp_path: Path, folders: Folders) -> None:
    before, after = folders
    with opened(tmp_path / "old", NOON, before) as whole:
        bring(whole, history(8, 20))
        rows = [row for row in lake_of(whole) if row["profile_id"] == 1]
        assert whole.stores.keys.destroy({row["external_id_hash"] for row in rows}) > 0
        whole.use(after)
        report = whole.replay()
        assert report.unreadable == len(rows)
        now = [row for row in lake_of(whole) if row["profile_id"] == 1]
        assert [row["name"] for row in now] == [row["name"] for row in rows]


def test_planted_a_row_added_and_not_replaced_is_seen(tmp_path: Path, folders: Folders) -> None:
    """The comparisons above fail when a row is there twice."""
    with opened(tmp_path / "old", NOON, folders[0]) as whole:
        bring(whole, history(9, 10))
        before = known(whole)
        row = whole.lake.arrow("SELECT * FROM event_rows LIMIT 1").to_pylist()[0]
        row.pop("run")
        whole.lake.load("planted", 1, [Write(EVENT_ROWS.name, arrow_rows(EVENT_ROWS, [tuple(row.values())]))])
        assert known(whole) != before
