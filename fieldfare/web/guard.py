"""Who calls, and whether they may: every route of the API declares what it needs, here is how that is checked.

A route says ``dependencies=needs(Permission.SEE)``, ``signed_in()`` when any signed-in user may, or ``anybody()``. A
call carries the installation's token, an API token (``Authorization: Bearer …``), or the cookie of a session; with a
cookie, whatever is no plain reading needs the text of ``GET /api/v1/session`` in ``X-Fieldfare-Csrf`` too, which a page
of another site cannot know. Whoever asks to see personal values in clear needs that permission beside the route's.

The caller is put into a context variable, so that a body's ``actor`` is replaced while it is read (:mod:`.signing`).
"""

import hmac
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import Any

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from fieldfare.ground.errors import CallerError
from fieldfare.trust.access.model import Caller, CallerKind, Permission
from fieldfare.trust.access.run import Access
from fieldfare.trust.access.secrets import csrf_of

CSRF_HEADER = "X-Fieldfare-Csrf"
COOKIE, SECURE_COOKIE = "fieldfare_session", "__Host-fieldfare_session"
READING = frozenset({"GET", "HEAD", "OPTIONS"})
_UNAUTHORIZED, _FORBIDDEN = 401, 403
_SAME = frozenset({"same-origin", "none"})

LISTENING = "/api/v1/live"
"""A screen that is open listens there; that is no use of the session."""
CALLER: ContextVar[Caller | None] = ContextVar("caller", default=None)
"""Who makes the call that is being answered."""


class Guard:
    """Recognises callers."""

    def __init__(self, access: Access, token: str) -> None:
        """``token`` is the installation's own: the command line's, with every permission."""
        self.access, self._token = access, token

    def recognise(self, request: Request) -> Caller | None:
        """Return who calls; ``None`` without a credential that stands. Raises ``CallerError`` ``csrf_missing``."""
        header = request.headers.get("authorization", "")
        if header:
            return self._by_header(header)
        secret = session_secret(request)
        is_use = request.url.path != LISTENING
        caller = self.access.by_session(secret, is_use=is_use) if secret else None
        if caller is not None and request.method not in READING:
            sent = request.headers.get(CSRF_HEADER, "")
            if not hmac.compare_digest(sent.encode(), csrf_of(secret).encode()):
                text = (
                    f"The call changes something and does not carry the session's `{CSRF_HEADER}`. Send the `csrf` "
                    "that `GET /api/v1/session` answers."
                )
                raise CallerError("csrf_missing", text, status=_FORBIDDEN)
        return caller

    def _by_header(self, header: str) -> Caller | None:
        if hmac.compare_digest(header.encode(), f"Bearer {self._token}".encode()):
            return Caller(CallerKind.INSTALLATION, "installation", frozenset(Permission))
        kind, _, secret = header.partition(" ")
        return self.access.by_token(secret.strip()) if kind.casefold() == "bearer" else None


def session_secret(request: Request) -> str:
    """Return the secret in the session's cookie, empty without one."""
    return request.cookies.get(SECURE_COOKIE) or request.cookies.get(COOKIE) or ""


def check_site(request: Request) -> None:
    """Raise ``CallerError`` ``site_foreign`` for what a browser sends on behalf of another site."""
    if request.headers.get("sec-fetch-site", "none") not in _SAME:
        text = "A browser sent this on behalf of another site. Open the console itself and try there."
        raise CallerError("site_foreign", text, status=_FORBIDDEN)


class Needs:
    """What a route needs: a permission, or ``None`` for any signed-in user or machine."""

    def __init__(self, permission: Permission | None, *, is_act: bool = True) -> None:
        """``is_act``: a call that is no plain reading is recorded; a look at personal values always is."""
        self.permission, self.is_act = permission, is_act

    async def __call__(self, request: Request) -> None:
        """Let the caller pass, or refuse."""
        caller = await run_in_threadpool(request.app.state.guard.recognise, request)
        if caller is None:
            text = (
                "The call carries no valid session or token. Sign in, or send `Authorization: Bearer TOKEN`; "
                "`fieldfare token` prints the installation's."
            )
            raise CallerError("unauthorized", text, status=_UNAUTHORIZED)
        request.state.caller, request.state.is_act = caller, self.is_act and request.method not in READING
        CALLER.set(caller)
        if self.permission is not None:
            demand(caller, self.permission)
        asks = request.query_params.get("reveal", "").casefold() in {"true", "1", "on", "yes", "t", "y"}
        if asks:
            demand(caller, Permission.PEOPLE_REVEAL)
        request.state.is_look = asks or self.permission is Permission.PEOPLE_REVEAL


class Anybody:
    """Says that a route needs nothing: it carries its own proof, or tells nothing."""

    async def __call__(self) -> None:
        """Let everybody pass."""


def demand(caller: Caller, permission: Permission) -> None:
    """Raise ``CallerError`` ``forbidden`` when the caller may not, or ``second_factor_unset`` before they set one."""
    if caller.needs_second_factor:
        text = "Your role demands a second factor and you have none. Set one up in your profile, then go on."
        raise CallerError("second_factor_unset", text, status=_FORBIDDEN)
    if not caller.may(permission):
        text = f"This needs the permission `{permission}`, which you do not have. Ask whoever manages users for it."
        raise CallerError("forbidden", text, status=_FORBIDDEN)


def demand_reveal(request: Request, *, reveal: bool) -> None:
    """Take a body that asks for personal values as a look, which is recorded before anything is shown.

    Raises ``CallerError`` ``forbidden`` when the caller may not see them.
    """
    caller = CALLER.get()
    if reveal and caller is not None:
        demand(caller, Permission.PEOPLE_REVEAL)
        request.state.is_look = True


def needs(permission: Permission, *, is_act: bool = True) -> list[Any]:
    """Return the declaration that a route needs a permission."""
    return [Depends(Needs(permission, is_act=is_act))]


def signed_in() -> list[Any]:
    """Return the declaration that a route is for whoever is signed in, whatever they may do."""
    return [Depends(Needs(None))]


def anybody() -> list[Any]:
    """Return the declaration that a route is for everybody."""
    return [Depends(Anybody())]


def declared(route: APIRoute) -> list[Needs | Anybody]:
    """Return what a route declares: of the API exactly one thing."""
    found = [each.dependency for each in route.dependencies]
    return [each for each in found if isinstance(each, Needs | Anybody)]


def caller() -> Caller:
    """Return who makes the call that is being answered."""
    found = CALLER.get()
    assert found is not None, "the route declares what it needs"
    return found


def api_routes(routes: Iterable[BaseRoute]) -> Iterator[APIRoute]:
    """Yield every route, those of included routers too."""
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif (router := getattr(route, "original_router", None)) is not None:
            yield from api_routes(router.routes)


def undeclared(routes: Iterable[BaseRoute]) -> list[str]:
    """Return the paths of the API's routes that do not say exactly one thing that they need."""
    return [each.path for each in api_routes(routes) if each.path.startswith("/api/v1") and len(declared(each)) != 1]
