"""The API's routes for templates and captured messages. What they answer is ``flow``'s; only tests are sent."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from fieldfare.flow.captured import MOST_FOUND, Mailbox, MailboxFilter
from fieldfare.flow.template_answers import MOST_SAMPLE, USUAL_SAMPLE, TemplateAnswers
from fieldfare.flow.trait_answers import reveal_of
from fieldfare.flow.try_message import TryMessage, TryRequest
from fieldfare.trust.access.model import CallerKind, Permission
from fieldfare.web.guard import caller, demand, needs
from fieldfare.web.signing import Actor, MaybeActor, acting

Shows = Annotated[bool, Query(description="Show personal values; needs `actor` and `reason`, which are recorded.")]
Sample = Annotated[int, Query(ge=1, le=MOST_SAMPLE, description="How many people to render it for.")]


class TryBody(BaseModel):
    """Where a test message goes, one's own address when left out; `profile`: as that person would get it, masked."""

    model_config = ConfigDict(extra="forbid")

    to: Annotated[str | None, Field(max_length=300)] = None
    profile: Annotated[str | None, Field(max_length=500)] = None
    locale: Annotated[str | None, Field(max_length=40)] = None
    location: Annotated[str | None, Field(max_length=100)] = None
    actor: Actor = ""


class RecipientView(BaseModel):
    """To whom one may send test messages."""

    kind: str
    address: str
    is_own: bool


class TriedView(BaseModel):
    """What became of a test message; `refused`: the `reasons` in `words`, or the `failure` of the rendering."""

    template: str
    channel: str
    to: str
    outcome: Literal["refused", "handed_over", "rejected", "failed", "unknown"]
    detail: str | None
    reasons: list[str]
    words: list[str]
    failure: dict[str, Any] | None
    message: str | None


def message_routes(templates: TemplateAnswers, mailbox: Mailbox, tries: TryMessage) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.get("/api/v1/templates", dependencies=needs(Permission.SEE))
    def all_templates() -> list[dict[str, Any]]:
        """Every template: its channel, purpose, languages, and the journeys that send it."""
        return templates.all()

    @router.get("/api/v1/templates/check", dependencies=needs(Permission.SEE))
    def check(template: str | None = None, sample: Sample = USUAL_SAMPLE) -> list[dict[str, Any]]:
        """Render templates for real people and through every branch with constructed values; names nobody."""
        return templates.check(template, sample)

    @router.get("/api/v1/templates/{name}/preview", dependencies=needs(Permission.PEOPLE_SEE))
    def preview(
        name: str,
        profile: str,
        locale: str | None = None,
        location: str | None = None,
        actor: MaybeActor = None,
        reason: str | None = None,
        *,
        reveal: Shows = False,
    ) -> dict[str, Any]:
        """Show the message that one person would get, or why there would be none."""
        return templates.preview(name, profile, locale, location, reveal_of(acting(actor), reason) if reveal else None)

    @router.get("/api/v1/test-recipients", dependencies=needs(Permission.MESSAGES_SEND))
    def recipients() -> list[RecipientView]:
        """To whom one may send test messages: one's own address, and `test_recipients` of the workspace."""
        return [RecipientView.model_validate(each) for each in tries.recipients(_own())]

    @router.post("/api/v1/templates/{name}/test", dependencies=needs(Permission.MESSAGES_SEND))
    def send_test(name: str, asked: TryBody) -> TriedView:
        """Send a template to one of our own people, marked as a test; it counts nowhere, and no customer gets it."""
        if asked.profile is not None:
            demand(caller(), Permission.PEOPLE_SEE)
        told = TryRequest(template=name, own=_own(), **asked.model_dump())
        return TriedView.model_validate(tries.send(told))

    @router.get("/api/v1/captured", dependencies=needs(Permission.PEOPLE_REVEAL))
    def captured(
        address: str | None = None,
        profile: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
        template: str | None = None,
        channel: str | None = None,
        first: Annotated[str | None, Query(alias="from")] = None,
        last: Annotated[str | None, Query(alias="to")] = None,
        words: str | None = None,
        limit: Annotated[int, Query(ge=1, le=MOST_FOUND)] = 20,
    ) -> dict[str, Any]:
        """Messages that the capture channel kept instead of sending them, the newest first, opened."""
        asked = MailboxFilter(
            address=address,
            profile=profile,
            template=template,
            channel=channel,
            first=first,
            last=last,
            words=words,
            limit=limit,
        )
        return mailbox.search(asked)

    return router


def _own() -> str | None:
    """Return the address of whoever is signed in: their sign-in name, where it is one."""
    who = caller()
    return who.name if who.kind is CallerKind.USER and "@" in who.name else None
