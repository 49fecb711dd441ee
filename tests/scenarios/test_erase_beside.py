"""Two installations on one PostgreSQL database: what one erases, the other knows before it applies anything more."""

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from fieldfare.assembly.installation import open_erasure
from fieldfare.assembly.stores import open_stores
from fieldfare.collect.store import source_tally
from fieldfare.flow.identifiers import open_identifier
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, HOUR, MINUTE
from fieldfare.ground.log.ports import NORMAL
from fieldfare.know.identity.store import identifier
from fieldfare.trust.keys.model import KeyOwner
from tests.scenarios.people import NOON, joins, signs_in, trains, visits
from tests.scenarios.whole import Whole, opened

WAIT_S = 10.0


@contextmanager
def two(tmp_path: Path, url: str) -> Iterator[tuple[Whole, Whole]]:
    """Open two installations on one database. Both have applied events of Ada, and remember her keys."""
    with opened(tmp_path / "one", NOON, url=url) as one:
        calls = [(NOON, visits("browser-1", NOON)), *joins("ada", NOON + MINUTE), *joins("bo", NOON + MINUTE)]
        one.play(calls, NOON + HOUR)
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "keys").symlink_to(tmp_path / "one" / "keys")
        with opened(tmp_path / "other", NOON + HOUR, url=url) as other:
            at = NOON + HOUR
            other.play([(at, signs_in("ada", "browser-1", at, first_name="Ada"))], NOON + DAY)
            one.clock.move_to(NOON + DAY)
            other.clock.move_to(NOON + DAY)
            yield one, other


def erase(whole: Whole) -> None:
    open_erasure(whole.installation, whole.lake).erase("user_id:ada", "officer", "request 17")


def is_known(whole: Whole) -> bool:
    try:
        return whole.profile_id("user_id:ada") > 0
    except CallerError as error:
        return error.code != "profile_unknown"


def check_all_that_is_stored_opens(whole: Whole, folder: Path, url: str) -> None:
    """Every identifier opens with the keys that stand, read afresh."""
    fresh = open_stores(folder, {"FIELDFARE_STATE_URL": url})
    try:
        with whole.stores.state.read() as connection:
            values = [open_identifier(fresh.keys, row) for row in connection.execute(select(identifier))]
        assert "ada" in values
        assert None not in values
    finally:
        fresh.close()


def test_what_waited_in_the_log_makes_nobody_known_elsewhere(tmp_path: Path, postgres_database: str) -> None:
    with two(tmp_path, postgres_database) as (one, other):
        at = one.clock.now()
        one.send([trains("ada", at), trains("bo", at)], at)
        erase(one)
        other.tick(at + MINUTE)
        assert not is_known(other)
        assert sum(row["erased"] for row in other.rows(source_tally)) == 1
        assert one.profile_id("user_id:bo") > 0


def test_who_comes_back_elsewhere_is_sealed_under_keys_that_stand(tmp_path: Path, postgres_database: str) -> None:
    with two(tmp_path, postgres_database) as (one, other):
        erase(one)
        at = other.clock.now() + HOUR
        other.send([call for _, call in joins("ada", at)], at)
        other.tick(at + MINUTE)
        assert is_known(other)
        assert is_known(one)
        check_all_that_is_stored_opens(one, tmp_path / "one", postgres_database)
        one.installation.loader(one.lake).sync()
        assert one.lake.arrow("SELECT 1 FROM event_rows WHERE sealed IS NOT NULL AND received_at >= ?", [at]).num_rows


class _Interrupted:
    """A ring in whose destroying something happens first."""

    def __init__(self, whole: Whole, first: Callable[[], None]) -> None:
        self._ring, self._first = whole.stores.keys.ring, first

    def __getattr__(self, name: str) -> object:
        return getattr(self._ring, name)

    def destroy(self, owners: Collection[KeyOwner]) -> int:
        self._first()
        return self._ring.destroy(owners)


def test_nothing_is_applied_elsewhere_between_deletion_and_destruction(tmp_path: Path, postgres_database: str) -> None:
    with two(tmp_path, postgres_database) as (one, other):
        failed: list[BaseException] = []
        applying = threading.Thread(target=lambda: _apply(other, failed))

        def she_comes_back() -> None:
            at = other.clock.now() + HOUR
            other.send([call for _, call in joins("ada", at)], at, partition=NORMAL)
            applying.start()
            applying.join(0.5)
            assert applying.is_alive(), "it waits until the keys are destroyed"

        one.stores.keys.ring = _Interrupted(one, she_comes_back)  # type: ignore[assignment]
        erase(one)
        applying.join(WAIT_S)
        assert not applying.is_alive()
        assert failed == []
        check_all_that_is_stored_opens(one, tmp_path / "one", postgres_database)


def _apply(whole: Whole, failed: list[BaseException]) -> None:
    try:
        while whole.installation.pipeline.apply(NORMAL):
            pass
    except BaseException as error:  # noqa: BLE001 - told by the test's own thread
        failed.append(error)


def test_the_first_process_heeds_the_second_one_too(tmp_path: Path, postgres_database: str) -> None:
    with two(tmp_path, postgres_database) as (one, other):
        erase(other)
        at = one.clock.now()
        one.send(trains("ada", at + HOUR), at + HOUR)
        one.tick(at + HOUR)
        with pytest.raises(CallerError):
            one.profile_id("email:ada@example.com")
        check_all_that_is_stored_opens(one, tmp_path / "one", postgres_database)
