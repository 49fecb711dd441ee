"""The API's routes for simulations, rehearsals, old verdicts judged anew, stories: beside the loops, one at a time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import msgspec
from annotated_types import MaxLen
from fastapi import APIRouter
from pydantic import BaseModel, Field

from fieldfare.flow.redecide.run import AskedDecisions
from fieldfare.flow.rehearsal.model import Asked
from fieldfare.flow.rehearsal.peak import LOADS, AskedPeak
from fieldfare.flow.rehearsal.plan import MOST_LOAD, MOST_PEOPLE
from fieldfare.flow.rehearsal.requests import PEAK, Rehearsals
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import caller, needs

People = Annotated[int, Field(ge=1, le=MOST_PEOPLE)]
Load = Annotated[int, Field(ge=1, le=MOST_LOAD)]
Name = Annotated[str, MaxLen(200)]
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


class AskedStories(BaseModel):
    """By which changed files the stories of a journey are played beside those in force, as text by path."""

    changes: dict[str, str] | None = None


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
        return rehearsals.start_simulation(msgspec.convert(said, Asked), asked.changes, _who())

    @router.get("/api/v1/simulations", dependencies=needs(Permission.SEE))
    def simulated() -> dict[str, Any]:
        """Tell the last simulation since the server started: who asked, its state, its report."""
        return rehearsals.simulated(_who())

    @router.post("/api/v1/seasons/rehearse", dependencies=needs(Permission.WORKSPACE_DRAFT, is_act=False))
    def rehearse(asked: AskedRehearsal) -> dict[str, Any]:
        """Begin to rehearse a peak at every load."""
        return rehearsals.start_peak(msgspec.convert(asked.model_dump(), AskedPeak), _who())

    @router.get("/api/v1/seasons/rehearse", dependencies=needs(Permission.SEE))
    def rehearsed() -> dict[str, Any]:
        """Tell the state of the last rehearsal since the server started, and what breaks."""
        return rehearsals.job.told(PEAK)

    @router.post("/api/v1/replay-decisions", dependencies=needs(Permission.WORKSPACE_DRAFT, is_act=False))
    def redecide(asked: AskedReplay) -> dict[str, Any]:
        """Begin to judge the verdicts of a span anew by changed rules; nothing is written."""
        return rehearsals.start_decisions(AskedDecisions(first=asked.first, last=asked.last), asked.changes, _who())

    @router.get("/api/v1/replay-decisions", dependencies=needs(Permission.SEE))
    def redecided() -> dict[str, Any]:
        """Tell what the changed rules would have decided, once it is known."""
        return rehearsals.redecided(_who())

    @router.post("/api/v1/journeys/{name}/stories", dependencies=needs(Permission.WORKSPACE_DRAFT, is_act=False))
    def play(name: Name, asked: AskedStories) -> dict[str, Any]:
        """Begin to play the stories of a journey, each on a simulated clock in an installation of its own."""
        return rehearsals.start_stories(name, asked.changes, _who())

    @router.get("/api/v1/journeys/{name}/stories", dependencies=needs(Permission.SEE))
    def played(name: Name) -> dict[str, Any]:
        """Tell how the stories of a journey went last since the server started: each line, and what came of it."""
        return rehearsals.played(name, _who())

    return router


def _who() -> str:
    return caller().signs or "installation"
