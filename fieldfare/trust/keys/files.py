"""A key store in a folder: one file per key, mode 0600. Not for machines on which others are root; cover it there.

A cover, a root key from the environment or a KMS, encrypts each key before it is written, so that the files alone say
nothing. Without a cover the keys stand in the files as they are.

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
from fieldfare.trust.keys.cipher import KEY_BYTES
from fieldfare.trust.keys.ports import Kms

_GONE = ".gone-"
"""How the name of a file begins whose key is being destroyed."""
_COVERED = b"covered\n"
"""What a covered key's file begins with; it is shorter than a key, so no file of 32 bytes is one."""
_NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,60}$")


class FileKeyStore:
    """``KeyStore`` in a folder."""

    def __init__(self, folder: Path, cover: Kms | None = None, *, durable: bool = True) -> None:
        """Use ``folder``, making it (mode 0700) when missing; ``cover`` encrypts what is in it.

        Not ``durable``: nothing is synced, for data that can be made again.
        """
        self._folder, self._cover, self._durable = folder, cover, durable
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def get(self, name: str) -> bytes | None:
        """Return the key, or ``None``.

        Raises ``ConfigError``: ``key_damaged``, ``key_exposed`` when others may read the file, ``key_covered`` when its
        cover is not the one given here.
        """
        path = self._path(name)
        try:
            written = path.read_bytes()
            mode = path.stat().st_mode & 0o077
        except FileNotFoundError:
            return None
        if len(written) >= KEY_BYTES and not any(written):  # opened a moment before it was destroyed
            return None
        if mode:
            text = f"The key file {path.name} can be read by others. Run `chmod 600` on it."
            raise ConfigError("key_exposed", text)
        return self._uncovered(name, written)

    def _uncovered(self, name: str, written: bytes) -> bytes:
        is_covered = written.startswith(_COVERED)
        if is_covered != (self._cover is not None):
            text = (
                f"The key file {name} is {'covered by a root key or KMS' if is_covered else 'not covered'}, and this "
                f"program was started {'without' if is_covered else 'with'} one. Start it as it was set up."
            )
            raise ConfigError("key_covered", text)
        key: bytes | None = written
        if self._cover is not None:
            key = self._cover.decrypt(written[len(_COVERED) :], name.encode())
            if key is None:
                text = (
                    f"The key file {name} does not open with this root key or KMS: it is another one, or the file is "
                    "damaged. Give the one it was made with, or restore a backup."
                )
                raise ConfigError("key_covered", text)
        if key is None or len(key) != KEY_BYTES:
            text = f"The key file {name} does not hold {KEY_BYTES} bytes: it is damaged. Restore a backup."
            raise ConfigError("key_damaged", text)
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
        key = random_bytes(KEY_BYTES)
        written = key if self._cover is None else _COVERED + self._cover.encrypt(key, name.encode())
        temporary = self._folder / f".{name}.{os.getpid()}.{random_bytes(4).hex()}"
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            try:
                os.write(handle, written)
                if self._durable:
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
        if not self._durable:
            return
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _overwrite(path: Path) -> None:
    handle = os.open(path, os.O_WRONLY)
    try:
        os.write(handle, bytes(os.fstat(handle).st_size))
        os.fsync(handle)
    finally:
        os.close(handle)
