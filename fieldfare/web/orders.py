"""The API's routes for orders of people to the gate: pauses, holds, modes, the queue. The log tells every order."""

from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict

from fieldfare.flow.order_answers import OrderAnswers
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import needs
from fieldfare.web.signing import Actor

_log = structlog.get_logger()


class SignedOrder(BaseModel):
    """Who orders it and why."""

    model_config = ConfigDict(extra="forbid")

    actor: Actor = ""
    reason: str


class AskedPause(SignedOrder):
    """What is to be stopped; ``until`` is a time or a span such as ``2 hours``."""

    scope: str
    name: str = ""
    until: str | None = None


class AskedResume(SignedOrder):
    """What is to go on."""

    scope: str
    name: str = ""


class AskedHold(SignedOrder):
    """Who is to be left alone, and why: front_desk, medical, vacation, takeover, other."""

    profile: str
    kind: str = "other"
    until: str | None = None


class AskedLift(SignedOrder):
    """Whose holds end; all of them when no kind is named."""

    profile: str
    kind: str | None = None


class AskedMode(SignedOrder):
    """What an automation may do: on, read_only, manual, off."""

    automation: str
    mode: str


def order_routes(orders: OrderAnswers) -> APIRouter:
    """Return the routes."""
    router = APIRouter()
    _add_pauses(router, orders)
    _add_holds(router, orders)
    _add_queue(router, orders)
    return router


def _add_pauses(router: APIRouter, orders: OrderAnswers) -> None:
    @router.get("/api/v1/pauses", dependencies=needs(Permission.SEE))
    def pauses() -> list[dict[str, Any]]:
        """Return what is paused now."""
        return orders.pauses()

    @router.post("/api/v1/pauses", dependencies=needs(Permission.ORDERS_GIVE))
    def pause(request: Request, asked: AskedPause) -> dict[str, Any]:
        """Stop everything, or a profile, journey, broadcast, action, channel or location. Stands when answered."""
        found = orders.pause(asked.scope, asked.name, asked.actor, asked.reason, asked.until)
        request.state.what = meant(asked.scope, asked.name)
        _log.info("paused", scope=asked.scope, id=found["pause"]["id"], is_new=found["is_new"])
        return found

    @router.post("/api/v1/pauses/resume", dependencies=needs(Permission.ORDERS_GIVE))
    def resume(request: Request, asked: AskedResume) -> dict[str, Any]:
        """Let it go on; what waited is judged anew."""
        found = orders.resume(asked.scope, asked.name, asked.actor, asked.reason)
        request.state.what = meant(asked.scope, asked.name)
        _log.info("resumed", scope=asked.scope, made_due=found["made_due"])
        return found

    @router.get("/api/v1/modes", dependencies=needs(Permission.SEE))
    def modes() -> list[dict[str, Any]]:
        """Return the modes of automations, with who set them and why."""
        return orders.modes()

    @router.post("/api/v1/modes", dependencies=needs(Permission.ORDERS_GIVE))
    def set_mode(request: Request, asked: AskedMode) -> dict[str, Any]:
        """Set what an automation may do."""
        found = orders.set_mode(asked.automation, asked.mode, asked.actor, asked.reason)
        request.state.what = f"{asked.automation} {found['mode']}"
        _log.info("mode_set", automation=asked.automation, mode=found["mode"], was=found["was"])
        return found


def meant(scope: str, name: str) -> str:
    """Return what an order was about, as the record names it: of a person the number, never an identifier."""
    return scope if scope == "profile" and not name.isdecimal() else f"{scope} {name}".strip()


def _add_holds(router: APIRouter, orders: OrderAnswers) -> None:
    @router.get("/api/v1/holds", dependencies=needs(Permission.PEOPLE_SEE))
    def holds(profile: str) -> list[dict[str, Any]]:
        """Return the holds on a person."""
        return orders.holds(profile)

    @router.post("/api/v1/holds", dependencies=needs(Permission.PEOPLE_EDIT))
    def hold(asked: AskedHold) -> dict[str, Any]:
        """Leave a person alone."""
        found = orders.hold(asked.profile, asked.kind, asked.actor, asked.reason, asked.until)
        _log.info("held", id=found["hold"]["id"], kind=asked.kind)
        return found

    @router.post("/api/v1/holds/lift", dependencies=needs(Permission.PEOPLE_EDIT))
    def lift(asked: AskedLift) -> dict[str, Any]:
        """End holds on a person."""
        found = orders.lift(asked.profile, asked.actor, asked.reason, asked.kind)
        _log.info("holds_lifted", count=len(found["lifted"]))
        return found


def _add_queue(router: APIRouter, orders: OrderAnswers) -> None:
    @router.get("/api/v1/queue", dependencies=needs(Permission.PEOPLE_SEE))
    def queue(status: str = "waiting", limit: Annotated[int, Query(ge=1, le=10_000)] = 100) -> list[dict[str, Any]]:
        """Return what waits for a person, or was decided."""
        return orders.queue(status, limit)

    @router.post("/api/v1/queue/{proposal}/release", dependencies=needs(Permission.MESSAGES_APPROVE))
    def release(proposal: str, asked: SignedOrder) -> dict[str, Any]:
        """Release or approve; it is judged anew at once."""
        found = orders.release(proposal, asked.actor, asked.reason)
        _log.info("queue_released", proposal=proposal)
        return found

    @router.post("/api/v1/queue/{proposal}/reject", dependencies=needs(Permission.MESSAGES_APPROVE))
    def reject(proposal: str, asked: SignedOrder) -> dict[str, Any]:
        """Say no."""
        found = orders.reject(proposal, asked.actor, asked.reason)
        _log.info("queue_rejected", proposal=proposal)
        return found
