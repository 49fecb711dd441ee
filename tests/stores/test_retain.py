"""Retention lets go of what is old and settled, never of what is still needed; what it let go of opens no more."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Text

from fieldfare.assembly.installation import open_retention
from fieldfare.assembly.stores import open_stores
from fieldfare.collect.store import dead_letter
from fieldfare.decide.gate.store import decision, insert_decisions, summary_of
from fieldfare.decide.journeys.reservation_store import keep_reservations, reservation
from fieldfare.flow.intake import open_record
from fieldfare.flow.retain import Retained
from fieldfare.flow.store import delete_outbox, insert_outbox
from fieldfare.ground.errors import PermanentError
from fieldfare.ground.instants import DAY
from fieldfare.ground.log.ports import NORMAL, Record
from fieldfare.ground.workspace.model import OWN_SOURCE
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import MORNING_AFTER, NOON, joins, trains
from tests.scenarios.whole import Whole, opened


@pytest.fixture(params=["sqlite", "postgres"])
def whole(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Whole]:
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else None
    with opened(tmp_path / "data", NOON, url=url) as made:
        for day in range(20):
            at = NOON + day * DAY
            made.send(trains("ada", at), at)
            made.send({"type": "track", "event": "check_in", "messageId": f"dead {day}"}, at)
            made.tick(at)
        yield made


def retain(whole: Whole, day: int) -> Retained:
    return open_retention(whole.installation, whole.lake).run(NOON + day * DAY)


def days_left(whole: Whole) -> list[int]:
    return sorted({(record.received_at - NOON) // DAY for record in whole.stores.log.read(NORMAL, 0, 1_000)})


def raw_days(whole: Whole) -> list[int]:
    names = (path.name for path in (whole.stores.folder / "keys").glob("raw-*"))
    return sorted(int(name.split("-")[1]) - NOON // DAY for name in names)


def test_nothing_goes_that_the_lake_has_not_loaded(whole: Whole) -> None:
    assert retain(whole, 400).records == 0
    assert days_left(whole) == list(range(20))
    assert raw_days(whole) == list(range(20))
    assert whole.stores.log.read(NORMAL, 0, 1)[0] is not None


def test_records_keys_and_dead_letters_go_when_their_time_is_over(whole: Whole) -> None:
    whole.installation.loader(whole.lake).sync()
    (first, *_) = whole.stores.log.read(NORMAL, 0, 1)
    done = retain(whole, 19)
    assert (done.records, done.dead_letters, done.keys) == (10, 5, 5)
    assert days_left(whole) == list(range(5, 20)) == raw_days(whole)
    with pytest.raises(PermanentError, match="destroyed"):
        open_record(whole.stores.keys, first)
    letters = {(row["received_at"] - NOON) // DAY: row for row in whole.rows(dead_letter)}
    assert {day for day, row in letters.items() if row["state"] == "expired"} == set(range(5))
    assert all((row["sealed"] == b"") == (row["state"] == "expired") for row in letters.values())
    assert retain(whole, 19) == Retained(0, 0, 0)
    whole.send(trains("ada", NOON + 20 * DAY), NOON + 20 * DAY)
    whole.tick(NOON + 20 * DAY)
    whole.rebuild()
    assert len(whole.lake.query("SELECT * FROM events WHERE name = 'check_in'", 100).rows) == 21


def test_a_backlog_keeps_its_keys(whole: Whole) -> None:
    whole.installation.loader(whole.lake).sync()
    late = NOON + 19 * DAY
    whole.send(trains("bob", late), late)  # accepted, and the pipeline is down for weeks
    done = retain(whole, 100)
    assert (done.records, raw_days(whole), days_left(whole)) == (40, [18, 19], [19])
    whole.tick(NOON + 100 * DAY)
    assert whole.profile_id("user_id:bob")
    whole.installation.loader(whole.lake).sync()
    assert retain(whole, 100).records == 1
    assert raw_days(whole) == []


def test_a_reservation_is_forgotten_once_no_event_can_come_from_before_its_end(whole: Whole) -> None:
    kept = [
        {"what": "class", "of": "spin", "enrollment_id": f"enr_{day}", "profile_id": 1, "until": NOON + day * DAY}
        for day in (2, 17, 18, 30)
    ]
    with whole.stores.state.write() as connection:
        keep_reservations(connection, kept, ())
    retain(whole, 19)  # the lake has not loaded the records of the first day
    assert {row["enrollment_id"] for row in whole.rows(reservation)} == {"enr_2", "enr_17", "enr_18", "enr_30"}
    whole.installation.loader(whole.lake).sync()
    retain(whole, 19)
    assert {row["enrollment_id"] for row in whole.rows(reservation)} == {"enr_30"}


def test_a_source_may_be_kept_longer(tmp_path: Path) -> None:
    with opened(tmp_path / "data", NOON) as made:
        keys, stores = made.stores.keys, made.stores
        sealed = keys.seal_raw(b"canary", b"log", NOON, 60)
        usual = keys.seal_raw(b"usual", b"log", NOON)
        keys.destroy_expired(NOON + 30 * DAY, NOON + 30 * DAY)
        assert keys.open_raw(sealed, b"log", NOON) == b"canary"
        with pytest.raises(PermanentError):
            keys.open_raw(usual, b"log", NOON)
        again = open_stores(stores.folder, {})
        assert again.keys.open_raw(sealed, b"log", NOON) == b"canary"
        again.close()


def test_what_waits_for_the_relay_keeps_its_key(whole: Whole) -> None:
    whole.installation.loader(whole.lake).sync()
    keys, state = whole.stores.keys, whole.stores.state
    sealed = keys.seal_raw(b"told", b"outbox", NOON)
    with state.write() as connection:
        insert_outbox(connection, [{"id": "told", "at": NOON, "sealed": sealed}])
    retain(whole, 100)
    assert keys.open_raw(sealed, b"outbox", NOON) == b"told"
    with state.write() as connection:
        delete_outbox(connection, ["told"])
    retain(whole, 100)
    with pytest.raises(PermanentError, match="destroyed"):
        keys.open_raw(sealed, b"outbox", NOON)


def test_what_fieldfare_writes_itself_is_kept_as_long_as_the_workspace_says(tmp_path: Path) -> None:
    folder = shutil.copytree(FITNESS, tmp_path / "workspace")
    with (folder / "collect.yaml").open("a", encoding="utf-8") as file:
        file.write("\nkeep_raw: 60 days\n")
    with opened(tmp_path / "data", NOON, folder) as made:
        made.play(joins("ada", NOON), MORNING_AFTER)
        own = [record for record in made.stores.log.read(NORMAL, 0, 100) if is_own(made, record)]
        assert own, "a message was sent, and told"
        made.stores.keys.destroy_expired(own[0].received_at + 60 * DAY, own[0].received_at + 60 * DAY)
        assert all(is_own(made, record) for record in own)
        made.stores.keys.destroy_expired(own[0].received_at + 61 * DAY, own[0].received_at + 61 * DAY)
        with pytest.raises(PermanentError, match="destroyed"):
            open_record(made.stores.keys, own[0])


def is_own(whole: Whole, record: Record) -> bool:
    return open_record(whole.stores.keys, record).source == OWN_SOURCE


def test_the_lake_keeps_of_old_decisions_what_the_state_keeps(whole: Whole) -> None:
    row: dict[str, Any] = {column.name: "x" for column in decision.columns if isinstance(column.type, Text)}
    row |= {"profile_id": 1, "match_confidence": 100, "external_id_hash": b"h", "inputs": '{"seen": 1}'}
    with whole.stores.state.write() as connection:
        insert_decisions(connection, [row | {"at": NOON}, row | {"at": NOON + 20 * DAY}])
    loader = whole.installation.loader(whole.lake)
    loader.sync()
    asked = "SELECT inputs, external_id_hash IS NULL FROM decision_rows ORDER BY seq"
    assert whole.lake.query(asked, 10).rows == [('{"seen": 1}', False)] * 2
    assert retain(whole, 21).decisions == 1
    loader.sync()
    (old, new) = whole.lake.query(asked, 10).rows
    assert old == (summary_of('{"seen": 1}'), True)
    assert new == ('{"seen": 1}', False)
    assert loader.run() == 0, "and that is all"
