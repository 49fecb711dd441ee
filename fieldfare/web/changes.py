"""The API's routes that change what counts: taking events back, publishing cuts."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from fieldfare.flow.cuts import CutAnswers
from fieldfare.flow.retract import Retractions
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import needs
from fieldfare.web.signing import Actor


class Retract(BaseModel):
    """Which event is taken back, by whom and why."""

    message_id: str
    actor: Actor = ""
    reason: str


def change_routes(retractions: Retractions, cuts: CutAnswers) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.post("/api/v1/events/retract", dependencies=needs(Permission.DATA_REPAIR))
    def retract(asked: Retract) -> dict[str, Any]:
        """Take an accepted event back by its message id; asking again tells how far it is."""
        return retractions.ask(asked.message_id, asked.actor, asked.reason)

    @router.post("/api/v1/cuts/publish", dependencies=needs(Permission.DATA_REPAIR))
    def publish() -> list[dict[str, Any]]:
        """Publish the next version of every cut, and bring to it whom it concerns."""
        return cuts.publish()

    @router.get("/api/v1/cuts", dependencies=needs(Permission.SEE))
    def all_cuts() -> list[dict[str, Any]]:
        """Return the newest version of every cut, and those that are still to be published."""
        return cuts.all()

    @router.get("/api/v1/cuts/{name}", dependencies=needs(Permission.SEE))
    def show_cut(name: str) -> list[dict[str, Any]]:
        """Return every version of a cut."""
        return cuts.show(name)

    return router
