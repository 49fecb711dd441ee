"""What the gate is asked about an action: a proposal like any other, on the channel ``action``. Pure.

The kind is the proposal's template and one of its tags, so caps, budgets, approvals and pauses reach it by the same
selectors as messages. Its address is the profile itself.
"""

from collections.abc import Iterable, Sequence

from fieldfare.decide.gate.model import ActionFacts, Sent
from fieldfare.decide.gate.policy import ActionKind
from fieldfare.ground.instants import Instant
from fieldfare.trust.consent.model import InForce


def tags_of(kind: ActionKind) -> tuple[str, ...]:
    """Return the tags of an action: its kind and those of the kind."""
    return (kind.name, *(tag for tag in kind.tags if tag != kind.name))


def consent_to_purpose(in_force: Sequence[str]) -> str:
    """Return what is in force for a purpose, from what is on each of its channels: one grant is enough.

    An action reaches nobody by a channel, so nobody consents to it by one. Without a grant the refusal counts.
    """
    for wanted in (InForce.NOT_REQUIRED, InForce.GRANTED, InForce.WITHDRAWN, InForce.DENIED):
        if wanted.value in in_force:
            return wanted.value
    return InForce.MISSING.value


def _in(kind: ActionKind) -> str:
    return f" in {kind.phase}" if kind.phase else ""


def action_facts(kind: ActionKind, amount: int, given: Iterable[Sent], now: Instant) -> ActionFacts:
    """Return what the rules look at; ``given``: actions that this person was permitted before."""
    breaks = []
    if kind.most_amount is not None and amount > kind.most_amount:
        breaks.append(f"the amount {amount} is above {kind.most_amount}{_in(kind)}")
    if kind.most is not None and kind.per is not None:
        since = now - kind.per.us
        count = sum(one.at > since and kind.name in one.tags for one in given)
        if count >= kind.most:
            span = f"{kind.per.amount} {kind.per.unit}{'s' if kind.per.amount != 1 else ''}"
            breaks.append(f"{count} in {span}, and {kind.most} may be{_in(kind)}")
    above = kind.approve_above is not None and amount > kind.approve_above
    return ActionFacts(
        amount=amount,
        minimum_match_confidence=kind.minimum_match_confidence,
        needs_approval=kind.always_approved or above,
        approvers=kind.approvers,
        breaks=tuple(breaks),
    )
