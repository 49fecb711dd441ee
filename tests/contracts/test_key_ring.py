"""One suite for every ring of data keys, the fake included: who makes, keeps, re-wraps and destroys them."""

import multiprocessing
import sqlite3
import threading
from collections.abc import Callable, Iterator
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from fieldfare.ground.errors import ConfigError, ConflictError, PermanentError
from fieldfare.ground.store import open_state
from fieldfare.testing.keys import MemoryKeyRing, MemoryKeyStore, memory_keys
from fieldfare.trust.keys.files import FileKeyStore
from fieldfare.trust.keys.model import DataKey, Tombstone, profile_owner
from fieldfare.trust.keys.ports import KeyRing, KeyStore
from fieldfare.trust.keys.ring import FILE, SqlRing, open_ring_file
from fieldfare.trust.keys.rotate import PAGE, key_status, rotate
from fieldfare.trust.keys.seal import EPOCH, VERSION, Keys

RINGS = ("file", "memory", "postgres")
Reopen = Callable[[], SqlRing | MemoryKeyRing]
A, B, C = b"a" * 16, b"b" * 16, profile_owner(7)


@pytest.fixture(params=RINGS)
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reopen]:
    """Give the same ring again, as another process would open it."""
    opened: list[SqlRing] = []
    memory = MemoryKeyRing()

    def again() -> SqlRing | MemoryKeyRing:
        if request.param == "memory":
            return memory
        if request.param == "file":
            opened.append(open_ring_file(tmp_path, create=not opened))
        else:
            opened.append(SqlRing(open_state(request.getfixturevalue("postgres_database")), create=not opened))
        return opened[-1]

    yield again
    for each in opened:
        each.close()


@pytest.fixture
def ring(reopen: Reopen) -> SqlRing | MemoryKeyRing:
    found = reopen()
    found.set_fact(VERSION, "1")
    return found


def data_key(owner: bytes, number: int, version: int = 1) -> DataKey:
    return DataKey(owner, number.to_bytes(60, "big"), version)


def check_the_first_key_of_an_owner_stands(ring: KeyRing) -> None:
    first = [data_key(A, 1), data_key(C, 2)]
    assert ring.put(first) == {}
    assert ring.put([data_key(A, 3), data_key(B, 4)]) == {A: first[0]}
    assert ring.get([A, B, C, b"nobody"]) == {A: first[0], B: data_key(B, 4), C: first[1]}
    assert ring.counts() == {1: 3}


def test_the_first_key_of_an_owner_stands(ring: KeyRing, reopen: Reopen) -> None:
    check_the_first_key_of_an_owner_stands(ring)
    assert reopen().counts() == {1: 3}, "durable, for everybody"


def check_nothing_is_put_under_an_old_version(ring: KeyRing) -> None:
    ring.put([data_key(A, 1)])
    ring.set_fact(VERSION, "2")
    assert ring.put([data_key(A, 2), data_key(B, 3)]) is None
    assert ring.get([A, B]) == {A: data_key(A, 1)}
    assert ring.put([data_key(B, 4, version=2)]) == {}


def test_nothing_is_put_under_an_old_version(ring: KeyRing) -> None:
    check_nothing_is_put_under_an_old_version(ring)


def check_replacing_brings_nothing_back(ring: KeyRing) -> None:
    old, gone = data_key(A, 1), data_key(B, 2)
    ring.put([old, gone])
    assert ring.destroy([B, C]) == 1
    new = {row.wrapped: DataKey(row.owner, b"new" + row.wrapped, 2) for row in (old, gone)}
    assert ring.replace(new) == 1
    assert ring.replace(new) == 0, "what was replaced stands under the new one"
    assert ring.get([A, B]) == {A: new[old.wrapped]}
    assert ring.destroy([]) == 0
    assert ring.replace({}) == 0


def test_replacing_brings_nothing_back(ring: KeyRing) -> None:
    check_replacing_brings_nothing_back(ring)


def test_pages_walk_all_owners_once(ring: KeyRing) -> None:
    owners = sorted(number.to_bytes(16, "big") for number in range(1, 2_501))
    ring.put([data_key(owner, 1) for owner in owners])
    found, after = list[bytes](), b""
    while page := ring.page(after, 1_000):
        found += [row.owner for row in page]
        after = page[-1].owner
    assert found == owners
    assert len(ring.get(owners)) == len(owners)


