"""``fieldfare keys`` and the start on keys that are gone, damaged, exposed or another installation's."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fieldfare.assembly.stores import open_stores
from fieldfare.cli.main import build_app
from fieldfare.ground.errors import ConfigError
from fieldfare.trust.keys.rotate import key_status


def run(*words: str) -> Result:
    return CliRunner().invoke(build_app("keys"), ["keys", *words])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    stores = open_stores(folder, {})
    stores.keys.make([number.to_bytes(16, "big") for number in range(1, 8)])
    stores.close()
    return folder


def test_rotation_is_told_beside_a_process_that_goes_on_sealing(data: Path) -> None:
    server = open_stores(data, {})
    sealed = server.keys.make([b"a" * 16])[b"a" * 16].seal(b"ada", b"what")
    before = json.loads(run("status", "--data", str(data), "--json").stdout)
    assert (before["version"], before["data_keys"], before["versions"]) == (1, {"1": 8}, [1])
    told = run("rotate", "--data", str(data))
    assert (told.exit_code, "Version 2 wraps all 8 data keys" in told.stdout) == (0, True), told.output
    server.keys.make([b"b" * 16])
    shown = run("status", "--data", str(data))
    assert "current" in shown.stdout
    assert key_status(server.keys).data_keys == {2: 9}
    assert not (data / "keys" / "wrap-1").exists()
    server.close()
    again = open_stores(data, {})
    assert again.keys.sealers([b"a" * 16])[b"a" * 16].open(sealed, b"what") == b"ada"
    again.close()


def test_a_copy_holds_the_data_keys_and_overwrites_nothing(data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    assert run("backup", str(copy), "--data", str(data)).exit_code == 0
    assert sqlite3.connect(copy).execute("SELECT count(*) FROM data_key").fetchone() == (7,)
    state = sqlite3.connect(data / "state.sqlite")
    noted = state.execute("SELECT value FROM installation WHERE name = 'keys_copied_at'").fetchall()
    assert len(noted) == 1, "the stores' screen tells when"
    again = run("backup", str(copy), "--data", str(data))
    assert again.exit_code != 0
    assert state.execute("SELECT value FROM installation WHERE name = 'keys_copied_at'").fetchall() == noted
    assert sqlite3.connect(copy).execute("SELECT count(*) FROM data_key").fetchone() == (7,)


def test_without_data_nothing_is_made(tmp_path: Path) -> None:
    assert run("status", "--data", str(tmp_path / "none")).exit_code != 0
    assert not (tmp_path / "none").exists()


def lose_the_store(data: Path) -> None:
    shutil.rmtree(data / "keys")


def lose(name: str) -> Callable[[Path], None]:
    return lambda data: (data / "keys" / name).unlink()


def swap(name: str) -> Callable[[Path], None]:
    def swapped(data: Path) -> None:
        (data / "keys" / name).write_bytes(b"0123456789abcdef" * 2)

    return swapped


def cut(data: Path) -> None:
    (data / "keys" / "wrap-1").write_bytes(b"short")


def expose(name: str) -> Callable[[Path], None]:
    return lambda data: (data / name).chmod(0o644)


def lose_the_ring(data: Path) -> None:
    for path in data.glob("keys.sqlite*"):
        path.unlink()


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (lose_the_store, "key_missing"),
        (lose("lookup"), "key_missing"),
        (lose("token"), "key_missing"),
        (lose("wrap-1"), "key_missing"),
        (swap("lookup"), "key_wrong"),
        (swap("token"), "key_wrong"),
        (swap("wrap-1"), "key_wrong"),
        (cut, "key_damaged"),
        (expose("keys/lookup"), "key_exposed"),
        (expose("keys.sqlite"), "key_exposed"),
        (lose_the_ring, "ring_missing"),
    ],
)
def test_nothing_starts_on_keys_that_are_not_right_and_nothing_is_changed(
    data: Path, harm: Callable[[Path], None], code: str
) -> None:
    harm(data)
    before = {path: path.read_bytes() for path in sorted(data.rglob("*")) if path.is_file()}
    with pytest.raises(ConfigError) as refused:
        open_stores(data, {})
    assert refused.value.code == code
    after = {path: path.read_bytes() for path in sorted(data.rglob("*")) if path.is_file()}
    assert {path: raw for path, raw in after.items() if "-wal" not in path.name and "-shm" not in path.name} == {
        path: raw for path, raw in before.items() if "-wal" not in path.name and "-shm" not in path.name
    }
    told = run("status", "--data", str(data))
    assert told.exit_code != 0
