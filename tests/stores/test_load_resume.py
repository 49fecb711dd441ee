"""A load that was stopped or killed goes on where it was, and every row counts exactly once."""

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fieldfare.assembly.loads import StateLoadNotes
from fieldfare.collect.files import MappingFile
from fieldfare.collect.load import ROUND_EVENTS, LoadOptions, LoadReport, load, load_id
from fieldfare.collect.mapping import FileMapping
from fieldfare.collect.model import DeadLetter, Envelope
from fieldfare.collect.parse import ParseSettings, parse
from fieldfare.collect.parse_mapping import parse_mapping
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.errors import CallerError, TransientError
from fieldfare.ground.instants import parse_iso
from fieldfare.ground.log.memory import MemoryLog
from fieldfare.ground.log.ports import NORMAL, URGENT, Entry
from fieldfare.ground.log.sqlite import SqliteLog
from fieldfare.ground.store import metadata, open_state
from tests.stores.load_worker import seal

NOW = parse_iso("2026-06-01T00:00:00Z")
ROWS = 2 * ROUND_EVENTS + 17


def mapping(**more: Any) -> FileMapping:
    base = {"mapping": "m", "source": "till", "event": "E", "user_id": "who", "occurred_at": {"column": "when"}}
    base |= {"fields": {"n": {"column": "n", "type": "integer"}}}
    found, problems = parse_mapping(msgspec.convert({**base, **more}, MappingFile))
    assert found is not None, problems
    return found


