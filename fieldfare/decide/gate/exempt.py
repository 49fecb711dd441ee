"""Who is exempt: what people must get, whatever policies and our own orders say. Pure.

A proposal is *exempt* when its purpose needs no consent or stands in the policy's list.
"""

from fieldfare.decide.gate.model import Facts
from fieldfare.decide.gate.policy import Policy, Selector
from fieldfare.trust.consent.model import InForce

_NOT_REQUIRED = InForce.NOT_REQUIRED.value


def is_exempt(facts: Facts, policy: Policy) -> bool:
    """Return whether the proposal is one that people must get: its purpose needs no consent, or policy says so."""
    return facts.consent == _NOT_REQUIRED or facts.proposal.purpose in policy.exempt


def concerns(selector: Selector, facts: Facts) -> bool:
    """Return whether a rule with this selector concerns the proposal."""
    wish = facts.proposal
    return selector.covers(wish.channel, wish.purpose, facts.tags, facts.location, wish.journey)