def test_facts_and_tombstones_are_kept(ring: SqlRing | MemoryKeyRing, reopen: Reopen) -> None:
    assert ring.fact("unknown") is None
    ring.set_fact("which", "one")
    ring.set_fact("which", "two")
    ring.bury([Tombstone(A, 1, 10, 3, 100), Tombstone(B, 2, 5, 9, 90)])
    ring.bury([Tombstone(A, 3, 8, 4, 95)])
    again = reopen()
    assert again.fact("which") == "two"
    assert again.buried([A, C]) == {A: Tombstone(A, 1, 10, 4, 100)}, "the later offsets hold"
    assert again.since(91) == [Tombstone(A, 1, 10, 4, 100)]
    assert [stone.hash for stone in again.since(0)] == [B, A]


def test_what_one_process_makes_another_opens(reopen: Reopen) -> None:
    store, ring = MemoryKeyStore(), reopen()
    keys = Keys(store, ring, create=True)
    sealers = keys.make([A, C])
    sealed = sealers[A].seal(b"ada", b"what")
    other = Keys(store, reopen())
    assert other.sealers([A, B, C]).keys() == {A, C}
    assert other.make([A, B])[A].open(sealed, b"what") == b"ada"
    assert keys.sealers([A])[A].open(sealed, b"what") == b"ada"
    with pytest.raises(PermanentError):
        keys.sealers([C])[C].open(sealed, b"what")
    assert keys.destroy([A, C]) == 2
    assert keys.sealers([A, C]) == {}
    assert Keys(store, reopen()).sealers([A, B]).keys() == {B}
    with pytest.raises(PermanentError):
        keys.make([A])[A].open(sealed, b"what")


def check_others_forget_what_was_destroyed(mine: Keys, other: Keys) -> None:
    sealed = other.make([A, B])[A].seal(b"ada", b"what")
    assert mine.make([A, B])[A].open(sealed, b"what") == b"ada"
    before = other.heed()
    assert other.heed() == before, "nothing has changed"
    mine.destroy([A])
    anew = other.make([A, B])
    with pytest.raises(PermanentError):
        anew[A].open(sealed, b"what")
    assert mine.sealers([A])[A].open(anew[A].seal(b"eve", b"what"), b"what") == b"eve", "a key that stands"
    mine.destroy([A])
    after = other.heed()
    assert after != before
    assert other.sealers([A, B]).keys() == {B}
    mine.ring.bury([Tombstone(A, 1, 10, 3, 100)])
    assert other.heed() != after, "a tombstone is told, too"


def test_others_forget_what_was_destroyed(reopen: Reopen) -> None:
    store, ring = MemoryKeyStore(), reopen()
    keys = Keys(store, ring, create=True)
    check_others_forget_what_was_destroyed(keys, Keys(store, reopen()))


def test_what_is_read_once_is_read_again_and_seen_destroyed(reopen: Reopen) -> None:
    store, ring = MemoryKeyStore(), reopen()
    sealed = Keys(store, ring, create=True).make([A, B])[A].seal(b"ada", b"what")
    keys = Keys(store, reopen())
    held = keys.once([A, B, C])
    assert held.sealers([A, C])[A].open(sealed, b"what") == b"ada"
    assert (set(held.sealers([A, C])), keys._sealers.count) == ({A}, 0), "nothing stays in memory"
    assert keys.sealers([A]).keys() == {A}
    assert keys.once([A]).sealers([A]).keys() == {A}
    assert keys._sealers.count == 1
    Keys(store, reopen()).destroy([A])
    assert keys.once([B]).sealers([A, B]).keys() == {B}
    assert Keys(store, reopen()).once([A]).sealers([A]) == {}


