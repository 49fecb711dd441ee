"""The HTTP side of delivery: the unsubscribe link and the providers' receipts.

``GET /u/{token}`` shows a page and changes nothing, because scanners follow links. ``POST /u/{token}`` with the page's
button or the body of RFC 8058 appends the withdrawal and answers 200 once it is durable; no cookie, no sign-in, no
redirect. ``POST /v1/receipts/{channel}`` appends an event for every receipt about a message of ours.

Nothing is committed here but by ``append_event``, which returns when the event is durable: in the urgent
partition when it withdraws or suppresses.
A crash before that answers nothing and the caller tries again; after it, a second POST appends an event that changes
nothing more. A receipt twice has the same message id and is dropped. An event's order does not matter to what it says.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from fieldfare.act.delivery import pages
from fieldfare.act.delivery.events import receipt_event, withdrawal_event
from fieldfare.act.delivery.model import Attempt, Receipt
from fieldfare.act.delivery.ports import Channel
from fieldfare.act.delivery.unsubscribe import Claim, Unsubscribe
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, TransientError

_LONGEST_POST = 16 * 1024
_LONGEST_RECEIPT = 1024 * 1024
_SAFE = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
}

AppendEvent = Callable[[dict[str, Any]], None]
"""Appends one event to the log (urgent when it withdraws or suppresses); returns once it is durable.

Raises ``TransientError``.
"""
FindAttempt = Callable[[str, str], Attempt | None]
"""Channel and provider id to the attempt that it is about."""


class DeliveryDoor(msgspec.Struct, frozen=True, kw_only=True):
    """What the routes need."""

    brand: str
    links: Unsubscribe
    channels: Mapping[str, Channel]
    append_event: AppendEvent
    find_attempt: FindAttempt
    clock: Clock


def delivery_routes(door: DeliveryDoor) -> list[Route]:
    """Return the routes of delivery."""
    return [
        Route("/u/{token:str}", _ask(door), methods=["GET"]),
        Route("/u/{token:str}", _withdraw(door), methods=["POST"]),
        Route("/v1/receipts/{channel:str}", _receipts(door), methods=["POST"]),
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
        body = await _body(request, _LONGEST_POST)
        evidence = _evidence(body)
        if evidence is None:
            return _page(pages.unclear_page(), 400)
        try:
            await run_in_threadpool(door.append_event, _withdrawal(claim, door.clock, evidence))
        except TransientError as error:
            return _page(pages.later_page(), 503, {"retry-after": str(int(error.retry_after_s or 60))})
        return _page(pages.done_page(door.brand), 200)

    return withdraw


def _receipts(door: DeliveryDoor) -> Callable[[Request], Awaitable[Response]]:
    async def receipts(request: Request) -> Response:
        name = request.path_params["channel"]
        channel = door.channels.get(name)
        if channel is None:
            return _refused(404, "channel_unknown", "There is no channel of this name. Check the address.")
        body = await _body(request, _LONGEST_RECEIPT)
        if body is None:
            return _refused(
                413, "receipt_too_large", f"Receipts are at most {_LONGEST_RECEIPT} bytes. Send fewer at once."
            )
        try:
            told = channel.parse_receipt(dict(request.headers), body)
            accepted = await run_in_threadpool(_append_receipts, door, name, told)
        except CallerError as error:
            return _refused(error.status, error.code, error.message)
        except TransientError as error:
            return _refused(503, error.code, error.message, {"retry-after": str(int(error.retry_after_s or 60))})
        content = {"accepted": accepted, "unknown": len(told) - accepted}
        return Response(msgspec.json.encode(content), media_type="application/json")

    return receipts


def _append_receipts(door: DeliveryDoor, channel: str, told: list[Receipt]) -> int:
    """Append an event for each receipt about a message of ours, and the withdrawal that an unsubscribing one is."""
    accepted = 0
    for receipt in told:
        attempt = door.find_attempt(channel, receipt.provider_id)
        if attempt is None:
            continue
        if receipt.status == "unsubscribed":
            claim = Claim(
                1, attempt.profile_id, attempt.address_hash, attempt.purpose, attempt.channel, attempt.proposal_id
            )
            door.append_event(_withdrawal(claim, door.clock, "reported by the provider"))
        door.append_event(receipt_event(attempt, receipt))
        accepted += 1
    return accepted


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


async def _body(request: Request, most: int) -> bytes | None:
    """Return the body, or ``None`` when it is longer than ``most`` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)


def _page(html: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    return HTMLResponse(html, status_code=status, headers={**_SAFE, **(headers or {})})


def _refused(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    content = msgspec.json.encode({"code": code, "message": message})
    return Response(content, status_code=status, media_type="application/json", headers=dict(headers or {}))
