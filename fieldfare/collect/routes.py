"""The front door over HTTP: a bare ASGI application, because it is the hottest path and has few routes.

The flow of a call: stamp the accept time, find the source by its write key, unpack and examine the body, remove
forbidden fields, seal the envelope, append, and only when the append is durable answer 200. One request is one log
record, whole or not at all; a verified webhook of very many events is several, answered when all are durable. A crash
before the append leaves nothing and no answer: the SDK sends again. A crash between append and answer leaves the
record: the SDK sends again, and the second copy of each event is dropped by its message id when the log is applied.
Order of requests does not matter here. Nothing is parsed into events, no contract is checked (that happens when the log
is applied), and no value of an event ever reaches a log line or an error.
"""

import asyncio
import math
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from types import MappingProxyType
from typing import Any

import msgspec
import structlog

from fieldfare.collect.gauges import DoorGauges
from fieldfare.collect.model import Call, Envelope, Mode, Posted
from fieldfare.collect.openapi import describe
from fieldfare.collect.paths import (
    DESCRIPTION,
    HEALTH,
    IGNORED,
    METRICS,
    PAGES,
    READY,
    SETTINGS,
    SETTINGS_PREFIX,
    SETTINGS_SUFFIX,
    call_paths,
)
from fieldfare.collect.read_body import BodyReader, ClientGoneError, Message, Receive
from fieldfare.collect.split import ANY, Parts, batches
from fieldfare.collect.strip import FieldPolicy, strip
from fieldfare.collect.wire import Limits, consent_names, examine, inflate, is_urgent, offered_keys, unpack
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, PermanentError, TransientError
from fieldfare.ground.instants import SECOND, Instant
from fieldfare.ground.log.commit import GroupCommit
from fieldfare.ground.log.ports import NORMAL, URGENT, Entry

Scope = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Seal = Callable[[Envelope], Entry]

Count = Callable[[], None]
Handler = Callable[[Posted], tuple[Call | None, Count]]
"""Turns a sender's own request into a call, or into ``None`` when it is answered and not kept; raises
:class:`CallerError`. Its call is then examined, stripped, sealed and appended like every other, and when that is
durable, what comes with it counts it."""

_Headers = list[tuple[bytes, bytes]]

_OK_STATUS = 200
_LONGEST_USER_AGENT = 512
_READY_WITHIN_S = 2.0
_PRESSURE = frozenset({"log_busy", "door_busy"})
"""Codes that say: slow down (429). Other passing failures are ours (503)."""