def check_racing_makers_get_one_key(make: Callable[[], Keys]) -> None:
    makers = [make() for _ in range(4)]
    gate, sealed = threading.Barrier(len(makers)), list[bytes]()

    def run(keys: Keys) -> None:
        gate.wait()
        sealed.append(keys.make([A, B, C])[B].seal(b"ada", b"what"))

    threads = [threading.Thread(target=run, args=(keys,)) for keys in makers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reader = make().sealers([B])[B]
    assert [reader.open(each, b"what") for each in sealed] == [b"ada"] * len(makers)


def test_racing_makers_get_one_key(reopen: Reopen) -> None:
    store, ring = MemoryKeyStore(), reopen()
    Keys(store, ring, create=True)
    check_racing_makers_get_one_key(lambda: Keys(store, reopen()))


def test_rotation_wraps_all_anew_and_destroys_the_old_version(reopen: Reopen) -> None:
    store, ring = MemoryKeyStore(), reopen()
    keys, other = Keys(store, ring, create=True), Keys(store, reopen())
    owners = [number.to_bytes(16, "big") for number in range(1, PAGE + 500)]
    sealed = keys.make(owners)[owners[-1]].seal(b"ada", b"what")
    before = ring.get(owners)
    told: list[tuple[int, int]] = []
    assert rotate(keys, lambda done, total: told.append((done, total))) == 2
    assert told == [(PAGE, len(owners)), (len(owners), len(owners))]
    assert key_status(Keys(store, ring)).data_keys == {2: len(owners)}
    assert store.get("wrap-1") is None
    assert key_status(Keys(store, ring)).versions == [2]
    with pytest.raises(ConfigError, match="wrap-1"):
        Keys(store, reopen()).unwrap(before[owners[0]])
    assert Keys(store, reopen()).sealers(owners)[owners[-1]].open(sealed, b"what") == b"ada"
    assert other.make([A])[A] is not None
    assert ring.get([A])[A].version == 2, "the other process wraps by the new version at once"
    assert other.sealers(owners)[owners[-1]].open(sealed, b"what") == b"ada"
    assert rotate(keys) == 3
    assert other.sealers([owners[7]]).keys() == {owners[7]}


class _KilledError(Exception):
    pass


class _Dying:
    """A ring or store that dies at its n-th call that changes anything, before or after doing it."""

    def __init__(self, inner: KeyRing | KeyStore, calls: list[int], *, after: bool) -> None:
        self._inner, self._calls, self._after = inner, calls, after

    def __getattr__(self, name: str) -> Callable[..., object]:
        method: Callable[..., object] = getattr(self._inner, name)
        if name not in {"create", "destroy", "set_fact", "replace"}:
            return method

        def call(*arguments: object) -> object:
            self._calls[0] -= 1
            if self._calls[0] == 0 and not self._after:
                raise _KilledError
            answer = method(*arguments)
            if self._calls[0] == 0:
                raise _KilledError
            return answer

        return call


@pytest.mark.parametrize("after", [False, True])
def test_a_rotation_that_was_killed_anywhere_is_continued(after: bool) -> None:
    owners = [number.to_bytes(16, "big") for number in range(1, 2 * PAGE + 2)]
    deaths = 0
    for step in range(1, 50):
        store, ring = MemoryKeyStore(), MemoryKeyRing()
        sealed = Keys(store, ring, create=True).make(owners)[owners[0]].seal(b"ada", b"what")
        calls = [step]
        dying_store, dying_ring = _Dying(store, calls, after=after), _Dying(ring, calls, after=after)
        try:
            rotate(Keys(dying_store, dying_ring))  # type: ignore[arg-type]
            break
        except _KilledError:
            deaths += 1
        running = Keys(store, ring)
        assert running.make([A, owners[0]])[owners[0]].open(sealed, b"what") == b"ada", "nothing waits for it"
        version = rotate(Keys(store, ring))
        assert version == (3 if key_status(Keys(store, ring)).version == 3 else 2)
        assert key_status(Keys(store, ring)).versions == [version]
        assert key_status(Keys(store, ring)).data_keys == {version: len(owners) + 1}
        assert Keys(store, ring).sealers(owners)[owners[0]].open(sealed, b"what") == b"ada"
    assert deaths >= 6


def _make_under_rotation(folder: str, number: int, gate: Barrier) -> None:
    keys = Keys(FileKeyStore(Path(folder) / "keys"), open_ring_file(Path(folder), create=False))
    gate.wait()
    for turn in range(60):
        keys.make(number.to_bytes(4, "big") + turn.to_bytes(8, "big") + each.to_bytes(4, "big") for each in range(5))


def test_keys_that_other_processes_make_during_a_rotation_survive_it(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path / "keys")
    ring = open_ring_file(tmp_path, create=True)
    keys = Keys(store, ring, create=True)
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(3)
    makers = [context.Process(target=_make_under_rotation, args=(str(tmp_path), number, gate)) for number in (1, 2)]
    for maker in makers:
        maker.start()
    gate.wait()
    while any(maker.is_alive() for maker in makers):
        rotate(keys)
    for maker in makers:
        maker.join()
    assert [maker.exitcode for maker in makers] == [0, 0]
    rotate(keys)
    status = key_status(Keys(store, ring))
    assert status.version > 2
    assert status.data_keys == {status.version: 2 * 60 * 5}
    owners = [row.owner for row in ring.page(b"", 1_000)]
    assert len(Keys(store, ring).sealers(owners)) == len(owners)
    ring.close()


def test_a_version_that_never_stands_still_is_a_conflict() -> None:
    keys = memory_keys()

    class Restless(MemoryKeyRing):
        def put(self, keys: object) -> None:
            return None

        def fact(self, name: str) -> str | None:
            return keys_ring.fact(name)

    keys_ring, keys.ring = keys.ring, Restless()
    with pytest.raises(ConflictError, match="made again"):
        keys.make([A])


def test_the_file_is_for_its_owner_alone_and_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="data keys are gone") as refused:
        open_ring_file(tmp_path, create=False)
    assert refused.value.code == "ring_missing"
    ring = open_ring_file(tmp_path, create=True)
    ring.set_fact(VERSION, "1")
    ring.put([data_key(A, 1)])
    for name in (FILE, f"{FILE}-wal"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    ring.copy_to(tmp_path / "copy.sqlite")
    assert (tmp_path / "copy.sqlite").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        ring.copy_to(tmp_path / "copy.sqlite")
    ring.close()
    assert sqlite3.connect(tmp_path / "copy.sqlite").execute("SELECT owner FROM data_key").fetchall() == [(A,)]
    (tmp_path / FILE).chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        open_ring_file(tmp_path, create=False)


def test_a_layout_of_the_future_is_refused(tmp_path: Path) -> None:
    ring = open_ring_file(tmp_path, create=True)
    ring.set_fact("layout", "2")
    ring.close()
    with pytest.raises(ConfigError, match="version 2") as refused:
        open_ring_file(tmp_path, create=False)
    assert refused.value.code == "ring_newer"


def test_a_destroyed_key_is_in_no_byte_of_the_files(tmp_path: Path) -> None:
    ring = open_ring_file(tmp_path, create=True)
    ring.set_fact(VERSION, "1")
    marks = {number.to_bytes(16, "big"): b"wrapped-%08d-" % number + b"x" * 40 for number in range(1, 3_000)}
    ring.put([DataKey(owner, wrapped, 1) for owner, wrapped in marks.items()])
    doomed = list(marks)[::7]
    ring.destroy(doomed)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert [owner for owner in doomed if marks[owner] in written] == []
    assert all(marks[owner] in written for owner in marks if owner not in set(doomed))
    ring.close()


class _LastWins(MemoryKeyRing):
    """The planted fault: who puts last wins."""

    def put(self, keys: object) -> dict[bytes, DataKey] | None:
        self.destroy([key.owner for key in keys])  # type: ignore[attr-defined]
        return super().put(keys)  # type: ignore[arg-type]


class _AnyVersion(MemoryKeyRing):
    """The planted fault: an old version still wraps new keys."""

    def put(self, keys: object) -> dict[bytes, DataKey] | None:
        version = self.fact(VERSION)
        self.set_fact(VERSION, str(keys[0].version))  # type: ignore[index]
        answer = super().put(keys)  # type: ignore[arg-type]
        self.set_fact(VERSION, str(version))
        return answer


class _Reviving(MemoryKeyRing):
    """The planted fault: re-wrapping brings a destroyed key back."""

    def replace(self, keys: object) -> int:
        self._rows |= {key.owner: key for key in keys.values()}  # type: ignore[attr-defined]
        return 1


class _Still(MemoryKeyRing):
    """The planted fault: nobody is told that keys were destroyed."""

    def fact(self, name: str) -> str | None:
        return "0" if name == EPOCH else super().fact(name)


def test_planted_faults_are_caught() -> None:
    for broken, check in (
        (_LastWins(), check_the_first_key_of_an_owner_stands),
        (_AnyVersion(), check_nothing_is_put_under_an_old_version),
        (_Reviving(), check_replacing_brings_nothing_back),
    ):
        broken.set_fact(VERSION, "1")
        with pytest.raises(AssertionError):
            check(broken)
    store, ring = MemoryKeyStore(), _LastWins()
    Keys(store, ring, create=True)
    with pytest.raises((AssertionError, PermanentError)):
        check_racing_makers_get_one_key(lambda: Keys(store, ring))
    still = _Still()
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check_others_forget_what_was_destroyed(Keys(store, still, create=True), Keys(store, still))
