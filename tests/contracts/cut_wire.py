"""A wire to PostgreSQL that is cut between a commit and its answer: the server has committed, the client never hears.

It listens on a unix socket and carries bytes both ways. Once it is told to cut, it closes both ends instead of carrying
the server's word that a transaction is committed. It carries one connection after the other.
"""

import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import make_url

_COMMITTED = b"COMMIT\0"


@contextmanager
def cut_wire(url: str) -> Iterator[tuple[str, threading.Event]]:
    """Yield the URL of the wire to a server's URL, and the event that tells it to cut at the next commit."""
    cut = threading.Event()
    with tempfile.TemporaryDirectory(prefix="fieldfare-wire-") as folder, socket.socket(socket.AF_UNIX) as ear:
        path = Path(folder) / "s"
        ear.bind(str(path))
        ear.listen()
        target = make_url(url)
        threading.Thread(target=_carry, args=(ear, str(target.query["unix_sock"]), cut), daemon=True).start()
        yield target.set(query={"unix_sock": str(path)}).render_as_string(hide_password=False), cut


def _carry(ear: socket.socket, server_path: str, cut: threading.Event) -> None:
    with suppress(OSError):  # the ear is closed at the end
        while True:
            near, _ = ear.accept()
            far = socket.socket(socket.AF_UNIX)
            far.connect(server_path)
            threading.Thread(target=_pass_on, args=(near, far, None), daemon=True).start()
            threading.Thread(target=_pass_on, args=(far, near, cut), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket, cut: threading.Event | None) -> None:
    with suppress(OSError):
        while told := source.recv(65_536):
            if cut is not None and cut.is_set() and _COMMITTED in told:
                break
            target.sendall(told)
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
