"""The API's routes for consent: record an act, what is and was in force, receipts, reviews, comparisons.

What they answer is ``flow``'s. The keys that receipts are verified with are public, as is what is said of the browser's
signal; both are outside ``/api``.
"""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from fieldfare.flow.consent_answers import ConsentAnswers
from fieldfare.flow.consent_compare import MOST_ROWS, PlatformRow
from fieldfare.flow.consent_request import ConsentRequest
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import anybody, needs
from fieldfare.web.signing import Actor, MaybeActor

At = Annotated[str | None, Query(description="A date or date-time: what was recorded by then.")]
_Text = Annotated[str | None, Field(max_length=20_000)]


class ConsentAct(BaseModel):
    """One act of consent. A grant needs `evidence`; see the reference of consent."""

    model_config = ConfigDict(extra="forbid")

    action: Annotated[str, Field(max_length=20, description="grant, deny, withdraw, object, expire or refresh.")] = ""
    profile: _Text = None
    user_id: _Text = None
    anonymous_id: _Text = None
    email: _Text = None
    phone: _Text = None
    source: _Text = None
    message_id: Annotated[str | None, Field(max_length=100)] = None
    occurred_at: _Text = None
    purpose: _Text = None
    channel: _Text = None
    scope: _Text = None
    legal_basis: _Text = None
    notice_version: _Text = None
    notice_language: _Text = None
    notice_text: _Text = None
    notice_hash: _Text = None
    evidence: _Text = None
    method: _Text = None
    url: _Text = None
    ip: _Text = None
    user_agent: _Text = None
    platform: _Text = None
    platform_purpose: _Text = None
    reference: _Text = None
    tc_string: _Text = None
    gpp_string: _Text = None
    gpc: bool | None = None
    expires_at: _Text = None
    confirmed: bool | None = None
    actor: MaybeActor = None


class Decision(BaseModel):
    """What a person decided about an answer."""

    opt_out: bool
    actor: Actor = ""


class Row(BaseModel):
    """What a platform says of one person."""

    subject: Annotated[str, Field(max_length=1_000)]
    purpose: Annotated[str, Field(max_length=200)]
    channel: Annotated[str, Field(max_length=200)]
    granted: bool


class Export(BaseModel):
    """What a platform says of people."""

    platform: Annotated[str, Field(max_length=200)]
    rows: Annotated[list[Row], Field(max_length=MOST_ROWS)]


def consent_routes(consent: ConsentAnswers) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.post("/api/v1/consent", dependencies=needs(Permission.PEOPLE_EDIT))
    def record(act: ConsentAct) -> dict[str, Any]:
        """Record an act of consent; it is durable when this answers."""
        return consent.record(msgspec.convert(act.model_dump(), ConsentRequest))

    @router.get("/api/v1/consent/reviews", dependencies=needs(Permission.PEOPLE_SEE))
    def reviews() -> list[dict[str, Any]]:
        """Answers that may be opt-outs, which wait for a person to read them."""
        return consent.reviews.open()

    @router.post("/api/v1/consent/reviews/{review}", dependencies=needs(Permission.PEOPLE_EDIT))
    def decide(review: str, decision: Decision) -> dict[str, Any]:
        """Decide about an answer: an opt-out, or none."""
        return consent.reviews.decide(review, is_opt_out=decision.opt_out, actor=decision.actor)

    @router.post("/api/v1/consent/compare", dependencies=needs(Permission.AUDIT_READ))
    def compare(export: Export) -> dict[str, Any]:
        """Compare what is in force with a consent platform's export."""
        rows = [PlatformRow(each.subject, each.purpose, each.channel, each.granted) for each in export.rows]
        return consent.comparing.run(export.platform, rows)

    @router.get("/api/v1/profiles/{profile:path}/consent", dependencies=needs(Permission.PEOPLE_SEE))
    def show(profile: str, at: At = None) -> dict[str, Any]:
        """Return what is in force for a person."""
        return consent.show(profile, at)

    @router.get("/api/v1/profiles/{profile:path}/consent/history", dependencies=needs(Permission.PEOPLE_SEE))
    def history(profile: str, at: At = None) -> dict[str, Any]:
        """Return every record of a person."""
        return consent.history(profile, at)

    @router.get("/api/v1/profiles/{profile:path}/consent/proof", dependencies=needs(Permission.PEOPLE_SEE))
    def prove(profile: str, at: At = None) -> dict[str, Any]:
        """Return a signed receipt of a person's consent."""
        return consent.prove(profile, at)

    return router


def public_consent_routes(consent: ConsentAnswers) -> APIRouter:
    """Return the routes that anybody may ask."""
    router = APIRouter()

    @router.get("/.well-known/jwks.json", dependencies=anybody())
    def jwks() -> dict[str, Any]:
        """Return the public keys that consent receipts are signed with."""
        return consent.jwks()

    @router.get("/.well-known/gpc.json", dependencies=anybody())
    def gpc() -> dict[str, bool]:
        """Tell whether the browser signal Global Privacy Control is heeded."""
        return {"gpc": bool(consent.workspace.consent.gpc)}

    return router
