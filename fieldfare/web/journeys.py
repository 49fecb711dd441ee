"""The API's routes for journeys: who walks, why, and enrolling. What they answer is ``flow``'s."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from fieldfare.flow.journey_answers import JourneyAnswers
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import needs


class EnrollBody(BaseModel):
    """Whom a journey is asked to take."""

    model_config = ConfigDict(extra="forbid")

    profile: Annotated[str, Field(min_length=1, description="Profile id, or `kind:value` such as `user_id:17`.")]
    key: Annotated[str | None, Field(description="Of a keyed journey: for which key.")] = None
    properties: Annotated[dict[str, Any], Field(description="Said along with it, as properties of the event.")] = {}
    request_id: Annotated[
        str | None, Field(max_length=200, description="The same one again is the same request: it enrolls once.")
    ] = None


def journey_routes(journeys: JourneyAnswers) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.get("/api/v1/journeys", dependencies=needs(Permission.SEE))
    def all_journeys() -> list[dict[str, Any]]:
        """Every journey: its owner, how people enter, how many walk, entered, were refused and ended."""
        return journeys.all()

    @router.get("/api/v1/journeys/{name}", dependencies=needs(Permission.SEE))
    def one_journey(name: str) -> dict[str, Any]:
        """Where those who walk a journey stand, by version and step; why people were refused, and why walks ended."""
        return journeys.show(name)

    @router.post("/api/v1/journeys/{name}/enroll", dependencies=needs(Permission.MESSAGES_SEND), status_code=202)
    def enroll(name: str, asked: EnrollBody) -> dict[str, Any]:
        """Ask a journey to take a person. Its entry rules decide; the answer comes before they did."""
        return journeys.enroll(name, asked.profile, asked.key, asked.properties, asked.request_id)

    @router.get("/api/v1/profiles/{profile:path}/journeys", dependencies=needs(Permission.PEOPLE_SEE))
    def of_profile(profile: str) -> dict[str, Any]:
        """Every walk of a person, past and present: cause, version, step, what halts it, why it ended."""
        return journeys.of(profile)

    return router
