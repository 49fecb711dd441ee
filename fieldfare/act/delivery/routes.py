"""The HTTP side of delivery: the unsubscribe link, and the routes of receipts and of tracked links beside it.

``GET /u/{token}`` shows a page and changes nothing, because scanners follow links. ``POST /u/{token}`` with the page's
button or the body of RFC 8058 appends the withdrawal and answers 200 once it is durable; no cookie, no sign-in, no
redirect. See ``receipt_routes`` and ``link_routes`` for the others.

Nothing is committed here but by ``append_event``, which returns when the event is durable: in the urgent
partition when it withdraws or suppresses.
A crash before that answers nothing and the caller tries again; after it, a second POST appends an event that changes
nothing more.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from fieldfare.act.delivery import pages
from fieldfare.act.delivery.events import withdrawal_event
from fieldfare.act.delivery.link_routes import LinkDoor, link_routes
from fieldfare.act.delivery.receipt_routes import AppendEvent, ReceiptDoor, body_of, receipt_routes
from fieldfare.act.delivery.unsubscribe import Claim, Unsubscribe
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import TransientError

_LONGEST_POST = 16 * 1024
_SAFE = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
}


class DeliveryDoor(msgspec.Struct, frozen=True, kw_only=True):
    """What the routes need."""

    brand: str
    links: Unsubscribe
    append_event: AppendEvent
    clock: Clock
    receipts: ReceiptDoor
    visits: LinkDoor


def delivery_routes(door: DeliveryDoor) -> list[Route]:
    """Return the routes of delivery."""
    return [
        Route("/u/{token:str}", _ask(door), methods=["GET"]),
        Route("/u/{token:str}", _withdraw(door), methods=["POST"]),
        *receipt_routes(door.receipts),
        *link_routes(door.visits),
    ]


def _ask(door: DeliveryDoor) -> Callable[[Request], Awaitable[Response]]:
    async def ask(request: Request) -> Response:
        claim = door.links.read(request.path_params["token"])
        if claim is None:
            return _page(pages.unknown_page(), 404)
        return _page(pages.ask_page(door.brand, claim.purpose, claim.channel), 200)

    return ask


def _withdraw(door: DeliveryDoor) -> Callable[[Request], Awaitable[Response]]:
    async def withdraw(request: Request) -> Response:
        claim = door.links.read(request.path_params["token"])
        if claim is None:
            return _page(pages.unknown_page(), 404)
        body = await body_of(request, _LONGEST_POST)
        evidence = _evidence(body)
        if evidence is None:
            return _page(pages.unclear_page(), 400)
        try:
            await run_in_threadpool(door.append_event, _withdrawal(claim, door.clock, evidence))
        except TransientError as error:
            return _page(pages.later_page(), 503, {"retry-after": str(int(error.retry_after_s or 60))})
        return _page(pages.done_page(door.brand), 200)

    return withdraw


def _withdrawal(claim: Claim, clock: Clock, evidence: str) -> dict[str, Any]:
    return withdrawal_event(
        profile_id=claim.profile_id,
        address_hash=claim.address_hash,
        purpose=claim.purpose,
        channel=claim.channel,
        proposal_id=claim.proposal_id,
        now=clock.now(),
        evidence=evidence,
    )


def _evidence(body: bytes | None) -> str | None:
    """Return how the wish was expressed, or ``None`` when the body expresses none (form or multipart, RFC 8058)."""
    if body is None:
        return None
    if b"List-Unsubscribe" in body and b"One-Click" in body:
        return "one-click"
    return "page" if b"confirm=yes" in body else None


def _page(html: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    return HTMLResponse(html, status_code=status, headers={**_SAFE, **(headers or {})})
