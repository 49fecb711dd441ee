"""One suite for every key store, the fake included; planted faults show that it can fail."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.errors import ConfigError, PermanentError
from fieldfare.ground.instants import DAY
from fieldfare.testing.keys import MemoryKeyStore
from fieldfare.trust.keys.files import FileKeyStore
from fieldfare.trust.keys.ports import KeyStore
from fieldfare.trust.keys.seal import Keys, Sealer

MAKERS: dict[str, Callable[[Path], KeyStore]] = {"memory": lambda _: MemoryKeyStore(), "files": FileKeyStore}


@pytest.fixture(params=sorted(MAKERS))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> KeyStore:
    return MAKERS[request.param](tmp_path / "keys")


def check_a_key_never_changes(store: KeyStore) -> None:
    assert store.get("workspace") is None
    key = store.create("workspace")
    assert len(key) == 32
    assert store.create("workspace") == store.get("workspace") == key
    assert store.names() == ["workspace"]
    assert store.destroy("workspace")
    assert not store.destroy("workspace")
    assert store.get("workspace") is None
    assert store.create("workspace") != key


def check_racing_callers_get_one_key(store: KeyStore) -> None:
    gate, found = threading.Barrier(8), list[bytes]()

    def create() -> None:
        gate.wait()
        found.append(store.create("workspace"))

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {store.get("workspace")}
    assert store.names() == ["workspace"]


def check_no_moment_shows_a_damaged_key(store: KeyStore) -> None:
    """Whoever asks while a key is destroyed, as whoever starts after a crash, finds it whole or not at all."""
    made: set[bytes | None] = {None}
    seen: set[bytes | None] = set()
    ended = threading.Event()
    failures: list[ConfigError] = []

    def look() -> None:
        while not ended.is_set():
            try:
                seen.add(store.get("raw-1-14"))
            except ConfigError as error:
                failures.append(error)

    thread = threading.Thread(target=look)
    thread.start()
    for _ in range(60):
        made.add(store.create("raw-1-14"))
        assert store.destroy("raw-1-14")
    ended.set()
    thread.join()
    assert failures == []
    assert seen <= made


def test_no_moment_shows_a_damaged_key(store: KeyStore) -> None:
    check_no_moment_shows_a_damaged_key(store)


def test_planted_a_key_that_is_overwritten_under_its_name_is_seen(tmp_path: Path) -> None:
    class Overwriting(FileKeyStore):
        looked = threading.Event()

        def get(self, name: str) -> bytes | None:
            try:
                return super().get(name)
            finally:
                self.looked.set()

        def destroy(self, name: str) -> bool:
            (tmp_path / "keys" / name).write_bytes(bytes(31))
            self.looked.clear()
            self.looked.wait(5)
            return super().destroy(name)

    with pytest.raises(AssertionError):
        check_no_moment_shows_a_damaged_key(Overwriting(tmp_path / "keys"))


def test_a_destruction_that_a_crash_interrupted_is_finished_with_the_next(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path / "keys")
    key = store.create("raw-1-14")
    (tmp_path / "keys" / "raw-1-14").rename(tmp_path / "keys" / ".gone-raw-1-14.0a0b0c0d")  # and killed here
    assert (store.get("raw-1-14"), store.names()) == (None, [])
    assert store.create("raw-1-14") != key
    store.create("raw-2-14")
    assert store.destroy("raw-2-14")
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["raw-1-14"]
    assert not store.destroy("raw-2-14")


def test_a_key_never_changes_until_it_is_destroyed(store: KeyStore) -> None:
    check_a_key_never_changes(store)


def test_racing_callers_get_one_key(store: KeyStore) -> None:
    check_racing_callers_get_one_key(store)


def test_a_lost_workspace_key_is_a_refusal(store: KeyStore) -> None:
    with pytest.raises(ConfigError, match="workspace key"):
        Keys(store)


def check_it_opens_only_in_its_place_and_with_its_key(mine: Sealer, other: Sealer, clear: bytes, what: bytes) -> None:
    sealed = mine.seal(clear, what)
    assert len(clear) < 4 or clear not in sealed
    assert mine.seal(clear, what) != sealed
    assert mine.open(sealed, what) == clear
    for opener, place, value in (
        (mine, what + b"x", sealed),
        (other, what, sealed),
        (mine, what, sealed[:-1] + bytes([sealed[-1] ^ 1])),
        (mine, what, bytes([sealed[0] ^ 1]) + sealed[1:]),
        (mine, what, sealed[:-1]),
    ):
        with pytest.raises(PermanentError):
            opener.open(value, place)


def test_a_sealed_value_opens_only_in_its_place_and_with_its_key(store: KeyStore) -> None:
    keys = Keys(store, create=True)
    mine, other = keys.sealer(keys.new_wrapped_key()), keys.sealer(keys.new_wrapped_key())
    check_it_opens_only_in_its_place_and_with_its_key(mine, other, b"ada@example.com", b"email")


@given(st.binary(max_size=64), st.binary(max_size=12))
def test_any_value_opens_only_in_its_place_and_with_its_key(clear: bytes, what: bytes) -> None:
    check_it_opens_only_in_its_place_and_with_its_key(Sealer(b"1" * 32), Sealer(b"2" * 32), clear, what)


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(12), bytes(28)])
def test_bytes_that_nobody_sealed_do_not_open(sealed: bytes) -> None:
    with pytest.raises(PermanentError):
        Sealer(b"1" * 32).open(sealed, b"email")


def test_every_day_and_keeping_has_a_key_of_its_own(store: KeyStore) -> None:
    keys = Keys(store, create=True)
    sealed = keys.seal_raw(b"event", b"log", 0)
    assert keys.open_raw(sealed, b"log", DAY - 1) == b"event"
    longer = keys.seal_raw(b"event", b"log", DAY - 1, 60)
    assert keys.open_raw(longer, b"log", 0) == b"event"
    with pytest.raises(PermanentError):
        keys.open_raw(sealed, b"log", DAY)
    with pytest.raises(PermanentError):
        keys.open_raw(sealed, b"dead", 0)
    assert store.names() == ["raw-0-14", "raw-0-60", "workspace"]


def test_look_up_hashes_depend_on_kind_value_and_key(store: KeyStore) -> None:
    keys, stranger = Keys(store, create=True), Keys(MemoryKeyStore(), create=True)
    found = {
        keys.lookup_hash("email", "a"),
        keys.lookup_hash("user_id", "a"),
        keys.lookup_hash("email", "b"),
        stranger.lookup_hash("email", "a"),
    }
    assert len(found) == 4
    assert keys.lookup_hash("email", "a") == Keys(store).lookup_hash("email", "a")


def test_retention_destroys_the_keys_whose_time_is_over_and_no_others(store: KeyStore) -> None:
    keys = Keys(store, create=True)
    old, kept, young = (
        keys.seal_raw(b"a", b"log", 0),
        keys.seal_raw(b"b", b"log", 0, 60),
        keys.seal_raw(b"c", b"log", DAY),
    )
    assert keys.destroy_expired(14 * DAY + DAY - 1, before=14 * DAY) == []
    assert keys.destroy_expired(15 * DAY, before=0) == [], "the oldest record that is needed is of that day"
    assert keys.destroy_expired(15 * DAY, before=14 * DAY) == [0]
    with pytest.raises(PermanentError, match="destroyed"):
        keys.open_raw(old, b"log", 0)
    assert keys.open_raw(kept, b"log", 0) == b"b"
    assert keys.open_raw(young, b"log", DAY) == b"c"
    assert store.names() == ["raw-0-60", "raw-1-14", "workspace"]
    again = Keys(store)
    assert again.open_raw(again.seal_raw(b"d", b"log", 0), b"log", 0) == b"d", "a late record gets a key anew"


def test_files_refuse_a_key_that_others_can_read_or_that_is_damaged(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path)
    store.create("workspace")
    (tmp_path / "workspace").chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        store.get("workspace")
    (tmp_path / "workspace").chmod(0o600)
    (tmp_path / "workspace").write_bytes(b"short")
    with pytest.raises(ConfigError, match="damaged"):
        store.get("workspace")


class _Overwriting(MemoryKeyStore):
    """The planted fault: who creates last wins, and whoever came first sealed with a key that is gone."""

    def create(self, name: str) -> bytes:
        self.destroy(name)
        return super().create(name)


class _Placeless(Sealer):
    """The planted fault: what a value is does not enter its seal."""

    def seal(self, clear: bytes, what: bytes) -> bytes:
        return super().seal(clear, b"")

    def open(self, sealed: bytes, what: bytes) -> bytes:
        return super().open(sealed, b"")


class _Repeating(Sealer):
    """The planted fault: one nonce for all, so equal values are seen to be equal."""

    def seal(self, clear: bytes, what: bytes) -> bytes:
        return bytes(12) + AESGCM(b"1" * 32).encrypt(bytes(12), clear, what)


def test_planted_faults_are_caught() -> None:
    with pytest.raises(AssertionError):
        check_a_key_never_changes(_Overwriting())
    with pytest.raises(AssertionError):
        check_racing_callers_get_one_key(_Overwriting())
    for broken in (_Placeless(b"1" * 32), _Repeating(b"1" * 32)):
        with pytest.raises((AssertionError, pytest.fail.Exception)):
            check_it_opens_only_in_its_place_and_with_its_key(broken, Sealer(b"2" * 32), b"value", b"email")
