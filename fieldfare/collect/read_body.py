"""Read the bodies of requests, and bound how many bytes of them are in memory at once. It never looks into one.

A body that comes in one piece, as nearly all do, costs nothing here. One that comes in pieces counts, piece by piece,
until it is whole or given up; beyond the bound its sender is told to come back. So a thousand slow uploads cannot fill
the memory, and whoever sends little gets through meanwhile. How long a body may take is the connection's business
(``connection.py``). A client that leaves in the middle leaves nothing.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fieldfare.collect.wire import Limits, too_large
from fieldfare.ground.errors import TransientError

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


class ClientGoneError(Exception):
    """The client closed the connection before its body was whole."""


class BodyReader:
    """Reads bodies; knows how many bytes of unfinished ones it holds."""

    def __init__(self, limits: Limits) -> None:
        """Start with nothing held."""
        self._limits = limits
        self.held = 0
        """Bytes of bodies that have come in part."""

    async def read(self, receive: Receive, headers: dict[bytes, bytes]) -> bytes:
        """Return a request's bytes; stop reading beyond a limit.

        Raises ``CallerError`` ``body_too_large``, ``TransientError`` ``door_busy`` and :class:`ClientGoneError`.
        """
        stated = headers.get(b"content-length", b"")
        limit = self._limits.body_bytes
        if stated.isdigit() and int(stated[:20]) > limit:
            raise too_large(int(stated[:20]), limit)
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        body: bytes = message.get("body", b"")
        return await self._read_on(receive, body) if message.get("more_body") else body

    async def _read_on(self, receive: Receive, first: bytes) -> bytes:
        whole = bytearray()  # not a list of pieces: a body may come byte by byte
        size = 0
        message: Message = {"body": first, "more_body": True}
        try:
            while True:
                chunk: bytes = message.get("body", b"")
                whole += chunk
                size += len(chunk)
                self.held += len(chunk)
                if size > self._limits.body_bytes:
                    raise too_large(size, self._limits.body_bytes)
                if not message.get("more_body"):
                    return bytes(whole)
                if self.held > self._limits.reading_bytes:
                    text = (
                        f"{self.held} bytes of unfinished requests are already on their way in, the bound is "
                        f"{self._limits.reading_bytes}. Send again after a second."
                    )
                    raise TransientError("door_busy", text, retry_after_s=1)
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGoneError
        finally:
            self.held -= size
