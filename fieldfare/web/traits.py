"""The API's routes for the traits of one person. What they answer is ``flow.trait_answers``'s."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from fieldfare.flow.trait_answers import Reveal, TraitAnswers, reveal_of
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import needs
from fieldfare.web.signing import MaybeActor, acting

Shows = Annotated[bool, Query(description="Show sealed values; needs `actor` and `reason`, which are recorded.")]


def _wish(actor: str | None, reason: str | None, *, shows: bool) -> Reveal | None:
    return reveal_of(acting(actor), reason) if shows else None


def trait_routes(traits: TraitAnswers) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.get("/api/v1/profiles/{profile:path}/traits/{trait}", dependencies=needs(Permission.PEOPLE_SEE))
    def explain(
        profile: str, trait: str, actor: MaybeActor = None, reason: str | None = None, *, reveal: Shows = False
    ) -> dict[str, Any]:
        """Every value that the person's events carried for a trait, which survives, and why the others do not."""
        return traits.explain(profile, trait, _wish(actor, reason, shows=reveal))

    @router.get("/api/v1/profiles/{profile:path}/canonical", dependencies=needs(Permission.PEOPLE_SEE))
    def canonical(
        profile: str, actor: MaybeActor = None, reason: str | None = None, *, reveal: Shows = False
    ) -> dict[str, Any]:
        """One profile under the canonical names, with the provenance of each; sealed values are masked."""
        return traits.canonical(profile, _wish(actor, reason, shows=reveal))

    return router