_JSON = (b"content-type", b"application/json")
_CORS: _Headers = [(b"access-control-allow-origin", b"*")]
_ALLOWED_HEADERS = b"authorization, content-type, content-encoding, x-write-key, x-retry-count"
_PLAIN_LIST = re.compile(rb"[A-Za-z0-9_\-, ]{1,512}")
_PREFLIGHT: _Headers = [
    *_CORS,
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (b"access-control-max-age", b"86400"),
    (b"vary", b"access-control-request-headers"),
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
    consent_version: str | None = None
    """Consent notices in force, stamped on every request."""
    disabled: frozenset[str] = frozenset()
    """Names of the sources that are switched off."""


def build_door(
    settings: DoorSettings,
    log: GroupCommit,
    seal: Seal,
    clock: Clock,
    *,
    handlers: Mapping[str, Handler] = MappingProxyType({}),
    gauges: DoorGauges | None = None,
    ready: Callable[[], str | None] = lambda: None,
    on_stop: Callable[[], None] = lambda: None,
) -> "Door":
    """Return the ASGI application of the door.

    ``seal`` turns the envelope into the entry that the log keeps. ``handlers`` takes POSTs by the prefix of their path
    (``/v1/webhooks/``), for senders that do not speak the tracking API; what they count goes into ``gauges``. ``ready``
    says why the door should get no requests, or ``None``. ``on_stop`` is called once when the server stops, after the
    last answer.
    """
    return Door(settings, log, seal, clock, handlers, gauges or DoorGauges(), ready, on_stop)


class Door:
    """The application; holds no state but counters."""

    def __init__(
        self,
        settings: DoorSettings,
        log: GroupCommit,
        seal: Seal,
        clock: Clock,
        handlers: Mapping[str, Handler],
        gauges: DoorGauges,
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
        self._gauges = gauges
        limits = settings.limits
        self._reader = BodyReader(limits)
        self._strangers = msgspec.structs.replace(limits, unpacked_bytes=min(limits.unpacked_bytes, limits.body_bytes))
        self._paths = call_paths()
        self._pages: dict[str, Callable[[Scope], Awaitable[tuple[bytes, bytes]]]] = {
            IGNORED: self._show_success,
            SETTINGS: self._show_settings,
            HEALTH: self._show_health,
            READY: self._show_ready,
            METRICS: self._show_metrics,
            DESCRIPTION: self._show_description,
        }
        self._methods = {page.path: page.method for page in PAGES}
        assert self._methods.keys() == self._pages.keys(), "the table of pages and what shows them differ"
        self._probe: asyncio.Future[str | None] | None = None
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
        except ClientGoneError:
            return
        except CallerError as error:
            await self._refuse(send, error.status, error.code, error.message)
        except TransientError as error:
            await self._refuse_for_now(send, error)
        except PermanentError as error:  # the log is damaged: only an operator can mend it, and the sender can wait
            await self._refuse_for_now(send, TransientError(error.code, error.message, retry_after_s=30))
        except Exception as error:  # noqa: BLE001 - the last place that can answer; the name of the bug is logged
            # Only the type: a message may quote what was sent.
            self._logger.error("door_failed", error=type(error).__name__)  # noqa: TRY400
            message = "The door failed and kept nothing. The operator's log has the reason; send again later."
            await self._refuse(send, 500, "door_failed", message)

    def refused(self, status: int) -> None:
        """Count a refusal that the server made before the application saw the request."""
        self._gauges.answered(status)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        kind = self._paths.get(path) or self._paths.get(path.rstrip("/"))
        if kind is not None and method == "POST":
            await self._accept(kind, scope, receive)
            self._gauges.answered(_OK_STATUS)
            await send(_SUCCESS_START)
            await send(_SUCCESS_BODY)
        elif method == "OPTIONS":
            await self._allow(scope, send)
        elif kind is not None:
            await self._refuse_method(send, method, b"POST, OPTIONS")
        elif (prefix := self._handler_of(path)) is not None:
            if method == "POST":
                await self._handle(prefix, scope, receive)
            elif method != "HEAD":  # some senders ask an address before they use it
                await self._refuse_method(send, method, b"POST, HEAD, OPTIONS")
                return
            await self._reply(send, _OK_STATUS, _SUCCESS if method == "POST" else b"")
        else:
            await self._show(path, scope, send)

    async def _allow(self, scope: Scope, send: Send) -> None:
        """Answer a browser's preflight: a page may send whatever plain headers its SDK has."""
        asked = dict(scope["headers"]).get(b"access-control-request-headers", b"")
        allowed = _ALLOWED_HEADERS + b", " + asked.lower() if _PLAIN_LIST.fullmatch(asked) else _ALLOWED_HEADERS
        self._gauges.answered(204)
        headers = [*_PREFLIGHT, (b"access-control-allow-headers", allowed)]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _accept(self, kind: str, scope: Scope, receive: Receive) -> None:
        """Take one call of the tracking API in; return when it is durable."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        entry, urgent, source, count = self._prepare(kind, scope, headers, await self._reader.read(receive, headers))
        await self._append(entry, source, count, urgent=urgent)

    def _prepare(
        self, kind: str, scope: Scope, headers: dict[bytes, bytes], raw: bytes
    ) -> tuple[Entry, bool, str, int]:
        """Return what :meth:`_seal_call` does for a call's bytes; no copy of the body outlives this."""
        received_at = self._clock.now()  # when all of it is here: a slow upload must not be overtaken by timers
        limits = self._settings.limits
        source = self._source_by_header(headers)
        if source is None:  # a stranger may not make a few bytes unfold to megabytes
            limits = self._strangers
        body = unpack(raw, _encoding(headers), limits)
        parts = examine(kind, body, limits)
        if source is None:
            source = self._source_by_body(parts.head.write_key)
        if source in self._settings.disabled:
            raise _disabled()
        if headers.get(b"x-retry-count", b"0") != b"0":
            self._gauges.retried()
        return self._seal_call(Call(source, kind, body), parts, received_at, scope, headers.get(b"user-agent"))

    async def _handle(self, prefix: str, scope: Scope, receive: Receive) -> None:
        """Take in what one of the handlers understands; return when it is durable."""
        if scope["path"][len(prefix) :] in self._settings.disabled:
            raise _disabled()
        headers: dict[bytes, bytes] = dict(scope["headers"])
        raw = await self._reader.read(receive, headers)
        received_at = self._clock.now()
        query = scope.get("query_string", b"").decode("latin-1")
        body = inflate(raw, _encoding(headers), self._strangers)
        call, count = self._handlers[prefix](Posted(scope["path"][len(prefix) :], query, headers, body, received_at))
        for some, parts in self._in_records(call) if call is not None else ():
            entry, urgent, source, events = self._seal_call(some, parts, received_at, scope, headers.get(b"user-agent"))
            await self._append(entry, source, events, urgent=urgent)
        count()

    def _in_records(self, call: Call) -> Iterator[tuple[Call, Parts]]:
        """Yield a call as calls of no more events than a record may have.

        What a verified sender sends cannot be sent otherwise, so no number of events is too large for it. A crash
        between two records is a request without an answer: it is sent again, under the same message ids.
        """
        limits, is_verified = self._settings.limits, call.from_webhook and call.unverified is None
        parts = examine(call.kind, call.body, msgspec.structs.replace(limits, events=ANY) if is_verified else limits)
        if len(parts.items) <= limits.events:
            yield call, parts
            return
        for number, some in enumerate(batches(parts, limits.events)):
            removed = call.removed if number == 0 else None
            yield msgspec.structs.replace(call, body=some, removed=removed), examine(call.kind, some, limits)

    def _seal_call(
        self, call: Call, parts: Parts, received_at: Instant, scope: Scope, agent: bytes | None
    ) -> tuple[Entry, bool, str, int]:
        """Strip and seal one call: the entry, whether it is urgent, its source, its number of events."""
        urgent = is_urgent(parts, call.body, self._consent)
        kept, removed = strip(call.kind, call.body, self._settings.policy, ours=call.from_webhook)
        if call.removed:
            removed = {
                field: removed.get(field, 0) + call.removed.get(field, 0) for field in {**removed, **call.removed}
            }
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
            consent_version=self._settings.consent_version,
            unverified=call.unverified,
            from_webhook=call.from_webhook,
            is_vouched=call.from_webhook and call.unverified is None,
            gpc=not call.from_webhook and (b"sec-gpc", b"1") in scope["headers"],
        )
        return self._seal(envelope), urgent, call.source, len(parts.items)

    async def _append(self, entry: Entry, source: str, count: int, *, urgent: bool) -> None:
        await self._log.append(URGENT if urgent else NORMAL, entry)
        if urgent:
            self._gauges.urgent()
        self._gauges.accepted(source, count, self._clock.now() - entry.received_at)

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
        name = path
        if path.startswith(SETTINGS_PREFIX) and path.endswith(SETTINGS_SUFFIX):
            name = SETTINGS
        wanted = self._methods.get(name)
        if wanted is None:
            text = "There is nothing at this path. Calls go to /v1/batch and its siblings."
            raise CallerError("not_found", text, status=404)
        if scope["method"] != wanted and not (wanted == "GET" and scope["method"] == "HEAD"):
            await self._refuse_method(
                send, scope["method"], b"POST, OPTIONS" if wanted == "POST" else b"GET, HEAD, OPTIONS"
            )
            return
        body, media = await self._pages[name](scope)
        await self._reply(send, _OK_STATUS, body, media)

    async def _show_success(self, _scope: Scope) -> tuple[bytes, bytes]:
        return _SUCCESS, _JSON[1]

    async def _show_health(self, _scope: Scope) -> tuple[bytes, bytes]:
        return b'{"status": "up"}', _JSON[1]

    async def _show_ready(self, _scope: Scope) -> tuple[bytes, bytes]:
        """Ask the log, in a thread of its own and one at a time, for it may be slow to answer."""
        if self._probe is None or self._probe.done():
            self._probe = asyncio.get_running_loop().run_in_executor(None, self._ready)
        done, _ = await asyncio.wait({self._probe}, timeout=_READY_WITHIN_S)
        reason = self._probe.result() if done else f"The log has not answered within {_READY_WITHIN_S:g} s. Look at it."
        if reason is not None:
            raise TransientError("not_ready", reason, retry_after_s=1)
        return b'{"status": "ready"}', _JSON[1]

    async def _show_metrics(self, _scope: Scope) -> tuple[bytes, bytes]:
        return self._gauges.text(), b"text/plain; version=0.0.4; charset=utf-8"

    async def _show_description(self, _scope: Scope) -> tuple[bytes, bytes]:
        return msgspec.json.encode(describe()), _JSON[1]

    async def _show_settings(self, scope: Scope) -> tuple[bytes, bytes]:
        """Tell a browser or mobile SDK where to send; it asks before its first call."""
        key = scope["path"][len(SETTINGS_PREFIX) : -len(SETTINGS_SUFFIX)]
        source = self._settings.sources.get(key)
        if source is None:
            message = "No source has this write key. Compare it with the one in the environment of the server."
            raise CallerError("unknown_write_key", message, status=404)
        if source in self._settings.disabled:
            raise _disabled()
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
        return msgspec.json.encode(answer), _JSON[1]

    async def _refuse_for_now(self, send: Send, error: TransientError) -> None:
        """Refuse what may be sent again: 429 when all would be well but for the pressure, else 503."""
        wait = max(1, math.ceil(error.retry_after_s or 1))
        more: _Headers = [(b"retry-after", str(wait).encode())]
        more += [(b"access-control-expose-headers", b"retry-after, x-ratelimit-reset")]  # a page's SDK must see it
        if error.code not in _PRESSURE:
            await self._refuse(send, 503, error.code, error.message, more)
            return
        reset = self._clock.now() // SECOND + wait
        await self._refuse(send, 429, error.code, error.message, [*more, (b"x-ratelimit-reset", str(reset).encode())])

    async def _refuse_method(self, send: Send, method: str, allowed: bytes) -> None:
        message = f"This path does not take {method[:10]}. Use one of {allowed.decode()}; calls are sent with POST."
        await self._refuse(send, 405, "method_not_allowed", message, [(b"allow", allowed)])

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


def _encoding(headers: dict[bytes, bytes]) -> str:
    return headers.get(b"content-encoding", b"").decode("latin-1").strip().lower()


def _disabled() -> CallerError:
    message = "The source of this write key is disabled. Enable it in `workspace.yaml`, or stop sending."
    return CallerError("source_disabled", message, status=404)
