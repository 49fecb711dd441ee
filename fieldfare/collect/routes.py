"""The front door over HTTP: a bare ASGI application, because it is the hottest path and has few routes.

The flow of a call: stamp the accept time, find the source by its write key, unpack and examine the body, remove
forbidden fields, seal the envelope, append, and only when the append is durable answer 200. One request is one log
record, whole or not at all. A crash before the append leaves nothing and no answer: the SDK sends again. A crash
between append and answer leaves the record: the SDK sends again, and the second copy of each event is dropped by its
message id when the log is applied. Order of requests does not matter here. Nothing is parsed into events, no contract
is checked (that happens when the log is applied), and no value of an event ever reaches a log line or an error.
"""

import math
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from types import MappingProxyType
from typing import Any

import msgspec
import structlog

from fieldfare.collect.gauges import DoorGauges
from fieldfare.collect.model import Call, Envelope, Mode, Posted
from fieldfare.collect.split import BATCH, Parts
from fieldfare.collect.strip import FieldPolicy, strip
from fieldfare.collect.wire import (
    CALLS,
    Limits,
    consent_names,
    examine,
    inflate,
    is_urgent,
    offered_keys,
    too_large,
    unpack,
)
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, TransientError
from fieldfare.ground.instants import Instant
from fieldfare.ground.log.commit import GroupCommit
from fieldfare.ground.log.ports import NORMAL, URGENT, Entry

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Seal = Callable[[Envelope], Entry]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

Handler = Callable[[Posted], Call | None]
"""Pure: turns a sender's own request into a call, or into ``None`` when it is answered and not kept; raises
:class:`CallerError`. Its call is then examined, stripped, sealed and appended like every other."""

_Headers = list[tuple[bytes, bytes]]

SHORT = {
    "t": "track",
    "i": "identify",
    "p": "page",
    "s": "screen",
    "g": "group",
    "a": "alias",
    "b": BATCH,
    "import": BATCH,
}
"""Short paths of browser and mobile SDKs."""
IGNORED = "/v1/m"
"""Where browser SDKs send numbers about themselves; answered, not kept."""
SETTINGS_PREFIX = "/v1/projects/"
SETTINGS_SUFFIX = "/settings"
HEALTH, READY, METRICS = "/healthz", "/readyz", "/metrics"
_OK_STATUS = 200
_LONGEST_USER_AGENT = 512

_JSON = (b"content-type", b"application/json")
_CORS: _Headers = [(b"access-control-allow-origin", b"*")]
_PREFLIGHT: _Headers = [
    *_CORS,
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (b"access-control-allow-headers", b"authorization, content-type, content-encoding, x-write-key, x-retry-count"),
    (b"access-control-max-age", b"86400"),
    (b"content-length", b"0"),
]
_SUCCESS = b'{"success": true}'
_SUCCESS_START: Message = {
    "type": "http.response.start",
    "status": _OK_STATUS,
    "headers": [_JSON, (b"content-length", str(len(_SUCCESS)).encode()), *_CORS],
}
_SUCCESS_BODY: Message = {"type": "http.response.body", "body": _SUCCESS}


class DoorSettings(msgspec.Struct, frozen=True):
    """What the door needs to know of the workspace."""

    sources: dict[str, str]
    """Write key -> name of the source."""
    policy: FieldPolicy = FieldPolicy()
    synonyms: dict[str, str] = {}
    """Synonym -> canonical event name, for the names of the consent event."""
    limits: Limits = Limits()
    public_url: str | None = None
    """Address that browser SDKs are told to send to; the request's own host when ``None``."""


class _ClientGoneError(Exception):
    """The client closed the connection before its body was whole."""


def build_door(
    settings: DoorSettings,
    log: GroupCommit,
    seal: Seal,
    clock: Clock,
    *,
    handlers: Mapping[str, Handler] = MappingProxyType({}),
    ready: Callable[[], str | None] = lambda: None,
    on_stop: Callable[[], None] = lambda: None,
) -> App:
    """Return the ASGI application of the door.

    ``seal`` turns the envelope into the entry that the log keeps. ``handlers`` takes POSTs by the prefix of their path
    (``/v1/webhooks/``), for senders that do not speak the tracking API. ``ready`` says why the door should get no
    requests, or ``None``. ``on_stop`` is called once when the server stops, after the last answer.
    """
    return _Door(settings, log, seal, clock, handlers, ready, on_stop)


