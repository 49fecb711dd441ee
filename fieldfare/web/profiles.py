"""The API's routes about people. A profile that was merged away is answered with 301 and the one that stands for it.

An identifier may hold slashes, escaped in the path or not; so what follows it in a path is looked for first, and the
route of the profile itself stands last.
"""

from typing import Annotated, Any

from annotated_types import Ge, Le, MaxLen
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from fieldfare.flow.profile_answers import MOST_EVENTS, MOST_FOUND, MOST_REVEALS, MOVED, EventFilter, ProfileAnswers
from fieldfare.flow.trait_answers import Reveal, reveal_of
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import needs
from fieldfare.web.signing import MaybeActor


class Wish(BaseModel):
    """Whether personal values are shown, to whom and why."""

    reveal: bool = False
    actor: MaybeActor = None
    reason: Annotated[str | None, MaxLen(500)] = None

    def signed(self) -> Reveal | None:
        """Return the wish to see them. Raises ``CallerError`` ``reveal_unsigned``."""
        return reveal_of(self.actor, self.reason) if self.reveal else None


class Timeline(Wish):
    """Which events are asked for."""

    event: str | None = None
    kind: Annotated[str | None, Field(alias="type")] = None
    first: Annotated[str | None, Field(alias="from")] = None
    last: Annotated[str | None, Field(alias="to")] = None
    limit: Annotated[int, Ge(1), Le(MOST_EVENTS)] = 50
    cursor: str | None = None


class RevealView(BaseModel):
    """Who was shown sealed values, of whom, which, and why; no value. An erasure empties the reason."""

    id: int
    at: str
    actor: str
    profile_id: int
    what: str
    reason: str


class RevealsView(BaseModel):
    """A page of reveals, the newest first; ``next`` is the cursor of the page after."""

    reveals: list[RevealView]
    next: int | None


class Moved(BaseModel):
    """The profile was merged; ``profile_id`` stands for it now."""

    code: str
    message: str
    profile_id: int
    moved_from: int


_MOVED: dict[int | str, dict[str, Any]] = {
    301: {
        "model": Moved,
        "description": "The profile was merged into another one.",
        "headers": {"Location": {"description": "The same question about it.", "schema": {"type": "string"}}},
    }
}


def profile_routes(profiles: ProfileAnswers) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.get("/api/v1/profiles/search", dependencies=needs(Permission.PEOPLE_SEE))
    def search(q: Annotated[str, MaxLen(500)], limit: Annotated[int, Ge(1), Le(MOST_FOUND)] = 20) -> dict[str, Any]:
        """Who answers to a profile id, ``kind:value``, an e-mail address, a phone number, or all words of a name."""
        return profiles.search(q, limit)

    @router.get("/api/v1/access/reveals", dependencies=needs(Permission.AUDIT_READ))
    def reveals(
        profile: Annotated[str | None, MaxLen(500)] = None,
        actor: Annotated[str | None, MaxLen(200)] = None,
        cursor: Annotated[int | None, Query(ge=1, lt=2**62)] = None,
        limit: Annotated[int, Ge(1), Le(MOST_REVEALS)] = 50,
    ) -> RevealsView:
        """Who was shown sealed values, of whom and why, the newest first."""
        return RevealsView.model_validate(profiles.reveals(profile, actor, cursor, limit))

    @router.get(
        "/api/v1/profiles/{profile:path}/timeline",
        dependencies=needs(Permission.PEOPLE_SEE),
        responses=_MOVED,
        response_model=None,
    )
    def timeline(request: Request, profile: str, asked: Annotated[Timeline, Query()]) -> dict[str, Any] | JSONResponse:
        """List the person's events, the newest first, page by page; ``reveal`` needs ``actor`` and ``reason``."""
        return _answered(request, profile, profiles.timeline(profile, _filter(asked)))

    @router.get(
        "/api/v1/profiles/{profile:path}/identities",
        dependencies=needs(Permission.PEOPLE_SEE),
        responses=_MOVED,
        response_model=None,
    )
    def identities(request: Request, profile: str, asked: Annotated[Wish, Query()]) -> dict[str, Any] | JSONResponse:
        """Show identifiers, links and what they say, and holds; ``reveal`` needs ``actor`` and ``reason``."""
        found = profiles.identities(profile, asked.signed())
        return _answered(request, profile, found)

    @router.get(
        "/api/v1/profiles/{profile:path}",
        dependencies=needs(Permission.PEOPLE_SEE),
        responses=_MOVED,
        response_model=None,
    )
    def profile(request: Request, profile: str, as_of: str | None = None) -> dict[str, Any] | JSONResponse:
        """One profile by its id or by ``kind:value``, now or as it was; personal traits are named, not shown."""
        return _answered(request, profile, profiles.show(profile, as_of))

    return router


def _filter(asked: Timeline) -> EventFilter:
    said = asked.model_dump(exclude={"reveal", "actor", "reason"})
    return EventFilter(**said, reveal=asked.signed())


def _answered(request: Request, told: str, found: dict[str, Any]) -> dict[str, Any] | JSONResponse:
    if found.get("code") != MOVED:
        return found
    path = request.url.path.replace(f"/profiles/{told}", f"/profiles/{found['profile_id']}", 1)
    query = f"?{request.url.query}" if request.url.query else ""
    return JSONResponse(found, 301, {"Location": path + query})
