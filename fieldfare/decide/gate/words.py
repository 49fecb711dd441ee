"""The reasons of the gate in plain words, for those who ask why somebody did not get something. Pure.

Every reason has a sentence; where a finding says more, its numbers stand in it. Nothing personal is in a finding, so
nothing personal is in a sentence.
"""

from collections.abc import Mapping
from typing import Any

from fieldfare.decide.gate.model import Reason

PLAIN: Mapping[Reason, str] = {
    Reason.NO_ADDRESS: "we have no address for this channel",
    Reason.NOT_VERIFIED: "nobody has verified the address, and this goes to verified ones only",
    Reason.CONSENT_MISSING: "there is no consent to this purpose on this channel",
    Reason.CONSENT_WITHDRAWN: "the person withdrew or denied consent",
    Reason.CONSENT_DISPUTED: "a consent platform denies the consent that stands here",
    Reason.SUPPRESSED: "the address bounced, complained, or must be left alone",
    Reason.HOLDOUT: "the person is kept out of this experiment for measurement",
    Reason.CONTROL_GROUP: "the person is in the group that gets nothing, for measurement",
    Reason.RATE_LIMITED: "the channel or its place had sent as much as it may in that time",
    Reason.CAP_REACHED: "as many messages as a cap allows have gone",
    Reason.THROTTLED: "as many messages as the person's interest allows have gone in seven days",
    Reason.QUIET_HOURS: "it was night where the person is",
    Reason.WRONG_PHASE: "it has no place in the season of then",
    Reason.REFUSED_BY_POLICY: "the policy never lets this go there",
    Reason.EXPIRED: "its time was over",
    Reason.JOURNEY_ENDED: "the person had left the journey, or reached its goal",
    Reason.OTHER_JOURNEY: "a more important journey goes first",
    Reason.ON_HOLD: "somebody put the person on hold",
    Reason.CONSENT_PENDING: "consent was just being changed",
    Reason.RENDER_FAILED: "the message could not be made for this person",
    Reason.LOW_CONFIDENCE: "we are not sure enough who it is",
    Reason.UNHEALTHY_PROFILES: "profiles were not fit to act on that day",
    Reason.PAUSED: "somebody paused it",
    Reason.SWITCHED_OFF: "the automation is off",
    Reason.READ_ONLY: "the automation is only read: it decides and does nothing",
    Reason.AWAITS_RELEASE: "it waited for a person to release it",
    Reason.AWAITS_APPROVAL: "it waited for a person to approve it",
    Reason.REJECTED: "a person said no",
    Reason.LOST_TO_PRIORITY: "the last place went to something more important",
    Reason.CAPACITY_REACHED: "the team or place could take no more in that period",
    Reason.BACKLOG: "too many tasks were open",
    Reason.BUDGET_SPENT: "the money of the period was spent",
    Reason.PROVIDER_OPEN: "the provider's calls were failing, so it was not called",
    Reason.ACTION_LIMIT: "the action's own limits do not allow it",
    Reason.NO_TEST_RECIPIENT: "the address is none of those that test messages may go to",
    Reason.RULE_FAILED: "a rule failed, and then nothing goes",
}


_BECAUSE: Mapping[str, str] = {
    "refused": "the one before it could not go by its channel",
    "rejected": "the provider turned down the one before it",
    "failed": "the one before it was given up",
    "bounced": "the one before it came back",
    "not_opened": "nobody opened the one before it",
    "not_clicked": "nobody followed a link in the one before it",
    "not_replied": "nobody answered the one before it",
}
_HISTORY: Mapping[str, str] = {
    "own": "the person's own history",
    "location": "the history of the person's location",
    "workspace": "everybody's history",
}
NOT_ENGAGED = "not_engaged"
"""Why a way is set aside where people answer too seldom; a reason of choices, not of verdicts."""


def choice_in_words(choice: Mapping[str, Any] | None, because: str | None) -> list[str]:
    """Return as sentences why a message follows another, and how its channel and its moment were chosen."""
    told = [f"it follows another by this channel: {_BECAUSE.get(because, because)}"] if because is not None else []
    if choice is None:
        return told
    ways = choice["ways"]
    if len(ways) > 1:
        how = "suits the person best" if choice["by"] == "best" else "is the first"
        told.append(f"{choice['chosen']} {how} of {len(ways)} channels")
    for way in ways:
        said = "; ".join(_aside(reason) for reason in way.get("aside", ()))
        told += [f"{way['channel']} was set aside: {said}"] if said else []
    time = choice.get("time")
    if time is not None and time["by"] in _HISTORY:
        told.append(f"it waits for the hour of {time['at']}, by {_HISTORY[time['by']]}")
    elif time is not None:
        told.append("no history says which hour is best, so it goes at once")
    return told


def _aside(reason: str) -> str:
    if reason == NOT_ENGAGED:
        return "the person answers too seldom there"
    return PLAIN[Reason(reason)] if reason in set(Reason) else reason


def in_words(reason: str, inputs: Mapping[str, Any]) -> str:
    """Return a reason as a sentence without its end, with the numbers that its finding has."""
    if reason not in set(Reason):
        return reason
    found = Reason(reason)
    return PLAIN[found] + _more(found, inputs)


def _more(reason: Reason, inputs: Mapping[str, Any]) -> str:
    """Return the numbers in brackets, empty where the finding has none."""
    match reason:
        case Reason.CAP_REACHED:
            told = [f"{cap['counted']} of {cap['most']} in {cap['per']}" for cap in inputs.get("caps", ())]
        case Reason.THROTTLED:
            told = [f"{inputs['messages']} of {inputs['most']}"] if "most" in inputs else []
        case Reason.LOW_CONFIDENCE:
            told = (
                [f"{inputs['match_confidence']} %, and {inputs['minimum']} % are needed"] if "minimum" in inputs else []
            )
        case Reason.QUIET_HOURS:
            told = [f"{inputs['local_time']} in {inputs['zone']}"] if "local_time" in inputs else []
        case Reason.CAPACITY_REACHED | Reason.BUDGET_SPENT:
            told = [f"{inputs['limit']}: {inputs['used']} of {inputs['most']}"] if "limit" in inputs else []
        case Reason.PAUSED:
            told = [f"{each['scope']} by {each['actor']}" for each in inputs.get("pauses", ())]
        case Reason.ON_HOLD:
            told = [str(inputs["kind"])] if "kind" in inputs else []
        case Reason.ACTION_LIMIT:
            told = [str(each) for each in inputs.get("breaks", ())]
        case Reason.OTHER_JOURNEY:
            told = [str(each) for each in inputs.get("walks", ())]
        case _:
            told = []
    return f" ({'; '.join(told)})" if told else ""
