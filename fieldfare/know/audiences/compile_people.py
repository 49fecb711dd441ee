"""Compiles what conditions ask of a person as identity and consent know them, and of their household. Pure.

None of it changes by time alone but a grant that ends: identifiers, confidence, consent and households change by what
happens, and whoever changes them, or ends a grant, has the document evaluated again.
"""

from collections.abc import Callable
from typing import assert_never

from fieldfare.ground.instants import Day, Instant
from fieldfare.know.audiences.household import holds_count, household_run, kept_truth, rule_of
from fieldfare.know.audiences.model import HasConsent, HasIdentifier, Household, MatchConfidence, Permission
from fieldfare.know.profiles.model import Document

State = tuple[bool | None, Instant | None]
Run = Callable[[Document, Instant, Day], State]
OfPerson = HasIdentifier | MatchConfidence | HasConsent

GRANTED = "granted"
REFUSED = frozenset({"withdrawn", "denied", "objected"})
"""Words of :mod:`fieldfare.trust.consent` as documents keep them."""


def person_run(node: OfPerson) -> Run:
    """Return the condition as a closure."""
    match node:
        case HasIdentifier(kind=kind, exists=exists):
            return lambda document, _now, _today: (bool(document.identifiers.get(kind)) is exists, None)
        case MatchConfidence(bounds=bounds):
            return lambda document, _now, _today: (
                all(holds_count(bound, document.match_confidence) for bound in bounds),
                None,
            )
        case HasConsent(permission=permission):
            return lambda document, _now, _today: (permission_of(node, document) is permission, None)
        case _:
            assert_never(node)


def consent_key(purpose: str, channel: str) -> str:
    """Return the key under which documents keep what is in force."""
    return f"{purpose} {channel}"


def permission_of(node: HasConsent, document: Document) -> Permission:
    """Return what consent says of the condition's purpose and channel; what is not known is no permission."""
    said = document.consent.get(consent_key(node.purpose, node.channel))
    if said == GRANTED:
        return Permission.GRANTED
    return Permission.WITHDRAWN if said in REFUSED else Permission.NONE


def household_state(node: Household, own: Run | None) -> Run:
    """Return the condition as a closure.

    ``own`` computes whether the profile itself satisfies what members are asked for; without it the hidden rule that
    the document keeps says so.
    """
    if node.who is None:
        alike = household_run(node, lambda _document: True)
        return lambda document, _now, _today: (alike(document), None)
    if own is None:
        name = rule_of(node.who)
        kept = household_run(node, lambda document: kept_truth(document, name))
        return lambda document, _now, _today: (kept(document), None)
    computed = own

    def run(document: Document, now: Instant, today: Day) -> State:
        truth, change = computed(document, now, today)
        return household_run(node, lambda _document: truth)(document), change

    return run
