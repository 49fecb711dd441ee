"""The door's connections: uvicorn's HTTP protocol with bounds on what a sender may make it hold, and for how long.

uvicorn waits for ever for a head or a body, and keeps a head of any size. Here a request has so many seconds from its
first byte to its last, a head so many bytes and fields, a connection so many requests in line, the process so many
connections; when these are all taken, the one that has kept us waiting longest makes room. Refusals are JSON, as all of
the door's. Nothing is parsed here beyond what uvicorn does, and an answered request is never touched: a crash or a
refusal leaves nothing, because only the application appends.
"""

import errno
import os
import socket
import threading
from typing import Any, Protocol

import msgspec
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from fieldfare.collect.paths import REFUSALS
from fieldfare.ground.errors import ConfigError

_RECEIVE_BYTES = 64 * 1024
"""What the system may hold of one connection before we read it: all connections may have that much ready at once."""


class Bounds(msgspec.Struct, frozen=True):
    """What one connection, and all together, may take."""

    request_s: int = 60
    """Seconds from a request's first byte to its last; also how long a new connection may stay silent."""
    head_bytes: int = 64 * 1024
    head_fields: int = 200
    in_line: int = 32
    """Requests sent on one connection before the first is answered."""
    connections: int = 4_000


class Door(Protocol):
    """The application, as the server sees it."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection event."""
        ...

    def refused(self, status: int) -> None:
        """Count a refusal that the application never saw."""
        ...


def listen(host: str, port: int, *, patience_s: float = 0) -> socket.socket:
    """Return a socket that listens; for so many seconds it waits for a port that somebody still holds.

    Raises ``ConfigError`` ``port_taken``.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as error:
        message = f"Could not listen on {host}, port {port}: there is no such address here. Give another --host."
        raise ConfigError("port_taken", message) from error
    for left in range(int(patience_s * 10), -1, -1):
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)
        try:
            made.bind(address)
            made.listen(2048)
        except OSError as error:
            made.close()
            if left == 0 or error.errno != errno.EADDRINUSE:
                why = os.strerror(error.errno or 0)
                message = f"Could not listen on {host}, port {port}: {why}. Stop what holds it, or choose another."
                raise ConfigError("port_taken", message) from error
            threading.Event().wait(0.1)
        else:
            return made
    raise AssertionError("the last try returns or raises")


def door_server(door: Door, listener: socket.socket, bounds: Bounds | None = None) -> "DoorServer":
    """Return the server of a door on a socket that listens."""
    return DoorServer(door, listener, bounds or Bounds())


class DoorServer(uvicorn.Server):
    """A server whose requests cannot take for ever."""

    def __init__(self, door: Door, listener: socket.socket, bounds: Bounds) -> None:
        """Serve ``door`` on a socket that listens already."""
        self._listener = listener

        class Bounded(_Connection):
            pass

        Bounded.bounds, Bounded.refused = bounds, staticmethod(door.refused)
        super().__init__(
            uvicorn.Config(
                door,
                http=Bounded,
                ws="none",
                loop="uvloop",
                log_config=None,
                log_level="error",  # what a stranger sends wrong is counted, not logged
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=10,
            )
        )

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to stop."""
        super().run(sockets or [self._listener])

    async def on_tick(self, counter: int) -> bool:
        """Look once a second whether somebody is late."""
        if counter % 10 == 0:
            for connection in list(self.server_state.connections):
                assert isinstance(connection, _Connection)
                connection.tick()
        return await super().on_tick(counter)


class _Connection(HttpToolsProtocol):
    """One connection. ``waited_s`` counts whole seconds while a request comes in, and is -1 while none does."""

    bounds: Bounds
    refused: Any
    waited_s = -1
    _head_bytes = 0
    _in_head = False
    _begun = 0
    _refusal: str | None = None

    def connection_made(self, transport: Any) -> None:
        """Take the connection in; beyond the bound, the slowest one or this one goes."""
        super().connection_made(transport)
        self.waited_s = 0
        if len(self.connections) > self.bounds.connections:
            slowest = max(self.connections, key=lambda each: getattr(each, "waited_s", -1))
            late = slowest if getattr(slowest, "waited_s", -1) > 0 else self
            assert isinstance(late, _Connection)
            late.refuse("too_many_connections")

    def data_received(self, data: bytes) -> None:
        """Take bytes in; bound those of a head that comes in pieces."""
        self.waited_s = max(self.waited_s, 0)
        begun = self._begun
        super().data_received(data)
        if self._in_head and begun == self._begun:
            self._head_bytes += len(data)
            if self._head_bytes > self.bounds.head_bytes:
                self.refuse("head_too_large")

    def on_message_begin(self) -> None:
        """Begin with an empty head."""
        super().on_message_begin()
        self._begun += 1
        self._in_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        """Hand the request to the door, unless its head or the line behind it is too long."""
        if len(self.headers) > self.bounds.head_fields:
            self._refusal = "head_too_large"
        elif len(self.pipeline) >= self.bounds.in_line:
            self._refusal = "too_many_connections"
        if self._refusal is not None:
            raise ValueError(self._refusal)  # ends the parser, which ends the connection
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Stop counting seconds: the request is here."""
        super().on_message_complete()
        self.waited_s = -1

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, or what a callback refused, in the door's own form."""
        del msg
        self.refuse(self._refusal or "bad_request")

    def tick(self) -> None:
        """Count a second of waiting; end what takes too long."""
        if self.waited_s >= 0:
            self.waited_s += 1
            if self.waited_s > self.bounds.request_s:
                self.refuse("request_timeout")

    def refuse(self, code: str) -> None:
        """Answer with a refusal, when nothing else is being answered here, and end the connection."""
        if self.transport.is_closing():
            return
        refusal = REFUSALS[code]
        self.refused(refusal.status)
        cycle: Any = self.cycle
        answering = (
            cycle is not None and not cycle.response_complete and (cycle.response_started or not cycle.more_body)
        )
        if cycle is not None:
            cycle.disconnected = True  # an application that still reads learns that nobody is there
            cycle.message_event.set()
        if not answering and not self.pipeline:
            self.transport.write(_refusal_bytes(code, refusal.status, refusal.what))
        self.transport.close()


def _refusal_bytes(code: str, status: int, what: str) -> bytes:
    body = msgspec.json.encode(
        {"code": code, "message": f"{what} Nothing was kept. Mend the request, or send it again."}
    )
    retry = "retry-after: 1\r\n" if status in {429, 503} else ""
    head = (
        f"HTTP/1.1 {status} \r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        f"access-control-allow-origin: *\r\n{retry}connection: close\r\n\r\n"
    )
    return head.encode() + body
