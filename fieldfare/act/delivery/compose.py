"""Make the message of one proposal for one person, fit for its channel: words, language, place, links. Pure.

Everything that a message needs beside the person is chosen here, once, for delivery, previews and checks alike; so a
preview shows what would be sent. What the channel could not carry is an answer (:class:`RenderFailure`), as is whatever
``render`` finds missing. This module does not decide whether the message may go, and keeps nothing.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from fieldfare.act.delivery.links import Links
from fieldfare.act.delivery.model import Address, Capabilities, Message, Person
from fieldfare.act.delivery.page_links import PageClaim
from fieldfare.act.delivery.render import Manner, RenderFailure, render
from fieldfare.act.delivery.segments import segments_of
from fieldfare.act.delivery.unsubscribe import Unsubscribe
from fieldfare.act.delivery.wording import Place, Template
from fieldfare.act.surveys.model import SurveyClaim
from fieldfare.decide.journeys.model import Proposal

LANGUAGES = ("language", "locale", "preferred_language")
"""Traits that may hold a person's language, the first that is set counts."""

SURVEY = "survey"
"""Tag of every message that carries a survey, beside those of its template."""


class Composer(msgspec.Struct, frozen=True, kw_only=True):
    """Makes messages of one workspace's templates."""

    templates: Mapping[str, Template]
    brand: Mapping[str, Any]
    transactional: frozenset[str]
    """Purposes that need no consent: their messages carry no way out."""
    unsubscribe: Unsubscribe
    places: Mapping[str, Place] = {}
    """Home locations by name."""
    links: Links | None = None
    """How links lead over the workspace's own domain; ``None``: they stay as they are."""
    _named: dict[str, list[str]] = {}
    """Which links to a person's own pages each template names."""

    def tags_of(self, proposal: Proposal) -> tuple[str, ...]:
        """Return the tags of a proposal's template."""
        template = self.templates.get(proposal.template)
        tags = template.tags if template is not None else ()
        return tags if proposal.survey is None or SURVEY in tags else (*tags, SURVEY)

    def compose(
        self,
        proposal: Proposal,
        person: Person,
        address: Address,
        can: Capabilities,
        *,
        language: str | None = None,
    ) -> Message | RenderFailure:
        """Return the message, or why there is none. ``language`` replaces the person's own."""
        template = self.templates.get(proposal.template)
        if template is None:
            return RenderFailure("template", None, "the workspace has no such template")
        url = self.unsubscribe.url(proposal.profile_id, address.hash, proposal.purpose, proposal.channel, proposal.id)
        spoken = language or language_of(person.traits)
        made = render(
            template,
            proposal,
            to=address.clear,
            profile=person.traits,
            brand=self.brand,
            unsubscribe_url=url,
            marketing=proposal.purpose not in self.transactional,
            manner=Manner(
                language=spoken,
                place=self.places.get(person.location) if person.location is not None else None,
                opt_out=can.opt_out,
                pages=self._pages(template, proposal, address, spoken),
            ),
        )
        if isinstance(made, RenderFailure):
            return made
        if self.links is not None and template.is_tracked and can.links:
            made = self.links.track(made, has_html=can.html)
        if proposal.answers:
            made = msgspec.structs.replace(made, answers=proposal.answers, hops=proposal.hops)
        return unfit(made, can) or made

    def _pages(self, template: Template, proposal: Proposal, address: Address, language: str | None) -> dict[str, str]:
        """Return the links to the person's own pages that the template names, by the name of their variable."""
        links = self.unsubscribe.pages
        makers = {"preferences_url": links.preferences_url, "confirm_url": links.confirm_url}
        named = self._named.get(template.name)
        if named is None:
            named = self._named[template.name] = [
                name for name in makers if any(name in text for text in template.sources.values())
            ]
        if not named and proposal.survey is None:
            return {}
        claim = PageClaim(
            kind="",
            profile_id=proposal.profile_id,
            address_hash=address.hash,
            channel=proposal.channel,
            language=language,
            issued_at=proposal.proposed_at,
        )
        found = {name: makers[name](claim) for name in named}
        if proposal.survey is None:
            return found
        asked = SurveyClaim(
            proposal.survey,
            proposal.profile_id,
            address.hash,
            proposal.id,
            proposal.channel,
            language,
            proposal.proposed_at,
        )
        return found | {"survey_url": self.unsubscribe.surveys.url(asked)}


def language_of(traits: Mapping[str, Any]) -> str | None:
    """Return the language that a profile names, ``None`` when it names none."""
    told = (traits.get(name) for name in LANGUAGES)
    return next((value for value in told if isinstance(value, str) and value.strip()), None)


def unfit(message: Message, can: Capabilities) -> RenderFailure | None:
    """Return what of a message its channel cannot carry, ``None`` when it carries all of it."""
    if message.html is not None and not can.html:
        return RenderFailure("html", None, f"the channel `{message.channel}` cannot carry HTML")
    if can.max_length is not None and len(message.text) > can.max_length:
        why = f"the text has {len(message.text)} characters, and the channel takes {can.max_length}"
        return RenderFailure("text", None, why)
    if can.max_segments is not None:
        count = segments_of(message.text.strip()).count
        if count > can.max_segments:
            why = f"the text takes {count} segments, and the channel allows {can.max_segments}"
            return RenderFailure("text", None, why)
    return None
