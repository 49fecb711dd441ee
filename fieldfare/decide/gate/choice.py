"""Which channel a message goes by, of several that were named for it. Pure, and the same facts choose the same channel.

Every way (a channel and its template) is asked the gate's own rules on channels: what the gate would refuse there is
*set aside*, with the same reasons. A way that only has to wait (a cap, a pause, a provider that fails) comes behind
those that can go now. The others stand in the order of the policy's criteria, one after another, and of two that are
equal in all of them the one comes first that the policy's order of channels (of the season phase) names first, else the
step itself. A choice permits nothing: the gate judges the message when it is due, and what it refuses there may go by
the next way (see ``act.delivery.follow``).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from fieldfare.decide.gate.caps import caps
from fieldfare.decide.gate.judge import ask
from fieldfare.decide.gate.model import Facts, Finding, Scope
from fieldfare.decide.gate.orders import paused_finding
from fieldfare.decide.gate.policy import ChoicePolicy, Policy, in_phases, ordered
from fieldfare.decide.gate.rules import (
    Rule,
    consent,
    no_address,
    not_verified,
    phase,
    provider_open,
    refused,
    render_failed,
    suppressed,
)
from fieldfare.decide.gate.words import NOT_ENGAGED
from fieldfare.ground.instants import Instant

PRIOR_ANSWERED, PRIOR_MESSAGES = 1, 5
"""Somebody of whom nothing is known counts as if they had answered one message of five."""
STEP = 10
"""Scores are compared in steps of so many percentage points: a small difference is chance."""
FEW_MESSAGES = 5
"""With fewer messages on a channel nobody is said not to answer there."""
_FREE, _LATER, _REFUSED = range(3)


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way a message could go: the facts of the proposal as if it went there, and how the person answers there."""

    facts: Facts
    messages: int = 0
    answered: int = 0

    @property
    def score(self) -> int:
        """Return percent of messages that the person answers on the channel, drawn to 20 where little is known."""
        return 100 * (self.answered + PRIOR_ANSWERED) // (self.messages + PRIOR_MESSAGES)


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What was chosen. ``order`` holds places in the ways as they were given, the best first, those set aside last."""

    order: tuple[int, ...]
    open: tuple[int, ...]
    """Those of the order that the gate would not refuse for their channel; the others are not tried."""
    told: dict[str, Any]
    """For the decision log: each way with its score, and why it was set aside."""


def channel_paused(facts: Facts, _policy: Policy, _now: Instant) -> Finding | None:
    """Say that somebody paused the channel itself. What they paused beside it stops every way alike."""
    pauses = [pause for pause in facts.controls.pauses if pause.scope is Scope.CHANNEL]
    return paused_finding(pauses, facts.proposal.expires_at) if pauses else None


WAY_RULES: tuple[Rule, ...] = (
    no_address,
    not_verified,
    suppressed,
    consent,
    render_failed,
    refused,
    phase,
    channel_paused,
    caps,
    provider_open,
)
"""The rules that may say no to one channel and yes to another."""


def choose(ways: Sequence[Way], traits: Mapping[str, Any], policy: Policy, now: Instant, *, best: bool) -> Choice:
    """Return the order in which ways are taken: ``best`` by the policy's criteria, else as they were named.

    ``traits``: of the person, for preference and value.
    """
    return choose_by(WAY_RULES, ways, traits, policy, now, best=best)


def choose_by(
    rules: Sequence[Rule], ways: Sequence[Way], traits: Mapping[str, Any], policy: Policy, now: Instant, *, best: bool
) -> Choice:
    """Choose by the given rules; for tests that add one. The product calls :func:`choose`."""
    assert ways, "nothing to choose from"
    phases = ways[0].facts.phases
    policy = in_phases(policy, phases)
    wish, said = policy.choice, [_findings(rules, way, policy, now) for way in ways]
    firm = [_class(found) for found in said]
    idle = [_is_idle(way, wish) and firm[place] < _REFUSED for place, way in enumerate(ways)]
    has_other = any(each < _REFUSED and not idle[place] for place, each in enumerate(firm))
    classes = [_REFUSED if idle[place] and has_other else each for place, each in enumerate(firm)]
    channels = [way.facts.proposal.channel for way in ways]
    named = ordered(policy, phases, dict.fromkeys(channels))

    def rank(place: int) -> tuple[int, ...]:
        by = _ranks(ways[place], traits, wish) if best else ()
        return (classes[place], *by, named.index(channels[place]), place)

    order = sorted(range(len(ways)), key=rank)
    aside = [[each.reason.value for each in found] for found in said]
    aside = [[*found, *([NOT_ENGAGED] if idle[place] and has_other else [])] for place, found in enumerate(aside)]
    told = {
        "by": "best" if best else "order",
        "chosen": ways[order[0]].facts.proposal.channel,
        "ways": [_told(ways[place], aside[place]) for place in order],
    }
    return Choice(order=tuple(order), open=tuple(each for each in order if firm[each] < _REFUSED), told=told)


def _class(found: Sequence[Finding]) -> int:
    if not found:
        return _FREE
    return _LATER if all(each.until is not None for each in found) else _REFUSED


def _findings(rules: Sequence[Rule], way: Way, policy: Policy, now: Instant) -> list[Finding]:
    return [said for rule in rules if (said := ask(rule, way.facts, policy, now)) is not None]


def _told(way: Way, aside: list[str]) -> dict[str, Any]:
    wish = way.facts.proposal
    told: dict[str, Any] = {"channel": wish.channel, "template": wish.template, "score": way.score}
    return told | ({"aside": aside} if aside else {})


def _is_idle(way: Way, wish: ChoicePolicy) -> bool:
    """Return whether the person answers too seldom there. With no other way left that is no reason."""
    least = wish.least_engagement.get(way.facts.proposal.channel)
    return least is not None and way.messages >= FEW_MESSAGES and way.score < least


def _ranks(way: Way, traits: Mapping[str, Any], wish: ChoicePolicy) -> tuple[int, ...]:
    return tuple(_CRITERIA[name](way, traits, wish) for name in wish.by)


def _urgency(way: Way, _traits: Mapping[str, Any], wish: ChoicePolicy) -> int:
    if wish.urgent_priority is None or way.facts.proposal.priority < wish.urgent_priority:
        return 0
    return _place(way, wish.urgent_channels)


def _value(way: Way, traits: Mapping[str, Any], wish: ChoicePolicy) -> int:
    worth = traits.get(wish.value_trait) if wish.value_trait else None
    if not isinstance(worth, int | float) or isinstance(worth, bool):
        return 0
    band = next((channels for above, channels in wish.value_bands if worth > above), None)
    return 0 if band is None else _place(way, band)


def _preference(way: Way, traits: Mapping[str, Any], wish: ChoicePolicy) -> int:
    told = traits.get(wish.preferred)
    named = told if isinstance(told, list | tuple) else [told]
    return _place(way, tuple(each for each in named if isinstance(each, str)))


def _engagement(way: Way, _traits: Mapping[str, Any], _wish: ChoicePolicy) -> int:
    return -(way.score // STEP)


def _cost(way: Way, _traits: Mapping[str, Any], wish: ChoicePolicy) -> int:
    return wish.costs.get(way.facts.proposal.channel, 0)


def _place(way: Way, named: Sequence[str]) -> int:
    """Return the place of the way's channel among those named; all that are not named stand behind them."""
    channel = way.facts.proposal.channel
    return named.index(channel) if channel in named else len(named)


_CRITERIA: Mapping[str, Callable[[Way, Mapping[str, Any], ChoicePolicy], int]] = {
    "urgency": _urgency,
    "value": _value,
    "preference": _preference,
    "engagement": _engagement,
    "cost": _cost,
}
CRITERIA = tuple(_CRITERIA)
"""Names of the criteria, in the order that holds where the policy writes none."""
