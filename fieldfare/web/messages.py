"""The API's routes for templates and captured messages. What they answer is ``flow``'s; nothing is sent from here."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from fieldfare.flow.captured import MOST_FOUND, Mailbox, MailboxFilter
from fieldfare.flow.template_answers import MOST_SAMPLE, USUAL_SAMPLE, TemplateAnswers
from fieldfare.flow.trait_answers import reveal_of
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import needs
from fieldfare.web.signing import MaybeActor, acting

Shows = Annotated[bool, Query(description="Show personal values; needs `actor` and `reason`, which are recorded.")]
Sample = Annotated[int, Query(ge=1, le=MOST_SAMPLE, description="How many people to render it for.")]


def message_routes(templates: TemplateAnswers, mailbox: Mailbox) -> APIRouter:
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
