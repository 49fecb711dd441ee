"""Records every call of the API that changed something or was refused it, and tells it and every refusal to the log.

What stands there is the route's pattern, never the path that was asked, for that can name a person, and never a query.
The record says who, which route, which status; what exactly was done stands in the records of the room that did it.
"""

import time
from http import HTTPStatus

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fieldfare.ground.errors import TransientError
from fieldfare.trust.access.model import Caller
from fieldfare.trust.access.run import Access

_log = structlog.get_logger()


class Recorder:
    """Stands between the headers and the application."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        """Record with ``access``."""
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, told)
        finally:
            await self._tell(scope, status, time.perf_counter() - begun)

    async def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "") or "unknown"
        state = scope.get("state", {})
        caller: Caller | None = state.get("caller")
        who = (caller.signs or "installation") if caller is not None else ""
        is_act = caller is not None and state.get("is_act", False)
        if is_act or status >= HTTPStatus.BAD_REQUEST:
            method, took_ms = scope["method"], round(1_000 * seconds)
            _log.info("api_call", method=method, route=route, status=status, ms=took_ms, caller=who)
        if not is_act:
            return
        try:
            await run_in_threadpool(self._access.note, who, f"{scope['method']} {route}", "", status)
        except TransientError:
            _log.warning("act_not_recorded", route=route, status=status, caller=who)
