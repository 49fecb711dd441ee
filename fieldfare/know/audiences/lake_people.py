"""What conditions ask of identifiers, confidence, consent and households, as Ibis expressions over profiles. Pure.

Columns of the profiles: ``match_confidence``; ``identifiers``, the JSON of how many of each kind; ``consent``, the JSON
of what is in force by purpose and channel; ``household``, the least profile id of the household, null where nothing is
said of it. An expression over a household is null where it is not computable; all others are true or false.
"""

from typing import Any, assert_never

import ibis

from fieldfare.know.audiences.compile_people import GRANTED, REFUSED, OfPerson, consent_key
from fieldfare.know.audiences.household import RULE, rule_of
from fieldfare.know.audiences.lake_json import COMPARED, Value, both, sure
from fieldfare.know.audiences.model import (
    Bound,
    HasConsent,
    HasIdentifier,
    Household,
    MatchConfidence,
    Permission,
)


def person_holds(node: OfPerson, people: Any) -> Any:
    """Return the condition as a truth value over the profiles."""
    match node:
        case HasIdentifier(kind=kind, exists=exists):
            has = Value(people.identifiers, kind).exists()
            return has if exists else ~has
        case MatchConfidence(bounds=bounds):
            return both([sure(COMPARED[each.operator](people.match_confidence, each.value)) for each in bounds])
        case HasConsent():
            return _consent(node, Value(people.consent, consent_key(node.purpose, node.channel)).text())
        case _:
            assert_never(node)


def _consent(node: HasConsent, said: Any) -> Any:
    granted, withdrawn = sure(said == GRANTED), sure(said.isin(sorted(REFUSED)))
    match node.permission:
        case Permission.GRANTED:
            return granted
        case Permission.WITHDRAWN:
            return withdrawn
        case Permission.NONE:
            return ~(granted | withdrawn)
        case _:
            assert_never(node.permission)


def _columns(node: Household) -> tuple[str, str, str, str]:
    """Return the columns of a household: how many satisfy it, how many cannot be told, of how many; and of oneself."""
    stem = "everybody" if node.who is None else rule_of(node.who).removeprefix(RULE)
    return f"hh_true_{stem}", f"hh_open_{stem}", f"hh_all_{stem}", f"hh_own_{stem}"


def with_household(people: Any, node: Household, holds: Any) -> Any:
    """Return the profiles with what the household comes to; ``holds``: whether each satisfies what is asked."""
    true, open_, all_, own = _columns(node)
    if true in people.columns:
        return people
    marked = people.mutate(**{own: holds})
    known = marked.filter(marked.household.notnull())
    counts = known.group_by("household").aggregate(
        **{
            true: ibis.ifelse(sure(known[own]), 1, 0).sum(),
            open_: ibis.ifelse(known[own].isnull(), 1, 0).sum(),
            all_: known.count(),
        }
    )
    kept = {name: marked[name] for name in marked.columns}
    added = {name: counts[name] for name in (true, open_, all_)}
    return marked.left_join(counts, marked.household == counts.household).select(**kept, **added)


def household_holds(node: Household, people: Any) -> Any:
    """Return the condition over profiles that :func:`with_household` has made; null: not computable."""
    true, open_, all_, own = (people[name] for name in _columns(node))
    if node.every:
        some_do_not = true + open_ < all_
        return _three(true == all_, some_do_not)
    least, most = true, true + open_
    if node.others:
        least = least - ibis.ifelse(sure(own), 1, 0)
        most = most - ibis.ifelse(sure(own) | own.isnull(), 1, 0)
    return both([_bound(bound, least, most) for bound in node.bounds])


def _bound(bound: Bound, least: Any, most: Any) -> Any:
    value = bound.value
    match bound.operator:
        case "at_least":
            return _three(least >= value, most < value)
        case "at_most":
            return _three(most <= value, least > value)
        case "above":
            return _three(least > value, most <= value)
        case "below":
            return _three(most < value, least >= value)
        case "exactly":
            return _three((least == value) & (most == value), (least > value) | (most < value))
        case _:
            message = f"unknown bound {bound.operator}"
            raise AssertionError(message)


def _three(is_true: Any, is_false: Any) -> Any:
    # Of a profile without a known household both are null, and so is the answer.
    return ibis.ifelse(is_true, True, ibis.ifelse(is_false, False, ibis.null("boolean")))  # noqa: FBT003 - values
