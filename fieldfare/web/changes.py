"""The API's routes that change what counts: taking events back, publishing the cuts of quintiles."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from fieldfare.flow.cuts import CutAnswers
from fieldfare.flow.retract import Retractions


class Retract(BaseModel):
    """Which event is taken back, by whom and why."""

    message_id: str
    actor: str
    reason: str


def change_routes(retractions: Retractions, cuts: CutAnswers) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.post("/api/v1/events/retract")
    def retract(asked: Retract) -> dict[str, Any]:
        """Take an accepted event back by its message id; asking again tells how far it is."""
        return retractions.ask(asked.message_id, asked.actor, asked.reason)

    @router.post("/api/v1/cuts/publish")
    def publish() -> list[dict[str, Any]]:
        """Find and publish the next version of all cuts; they hold from the next start on."""
        return cuts.publish()

    @router.get("/api/v1/cuts")
    def all_cuts() -> list[dict[str, Any]]:
        """Every version of every trait's cuts."""
        return cuts.all()

    return router
