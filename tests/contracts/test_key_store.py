"""One suite for every key store, the fake included."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fieldfare.ground.errors import ConfigError, PermanentError
from fieldfare.testing.keys import MemoryKeyStore
from fieldfare.trust.keys.files import FileKeyStore
from fieldfare.trust.keys.ports import KeyStore
from fieldfare.trust.keys.seal import Keys

MAKERS: dict[str, Callable[[Path], KeyStore]] = {"memory": lambda _: MemoryKeyStore(), "files": FileKeyStore}


@pytest.fixture(params=sorted(MAKERS))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> KeyStore:
    return MAKERS[request.param](tmp_path / "keys")


def test_a_key_never_changes_until_it_is_destroyed(store: KeyStore) -> None:
    assert store.get("workspace") is None
    key = store.create("workspace")
    assert len(key) == 32
    assert store.create("workspace") == store.get("workspace") == key
    assert store.names() == ["workspace"]
    assert store.destroy("workspace")
    assert not store.destroy("workspace")
    assert store.get("workspace") is None
    assert store.create("workspace") != key


def test_a_lost_workspace_key_is_a_refusal(store: KeyStore) -> None:
    with pytest.raises(ConfigError, match="workspace key"):
        Keys(store)


def test_a_sealed_value_opens_only_in_its_place_and_with_its_key(store: KeyStore) -> None:
    keys = Keys(store, create=True)
    mine, other = keys.sealer(keys.new_wrapped_key()), keys.sealer(keys.new_wrapped_key())
    sealed = mine.seal(b"ada@example.com", b"email")
    assert b"ada" not in sealed
    assert mine.open(sealed, b"email") == b"ada@example.com"
    for opener, what, value in (
        (mine, b"phone", sealed),
        (other, b"email", sealed),
        (mine, b"email", sealed[:-1] + b"x"),
    ):
        with pytest.raises(PermanentError):
            opener.open(value, what)


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


def test_destroying_a_log_period_makes_its_records_unreadable(store: KeyStore) -> None:
    sealed = Keys(store, create=True).log_sealer(0).seal(b"event", b"log")
    assert Keys(store).log_sealer(0).open(sealed, b"log") == b"event"
    store.destroy("log-0")
    with pytest.raises(PermanentError):
        Keys(store).log_sealer(0).open(sealed, b"log")


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
