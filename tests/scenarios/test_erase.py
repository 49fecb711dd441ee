"""Erasure: nothing of the person is left or comes back, whatever is killed, restored, replayed or sent again."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fieldfare.act.delivery.store import captured_message
from fieldfare.assembly.installation import open_erasure
from fieldfare.assembly.stores import open_stores
from fieldfare.collect.store import source_tally
from fieldfare.flow.erase import Erasure, Receipt
from fieldfare.flow.lake_events import openable, sealers_of
from fieldfare.flow.take_turns import drain_urgent
from fieldfare.ground.errors import CallerError, TransientError
from fieldfare.ground.instants import DAY, HOUR, MINUTE, SECOND
from fieldfare.ground.log.ports import NORMAL
from fieldfare.know.identity.store import identifier, link
from fieldfare.trust.consent import store as consent_store
from fieldfare.trust.keys.model import profile_owner
from tests.scenarios.people import NOON, fails_to_pay, joins, signs_in, trains, visits, withdrawn
from tests.scenarios.whole import Whole, opened

WHO, WHY = "officer", "request 17"


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with opened(tmp_path / "data", NOON) as made:
        lives(made)
        yield made


def lives(whole: Whole) -> None:
    """Ada has two identifiers, a message, a walk and a withdrawal; Bo has no part in it."""
    calls = [(NOON, visits("browser-1", NOON)), *joins("ada", NOON + MINUTE), *joins("bo", NOON + MINUTE)]
    at = NOON + HOUR
    calls += [(at, signs_in("ada", "browser-1", at)), (at + SECOND, fails_to_pay("ada", at + SECOND))]
    whole.play(calls, NOON + DAY)
    whole.send(withdrawn("ada", whole.clock.now()), whole.clock.now())
    whole.tick(NOON + 40 * DAY)
    whole.installation.loader(whole.lake).sync()


def erasure(whole: Whole) -> Erasure:
    return open_erasure(whole.installation, whole.lake)


def erase(whole: Whole, told: str = "user_id:ada") -> Receipt:
    return erasure(whole).erase(told, WHO, WHY)


def is_known(whole: Whole, told: str) -> bool:
    try:
        return whole.profile_id(told) > 0
    except CallerError as error:
        return error.code != "profile_unknown"


def lake_rows(whole: Whole, profile_ids: list[int]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = whole.lake.arrow(
        'SELECT * FROM event_rows WHERE profile_id IN (SELECT unnest(?)) ORDER BY partition, "offset", index',
        [profile_ids],
    ).to_pylist()
    return found


def check_nothing_is_left(whole: Whole, profile_ids: list[int], hashes: list[bytes]) -> None:
    """Nothing in the state leads to the person, and nothing sealed of them is in the lake or opens."""
    whole.installation.loader(whole.lake).sync()
    assert not {row["hash"] for row in whole.rows(identifier)} & set(hashes)
    assert not any({row["a"], row["b"]} & set(hashes) for row in whole.rows(link))
    assert not whole.documents().keys() & set(profile_ids)
    assert not [row for row in whole.enrollments() if row["profile_id"] in profile_ids]
    assert not [row for row in whole.proposals() if row["profile_id"] in profile_ids and row["status"] == "due"]
    assert not [row for row in whole.rows(captured_message) if row["address_hash"] in hashes]
    assert not [row for row in whole.decisions() if row["external_id_hash"] in hashes]
    rows = lake_rows(whole, profile_ids)
    assert rows, "counts stay"
    assert {(row["external_id_hash"], row["sealed"]) for row in rows} == {(None, None)}
    for query in (
        "SELECT * FROM profile_rows WHERE profile_id IN (SELECT unnest(?))",
        "SELECT * FROM memberships WHERE profile_id IN (SELECT unnest(?))",
        "SELECT * FROM decision_rows WHERE external_id_hash IS NOT NULL AND profile_id IN (SELECT unnest(?))",
    ):
        assert whole.lake.arrow(query, [profile_ids]).num_rows == 0, query
    assert whole.stores.keys.sealers([*hashes, *map(profile_owner, profile_ids)]) == {}
    assert whole.stores.ring.get([*hashes, *map(profile_owner, profile_ids)]) == {}


def hashes_of(whole: Whole, *told: str) -> list[bytes]:
    hash_of = whole.installation.look.hash_of
    return [hashed for each in told if (hashed := hash_of(each)) is not None]


def adas(whole: Whole) -> list[bytes]:
    return hashes_of(whole, "user_id:ada", "email:ada@example.com", "anonymous_id:browser-1")


def test_everything_of_the_person_goes_and_nothing_of_anybody_else(whole: Whole) -> None:
    family = sorted(whole.installation.look.family("user_id:ada"))
    kept = {name: each for name, each in whole.documents().items() if name not in family}
    bos = lake_rows(whole, [whole.profile_id("user_id:bo")])
    consent = len(whole.rows(consent_store.consent_record))
    before = whole.lake.arrow("SELECT count(*) FROM event_rows").to_pylist()
    led = sum(row["external_id_hash"] is not None for row in lake_rows(whole, family))
    assert whole.rows(captured_message), "the story sends something"
    receipt = erase(whole)
    check_nothing_is_left(whole, family, adas(whole))
    assert whole.documents() == kept
    assert lake_rows(whole, [whole.profile_id("user_id:bo")]) == bos
    assert whole.lake.arrow("SELECT count(*) FROM event_rows").to_pylist() == before
    assert len(whole.rows(consent_store.consent_record)) == consent, "the ledger stays"
    assert receipt.profile_ids == family
    assert (receipt.identifiers, receipt.documents, receipt.was_erased) == (3, 1, False)
    assert receipt.data_keys == 3 + 2, "of the identifiers, and of both documents that were merged"
    assert receipt.lake_events == led > 5
    assert receipt.kept["consent_records"] >= 2
    assert min(receipt.enrollments, receipt.captured_messages, receipt.memberships) > 0
    assert "ada" not in msgspec.json.encode(receipt).decode().replace(WHO, "")


def test_on_postgresql_too(tmp_path: Path, postgres_database: str) -> None:
    with opened(tmp_path / "data", NOON, url=postgres_database) as whole:
        lives(whole)
        family = sorted(whole.installation.look.family("user_id:ada"))
        at = whole.clock.now()
        whole.send([trains("ada", at), trains("bo", at)], at)
        assert erase(whole).identifiers == 3
        whole.tick(at + MINUTE)
        check_nothing_is_left(whole, family, adas(whole))
        assert is_known(whole, "user_id:bo")


def test_neither_rebuild_nor_replay_brings_them_back(whole: Whole) -> None:
    family = sorted(whole.installation.look.family("user_id:ada"))
    erase(whole)
    whole.rebuild()
    whole.replay()
    check_nothing_is_left(whole, family, adas(whole))
    assert not is_known(whole, "user_id:ada")


def test_what_waited_when_they_were_erased_is_dropped_and_counted_and_what_comes_later_makes_somebody_new(
    whole: Whole,
) -> None:
    family = sorted(whole.installation.look.family("user_id:ada"))
    at = whole.clock.now()
    whole.send([trains("ada", at), trains("bo", at)], at)
    erase(whole)
    whole.tick(at + MINUTE)
    assert not is_known(whole, "user_id:ada")
    check_nothing_is_left(whole, family, adas(whole))
    assert sum(row["erased"] for row in whole.rows(source_tally)) == 1
    later = at + HOUR
    whole.play(joins("ada", later), later + HOUR)
    new = whole.profile_id("user_id:ada")
    assert new not in family
    document = whole.documents()[new]
    assert document["personal"]["email"][0] == "ada@example.com"
    assert document["document"][5] == later, "nothing of before"
    assert not [row for row in whole.messages() if row["at"] > later and row["template"] == "win_back"]
    whole.rebuild()
    assert whole.documents()[new]["personal"] == document["personal"]
    assert erase(whole).profile_ids == [new], "and can be erased again"
    check_nothing_is_left(whole, [new], adas(whole))


def test_a_withdrawal_survives_and_binds_whoever_comes_back(whole: Whole) -> None:
    (address,) = hashes_of(whole, "email:ada@example.com")
    erase(whole)
    with whole.stores.state.read() as connection:
        records = consent_store.load_records(connection, (), [address])
    assert "withdraw" in {record.action.value for record in records}


def test_it_is_done_once_and_told_twice(whole: Whole) -> None:
    first = erase(whole)
    for told in ("user_id:ada", "email:ada@example.com", str(first.profile_ids[0])):
        again = erase(whole, told)
        assert (again.was_erased, again.erased_at, again.through) == (True, first.erased_at, first.through)
    for nobody in ("user_id:nobody", "999999", "phone:no number"):
        with pytest.raises(CallerError, match="No profile answers"):
            erase(whole, nobody)
    for actor, reason in (("", "why"), ("who", " ")):
        with pytest.raises(CallerError, match="cannot be undone"):
            erasure(whole).erase("user_id:bo", actor, reason)
    assert is_known(whole, "user_id:bo")


class Killed(Exception):  # noqa: N818 - what happened, not an error of the product
    """The process ended here."""


class Dying:
    """A store whose process ends at one of its methods: before it does anything, or after."""

    def __init__(self, store: Any, method: str, error: Exception, *, after: bool) -> None:
        self._store, self._method, self._error, self._after = store, method, error, after

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if name != self._method:
            return method

        def dies(*arguments: Any, **named: Any) -> Any:
            if self._after:
                method(*arguments, **named)
            raise self._error

        return dies


def dying(whole: Whole, method: str, error: Exception, *, after: bool) -> Erasure:
    """Return an erasure that ends at one method of the ring or of the lake."""
    if method == "load":
        whole.installation.loader(whole.lake).sync()
        lake = Dying(whole.lake, method, error, after=after)
        parts = erasure(whole).parts
        return Erasure(msgspec.structs.replace(parts, lake=lake))
    whole.stores.keys.ring = Dying(whole.stores.ring, method, error, after=after)
    return erasure(whole)


PLACES = ("bury", "destroy", "load")


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("again", ["start", "erase"])
def test_killed_between_any_two_steps_it_is_finished_by_the_next_start_or_erasure(
    tmp_path: Path,
    place: str,
    again: str,
    after: bool,
) -> None:
    with opened(tmp_path / "data", NOON) as whole:
        lives(whole)
        family = sorted(whole.installation.look.family("user_id:ada"))
        with pytest.raises(Killed):
            dying(whole, place, Killed(), after=after).erase("user_id:ada", WHO, WHY)
        at = whole.clock.now()
    whole = Whole(open_stores(tmp_path / "data", {}, durable=False), at)
    try:
        if again == "start":
            erasure(whole).obey()
        if again == "erase" or (place, after) == ("bury", False):  # then nothing had begun
            assert erase(whole).profile_ids
        check_nothing_is_left(whole, family, adas(whole))
        assert erasure(whole).obey() == 0, "nothing is left to obey"
        at = whole.clock.now() + HOUR
        whole.play(joins("ada", at), at + HOUR)
        assert is_known(whole, "user_id:ada")
        erasure(whole).obey()
        assert is_known(whole, "user_id:ada"), "whoever came back stays"
    finally:
        whole.close()


def restore(folder: Path, backup: Path, *names: str) -> None:
    for name in names:
        for path in folder.glob(f"{name}*"):
            path.unlink()
        for path in backup.glob(f"{name}*"):
            shutil.copy(path, folder / path.name)


def test_a_state_lake_and_log_from_before_the_erasure_obey_it(tmp_path: Path) -> None:
    folder, backup = tmp_path / "data", tmp_path / "backup"
    with opened(folder, NOON) as whole:
        lives(whole)
        family = sorted(whole.installation.look.family("user_id:ada"))
    shutil.copytree(folder, backup)
    whole = Whole(open_stores(folder, {}, durable=False), NOON + 40 * DAY)
    at = whole.clock.now()
    whole.send([trains("ada", at), trains("bo", at)], at)
    whole.tick(at + MINUTE)
    erase(whole)
    whole.close()
    restore(folder, backup, "state.sqlite", "lake.duckdb")
    whole = Whole(open_stores(folder, {}, durable=False), at + HOUR)
    try:
        assert {row["hash"] for row in whole.rows(identifier)} & set(adas(whole)), "the backup has them"
        assert erasure(whole).obey() == 3
        check_nothing_is_left(whole, family, adas(whole))
        while drain_urgent(whole.installation.pipeline) + whole.installation.pipeline.apply(NORMAL):
            pass
        assert not is_known(whole, "user_id:ada"), "nor does the log bring them back"
        check_nothing_is_left(whole, family, adas(whole))
        assert is_known(whole, "user_id:bo")
    finally:
        whole.close()


def test_a_restored_log_gives_old_offsets_to_new_events_and_they_count(tmp_path: Path) -> None:
    folder, backup = tmp_path / "data", tmp_path / "backup"
    with opened(folder, NOON) as whole:
        lives(whole)
    shutil.copytree(folder, backup)
    whole = Whole(open_stores(folder, {}, durable=False), NOON + 40 * DAY)
    at = whole.clock.now()
    for number in range(9):
        whole.send(trains("bo", at + number), at + number)
    whole.tick(at + MINUTE)
    erase(whole)
    whole.close()
    restore(folder, backup, "state.sqlite", "lake.duckdb", "log.sqlite")
    whole = Whole(open_stores(folder, {}, durable=False), at + HOUR)
    try:
        erasure(whole).obey()
        whole.play(joins("ada", at + 2 * HOUR), at + 3 * HOUR)
        assert "email" in whole.documents()[whole.profile_id("user_id:ada")]["personal"]
        assert sum(row["erased"] for row in whole.rows(source_tally)) == 0
    finally:
        whole.close()


def test_a_lake_that_does_not_answer_leaves_the_rest_to_the_next_time(whole: Whole) -> None:
    family = sorted(whole.installation.look.family("user_id:ada"))
    full = TransientError("lake_unavailable", "The disk is full.", retry_after_s=1)
    with pytest.raises(TransientError):
        dying(whole, "load", full, after=False).erase("user_id:ada", WHO, WHY)
    rows = lake_rows(whole, family)
    assert [*openable([row for row in rows if row["sealed"]], sealers_of(whole.stores.keys, rows))] == [], (
        "keys went first"
    )
    assert erase(whole).was_erased
    check_nothing_is_left(whole, family, adas(whole))


def test_the_check_finds_what_is_left(whole: Whole) -> None:
    """Planted faults: a stage that is left out is noticed."""
    family, hashes = sorted(whole.installation.look.family("user_id:ada")), adas(whole)
    with pytest.raises(AssertionError):
        check_nothing_is_left(whole, family, hashes)
    whole.stores.keys.destroy([*hashes, *map(profile_owner, family)])
    with whole.stores.state.write() as connection:
        connection.execute(identifier.delete())
    with pytest.raises(AssertionError):
        check_nothing_is_left(whole, [], hashes)
