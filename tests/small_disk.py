"""A small disk for tests that fill one: a tmpfs, and a ballast that takes its free space and gives it back.

Mounting needs root: elsewhere the test is skipped, on CI it fails.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.postgres_server import give_up

MIB = 2**20


class SmallDisk:
    """A mounted tmpfs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def free_bytes(self) -> int:
        """Return how many bytes are free."""
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def fill(self, leave: int = 0) -> None:
        """Take all free space but ``leave`` bytes."""
        with self._ballast.open("ab", buffering=0) as ballast, suppress(OSError):  # somebody else may take the rest
            while (spare := self.free_bytes() - leave) > 0:
                ballast.write(bytes(min(spare, MIB)))

    def relieve(self) -> None:
        """Give the space back."""
        self._ballast.unlink()


@contextmanager
def small_disk(size: int) -> Iterator[SmallDisk]:
    """Mount a disk of ``size`` bytes; whoever still uses it at the end is left with it, nameless."""
    folder = Path(tempfile.mkdtemp(prefix="fieldfare-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        folder.rmdir()
        give_up(f"no small disk can be mounted here: {done.stderr.strip()}", ci=os.environ.get("CI", ""))
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)
        folder.rmdir()
