"""What once broke: a journey taken away, letters that no text column takes, two loaders, a stricter contract."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from fieldfare.collect.model import Envelope, Mode
from fieldfare.collect.parse import BAD_ROW
from fieldfare.collect.store import dead_letter, source_tally
from fieldfare.flow.generate.calls import CONSENT_EVENT, consent, track
from fieldfare.flow.intake import seal_envelope
from fieldfare.ground.instants import DAY, HOUR
from fieldfare.ground.log.ports import NORMAL
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, fails_to_pay, joins, trains
from tests.scenarios.whole import Whole, opened


@pytest.fixture(params=["sqlite", "postgres"])
def whole(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Whole]:
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else None
    with opened(tmp_path / "data", NOON, url=url) as made:
        yield made


def changed(tmp_path: Path) -> Path:
    folder = tmp_path / "changed"
    shutil.copytree(FITNESS, folder)
    return folder


def events_in_lake(whole: Whole) -> int:
    whole.installation.loader(whole.lake).sync()
    return int(whole.lake.query("SELECT count(*) FROM events WHERE source_system = 'app'", 1).rows[0][0])


def test_a_journey_taken_away_ends_its_walks(whole: Whole, tmp_path: Path) -> None:
    whole.play(joins("m-1", NOON), NOON + 32 * DAY)
    waiting = [walk for walk in whole.enrollments() if walk["due_at"] is not None]
    assert waiting
    folder = changed(tmp_path)
    for name in ("journeys", "experiments"):
        shutil.rmtree(folder / name)
    whole.use(folder)
    whole.tick(whole.clock.now() + 30 * DAY)
    ended = {walk["id"]: walk["end_reason"] for walk in whole.enrollments()}
    assert {ended[walk["id"]] for walk in waiting} == {"removed"}


def test_letters_that_no_text_column_takes(whole: Whole) -> None:
    whole.play(joins("m-1", NOON), NOON + HOUR)
    at = whole.clock.now() + HOUR
    told = {**consent("email", "withdraw", "by\0phone"), "notice_version": "2025\0", "purpose": "market\0ing"}
    whole.send(track("che\0ck_in", "m-1", "nul-1", at, {"note": "a\0b"}), at)
    whole.send(track(CONSENT_EVENT, "m-1", "nul-2", at, told), at)
    whole.send(trains("m-1", at), at)
    whole.tick(at + HOUR)
    with whole.stores.state.read() as connection:
        actions = connection.exec_driver_sql("SELECT action, purpose FROM consent_record ORDER BY occurred_at").all()
    assert ("withdraw", "marketing") in {tuple(row) for row in actions}


def test_two_who_load_the_lake_at_once_load_it_once(whole: Whole) -> None:
    whole.play([call for number in range(30) for call in joins(f"m-{number}", NOON + number * HOUR)], NOON + 2 * DAY)
    threads = [threading.Thread(target=lambda: whole.installation.loader(whole.lake).sync()) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert events_in_lake(whole) == 30 * len(joins("m", NOON))


def test_a_stricter_contract_takes_nothing_back(whole: Whole, tmp_path: Path) -> None:
    calls = joins("m-1", NOON)
    whole.play([*calls, (NOON + HOUR, track("made_up_here", "m-1", "own-1", NOON + HOUR, {}))], NOON + 2 * HOUR)
    folder = changed(tmp_path)
    (folder / "collect.yaml").write_text("unknown_events: quarantine\n", encoding="utf-8")
    whole.use(folder)
    assert events_in_lake(whole) == len(calls) + 1


def test_a_round_of_a_load_that_is_appended_again_gives_no_second_letter(tmp_path: Path) -> None:
    row = {"type": BAD_ROW, "row": 2, "problem": "`at` is not a date-time", "messageId": "file_of_row_2"}
    nobody = trains("x", NOON) | {"userId": "guest"}
    broken = fails_to_pay("eve", NOON) | {"properties": {"amount": "much"}}
    nameless = {"type": "track", "userId": "eve", "messageId": "nameless"}
    body = msgspec.json.encode({"batch": [row, trains("ada", NOON), nobody, broken, nameless]})
    with opened(tmp_path / "data", NOON) as whole:
        for day in (0, 1, 100):
            at = NOON + day * DAY
            envelope = Envelope(Mode.BACKFILL, "app", "batch", at, body, from_file=True)
            whole.stores.log.append(NORMAL, [seal_envelope(whole.stores.keys, envelope)])
            whole.tick(at)
        reasons = sorted(row["reason"] for row in whole.rows(dead_letter))
        assert reasons == ["bad_row", "contract_violated", "name_missing", "no_identifier"]
        totals = [(row["events"], row["duplicates"], row["dead_letters"]) for row in whole.rows(source_tally)]
        assert sorted(totals) == [(0, 5, 0), (0, 5, 0), (1, 0, 4)]
        mended = broken | {"properties": {"amount": 5}}
        body = msgspec.json.encode({"batch": [mended, broken | {"messageId": "another row"}]})
        envelope = Envelope(Mode.BACKFILL, "app", "batch", at + 1, body, from_file=True)
        whole.stores.log.append(NORMAL, [seal_envelope(whole.stores.keys, envelope)])
        whole.tick(at + 1)
        totals = [(row["events"], row["duplicates"], row["dead_letters"]) for row in whole.rows(source_tally)]
        assert sorted(totals) == [(0, 5, 0), (1, 0, 4), (1, 5, 1)], "a corrected row counts, and so does another one"
