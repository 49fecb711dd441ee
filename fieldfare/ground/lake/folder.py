"""The folder of a lake: a local one or an object store. Writes files, publishes manifests. Knows nothing of rows.

A manifest is published by its number: on a local disk it is written beside, synced, and linked under its name, which
fails when the name is taken; in an object store it is put in one request, after looking that nobody has taken the
number. A local folder is held by one process at a time (a lock that ends with the process). In an object store nothing
is held: one worker writes one folder, and a second one is told when it publishes a number that is taken.
"""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import msgspec
import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from fieldfare.ground.errors import ConfigError, ConflictError, PermanentError, TransientError
from fieldfare.ground.lake.manifest import Manifest

_MANIFESTS = "manifest"
_KEPT = 8
"""So many manifests are kept; only the last one counts."""
_encode = msgspec.json.Encoder(order="deterministic").encode


class Folder:
    """Where a lake's files lie."""

    def __init__(self, url: str, *, durable: bool = True) -> None:
        """Open a path or a URL (``s3://bucket/lake``); not ``durable``: a power failure may lose what was written.

        Raises ``ConfigError`` ``lake_folder_unknown``, ``ConflictError`` ``lake_busy``.
        """
        self.url, self._durable = url, durable
        try:
            self.files, self.root = _opened(url)
        except (pa.ArrowInvalid, ValueError) as error:
            text = f"The lake's folder {url} is no place that files can be in: {error}. Correct `lake_folder`."
            raise ConfigError("lake_folder_unknown", text) from error
        self.is_local = isinstance(self.files, pafs.LocalFileSystem)
        self._held: IO[str] | None = None
        self._told(lambda: self.files.create_dir(f"{self.root}/{_MANIFESTS}", recursive=True))
        if self.is_local:
            self._hold()

    def for_spark(self, path: str) -> str:
        """Return the name by which Spark reads a file of the folder."""
        if self.is_local:
            return f"file://{self.root}/{path}"
        scheme, _, rest = self.url.partition("://")
        return f"{'s3a' if scheme == 's3' else scheme}://{rest.partition('?')[0].rstrip('/')}/{path}"

    def at(self, path: str) -> str:
        """Return the name by which ``files`` knows a file of the folder."""
        return f"{self.root}/{path}"

    def latest(self) -> Manifest:
        """Return the last manifest, an empty one at the start. Raises ``PermanentError`` ``lake_damaged``."""
        numbers = self._numbers()
        if not numbers:
            return Manifest()
        path = self.at(_named(numbers[-1]))
        raw = self._told(lambda: self.files.open_input_stream(path).read())
        try:
            return msgspec.json.decode(raw, type=Manifest)
        except msgspec.DecodeError as error:
            text = f"The lake's manifest {_named(numbers[-1])} cannot be read: {error}. Restore the lake from a backup."
            raise PermanentError("lake_damaged", text) from error

    def publish(self, manifest: Manifest) -> None:
        """Make the manifest the last one. Raises ``ConflictError`` ``lake_busy`` when its number is taken."""
        self._told(lambda: self._put(manifest))
        for number in self._numbers()[:-_KEPT]:
            self.remove(_named(number))

    def write(self, path: str, rows: pa.Table, row_group: int) -> None:
        """Write a Parquet file, durably."""
        self._told(lambda: self._written(self.at(path), rows, row_group))

    def rows(self) -> set[str]:
        """Return every file of rows that is there, named by a manifest or not."""
        selector = pafs.FileSelector(self.at("data"), recursive=True, allow_not_found=True)
        found = self._told(lambda: self.files.get_file_info(selector))
        return {each.path[len(self.root) + 1 :] for each in found if each.type is pafs.FileType.File}

    def remove(self, path: str) -> None:
        """Remove a file, if it is there."""

        def gone() -> None:
            if self.files.get_file_info(self.at(path)).type is pafs.FileType.File:
                self.files.delete_file(self.at(path))

        self._told(gone)

    def close(self) -> None:
        """Let go of the folder. Calling it twice is harmless."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def _written(self, path: str, rows: pa.Table, row_group: int) -> None:
        self.files.create_dir(path.rpartition("/")[0], recursive=True)
        pq.write_table(rows, path, filesystem=self.files, compression="zstd", row_group_size=row_group)
        if self.is_local:
            self._sync(path)
            self._sync(path.rpartition("/")[0])

    def _put(self, manifest: Manifest) -> None:
        name, raw = self.at(_named(manifest.version)), _encode(manifest)
        if not self.is_local:
            if self.files.get_file_info(name).type is not pafs.FileType.NotFound:
                raise _busy(self.url)
            with self.files.open_output_stream(name) as stream:
                stream.write(raw)
            return
        beside = Path(f"{name}.new")
        beside.write_bytes(raw)
        self._sync(str(beside))
        try:
            os.link(beside, name)
        except FileExistsError as error:
            raise _busy(self.url) from error
        beside.unlink()
        self._sync(self.at(_MANIFESTS))

    def _numbers(self) -> list[int]:
        selector = pafs.FileSelector(self.at(_MANIFESTS))
        found = self._told(lambda: self.files.get_file_info(selector))
        return sorted(int(each.base_name[:-5]) for each in found if each.base_name.endswith(".json"))

    def _hold(self) -> None:
        self._held = Path(self.at("writer.lock")).open("w")  # noqa: SIM115 - held until it is closed
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.close()
            raise _busy(self.url) from error

    def _sync(self, path: str) -> None:
        if not self._durable:
            return
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _told(self, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except OSError as error:
            text = (
                f"The lake's folder could not be read or written: {type(error).__name__}. Its disk is full or out of "
                "reach. It is tried again; free space if this stays."
            )
            raise TransientError("lake_unavailable", text, retry_after_s=5) from error


def _opened(url: str) -> tuple[pafs.FileSystem, str]:
    if "://" not in url:
        return pafs.LocalFileSystem(), str(Path(url).absolute())
    files, root = pafs.FileSystem.from_uri(url)
    return files, root.rstrip("/")


def _named(number: int) -> str:
    return f"{_MANIFESTS}/{number:012d}.json"


def _busy(url: str) -> ConflictError:
    text = f"The lake in {url} is written by another process. Ask that server, or stop it."
    return ConflictError("lake_busy", text)