def door_paths() -> dict[str, str]:
    """Return every path that takes calls, with the kind of body it expects."""
    kinds = {**{call: call for call in CALLS}, BATCH: BATCH, **SHORT}
    return {f"{prefix}/{name}": kind for prefix in ("/v1", "") for name, kind in kinds.items()}


class _Door:
    """The application; holds no state but counters."""

    def __init__(
        self,
        settings: DoorSettings,
        log: GroupCommit,
        seal: Seal,
        clock: Clock,
        handlers: Mapping[str, Handler],
        ready: Callable[[], str | None],
        on_stop: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._log = log
        self._seal = seal
        self._clock = clock
        self._handlers = handlers
        self._ready = ready
        self._on_stop = on_stop
        self._gauges = DoorGauges()
        self._paths = door_paths()
        self._consent = consent_names(settings.synonyms.items())
        self._logger = structlog.get_logger("fieldfare.door")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event of the ASGI server."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        try:
            await self._answer(scope, receive, send)
        except _ClientGoneError:
            return
        except CallerError as error:
            await self._refuse(send, error.status, error.code, error.message)
        except TransientError as error:
            wait = max(1, math.ceil(error.retry_after_s or 1))
            status = 429 if error.code == "log_busy" else 503
            await self._refuse(send, status, error.code, error.message, [(b"retry-after", str(wait).encode())])
        except Exception as error:  # noqa: BLE001 - the last place that can answer; the name of the bug is logged
            # Only the type: a message may quote what was sent.
            self._logger.error("door_failed", error=type(error).__name__)  # noqa: TRY400
            message = "The door failed and kept nothing. The operator's log has the reason; send again later."
            await self._refuse(send, 500, "door_failed", message)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        kind = self._paths.get(path) or self._paths.get(path.rstrip("/"))
        if kind is not None and method == "POST":
            await self._accept(kind, scope, receive)
            self._gauges.answered(_OK_STATUS)
            await send(_SUCCESS_START)
            await send(_SUCCESS_BODY)
        elif method == "OPTIONS":
            self._gauges.answered(204)
            await send({"type": "http.response.start", "status": 204, "headers": _PREFLIGHT})
            await send({"type": "http.response.body", "body": b""})
        elif path == IGNORED and method == "POST":
            await self._reply(send, _OK_STATUS, _SUCCESS)
        elif method == "POST" and (prefix := self._handler_of(path)) is not None:
            await self._handle(prefix, scope, receive)
            await self._reply(send, _OK_STATUS, _SUCCESS)
        elif method in {"GET", "HEAD"}:
            await self._show(path, scope, send)
        elif kind is not None:
            raise CallerError("method_not_allowed", f"Calls are sent with POST, not {method[:10]}.", status=405)
        else:
            raise _not_found()

    async def _accept(self, kind: str, scope: Scope, receive: Receive) -> None:
        """Take one call of the tracking API in; return when it is durable."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        raw = await _read(receive, headers, self._settings.limits)
        received_at = self._clock.now()  # when all of it is here: a slow upload must not be overtaken by timers
        limits = self._settings.limits
        body = unpack(raw, headers.get(b"content-encoding", b"").decode("latin-1").strip().lower(), limits)
        source = self._source_by_header(headers)
        parts = examine(kind, body, limits)
        if source is None:
            source = self._source_by_body(parts.head.write_key)
        if headers.get(b"x-retry-count", b"0") != b"0":
            self._gauges.retried()
        await self._keep(Call(source, kind, body), parts, received_at, scope, headers.get(b"user-agent"))

    async def _handle(self, prefix: str, scope: Scope, receive: Receive) -> None:
        """Take in what one of the handlers understands; return when it is durable."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        limits = self._settings.limits
        raw = await _read(receive, headers, limits)
        received_at = self._clock.now()
        body = inflate(raw, headers.get(b"content-encoding", b"").decode("latin-1").strip().lower(), limits)
        query = scope.get("query_string", b"").decode("latin-1")
        call = self._handlers[prefix](Posted(scope["path"][len(prefix) :], query, headers, body, received_at))
        if call is None:
            return
        if call.unverified is not None:
            self._gauges.unverified(call.source)
        await self._keep(call, examine(call.kind, call.body, limits), received_at, scope, headers.get(b"user-agent"))

    async def _keep(self, call: Call, parts: Parts, received_at: Instant, scope: Scope, agent: bytes | None) -> None:
        """Strip, seal and append one call; return when it is durable."""
        count = len(parts.items)
        urgent = is_urgent(parts, call.body, self._consent)
        kept, removed = strip(call.kind, call.body, self._settings.policy)
        if removed:
            self._gauges.removed(removed)
        client = scope.get("client")
        envelope = Envelope(
            Mode.LIVE,
            call.source,
            call.kind,
            received_at,
            kept,
            client[0] if client else None,
            agent[:_LONGEST_USER_AGENT].decode("latin-1") if agent else None,
            removed=removed or None,
            unverified=call.unverified,
        )
        await self._log.append(URGENT if urgent else NORMAL, self._seal(envelope))
        if urgent:
            self._gauges.urgent()
        self._gauges.accepted(call.source, count, self._clock.now() - received_at)

    def _handler_of(self, path: str) -> str | None:
        return next((prefix for prefix in self._handlers if path.startswith(prefix)), None)

    def _source_by_header(self, headers: dict[bytes, bytes]) -> str | None:
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        x_write_key = headers.get(b"x-write-key", b"").decode("latin-1")
        if not authorization and not x_write_key:
            return None
        known = (self._settings.sources.get(key) for key in offered_keys(authorization, x_write_key))
        return next((source for source in known if source is not None), None)

    def _source_by_body(self, write_key: object) -> str:
        source = self._settings.sources.get(write_key) if isinstance(write_key, str) else None
        if source is None:
            message = (
                "No write key of this workspace was sent. Send one as Basic user name, X-Write-Key, bearer token or "
                "`writeKey` in the body; `workspace.yaml` lists the sources."
            )
            raise CallerError("unknown_write_key", message, status=401)
        return source

    async def _show(self, path: str, scope: Scope, send: Send) -> None:
        if path == HEALTH:
            await self._reply(send, _OK_STATUS, b'{"status": "up"}')
        elif path == READY:
            reason = self._ready()
            if reason is not None:
                raise TransientError("not_ready", reason, retry_after_s=1)
            await self._reply(send, _OK_STATUS, b'{"status": "ready"}')
        elif path == METRICS:
            await self._reply(send, _OK_STATUS, self._gauges.text(), b"text/plain; version=0.0.4; charset=utf-8")
        elif path.startswith(SETTINGS_PREFIX) and path.endswith(SETTINGS_SUFFIX):
            await self._show_settings(path[len(SETTINGS_PREFIX) : -len(SETTINGS_SUFFIX)], scope, send)
        else:
            raise _not_found()

    async def _show_settings(self, key: str, scope: Scope, send: Send) -> None:
        """Tell a browser or mobile SDK where to send; it asks before its first call."""
        if key not in self._settings.sources:
            message = "No source has this write key. Compare it with the one in the environment of the server."
            raise CallerError("unknown_write_key", message, status=404)
        host = dict(scope["headers"]).get(b"host", b"localhost").decode("latin-1")
        address = self._settings.public_url or f"{scope.get('scheme', 'http')}://{host}"
        protocol, _, rest = address.rstrip("/").partition("://")
        integration = {"apiKey": key, "apiHost": f"{rest}/v1", "protocol": protocol, "type": "browser"}
        answer = {
            "integrations": {"Segment.io": integration},
            "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}},
            "edgeFunction": {},
            "enabledMiddleware": {},
            "metrics": {"sampleRate": 0},
        }
        await self._reply(send, _OK_STATUS, msgspec.json.encode(answer))

    async def _refuse(self, send: Send, status: int, code: str, message: str, more: _Headers | None = None) -> None:
        body = msgspec.json.encode({"code": code, "message": message})
        await self._reply(send, status, body, more=more)

    async def _reply(
        self,
        send: Send,
        status: int,
        body: bytes,
        content_type: bytes = b"application/json",
        more: _Headers | None = None,
    ) -> None:
        self._gauges.answered(status)
        headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode()), *_CORS, *(more or ())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self._on_stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _not_found() -> CallerError:
    return CallerError(
        "not_found", "There is nothing at this path. Calls go to /v1/batch and its siblings.", status=404
    )


async def _read(receive: Receive, headers: dict[bytes, bytes], limits: Limits) -> bytes:
    """Return the request's bytes; stop reading beyond the limit."""
    stated = headers.get(b"content-length", b"")
    limit = limits.body_bytes
    if stated.isdigit() and int(stated[:20]) > limit:
        raise too_large(int(stated[:20]), limit)
    message = await receive()
    if message["type"] == "http.disconnect":
        raise _ClientGoneError
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body
    chunks, size = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientGoneError
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            raise too_large(size, limit)
    return b"".join(chunks)
