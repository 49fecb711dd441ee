"""What providers post: receipts of messages, and what people answered.

``POST /v1/receipts/{channel}``: the channel checks the proof and reads; each receipt about a message of ours becomes an
event, and then a row of its message (``fates``). ``append_event`` returns when the event is durable, in the urgent
partition when it withdraws or suppresses. A crash before the answer lets the provider post again; the same report has
the same id and is dropped then, by the log and by the table. Order does not matter: both say what happened when, not
what holds now.

An answer that is STOP withdraws as far as the workspace says; START takes a STOP back and grants nothing; HELP is
answered in the response itself. An answer that may mean STOP goes to a list for a person to read, and what needs
consent is held until then. What people wrote stands in no event.

In shadow mode a report without a fitting proof is taken, marked and logged; so a proxy or a key can be mended before
forgeries are refused.
"""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec
import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fieldfare.act.delivery.events import (
    inbound_event,
    kept_receipt,
    kept_reply,
    receipt_event,
    start_event,
    stop_event,
    withdrawal_event,
)
from fieldfare.act.delivery.fates import Kept
from fieldfare.act.delivery.model import Attempt, Inbound, Keyword, Posted, Receipt
from fieldfare.act.delivery.ports import Channel
from fieldfare.act.delivery.stops import stop_channels
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, TransientError
from fieldfare.trust.consent.model import StopReach

LONGEST = 1024 * 1024
_log = structlog.get_logger()

AppendEvent = Callable[[dict[str, Any]], None]
"""Appends one event to the log (urgent when it withdraws or suppresses); returns once it is durable.

Raises ``TransientError``.
"""
FindAttempt = Callable[[str, str, str | None], Attempt | None]
"""Channel, provider id and our id (where the provider gave it back) to the attempt that a receipt is about."""


class Sender(msgspec.Struct, frozen=True):
    """Who wrote to us, as far as we know: the keyed hash of the address, and whose it is."""

    address_hash: bytes
    profile_id: int | None
    purpose: str | None = None
    """Of the last message that went to the address."""


FindSender = Callable[[str, str], Sender | None]
"""Kind of address and the address as the provider wrote it; ``None`` when it is no address."""


class ReceiptDoor(msgspec.Struct, frozen=True, kw_only=True):
    """What the route needs."""

    channels: Mapping[str, Channel]
    append_event: AppendEvent
    find_attempt: FindAttempt
    find_sender: FindSender
    review: Callable[[Inbound, Sender], None]
    """Puts an answer that may be an opt-out on the list of a person; the same one twice is one."""
    suppress: Callable[[bytes, str], None]
    """Suppresses the address of somebody whom no profile is known of."""
    keep: Callable[[Kept], None]
    """Keeps a receipt; the same one twice is one. Raises ``TransientError``."""
    find_written: Callable[[str, bytes], Attempt | None]
    """Channel and address to the last attempt there: what an answer is an answer to."""
    clock: Clock
    lift: Callable[[bytes], None] = lambda _address: None
    """Lifts what a STOP from the address of nobody known has suppressed."""
    stop_reach: StopReach = StopReach.ADDRESS
    help_answers: Mapping[str, bytes] = MappingProxyType({})
    """Channel -> what answers HELP, in the words of its provider (``text/xml``)."""


class Taken(msgspec.Struct):
    """What one post came to."""

    accepted: int = 0
    unknown: int = 0
    unverified: int = 0
    asks_help: bool = False


def receipt_routes(door: ReceiptDoor) -> list[Route]:
    """Return the route."""
    return [Route("/v1/receipts/{channel:str}", _receipts(door), methods=["POST"])]