@pytest.fixture
def notes(tmp_path: Path) -> Iterator[StateLoadNotes]:
    state = open_state(f"sqlite:///{tmp_path / 'notes.sqlite'}", durable=False)
    metadata.create_all(state.engine)
    yield StateLoadNotes(state)
    state.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of several rounds, with a bad row in each thousand."""
    path = tmp_path_factory.mktemp("file") / "f.csv"
    rows = (f"u{at % 997},2026-01-01,{at if at % 1000 else 'bad'}" for at in range(1, ROWS + 1))
    path.write_text("who,when,n\n" + "\n".join(rows), encoding="utf-8")
    return path


def found_in(log: MemoryLog | SqliteLog) -> tuple[list[int], int, int]:
    """Return the numbers of the distinct events in order, how many items there are, how many bad rows differ."""
    numbers: dict[str, int] = {}
    bad: set[str] = set()
    count = 0
    for partition in (URGENT, NORMAL):
        for record in log.read(partition, 0, 100_000):
            envelope = msgspec.msgpack.decode(record.body, type=Envelope)
            for item in parse(envelope, partition, record.offset, ParseSettings("UTC")):
                count += 1
                if isinstance(item, DeadLetter):
                    bad.add(msgspec.json.decode(item.raw)["messageId"])
                else:
                    numbers.setdefault(item.message_id, item.payload["n"])
    return list(numbers.values()), count, len(bad)


GOOD = [at for at in range(1, ROWS + 1) if at % 1000]
BAD = ROWS - len(GOOD)


class Stops:
    """Says stop after so many rounds."""

    def __init__(self, rounds: int) -> None:
        self.left = rounds

    def __call__(self) -> bool:
        self.left -= 1
        return self.left <= 0


def run(file: Path, log: MemoryLog, notes: StateLoadNotes, **options: Any) -> LoadReport:
    how = options.pop("how", mapping())
    return load(file, how, log.append, seal, SimulatedClock(NOW), notes, LoadOptions(**options))


def test_a_stopped_load_goes_on_behind_its_last_round(file: Path, notes: StateLoadNotes) -> None:
    log = MemoryLog()
    first = run(file, log, notes, stop=Stops(1))
    assert (first.is_stopped, first.already) == (True, 0)
    assert found_in(log)[1] == ROUND_EVENTS
    second = run(file, log, notes, stop=Stops(2))
    assert (second.is_stopped, second.already) == (True, ROUND_EVENTS)
    third = run(file, log, notes)
    assert (third.is_stopped, third.already) == (False, 2 * ROUND_EVENTS)
    assert (third.rows, third.events, third.bad) == (ROWS, len(GOOD), BAD), "the report is of the whole file"
    assert found_in(log) == (GOOD, ROWS, BAD), "nothing was appended twice, and in the order of the file"


def test_a_finished_file_is_not_loaded_again_unless_asked(file: Path, notes: StateLoadNotes, tmp_path: Path) -> None:
    log = MemoryLog()
    run(file, log, notes)
    renamed = tmp_path / "other name.csv"
    renamed.write_bytes(file.read_bytes())
    again = run(renamed, log, notes)
    assert (again.finished_at, again.rows, again.events) == (NOW, 0, 0)
    assert found_in(log)[1] == ROWS
    run(file, log, notes, again=True)
    assert found_in(log) == (GOOD, 2 * ROWS, BAD), "the same ids: what was seen counts once"


@pytest.mark.parametrize("change", ["file", "mapping", "source"])
def test_another_file_mapping_or_source_is_another_load(file: Path, tmp_path: Path, change: str) -> None:
    other = tmp_path / "f.csv"
    other.write_bytes(file.read_bytes() + (b"\nu,2026-01-01,7" if change == "file" else b""))
    changes: dict[str, dict[str, Any]] = {"mapping": {"constants": {"a": 1}}, "source": {"source": "app"}}
    more = changes.get(change, {})
    assert load_id(file, mapping()) != load_id(other, mapping(**more))
    assert load_id(file, mapping()) == load_id(file, mapping())


def test_a_failure_of_the_log_can_be_resumed(file: Path, notes: StateLoadNotes) -> None:
    log = MemoryLog()
    calls = Counter[str]()

    def append(partition: int, entries: Sequence[Entry]) -> list[int]:
        calls["append"] += 1
        if calls["append"] == 2:
            raise TransientError("log_full", "full")
        return log.append(partition, entries)

    with pytest.raises(TransientError):
        load(file, mapping(), append, seal, SimulatedClock(NOW), notes)
    assert run(file, log, notes).already == ROUND_EVENTS
    assert found_in(log) == (GOOD, ROWS, BAD)


def test_a_crash_between_log_and_note_repeats_a_round_under_the_same_ids(file: Path, notes: StateLoadNotes) -> None:
    log = MemoryLog()

    class Crashing(StateLoadNotes):
        def __init__(self) -> None:
            self._state = notes._state

        def keep(self, note: Any) -> None:
            if note.appended == 2 * ROUND_EVENTS:
                raise KeyboardInterrupt
            super().keep(note)

    with pytest.raises(KeyboardInterrupt):
        run(file, log, Crashing())
    run(file, log, notes)
    assert found_in(log) == (GOOD, ROWS + ROUND_EVENTS, BAD)


def test_a_file_that_changes_while_it_is_read_is_not_finished(tmp_path: Path, notes: StateLoadNotes) -> None:
    path = tmp_path / "f.csv"
    path.write_text("who,when,n\nu,2026-01-01,1\n", encoding="utf-8")

    def grow() -> bool:
        with path.open("a", encoding="utf-8") as more:
            more.write("u,2026-01-01,2\n")
        return False

    log = MemoryLog()
    with pytest.raises(CallerError) as refused:
        run(path, log, notes, stop=grow)
    assert refused.value.code == "file_changed"
    run(path, log, notes)
    assert found_in(log)[0] == [1, 2]


@pytest.mark.parametrize("how", [{"group_by": "who", "fields": {"n": {"sum": "n"}}}, {"skip_duplicates": "again"}])
def test_rows_that_wait_in_a_table_are_resumed_too(file: Path, notes: StateLoadNotes, how: dict[str, Any]) -> None:
    whole, parts = MemoryLog(), MemoryLog()
    chosen = mapping(**how)
    run(file, whole, notes, how=chosen)
    run(file, parts, notes, how=chosen, again=True, stop=Stops(1))
    run(file, parts, notes, how=chosen)
    assert found_in(parts) == found_in(whole)


def test_rows_split_over_two_files_count_once(tmp_path: Path, notes: StateLoadNotes) -> None:
    how = mapping(message_id=["n"])
    rows = [f"u,2026-01-01,{at}" for at in range(50)]
    log = MemoryLog()
    for name, some in (("all.csv", rows), ("a.csv", rows[25:]), ("b.csv", rows[:30])):
        (tmp_path / name).write_text("who,when,n\n" + "\n".join(some), encoding="utf-8")
        run(tmp_path / name, log, notes, how=how)
    assert found_in(log)[:2] == (list(range(50)), 50 + 25 + 30)


@pytest.mark.crash
def test_a_load_killed_at_any_moment_gives_every_row_once(file: Path, tmp_path: Path) -> None:
    """Kill -9 at random moments, until one run comes to its end."""
    draw = random.Random(7)
    definition = msgspec.json.encode(mapping()).decode()
    command = [sys.executable, "-m", "tests.stores.load_worker", str(tmp_path), str(file), definition]
    killed = 0
    for _ in range(3):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            wanted = draw.randrange(1, 3)
            for line in process.stdout:
                wanted -= line == "round\n"
                if wanted == 0:
                    break
            process.kill()
            killed += process.wait() < 0
    assert killed, "some run was killed before its end"
    last = subprocess.run(command, capture_output=True, text=True, check=True)
    assert last.stdout.endswith("done\n")
    log = SqliteLog(tmp_path / "log.sqlite")
    numbers, count, bad = found_in(log)
    log.close()
    assert (numbers, bad) == (GOOD, BAD)
    assert ROWS <= count <= ROWS + (killed + 1) * ROUND_EVENTS


def test_planted_a_resume_that_skips_too_much_is_seen(file: Path, notes: StateLoadNotes) -> None:
    log = MemoryLog()
    run(file, log, notes, stop=Stops(1))
    note = notes.find(load_id(file, mapping()))
    assert note is not None
    notes.keep(msgspec.structs.replace(note, appended=note.appended + 1))
    run(file, log, notes)
    assert found_in(log) != (GOOD, ROWS, BAD)
