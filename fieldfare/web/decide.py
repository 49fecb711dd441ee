"""The API's routes for actions: ask the gate, look at an answer, use a permit."""

from typing import Any

import msgspec
import structlog
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from fieldfare.flow.decide_action import ActionQuestion, Decide
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import needs
from fieldfare.web.signing import Actor

_log = structlog.get_logger()


class AskedAction(BaseModel):
    """Which action for whom; ``idempotency_key`` names the question, so asking twice is asking once."""

    model_config = ConfigDict(extra="forbid")

    action: str
    profile: str
    idempotency_key: str
    actor: Actor = ""
    amount: int = 0
    priority: int = 50


class Using(BaseModel):
    """Who acts on the permit."""

    model_config = ConfigDict(extra="forbid")

    actor: Actor = ""


def decide_routes(decide: Decide) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.post("/api/v1/decide", dependencies=needs(Permission.ACTIONS_ASK))
    def ask(asked: AskedAction) -> dict[str, Any]:
        """Ask whether a person may get an action: ``permit``, ``refusal`` or ``hold``, with all reasons."""
        found = decide.decide(msgspec.convert(asked.model_dump(), ActionQuestion))
        _log.info("action_decided", action=asked.action, id=found["id"], decision=found["decision"])
        return found

    @router.get("/api/v1/decide/{request}", dependencies=needs(Permission.ACTIONS_ASK))
    def show(request: str) -> dict[str, Any]:
        """Return what was answered, and whether its permit was used."""
        return decide.show(request)

    @router.post("/api/v1/decide/{request}/use", dependencies=needs(Permission.ACTIONS_ASK))
    def use(request: str, using: Using) -> dict[str, Any]:
        """Use a permit, once and in time; then the action may be done."""
        found = decide.use(request, using.actor)
        _log.info("action_permit_used", action=found["action"], id=found["id"])
        return found

    return router
