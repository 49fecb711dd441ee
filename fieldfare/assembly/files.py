"""The small things that every process opens: the workspace with its secrets, the keys, the log, the API's token."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from fieldfare.flow.workspace import Workspace, read_workspace
from fieldfare.ground.log.ports import EventLog
from fieldfare.ground.log.sqlite import SqliteLog
from fieldfare.ground.workspace.load import Held
from fieldfare.ground.workspace.secrets import resolve_secrets
from fieldfare.trust.keys.files import FileKeyStore
from fieldfare.trust.keys.ports import KeyStore
from fieldfare.trust.keys.raw import RawKeys
from fieldfare.trust.keys.root import RootKey
from fieldfare.trust.keys.seal import LOOKUP_KEY, key_missing

STATE_URL = "FIELDFARE_STATE_URL"
ROOT_KEY = "FIELDFARE_ROOT_KEY"
_MOST_KEPT_FREE = 256 * 1024 * 1024


def open_key_store(folder: Path, environ: Mapping[str, str] = os.environ, *, durable: bool = True) -> KeyStore:
    """Return the key store of a data folder: files, covered by the root key where the environment names one.

    Raises ``ConfigError`` ``root_key_invalid``.
    """
    root = environ.get(ROOT_KEY)
    cover = RootKey.of(root, ROOT_KEY) if root is not None else None
    return FileKeyStore(folder / "keys", cover, durable=durable)


def open_raw_keys(folder: Path, environ: Mapping[str, str] = os.environ) -> RawKeys:
    """Return the day keys of a data folder: all that the door needs. Raises ``ConfigError`` ``key_missing``."""
    store = open_key_store(folder, environ)
    if store.get(LOOKUP_KEY) is None:
        raise key_missing(LOOKUP_KEY)
    return RawKeys(store)


def open_log(folder: Path, environ: Mapping[str, str] = os.environ, *, durable: bool = True) -> EventLog:
    """Open the log: in PostgreSQL where the environment says so, else in the data folder, without a bound."""
    return _postgres_log(environ) or SqliteLog(folder / "log.sqlite", durable=durable)


def open_bounded_log(
    folder: Path, max_bytes: int | None, min_free_bytes: int | None, environ: Mapping[str, str] = os.environ
) -> EventLog:
    """Open the log as the door does: in the data folder it is bounded, and leaves some of the disk to the others.

    ``min_free_bytes`` is two hundredths of the disk, 256 MB at most, when left out. PostgreSQL has bounds of its own.
    """
    found = _postgres_log(environ)
    if found is not None:
        return found
    if min_free_bytes is None:
        min_free_bytes = min(_MOST_KEPT_FREE, shutil.disk_usage(folder).total // 50)
    return SqliteLog(folder / "log.sqlite", max_bytes=max_bytes, min_free_bytes=min_free_bytes)


def _postgres_log(environ: Mapping[str, str]) -> EventLog | None:
    url = environ.get(STATE_URL)
    if url is None:
        return None
    from fieldfare.ground.log.postgres import PostgresLog  # noqa: PLC0415 - the default door does without SQLAlchemy

    return PostgresLog(url)


def open_workspace(held: Held, environ: Mapping[str, str] = os.environ) -> Workspace:
    """Load a workspace, from a folder or from contents by path, and resolve its secrets.

    Raises ``ConfigError``: ``workspace_invalid`` lists every problem, ``secret_missing`` every variable not set.
    """
    workspace = read_workspace(held)
    settings, channels = resolve_secrets((workspace.settings, workspace.channels), environ)
    return msgspec.structs.replace(workspace, settings=settings, channels=channels)


def api_token(store: KeyStore) -> str:
    """Return the token of the API, making it when there is none."""
    return store.create("api-token").hex()
