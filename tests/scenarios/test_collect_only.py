"""A workspace without profiles: everything accepted is in the lake once, nobody is made, consent is recorded."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from fieldfare.assembly.installation import Installation
from fieldfare.collect.store import dead_letter, source_tally
from fieldfare.flow.lake_events import openable, sealers_of
from fieldfare.flow.store import watermark_of
from fieldfare.ground.errors import PermanentError
from fieldfare.ground.instants import DAY, HOUR
from fieldfare.ground.log.ports import NORMAL
from fieldfare.trust.consent.store import all_records
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, joins, trains, withdrawn
from tests.scenarios.whole import Whole, opened


@pytest.fixture(params=["sqlite", "postgres"])
def whole(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Whole]:
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else None
    folder = shutil.copytree(FITNESS, tmp_path / "workspace")
    with (folder / "collect.yaml").open("a", encoding="utf-8") as file:
        file.write("\nassemble_profiles: false\n")
    with opened(tmp_path / "data", NOON, folder, url=url) as made:
        yield made


def in_lake(whole: Whole) -> list[tuple[str, int | None]]:
    whole.installation.loader(whole.lake).sync()
    return whole.lake.query("SELECT event_id, profile_id FROM events ORDER BY event_id", 1_000).rows


def test_events_reach_the_lake_once_and_make_nobody(whole: Whole) -> None:
    at = NOON + DAY
    for number in range(3):
        whole.send([trains("ada", at + number), trains("bob", at + number)], at + HOUR)
    whole.send([trains("ada", at)], at + 2 * HOUR)
    whole.send({"type": "track", "event": "check_in", "messageId": "nobody's"}, at + 2 * HOUR)
    whole.tick(at + DAY)
    found = in_lake(whole)
    assert len(found) == len({name for name, _ in found}) == 6
    assert {profile_id for _, profile_id in found} == {None}
    assert whole.documents() == {}
    assert whole.memberships() == whole.proposals() == []
    totals = {"events": 0, "duplicates": 0, "dead_letters": 0}
    for row in whole.rows(source_tally):
        totals = {name: count + row[name] for name, count in totals.items()}
    assert totals == {"events": 6, "duplicates": 1, "dead_letters": 1}


def test_consent_is_recorded_and_what_is_personal_can_be_opened(whole: Whole) -> None:
    whole.send([call for _, call in joins("ada", NOON)], NOON + HOUR)
    whole.send(withdrawn("ada", NOON + 2 * HOUR), NOON + 2 * HOUR)
    whole.tick(NOON + DAY)
    with whole.stores.state.read() as connection:
        assert {record.action.value for record in all_records(connection)} == {"grant", "withdraw"}
    assert in_lake(whole)
    rows = whole.lake.arrow("SELECT * FROM event_rows WHERE sealed IS NOT NULL").to_pylist()
    events = openable(rows, sealers_of(whole.stores.keys, rows))
    assert any("ada@example.com" in repr(event.payload) for event in events)


def test_whoever_was_met_before_becomes_a_profile_once_profiles_are_assembled(whole: Whole) -> None:
    whole.send(trains("ada", NOON), NOON)
    whole.tick(NOON)
    whole.use(FITNESS)
    whole.send([call for _, call in joins("ada", NOON + DAY)], NOON + DAY)
    whole.tick(NOON + DAY)
    profile_id = whole.profile_id("user_id:ada")
    assert profile_id > 0
    with whole.stores.state.read() as connection:
        assert watermark_of(connection, NORMAL) == whole.stores.log.head(NORMAL)
    assert sorted({profile for _, profile in in_lake(whole)}, key=str) == [profile_id, None]


def test_a_value_that_stands_for_nobody_is_a_dead_letter_and_loses_nothing(whole: Whole) -> None:
    hidden = {"first_name": "Kim", "plan": "plus"}
    call = {"type": "identify", "userId": "guest", "messageId": "m-1", "traits": hidden}
    whole.send([call, call | {"messageId": "m-2", "anonymousId": "a-1"}], NOON)
    whole.tick(NOON)
    assert in_lake(whole) == [("m-2", None)]
    (letter,) = whole.rows(dead_letter)
    assert letter["reason"] == "no_identifier"
    raw = whole.stores.keys.open_raw(letter["sealed"], b"dead", letter["received_at"])
    assert msgspec.json.decode(raw) == call


def test_what_is_personal_is_never_left_out_for_want_of_a_key(whole: Whole) -> None:
    assert whole.workspace.sources["app"].verifies
    whole.send({"type": "identify", "userId": "guest", "messageId": "m", "traits": {"email": "a@example.com"}}, NOON)
    whole.tick(NOON)
    believing = whole.workspace
    app = msgspec.structs.replace(believing.sources["app"], verifies=())
    settings = msgspec.structs.replace(believing.settings, sources=(app,))
    doubting = msgspec.structs.replace(believing, settings=settings)
    whole.installation = Installation(doubting, whole.stores, whole.clock, capture_all=True)
    with pytest.raises(PermanentError) as caught:
        in_lake(whole)
    assert caught.value.code == "lead_unknown"
    whole.installation = Installation(believing, whole.stores, whole.clock, capture_all=True)
    assert in_lake(whole) == [("m", None)]
    assert whole.lake.query("SELECT sealed IS NOT NULL FROM event_rows", 9).rows == [(True,)]
