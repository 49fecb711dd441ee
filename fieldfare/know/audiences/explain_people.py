"""Says in plain English what conditions ask of identity, consent and a household. Pure."""

from typing import assert_never

from fieldfare.know.audiences.model import HasConsent, HasIdentifier, Household, MatchConfidence, Permission

_BOUNDS = {"above": "more than", "below": "less than", "at_least": "at least", "at_most": "at most"}


def person_words(node: HasIdentifier | MatchConfidence | HasConsent) -> str:
    """Return what is asked of identity or consent."""
    match node:
        case HasIdentifier(kind=kind, exists=exists):
            return f"has {'an' if exists else 'no'} identifier of the kind {kind}"
        case MatchConfidence(bounds=bounds):
            words = (f"{_BOUNDS.get(bound.operator, bound.operator)} {bound.value} %" for bound in bounds)
            return "match confidence is " + " and ".join(words)
        case HasConsent():
            return _consent_words(node)
        case _:
            assert_never(node)


def _consent_words(node: HasConsent) -> str:
    """Return what is asked of consent."""
    what = f"consent to {node.purpose} by {node.channel}"
    match node.permission:
        case Permission.GRANTED:
            return f"{what} is in force"
        case Permission.WITHDRAWN:
            return f"{what} was withdrawn"
        case Permission.NONE:
            return f"nothing is known of {what}"
        case _:
            assert_never(node.permission)


def household_words(node: Household, counts: str, who: str) -> str:
    """Return what is asked of a household; ``counts`` and ``who`` are its bounds and its condition in words."""
    if node.every:
        return f"everybody in the household satisfies ({who})"
    if node.others:
        return f"somebody else in the household satisfies ({who})"
    if not who:
        return f"the household has {counts} members"
    if counts == "at least 1":
        return f"somebody in the household satisfies ({who})"
    return f"{counts} members of the household satisfy ({who})"
