"""Records every call of the API that changed something or was refused it, and tells it and every refusal to the log.

What stands there is the route's pattern, never the path that was asked, for that can name a person, and never a query.
The record says who, which route, to what, which status; what exactly was done stands in the records of the room that
did it. To what: the parts of the path that name a thing or a user, never an identifier of a customer.

A look at personal values (a route that needs ``people.reveal``, or a call that asks to reveal) is recorded before
anything of its answer is sent, and when that cannot be done, nothing is sent but that. What was looked at stands beside
it where a route says so (``request.state.what``), and it names nobody.
"""

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fieldfare.ground.errors import TransientError
from fieldfare.trust.access.model import Caller
from fieldfare.trust.access.run import Access

_log = structlog.get_logger()

NAMING = frozenset(
    {"act", "audience", "hold", "name", "proposal", "request", "review", "task", "token", "user", "version"}
)
"""Parts of paths that name a thing or a user."""


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
        begun, status, is_refused = time.perf_counter(), 500, False

        async def told(message: Message) -> None:
            nonlocal status, is_refused
            if message["type"] == "http.response.start":
                status = int(message["status"])
                if scope.get("state", {}).get("is_look", False) and not await self._note(scope, status):
                    status, is_refused = HTTPStatus.SERVICE_UNAVAILABLE, True
                    await _unrecorded(scope, receive, send)
            if not is_refused:
                await send(message)

        try:
            await self._app(scope, receive, told)
        finally:
            await self._tell(scope, status, time.perf_counter() - begun)

    async def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route, who, state = _route(scope), _who(scope), scope.get("state", {})
        is_act, is_look = bool(who) and state.get("is_act", False), bool(who) and state.get("is_look", False)
        if is_act or is_look or status >= HTTPStatus.BAD_REQUEST:
            method, took_ms = scope["method"], round(1_000 * seconds)
            _log.info("api_call", method=method, route=route, status=status, ms=took_ms, caller=who)
        if is_act and not is_look:
            await self._note(scope, status)

    async def _note(self, scope: Scope, status: int) -> bool:
        """Record the call; return whether that was possible."""
        what = str(scope.get("state", {}).get("what", "")) or named(scope.get("path_params", {}))
        try:
            await run_in_threadpool(self._access.note, _who(scope), f"{scope['method']} {_route(scope)}", what, status)
        except TransientError:
            _log.warning("act_not_recorded", route=_route(scope), status=status, caller=_who(scope))
            return False
        return True


def named(parts: Mapping[str, Any]) -> str:
    """Return what a path's parts name: things, users, a profile by its number; nothing that is a person's own."""
    told = [str(value) for name, value in parts.items() if name in NAMING]
    profile = str(parts.get("profile", ""))
    return " ".join([*told, *([f"profile {profile}"] if profile.isdecimal() else [])])


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "") or "unknown"


def _who(scope: Scope) -> str:
    caller: Caller | None = scope.get("state", {}).get("caller")
    return (caller.signs or "installation") if caller is not None else ""


async def _unrecorded(scope: Scope, receive: Receive, send: Send) -> None:
    text = "The look could not be recorded, so nothing is shown. Try again in a moment."
    answer = JSONResponse({"code": "look_unrecorded", "message": text}, 503, {"Retry-After": "1"})
    await answer(scope, receive, send)
