"""Where tracked links lead: ``GET /l/{id}`` redirects to the target that was stored with its message, and to no other.

The id is looked up; nothing else of the request decides where it goes, and a row that does not fit its id is no link.
So an open redirect is impossible. ``GET /o/{id}`` answers with an empty picture. A look (HEAD, a preview, a prefetch)
goes the same way and counts for nothing; a machine is on record as a machine.

Nothing is committed but the event of the visit and its row. When that cannot be recorded the reader still gets where
they want to go, and the failure is logged: a click is worth less than a person's time. No cookie is set, no address is
kept.
"""

import base64
from collections.abc import Awaitable, Callable

import msgspec
import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from fieldfare.act.delivery import pages
from fieldfare.act.delivery.events import kept_visit, visit_event
from fieldfare.act.delivery.fates import Kept
from fieldfare.act.delivery.links import CLICK, ID, OPEN
from fieldfare.act.delivery.machines import Visitor, who_clicked, who_opened
from fieldfare.act.delivery.model import Attempt, TrackedLink
from fieldfare.act.delivery.receipt_routes import AppendEvent
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import TransientError

_log = structlog.get_logger()
_HEADERS = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex"}
_PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_SCHEMES = ("http://", "https://")


class FoundLink(msgspec.Struct, frozen=True):
    """A link as stored, and the latest attempt of its message."""

    link: TrackedLink
    attempt: Attempt | None


class LinkDoor(msgspec.Struct, frozen=True, kw_only=True):
    """What the routes need. ``find`` returns only what fits its id."""

    find: Callable[[str], FoundLink | None]
    append_event: AppendEvent
    keep: Callable[[Kept], None]
    clock: Clock


def link_routes(door: LinkDoor) -> list[Route]:
    """Return the routes."""
    return [
        Route("/l/{id:str}", _follow(door), methods=["GET"]),
        Route("/o/{id:str}", _picture(door), methods=["GET"]),
    ]


def _follow(door: LinkDoor) -> Callable[[Request], Awaitable[Response]]:
    async def follow(request: Request) -> Response:
        found = await run_in_threadpool(_found, door, request.path_params["id"], CLICK)
        if found is None or not found.link.target.startswith(_SCHEMES):
            return HTMLResponse(pages.gone_page(), status_code=404, headers=_HEADERS)
        visitor = who_clicked(request.method, dict(request.headers), _since(found, door))
        await run_in_threadpool(_record, door, found, visitor)
        return RedirectResponse(found.link.target, status_code=302, headers=_HEADERS)

    return follow


def _picture(door: LinkDoor) -> Callable[[Request], Awaitable[Response]]:
    async def picture(request: Request) -> Response:
        found = await run_in_threadpool(_found, door, request.path_params["id"], OPEN)
        if found is not None:
            visitor = who_opened(request.method, dict(request.headers), _since(found, door))
            await run_in_threadpool(_record, door, found, visitor)
        return Response(_PIXEL, media_type="image/gif", headers=_HEADERS)

    return picture


def _found(door: LinkDoor, told: str, kind: str) -> FoundLink | None:
    if ID.fullmatch(told) is None:
        return None
    found = door.find(told)
    return found if found is not None and found.link.kind == kind else None


def _since(found: FoundLink, door: LinkDoor) -> int | None:
    started = found.attempt.call_started_at if found.attempt is not None else None
    return None if started is None else door.clock.now() - started


def _record(door: LinkDoor, found: FoundLink, visitor: Visitor) -> None:
    if visitor is Visitor.NOBODY or found.attempt is None:
        return
    try:
        is_machine, now = visitor is Visitor.MACHINE, door.clock.now()
        event = visit_event(found.attempt, found.link, now, is_machine=is_machine)
        door.append_event(event)
        door.keep(kept_visit(found.attempt, event, now, is_machine=is_machine))
    except TransientError as error:
        _log.warning("visit_not_recorded", code=error.code, kind=found.link.kind)
