"""The API's routes for identity: acts of people, questions that wait, explanations. Every act is told in the log."""

from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from fieldfare.flow.identity_answers import ActRequest, IdentityAnswers
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import needs
from fieldfare.web.signing import Actor

_log = structlog.get_logger()


class AskedAct(BaseModel):
    """What is to be done, by whom and why; identifiers as ``kind:value``, or profile ids."""

    model_config = ConfigDict(extra="forbid")

    act: str
    a: str
    b: str | None = None
    identifiers: list[str] = []
    actor: Actor = ""
    reason: str


class Decision(BaseModel):
    """The answer to a question: ``same``, ``never``, ``household`` or ``dismissed``."""

    model_config = ConfigDict(extra="forbid")

    decision: str
    actor: Actor = ""
    reason: str


def identity_routes(identity: IdentityAnswers) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.post("/api/v1/identity/acts", dependencies=needs(Permission.IDENTITY_DECIDE))
    def act(asked: AskedAct) -> dict[str, Any]:
        """Merge, split, never, household, quarantine or release; answered once it is applied."""
        told = asked.model_dump()
        found = identity.act(ActRequest(kind=told.pop("act"), **told))
        _log.info("identity_act", act=asked.act, id=found["id"], status=found["status"])
        return found

    @router.get("/api/v1/identity/acts", dependencies=needs(Permission.PEOPLE_SEE))
    def acts(limit: Annotated[int, Query(ge=1, le=1_000)] = 50) -> dict[str, Any]:
        """Return what people did, the newest first."""
        return identity.acts(limit)

    @router.get("/api/v1/identity/holds", dependencies=needs(Permission.PEOPLE_SEE))
    def holds(
        status: str | None = "open",
        reason: str | None = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 50,
    ) -> dict[str, Any]:
        """Return the questions that wait for a person; ``status=all`` for those that were answered too."""
        return identity.holds(None if status == "all" else status, reason, limit)

    @router.post("/api/v1/identity/holds/{hold}", dependencies=needs(Permission.IDENTITY_DECIDE))
    def review(hold: str, decided: Decision) -> dict[str, Any]:
        """Answer a question."""
        found = identity.review(hold, decided.decision, decided.actor, decided.reason)
        _log.info("identity_review", hold=hold, decision=decided.decision, id=found["id"], status=found["status"])
        return found

    @router.get("/api/v1/identity/explain", dependencies=needs(Permission.PEOPLE_SEE))
    def explain(a: Annotated[str, Field(min_length=1)], b: Annotated[str, Field(min_length=1)]) -> dict[str, Any]:
        """Return the chain of links that makes one person of two identifiers, or what keeps them apart."""
        return identity.explain(a, b)

    return router
