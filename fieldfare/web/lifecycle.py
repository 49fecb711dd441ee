"""The API's route for the lifecycle. What it answers is ``flow.lifecycle_answers``'s."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from fieldfare.flow.lifecycle_answers import LifecycleAnswers
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import needs


def lifecycle_routes(lifecycle: LifecycleAnswers) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.get("/api/v1/lifecycle", dependencies=needs(Permission.SEE))
    def show(days: Annotated[int, Query(ge=1, le=3_650)] = 30) -> dict[str, Any]:
        """Stages with their sizes, the moves between them in the last days, and the outcomes."""
        return lifecycle.show(days)

    return router
