"""The API's routes for replays. A replay runs beside the server's loops; stopping the server stops it between pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from fieldfare.flow.replay_job import ReplayJob, ReplayRequest
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import needs


class Replay(BaseModel):
    """Which accepted events are read again under the definitions of now; what is left out does not narrow."""

    first: Annotated[str | None, Field(alias="from")] = None
    last: Annotated[str | None, Field(alias="to")] = None
    by: str = "received"
    source: str | None = None
    event: str | None = None
    profile: str | None = None
    dry_run: bool = False


def replay_routes(job: ReplayJob) -> APIRouter:
    """Return the routes."""

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        yield
        job.stop()

    router = APIRouter(lifespan=lifespan)

    @router.post("/api/v1/replay", dependencies=needs(Permission.DATA_REPAIR))
    def start(asked: Replay) -> dict[str, Any]:
        """Begin a replay, or with ``dry_run`` only say what it would change; one at a time."""
        return job.start(ReplayRequest(**asked.model_dump()))

    @router.get("/api/v1/replay", dependencies=needs(Permission.SEE))
    def status() -> dict[str, Any]:
        """Tell the state of the last replay since the server started, and what it has done so far."""
        return job.told()

    return router
