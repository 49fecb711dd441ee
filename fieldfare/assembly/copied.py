"""A copy of an installation's people for a rehearsal: state and keys, beside the data, thrown away afterwards.

What is copied: people, histories, consents, walks and what waits, with the keys that open them. The log and the lake
begin empty. The copy is taken as of one moment and nobody waits for it. It lies in a folder that only the owner may
read; :func:`sweep` removes copies that a killed rehearsal left, before the next one and at the start of a server, so
that nobody who was erased lives on in one.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import MetaData, delete, insert, select

from fieldfare.assembly.stores import Stores
from fieldfare.flow import store as flow_store
from fieldfare.ground.log.ports import PARTITIONS
from fieldfare.ground.store import State, metadata, open_state
from fieldfare.ground.store.migrate import migrate
from fieldfare.trust.keys.ring import FILE, open_ring_file, ring

PREFIX = "rehearsal-"
_ROWS = 1_000


@contextmanager
def scratch(beside: Path) -> Iterator[Path]:
    """Give a folder for one rehearsal, and remove it with all that is in it."""
    beside.mkdir(parents=True, exist_ok=True)
    held = Path(tempfile.mkdtemp(prefix=PREFIX, dir=beside))
    try:
        yield held
    finally:
        shutil.rmtree(held, ignore_errors=True)


def sweep(beside: Path) -> int:
    """Remove what killed rehearsals left; nobody may be rehearsing. Return how many there were."""
    left = sorted(beside.glob(f"{PREFIX}*")) if beside.is_dir() else []
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return len(left)


def copy_people(source: Stores, target: Path) -> None:
    """Copy people and their keys into a folder that does not exist yet, to be opened as SQLite stores."""
    target.mkdir(mode=0o700)
    shutil.copytree(source.folder / "keys", target / "keys")
    (target / "keys").chmod(0o700)
    path = target / "state.sqlite"
    if source.state.is_sqlite:
        connection = source.state.engine.raw_connection()
        try:
            connection.cursor().execute("VACUUM INTO ?", (str(path),))
        finally:
            connection.close()
        source.ring.copy_to(target / FILE)
        return
    copied = open_state(f"sqlite:///{path}", durable=False)
    migrate(copied)
    _copy_rows(source.state, copied, metadata)
    copied.close()
    open_ring_file(target, create=True, durable=False).close()
    keys = open_state(f"sqlite:///{target / FILE}", durable=False)
    _copy_rows(source.state, keys, ring)
    keys.close()


def begin_anew(state: State) -> None:
    """Let a copy begin with an empty log and an empty lake."""
    with state.write() as connection:
        for partition in PARTITIONS:
            flow_store.set_watermark(connection, partition, 0)
            flow_store.trim_applied(connection, partition, 1 << 62)


def _copy_rows(source: State, target: State, tables: MetaData) -> None:
    with source.read() as there, target.write() as here:
        for table in tables.sorted_tables:
            here.execute(delete(table))
            found = there.execution_options(yield_per=_ROWS).execute(select(table))
            for rows in found.mappings().partitions(_ROWS):
                here.execute(insert(table), [dict(row) for row in rows])