def _receipts(door: ReceiptDoor) -> Callable[[Request], Awaitable[Response]]:
    async def receipts(request: Request) -> Response:
        name = request.path_params["channel"]
        channel = door.channels.get(name)
        if channel is None:
            return _refused(404, "channel_unknown", "There is no channel of this name. Check the address.")
        body = await body_of(request, LONGEST)
        if body is None:
            return _refused(413, "receipt_too_large", f"Receipts are at most {LONGEST} bytes. Send fewer at once.")
        posted = Posted(headers=dict(request.headers), body=body, target=_target(request), at=door.clock.now())
        try:
            told = channel.parse_receipt(posted)
            taken = await run_in_threadpool(take, door, channel, told)
        except CallerError as error:
            return _refused(error.status, error.code, error.message)
        except TransientError as error:
            return _refused(503, error.code, error.message, {"retry-after": str(int(error.retry_after_s or 60))})
        if taken.unverified:
            _log.warning("receipts_unverified", channel=name, count=taken.unverified)
        if taken.asks_help and name in door.help_answers:
            return Response(door.help_answers[name], media_type="text/xml")
        content = {"accepted": taken.accepted, "unknown": taken.unknown}
        if taken.unverified:
            content["unverified"] = taken.unverified
        return Response(msgspec.json.encode(content), media_type="application/json")

    return receipts


def take(door: ReceiptDoor, channel: Channel, told: list[Receipt | Inbound]) -> Taken:
    """Append what was told, and count it."""
    taken = Taken()
    for one in told:
        is_ours = _answered(door, channel, one) if isinstance(one, Inbound) else _reported(door, channel.name, one)
        taken.accepted += is_ours
        taken.unknown += not is_ours
        taken.unverified += not one.verified
        taken.asks_help |= isinstance(one, Inbound) and one.keyword is Keyword.HELP
    return taken


def _reported(door: ReceiptDoor, channel: str, receipt: Receipt) -> bool:
    attempt = door.find_attempt(channel, receipt.provider_id, receipt.proposal_id)
    if attempt is None:
        return False
    if receipt.status == "unsubscribed":
        withdrawal = withdrawal_event(
            profile_id=attempt.profile_id,
            address_hash=attempt.address_hash,
            purpose=attempt.purpose,
            channel=attempt.channel,
            proposal_id=attempt.proposal_id,
            now=door.clock.now(),
            evidence="reported by the provider",
        )
        door.append_event(withdrawal)
    event = receipt_event(attempt, receipt)
    door.append_event(event)
    door.keep(kept_receipt(attempt, receipt, event["messageId"]))
    return True


def _answered(door: ReceiptDoor, channel: Channel, inbound: Inbound) -> bool:
    """Take an answer: the withdrawal first, because what follows may fail and be posted again."""
    sender = door.find_sender(channel.capabilities.address, inbound.sender)
    if sender is None:
        return False
    now = door.clock.now()
    if sender.profile_id is None:
        if inbound.keyword is Keyword.STOP:
            door.suppress(sender.address_hash, "answered STOP")
        if inbound.keyword is Keyword.START:
            door.lift(sender.address_hash)
        return inbound.keyword in {Keyword.STOP, Keyword.START}
    subject = sender.profile_id, sender.address_hash
    if inbound.keyword is Keyword.STOP:
        kinds = {name: each.capabilities.address for name, each in door.channels.items()}
        purpose = sender.purpose if door.stop_reach is StopReach.PURPOSE else None
        for name in stop_channels(door.stop_reach, channel.name, kinds):
            door.append_event(stop_event(inbound.id, name, subject, now, purpose))
    if inbound.keyword is Keyword.START:
        door.append_event(start_event(inbound.id, subject, now))
    if inbound.keyword is Keyword.REVIEW:
        door.review(inbound, sender)
    event = inbound_event(inbound, channel.name, subject, now)
    door.append_event(event)
    written = door.find_written(channel.name, sender.address_hash)
    if written is not None:
        door.keep(kept_reply(written, event, now))
    return True


def _target(request: Request) -> str:
    """Return path and query as the caller wrote them."""
    raw = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope.get("query_string", b"")
    return bytes(raw).decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")


async def body_of(request: Request, most: int) -> bytes | None:
    """Return the body, or ``None`` when it is longer than ``most`` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)


def _refused(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    content = msgspec.json.encode({"code": code, "message": message})
    return Response(content, status_code=status, media_type="application/json", headers=dict(headers or {}))
