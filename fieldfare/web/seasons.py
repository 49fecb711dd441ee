"""The API's routes for seasons. What they answer is ``flow.season_answers``'s and ``flow.season_ready``'s."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from fieldfare.flow.schedule.run import MOST_TOLD, ScheduleAnswers
from fieldfare.flow.season_answers import SeasonAnswers
from fieldfare.flow.season_ready import MOST_AGE_S, Readiness
from fieldfare.ground.instants import SECOND
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import needs
from fieldfare.web.signing import Actor

Event = Annotated[str, Query(min_length=1, max_length=200)]
Place = Annotated[str | None, Query(max_length=80)]
DateQuery = Annotated[str | None, Query(max_length=40)]


class Wish(BaseModel):
    """Where to look for seasons."""

    event: str
    location: str | None = None


class Decision(BaseModel):
    """What a person says of a proposed season."""

    decision: Literal["accept", "reject"]
    actor: Actor = ""
    note: str = ""


def season_routes(seasons: SeasonAnswers, readiness: Readiness, schedule: ScheduleAnswers) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.get("/api/v1/seasons", dependencies=needs(Permission.SEE))
    def show(
        location: Place = None,
        first: Annotated[DateQuery, Query(alias="from")] = None,
        last: Annotated[DateQuery, Query(alias="to")] = None,
    ) -> dict[str, Any]:
        """Phases in force by place, and the stretches between two days; a year from today when left out."""
        return seasons.show(location, first, last)

    @router.get("/api/v1/seasons/forecast", dependencies=needs(Permission.SEE))
    def forecast(event: Event, location: Place = None, days: int = 90) -> dict[str, Any]:
        """Forecast an event's volume with intervals; tell its season, the start of the peak, and the peak's load."""
        return seasons.forecast(event, location, days)

    @router.get("/api/v1/seasons/proposals", dependencies=needs(Permission.SEE))
    def proposals(status: Literal["open", "accepted", "rejected"] | None = None) -> list[dict[str, Any]]:
        """Proposed seasons, the newest first."""
        return seasons.proposals(status)

    @router.post("/api/v1/seasons/proposals", dependencies=needs(Permission.WORKSPACE_DRAFT))
    def propose(wish: Wish) -> dict[str, Any]:
        """Look for seasons in an event's history and keep what is new as proposals."""
        return seasons.propose(wish.event, wish.location)

    @router.post("/api/v1/seasons/proposals/{proposal}", dependencies=needs(Permission.WORKSPACE_DRAFT))
    def decide(proposal: str, decision: Decision) -> dict[str, Any]:
        """Accept or reject a proposed season; an accepted one comes with the text for `seasons.yaml`."""
        return seasons.decide(proposal, decision.decision, decision.actor, decision.note)

    @router.get("/api/v1/seasons/readiness", dependencies=needs(Permission.SEE))
    def ready(
        location: Place = None,
        event: Annotated[str | None, Query(max_length=200)] = None,
        max_age_s: Annotated[int, Query(ge=0, le=MOST_AGE_S)] = 0,
    ) -> dict[str, Any]:
        """Tell what is ready for the next peak and what is not, each with what to do.

        With `max_age_s` the last report is told if it is not older; `as_of` says of when it is.
        """
        return readiness.recent(location, event, max_age_s * SECOND)

    @router.get("/api/v1/seasons/work", dependencies=needs(Permission.SEE))
    def work(most: Annotated[int, Query(ge=1, le=MOST_TOLD)] = 20) -> dict[str, Any]:
        """Tell what is done by itself in season phases, when each is due, and the newest runs with what they found."""
        return schedule.show(most)

    return router
