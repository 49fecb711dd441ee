"""Journeys fitted to the rest of the workspace: messages that expire when they are of no use, who can be reached. Pure.

What a journey's own file cannot tell. The same is done to a definition of today and to one that was stored when people
entered it.
"""

from collections.abc import Mapping

import msgspec

from fieldfare.act.delivery.capabilities import capabilities_of
from fieldfare.act.delivery.model import ChannelSpec
from fieldfare.act.delivery.wording import Template
from fieldfare.decide.journeys.definition import Branch, Gate, Journey, Send, Step
from fieldfare.decide.journeys.parse import parse_definition
from fieldfare.know.audiences.model import AllOf, AnyOf, Condition, HasConsent, HasIdentifier
from fieldfare.trust.consent.model import ConsentPolicy

_PROFILE = "profile"
"""Kind of address that everybody has."""


def finished(
    journey: Journey, templates: Mapping[str, Template], channels: Mapping[str, ChannelSpec], consent: ConsentPolicy
) -> Journey:
    """Return the journey as it runs in the workspace of these."""
    return with_reach(while_useful(journey, templates), channels, consent)


def compiled_definitions(
    definitions: Mapping[tuple[str, str], bytes],
    templates: Mapping[str, Template],
    channels: Mapping[str, ChannelSpec],
    consent: ConsentPolicy,
) -> dict[tuple[str, str], Journey]:
    """Return stored definitions as journeys, by name and version; those not understood any more are left out."""
    found = {key: parse_definition(definition) for key, definition in definitions.items()}
    return {
        key: msgspec.structs.replace(finished(journey, templates, channels, consent), version=key[1])
        for key, journey in found.items()
        if journey is not None
    }


def while_useful(journey: Journey, templates: Mapping[str, Template]) -> Journey:
    """Return the journey with proposals that expire when their message is no longer worth reading."""

    def bound(step: Step) -> Step:
        template = templates.get(step.template) if isinstance(step, Send) else None
        if not isinstance(step, Send) or template is None or template.last_useful_us is None:
            return step
        return msgspec.structs.replace(step, expires_us=min(step.expires_us, template.last_useful_us))

    return msgspec.structs.replace(journey, steps={path: bound(step) for path, step in journey.steps.items()})


def with_reach(journey: Journey, channels: Mapping[str, ChannelSpec], consent: ConsentPolicy) -> Journey:
    """Return the journey with the gate that ``reachable`` is: one of the channels has an address and consent."""
    if not journey.entry.reachable:
        return journey
    purpose = consent.purposes.get(journey.purpose)
    asks = purpose is None or purpose.required
    ways = [_way(name, channels.get(name), journey.purpose if asks else None) for name in journey.entry.reachable]
    gate = Gate("reachable", ways[0] if len(ways) == 1 else AnyOf(tuple(ways)))
    return msgspec.structs.replace(
        journey, entry=msgspec.structs.replace(journey.entry, gates=(*journey.entry.gates, gate))
    )


def conditions_of(journey: Journey) -> list[Condition]:
    """Return every condition that the journey may ask: of entry, exits and branches."""
    asked = [gate.condition for gate in journey.entry.gates]
    asked += [rule.condition for rule in journey.exits if rule.condition is not None]
    return asked + [step.condition for step in journey.steps.values() if isinstance(step, Branch)]


def _way(name: str, spec: ChannelSpec | None, purpose: str | None) -> Condition:
    kind = _PROFILE if spec is None else capabilities_of(spec).address
    parts: list[Condition] = [] if kind == _PROFILE else [HasIdentifier(kind)]
    if purpose is not None:
        parts.append(HasConsent(purpose, name))
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))
