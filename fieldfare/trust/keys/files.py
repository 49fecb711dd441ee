"""A key store in a folder: one file per key, mode 0600. Not for machines on which others are root; use a KMS there.

A new key is written to a temporary file, synced, then linked under its name: of two processes that race, one link wins
and both read the winner's key; a crash leaves at most a temporary file. On a full disk no key is made: a transient
failure, and nothing is sealed under a key that is not on disk.
"""

import os
import re
from contextlib import suppress
from pathlib import Path

from fieldfare.ground.errors import ConfigError, TransientError
from fieldfare.ground.ids import random_bytes

KEY_BYTES = 32
_GONE = ".gone-"
"""How the name of a file begins whose key is being destroyed."""
_NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,60}$")


class FileKeyStore:
    """``KeyStore`` in a folder."""

    def __init__(self, folder: Path) -> None:
        """Use ``folder``, making it (mode 0700) when missing."""
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def get(self, name: str) -> bytes | None:
        """Return the key, or ``None``. Raises ``ConfigError`` when its file is damaged or readable by others."""
        path = self._path(name)
        try:
            key = path.read_bytes()
            mode = path.stat().st_mode & 0o077
        except FileNotFoundError:
            return None
        if key == bytes(KEY_BYTES):  # opened a moment before it was destroyed
            return None
        if len(key) != KEY_BYTES:
            text = f"The key file {path.name} has {len(key)} bytes, not {KEY_BYTES}: it is damaged. Restore a backup."
            raise ConfigError("key_damaged", text)
        if mode:
            text = f"The key file {path.name} can be read by others. Run `chmod 600` on it."
            raise ConfigError("key_exposed", text)
        return key

    def create(self, name: str) -> bytes:
        """Return the key, making it when missing. Raises ``TransientError`` ``keys_unavailable`` when it cannot."""
        existing = self.get(name)
        if existing is not None:
            return existing
        try:
            self._make(name)
        except OSError as error:
            text = f"The key {name} could not be written: {error.strerror}. It is tried again; look at the disk."
            raise TransientError("keys_unavailable", text, retry_after_s=5) from error
        key = self.get(name)
        assert key is not None, "linked a moment ago"
        return key

    def _make(self, name: str) -> None:
        temporary = self._folder / f".{name}.{os.getpid()}.{random_bytes(4).hex()}"
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            try:
                os.write(handle, random_bytes(KEY_BYTES))
                os.fsync(handle)
            finally:
                os.close(handle)
            with suppress(FileExistsError):
                os.link(temporary, self._path(name))
        finally:
            temporary.unlink()
        self._sync_folder()

    def destroy(self, name: str) -> bool:
        """Take the key's file out of the way, whole, then overwrite and remove it.

        A crash leaves the key as it was, or none; what it had begun is finished with the next key that is destroyed.
        """
        gone = self._folder / f"{_GONE}{name}.{random_bytes(4).hex()}"
        try:
            self._path(name).rename(gone)
        except FileNotFoundError:
            is_there = False
        else:
            is_there = True
            self._sync_folder()
        for path in self._folder.glob(f"{_GONE}*"):
            with suppress(FileNotFoundError):  # another process finishes it too
                _overwrite(path)
                path.unlink()
        self._sync_folder()
        return is_there

    def names(self) -> list[str]:
        """Return the names of all keys, sorted."""
        return sorted(path.name for path in self._folder.iterdir() if not path.name.startswith("."))

    def _path(self, name: str) -> Path:
        assert _NAME.match(name), name
        return self._folder / name

    def _sync_folder(self) -> None:
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _overwrite(path: Path) -> None:
    handle = os.open(path, os.O_WRONLY)
    try:
        os.write(handle, bytes(KEY_BYTES))
        os.fsync(handle)
    finally:
        os.close(handle)
