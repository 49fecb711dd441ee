"""A worker that sends a broadcast to a real SMTP server, to be killed; and that server, in a process of its own.

``python -m tests.crash.broadcasting WORKSPACE DATA READY`` runs the worker until it is ended; it writes its process id
to READY once its loops run.
"""

import asyncio
import os
import sys
import threading
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from fieldfare.assembly.files import open_workspace
from fieldfare.assembly.installation import Installation, open_worker
from fieldfare.assembly.stores import open_stores

ENVIRON = {"FIELDFARE_WRITE_KEY": "key-of-app"}


class _Sink:
    def __init__(self) -> None:
        self.took: Counter[str] = Counter()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        self.took.update(envelope.rcpt_tos)
        return "250 OK"


def serve(wire: Connection) -> None:
    """Run the server; send its port, and for each question how often each address got a mail."""
    sink = _Sink()

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(sink, hostname="crash", loop=loop), "127.0.0.1", 0)
        wire.send(server.sockets[0].getsockname()[1])
        while await loop.run_in_executor(None, wire.recv) == "count":
            wire.send(dict(sink.took))
        server.close()

    asyncio.run(run())


def main() -> None:
    """Run the worker."""
    workspace, data, ready = (Path(each) for each in sys.argv[1:])
    stores = open_stores(data)
    installation = Installation(open_workspace(workspace, ENVIRON), stores)
    worker = open_worker(installation, stores.open_lake(threads=1))
    worker.start()
    ready.write_text(str(os.getpid()))
    worker.ended.wait()
    failure = worker.failure
    if failure is not None:
        raise failure
    threading.Event().wait()


if __name__ == "__main__":
    main()
