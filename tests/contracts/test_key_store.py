"""One suite for every key store, the fake included; planted faults show that it can fail."""

import base64
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from fieldfare.assembly.files import ROOT_KEY, open_key_store, open_raw_keys
from fieldfare.ground.errors import ConfigError, PermanentError, TransientError
from fieldfare.ground.instants import DAY
from fieldfare.testing.keys import MemoryKeyRing, MemoryKeyStore, MemoryKms
from fieldfare.trust.keys.files import FileKeyStore
from fieldfare.trust.keys.ports import KeyStore, Kms
from fieldfare.trust.keys.raw import RawKeys
from fieldfare.trust.keys.root import RootKey
from fieldfare.trust.keys.seal import Keys

ROOT = bytes(range(32))
MAKERS: dict[str, Callable[[Path], KeyStore]] = {
    "memory": lambda _: MemoryKeyStore(),
    "files": FileKeyStore,
    "environment": lambda folder: FileKeyStore(folder, RootKey(ROOT)),
    "kms": lambda folder: FileKeyStore(folder, MemoryKms()),
}


@pytest.fixture(params=sorted(MAKERS))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> KeyStore:
    return MAKERS[request.param](tmp_path / "keys")


def check_a_key_never_changes(store: KeyStore) -> None:
    assert store.get("lookup") is None
    key = store.create("lookup")
    assert len(key) == 32
    assert store.create("lookup") == store.get("lookup") == key
    assert store.names() == ["lookup"]
    assert store.destroy("lookup")
    assert not store.destroy("lookup")
    assert store.get("lookup") is None
    assert store.create("lookup") != key


def check_racing_callers_get_one_key(store: KeyStore) -> None:
    gate, found = threading.Barrier(8), list[bytes]()

    def create() -> None:
        gate.wait()
        found.append(store.create("lookup"))

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {store.get("lookup")}
    assert store.names() == ["lookup"]


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


def test_a_lost_key_is_a_refusal_that_names_it(store: KeyStore) -> None:
    ring = MemoryKeyRing()
    Keys(store, ring, create=True)
    for name in ("lookup", "token", "wrap-1"):
        key = store.get(name)
        assert key is not None
        store.destroy(name)
        with pytest.raises(ConfigError, match=f"no key `{name}`") as refused:
            Keys(store, ring)
        assert refused.value.code == "key_missing"
        store.create(name)
        with pytest.raises(ConfigError, match=f"`{name}` of the key store is not the one") as refused:
            Keys(store, ring)
        assert refused.value.code == "key_wrong"
        store, ring = MemoryKeyStore(), MemoryKeyRing()
        Keys(store, ring, create=True)


def test_every_day_and_keeping_has_a_key_of_its_own(store: KeyStore) -> None:
    keys = RawKeys(store)
    sealed = keys.seal_raw(b"event", b"log", 0)
    assert keys.open_raw(sealed, b"log", DAY - 1) == b"event"
    longer = keys.seal_raw(b"event", b"log", DAY - 1, 60)
    assert keys.open_raw(longer, b"log", 0) == b"event"
    with pytest.raises(PermanentError):
        keys.open_raw(sealed, b"log", DAY)
    with pytest.raises(PermanentError):
        keys.open_raw(sealed, b"dead", 0)
    assert store.names() == ["raw-0-14", "raw-0-60"]


def test_look_up_hashes_depend_on_kind_value_and_key(store: KeyStore) -> None:
    ring = MemoryKeyRing()
    keys, stranger = Keys(store, ring, create=True), Keys(MemoryKeyStore(), MemoryKeyRing(), create=True)
    found = {
        keys.lookup_hash("email", "a"),
        keys.lookup_hash("user_id", "a"),
        keys.lookup_hash("email", "b"),
        stranger.lookup_hash("email", "a"),
    }
    assert len(found) == 4
    assert keys.lookup_hash("email", "a") == Keys(store, ring).lookup_hash("email", "a")


def test_retention_destroys_the_keys_whose_time_is_over_and_no_others(store: KeyStore) -> None:
    keys = RawKeys(store)
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
    assert store.names() == ["raw-0-60", "raw-1-14"]
    again = RawKeys(store)
    assert again.open_raw(again.seal_raw(b"d", b"log", 0), b"log", 0) == b"d", "a late record gets a key anew"


@pytest.mark.parametrize("cover", [None, RootKey(ROOT)])
def test_files_refuse_a_key_that_others_can_read_or_that_is_damaged(tmp_path: Path, cover: Kms | None) -> None:
    store = FileKeyStore(tmp_path, cover)
    store.create("lookup")
    file = tmp_path / "lookup"
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        store.get("lookup")
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ConfigError, match="damaged"):
        store.get("lookup")


def test_a_covered_file_says_nothing_and_opens_only_with_its_cover_and_name(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path, RootKey(ROOT))
    key = store.create("lookup")
    assert key not in (tmp_path / "lookup").read_bytes()
    (tmp_path / "token").write_bytes((tmp_path / "lookup").read_bytes())
    (tmp_path / "token").chmod(0o600)
    for other, name in (
        (store, "token"),
        (FileKeyStore(tmp_path), "lookup"),
        (FileKeyStore(tmp_path, RootKey(bytes(32))), "lookup"),
        (FileKeyStore(tmp_path, MemoryKms()), "lookup"),
    ):
        with pytest.raises(ConfigError) as refused:
            other.get(name)
        assert refused.value.code == "key_covered"
    (tmp_path / "lookup").write_bytes(key)
    with pytest.raises(ConfigError, match="not covered"):
        store.get("lookup")


def test_a_kms_that_does_not_answer_is_asked_again(tmp_path: Path) -> None:
    kms = MemoryKms()
    store = FileKeyStore(tmp_path, kms)
    key = store.create("lookup")
    kms.is_down = True
    for ask in (store.get, store.create):
        with pytest.raises(TransientError, match="KMS"):
            ask("lookup")
    with pytest.raises(TransientError, match="KMS"):
        store.create("token")
    kms.is_down = False
    assert store.get("lookup") == key
    assert store.names() == ["lookup"], "nothing was made without its cover"


def test_the_environment_names_the_root_key(tmp_path: Path) -> None:
    environ = {ROOT_KEY: base64.b64encode(ROOT).decode() + "\n"}
    key = open_key_store(tmp_path, environ).create("lookup")
    assert FileKeyStore(tmp_path / "keys", RootKey(ROOT)).get("lookup") == key
    for wrong in ("", "no base64!", base64.b64encode(b"short").decode()):
        with pytest.raises(ConfigError, match="openssl rand") as refused:
            open_key_store(tmp_path, {ROOT_KEY: wrong})
        assert refused.value.code == "root_key_invalid"


def test_the_door_does_not_start_without_the_key_store(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no key `lookup`"):
        open_raw_keys(tmp_path, {})
    assert open_key_store(tmp_path, {}).names() == [], "and makes no key of its own"


class _Overwriting(MemoryKeyStore):
    """The planted fault: who creates last wins, and whoever came first sealed with a key that is gone."""

    def create(self, name: str) -> bytes:
        self.destroy(name)
        return super().create(name)


def test_planted_faults_are_caught() -> None:
    with pytest.raises(AssertionError):
        check_a_key_never_changes(_Overwriting())
    with pytest.raises(AssertionError):
        check_racing_callers_get_one_key(_Overwriting())
