"""What of a form is an answer, and the events that an answer is. Pure.

An answer is one event for the message that asked, under an id that is made from it: whoever answers twice, presses the
button twice or shares the link changes nothing any more. Nothing of it says who the person is; what they wrote goes
under a name that the contract seals.
"""

from collections.abc import Mapping
from typing import Any

from fieldfare.act.surveys.model import MOST_COMMENT, Answered, Kind, Survey, SurveyClaim, Wrong
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import Instant, to_iso

SURVEY_ANSWERED = "Survey Answered"
NUMBERS = {Kind.NPS: range(11), Kind.RATING: range(1, 6)}
_DETRACTORS, _PASSIVES = 6, 8


def options_of(survey: Survey) -> tuple[str, ...]:
    """Return the values that an answer may have, as forms carry them; none where only words are asked for."""
    if survey.kind in NUMBERS:
        return tuple(map(str, NUMBERS[survey.kind]))
    if survey.kind is Kind.YES_NO:
        return "yes", "no"
    return survey.choices


def read_answer(survey: Survey, form: Mapping[str, str]) -> Answered | Wrong:
    """Return the answer of a form, or why it cannot be taken."""
    told, comment = form.get("answer", ""), form.get("comment", "").strip() if survey.has_comment else ""
    if len(comment) > MOST_COMMENT:
        return Wrong.TOO_LONG
    if survey.kind is Kind.WORDS:
        return Answered(value=None, comment=comment) if comment else Wrong.MISSING
    if told not in options_of(survey):
        return Wrong.MISSING
    if survey.kind in NUMBERS:
        return Answered(value=int(told), comment=comment)
    return Answered(value=told == "yes" if survey.kind is Kind.YES_NO else told, comment=comment)


def group_of(score: int) -> str:
    """Return what a number from 0 to 10 counts as: promoters are 9 and 10, detractors 0 to 6."""
    return "detractor" if score <= _DETRACTORS else "passive" if score <= _PASSIVES else "promoter"


def events_of(survey: Survey, claim: SurveyClaim, answered: Answered, now: Instant) -> list[dict[str, Any]]:
    """Return the answer as an event, and before it the trait that it sets."""
    context = {"fieldfare": {"profile_id": claim.profile_id, "hop": 1, "address_hash": claim.address_hash.hex()}}
    properties: dict[str, Any] = {
        "survey": survey.name,
        "kind": survey.kind.value,
        "proposal_id": claim.proposal_id,
        "channel": claim.channel,
    }
    if survey.kind in NUMBERS:
        properties["score"] = answered.value
    elif answered.value is not None:
        properties["answer"] = answered.value
    if survey.kind is Kind.NPS:
        properties["group"] = group_of(answered.value)
    if answered.comment:
        properties["comment"] = answered.comment
    answer = {
        "type": "track",
        "event": SURVEY_ANSWERED,
        "messageId": derived_id("srv", claim.proposal_id),
        "timestamp": to_iso(now),
        "properties": properties,
        "context": context,
    }
    if survey.trait is None:
        return [answer]
    trait = {
        "type": "identify",
        "traits": {survey.trait: answered.value},
        "messageId": derived_id("srt", claim.proposal_id),
        "timestamp": to_iso(now),
        "context": context,
    }
    return [trait, answer]
