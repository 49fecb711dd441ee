"""The API's routes for simulations, rehearsals of peaks, old verdicts judged anew: beside the loops, one at a time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel, Field

from fieldfare.flow.redecide.run import AskedDecisions
from fieldfare.flow.rehearsal.model import Asked
from fieldfare.flow.rehearsal.peak import LOADS, AskedPeak
from fieldfare.flow.rehearsal.plan import MOST_LOAD, MOST_PEOPLE
from fieldfare.flow.rehearsal.requests import DECISIONS, PEAK, SIMULATION, Rehearsals
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import needs

People = Annotated[int, Field(ge=1, le=MOST_PEOPLE)]
Load = Annotated[int, Field(ge=1, le=MOST_LOAD)]
Seed = Annotated[int, Field(ge=0, le=2**53)]


class AskedSimulation(BaseModel):
    """A simulation; ``changes`` are files of a workspace, as text by path, to be set side by side."""

    first: Annotated[str | None, Field(alias="from")] = None
    last: Annotated[str | None, Field(alias="to")] = None
    population: str = "generated"
    people: People = 1_000
    seed: Seed = 7
    load: Load = 1
    faults: Annotated[list[str], Field(max_length=16)] = []
    changes: dict[str, str] | None = None


class AskedRehearsal(BaseModel):
    """A rehearsal of a peak: of the next one, or of a season's."""

    season: str | None = None
    population: str = "generated"
    people: People = 1_000
    seed: Seed = 7
    loads: Annotated[list[Load], Field(min_length=1, max_length=8)] = list(LOADS)


class AskedReplay(BaseModel):
    """Which verdicts are judged anew, and by what: files of a workspace, as text by path."""

    first: Annotated[str | None, Field(alias="from")] = None
    last: Annotated[str | None, Field(alias="to")] = None
    changes: dict[str, str]


def rehearsal_routes(rehearsals: Rehearsals) -> APIRouter:
    """Return the routes."""

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        yield
        rehearsals.job.stop()

    router = APIRouter(lifespan=lifespan)

    @router.post("/api/v1/simulations", dependencies=needs(Permission.WORKSPACE_DRAFT, is_act=False))
    def simulate(asked: AskedSimulation) -> dict[str, Any]:
        """Begin a simulation; one simulation or rehearsal runs at a time."""
        said = asked.model_dump(exclude={"changes"})
        return rehearsals.start_simulation(msgspec.convert(said, Asked), asked.changes)

    @router.get("/api/v1/simulations", dependencies=needs(Permission.SEE))
    def simulated() -> dict[str, Any]:
        """Tell the state of the last simulation since the server started, and its report."""
        return rehearsals.job.told(SIMULATION)

    @router.post("/api/v1/seasons/rehearse", dependencies=needs(Permission.WORKSPACE_DRAFT, is_act=False))
    def rehearse(asked: AskedRehearsal) -> dict[str, Any]:
        """Begin to rehearse a peak at every load."""
        return rehearsals.start_peak(msgspec.convert(asked.model_dump(), AskedPeak))

    @router.get("/api/v1/seasons/rehearse", dependencies=needs(Permission.SEE))
    def rehearsed() -> dict[str, Any]:
        """Tell the state of the last rehearsal since the server started, and what breaks."""
        return rehearsals.job.told(PEAK)

    @router.post("/api/v1/replay-decisions", dependencies=needs(Permission.WORKSPACE_DRAFT, is_act=False))
    def redecide(asked: AskedReplay) -> dict[str, Any]:
        """Begin to judge the verdicts of a span anew by changed rules; nothing is written."""
        return rehearsals.start_decisions(AskedDecisions(first=asked.first, last=asked.last), asked.changes)

    @router.get("/api/v1/replay-decisions", dependencies=needs(Permission.SEE))
    def redecided() -> dict[str, Any]:
        """Tell what the changed rules would have decided, once it is known."""
        return rehearsals.job.told(DECISIONS)

    return router
