"""The peer of `bench/accept.py`: a server that does the least a durable one must. ``python -m bench.bare_server FILE``.

It splits HTTP by hand, decodes the batch with msgspec, appends the body to a plain file, and answers when one fdatasync
has covered it, shared by all who wait. No key, no limits, no envelope, no sealing, no offsets, no metrics.
"""

import asyncio
import os
import sys
import threading
from typing import cast

import msgspec
import uvloop

_ANSWER = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 17\r\n\r\n{"success": true}'


class _Batch(msgspec.Struct):
    batch: list[dict[str, object]]


_decode = msgspec.json.Decoder(_Batch).decode


class Writer:
    """One thread that appends what waits and syncs once for all of it."""

    def __init__(self, path: str, loop: asyncio.AbstractEventLoop) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._loop = loop
        self._waiting: list[tuple[bytes, asyncio.Transport]] = []
        self._changed = threading.Condition()
        threading.Thread(target=self._work, daemon=True).start()

    def put(self, body: bytes, transport: asyncio.Transport) -> None:
        """Queue a body; the transport is answered when it is synced."""
        with self._changed:
            self._waiting.append((body, transport))
            self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                group, self._waiting = self._waiting, []
            for body, _ in group:
                os.write(self._file, body)
            os.fdatasync(self._file)
            self._loop.call_soon_threadsafe(_answer, [transport for _, transport in group])


def _answer(transports: list[asyncio.Transport]) -> None:
    for transport in transports:
        transport.write(_ANSWER)


class Protocol(asyncio.Protocol):
    """Reads requests with a content-length and nothing else."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take a request when it is whole."""
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        at = self._buffer.index(b"content-length: ") + 16
        size = int(self._buffer[at : self._buffer.index(b"\r", at)])
        if len(self._buffer) < end + 4 + size:
            return
        body = bytes(self._buffer[end + 4 : end + 4 + size])
        del self._buffer[: end + 4 + size]
        _decode(body)
        self._writer.put(body, self._transport)


async def main(path: str) -> None:
    loop = asyncio.get_running_loop()
    writer = Writer(path, loop)
    server = await loop.create_server(lambda: Protocol(writer), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
