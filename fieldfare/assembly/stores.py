"""What holds data, opened: state, log, keys, lake.

PostgreSQL is chosen by the environment variable ``FIELDFARE_STATE_URL`` (``postgresql+pg8000://…``), which then holds
the log too; otherwise everything lives in SQLite files of the data folder.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from fieldfare.assembly.files import STATE_URL, open_key_store, open_log
from fieldfare.flow.lake_tables import TABLES, VIEWS
from fieldfare.ground.lake.duck import DuckLake
from fieldfare.ground.log.ports import EventLog
from fieldfare.ground.store import State, open_state
from fieldfare.ground.store.migrate import migrate
from fieldfare.trust.keys.ring import SqlRing, open_ring_file
from fieldfare.trust.keys.seal import Keys


class Stores(msgspec.Struct, frozen=True, kw_only=True):
    """What holds data: the state, the log, the keys; and the folder of the lake."""

    folder: Path
    state: State
    log: EventLog
    ring: SqlRing
    keys: Keys
    names: dict[str, str]
    """What each store is, for people."""

    def close(self) -> None:
        """Close state, log and data keys."""
        self.log.close()
        self.ring.close()
        self.state.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let what this thread writes be committed now and then, where the stores are not durable anyway."""
        with self.state.lasting(), self.ring.lasting():
            yield

    def open_lake(self, *, threads: int = 2, memory_mb: int = 128) -> DuckLake:
        """Open the lake for writing. Raises ``ConflictError`` when another process has it."""
        lake = DuckLake(self.folder / "lake.duckdb", threads=threads, memory_mb=memory_mb)
        lake.ensure(TABLES, VIEWS)
        return lake


def open_stores(folder: Path, environ: Mapping[str, str] = os.environ, *, durable: bool = True) -> Stores:
    """Open the data folder, making it when it is new; brings the schema up to date.

    Raises ``ConfigError`` when there is data but its keys are not: ``key_missing``, ``key_wrong``, ``ring_missing``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    url = environ.get(STATE_URL)
    store = open_key_store(folder, environ, durable=durable)
    if url is None:  # the keys first: data without its keys could never be opened
        is_new = not (folder / "state.sqlite").exists()
        ring = open_ring_file(folder, create=is_new, durable=durable)
        keys = Keys(store, ring, create=is_new)
        state = open_state(f"sqlite:///{folder / 'state.sqlite'}", durable=durable)
        migrate(state)
    else:
        state = open_state(url, durable=durable)
        migrate(state)
        is_new = _is_empty(state)
        ring = SqlRing(state, create=is_new)
        keys = Keys(store, ring, create=is_new)
    log = open_log(folder, environ, durable=durable)
    names = {
        "state": "postgresql" if url else "sqlite",
        "log": "postgresql" if url else "sqlite",
        "lake": "duckdb",
        "keys": "files",
    }
    return Stores(folder=folder, state=state, log=log, ring=ring, keys=keys, names=names)


def _is_empty(state: State) -> bool:
    with state.read() as connection:
        return connection.exec_driver_sql("SELECT 1 FROM watermark LIMIT 1").first() is None
