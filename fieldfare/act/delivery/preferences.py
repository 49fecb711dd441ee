"""What a person may choose in the preference centre, and what a form of it asks for. Pure.

A choice that is as before asks for nothing; one that was never answered may stay so. Saying yes on the channel that the
link came by proves that the address is theirs, so it needs no further confirmation.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from fieldfare.act.delivery.events import person_event
from fieldfare.act.delivery.page_links import PageClaim
from fieldfare.ground.instants import Instant
from fieldfare.trust.consent.model import ConsentRecord, InForce, Notice

YES, NO, STOP_ALL = "yes", "no", "stop_all"


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One purpose on one channel."""

    purpose: str
    channel: str
    title: str
    description: str
    state: InForce
    since_at: Instant | None
    """When it was answered last."""
    is_waiting: bool
    """A yes that waits to be confirmed."""
    notice: Notice | None
    """What a yes agrees to."""

    @property
    def field(self) -> str:
        """Return the name of its field in the form."""
        return f"choice.{self.purpose}.{self.channel}"

    @property
    def answer(self) -> str | None:
        """Return what is chosen now: yes, no, or nothing."""
        if self.state in {InForce.GRANTED, InForce.NOT_REQUIRED, InForce.IN_REVIEW} or self.is_waiting:
            return YES
        return NO if self.state in {InForce.WITHDRAWN, InForce.DENIED, InForce.OBJECTED} else None


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """How the person comes to choose: what is recorded of it."""

    claim: PageClaim
    now: Instant
    language: str
    ip: str | None
    user_agent: str | None
    url: str


def problems_of(form: Mapping[str, str], choices: Sequence[Choice]) -> list[Choice]:
    """Return the choices that the form answers with neither yes nor no, or no more although they were answered."""
    return [each for each in choices if _asked(form, each) not in {YES, NO, each.answer}]


def changes_of(form: Mapping[str, str], choices: Sequence[Choice]) -> list[tuple[Choice, str]]:
    """Return the choices that change, with the new answer. The form has no problems."""
    asked = ((each, _asked(form, each)) for each in choices)
    return [(each, wish) for each, wish in asked if wish is not None and wish != each.answer]


def _asked(form: Mapping[str, str], choice: Choice) -> str | None:
    return form.get(choice.field)


def event_of(choice: Choice, wish: str, person: Person) -> dict[str, Any]:
    """Return the event that records one change."""
    properties: dict[str, Any] = {
        "purpose": choice.purpose,
        "channel": choice.channel,
        "action": _action(choice, wish),
        "evidence": "answered in the preference centre",
    }
    is_theirs = choice.channel == person.claim.channel
    if wish == YES and choice.notice is not None:
        properties |= {"notice_version": choice.notice.version, "notice_language": choice.notice.language}
    if wish == YES and is_theirs:
        properties["confirmed"] = True
    return _event("prf", properties, person, is_theirs=is_theirs)


def _action(choice: Choice, wish: str) -> str:
    if wish == YES:
        return "grant"
    return "deny" if choice.answer is None else "withdraw"


def stop_event_of(person: Person) -> dict[str, Any]:
    """Return the event that says no to everything that needs consent, on every channel."""
    properties = {"action": "withdraw", "evidence": "said no to everything in the preference centre"}
    return _event("prf", properties | {"channel": "*"}, person, is_theirs=False)


def confirmation_of(record: ConsentRecord, person: Person) -> dict[str, Any]:
    """Return the event that confirms a grant by its link."""
    properties: dict[str, Any] = {
        "purpose": record.purpose,
        "channel": person.claim.channel,
        "action": "grant",
        "scope": record.scope,
        "evidence": "followed the link that was sent to the address",
        "notice_version": record.notice_version,
        "notice_hash": record.notice_hash,
        "confirmed": True,
        "confirms": record.id,
    }
    return _event("cnf", properties, person, is_theirs=True, method="double_opt_in")


def _event(
    prefix: str, properties: dict[str, Any], person: Person, *, is_theirs: bool, method: str = "preference_centre"
) -> dict[str, Any]:
    capture = {"ip": person.ip, "user_agent": person.user_agent, "url": person.url}
    subject = person.claim.profile_id, person.claim.address_hash if is_theirs else None
    told = {"notice_language": person.language, **properties, "method": method}
    return person_event(prefix, told, capture, subject, person.now)
