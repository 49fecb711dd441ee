"""The API's routes for the traits of one person. What they answer is ``flow.trait_answers``'s."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fieldfare.flow.corrections import CorrectionRequest, Corrections
from fieldfare.flow.trait_answers import Reveal, TraitAnswers, reveal_of
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import needs
from fieldfare.web.signing import Actor, MaybeActor, acting

Shows = Annotated[bool, Query(description="Show sealed values; needs `actor` and `reason`, which are recorded.")]


def _wish(actor: str | None, reason: str | None, *, shows: bool) -> Reveal | None:
    return reveal_of(acting(actor), reason) if shows else None


class Lift(BaseModel):
    """Of which trait the corrections are lifted, by whom and why."""

    model_config = ConfigDict(extra="forbid")

    trait: Annotated[str, Field(max_length=500)]
    actor: Actor = ""
    reason: str

    def request(self, profile: str) -> CorrectionRequest:
        """Return what is asked for."""
        return CorrectionRequest(told=profile, **self.model_dump())


class Correction(Lift):
    """To which value a trait is corrected; ``null`` unsets it. A text that is no text's value is read as JSON."""

    value: JsonValue


class Corrected(BaseModel):
    """What came of it: ``applied``, or ``waiting`` behind others; it never says the value."""

    profile_id: int
    trait: str
    status: str


def trait_routes(traits: TraitAnswers, corrections: Corrections) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.post("/api/v1/profiles/{profile:path}/corrections/lift", dependencies=needs(Permission.PEOPLE_EDIT))
    def lift(profile: str, asked: Lift) -> Corrected:
        """Lift every correction of a trait: what sources say counts again; answered once it is applied."""
        return Corrected(**corrections.lift(asked.request(profile)))

    @router.post("/api/v1/profiles/{profile:path}/corrections", dependencies=needs(Permission.PEOPLE_EDIT))
    def correct(profile: str, asked: Correction) -> Corrected:
        """Correct a trait: it goes before whatever sources say, until it is lifted; answered once it is applied."""
        return Corrected(**corrections.correct(asked.request(profile)))

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
