"""Reads what conditions ask of a person and their household: identifiers, confidence, consent, members. Pure."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from fieldfare.ground.workspace.model import Path, Problem
from fieldfare.know.audiences.household import MOST_MEMBERS, asks_household
from fieldfare.know.audiences.model import Bound, Condition, HasConsent, HasIdentifier, Household, MatchConfidence
from fieldfare.know.audiences.model import Permission as Asked

IDENTIFIER_KEYS = frozenset({"exists"})
CONSENT_KEYS = frozenset({"channel", "is"})
MOST_PERCENT = 100
_COUNTS = ("at_least", "at_most", "above", "below", "exactly")
_WHO = ("any_member", "all_members", "others", "members")
_EXAMPLE = "Write for example `household: {any_member: {trait: has_child_under_12, is: true}}`"

Inner = Callable[[object, Path], Condition | None]
"""Reads a condition inside this one."""


def parse_identifier(node: Mapping[Any, Any], path: Path, problems: list[Problem]) -> Condition | None:
    """Return the condition on an identifier; whether the kind exists is checked where all files are known."""
    kind, exists = node["identifier"], node.get("exists", True)
    if not isinstance(kind, str) or not kind:
        what, why = "`identifier` does not hold a kind", "it takes the name of one kind of identifier"
        problems.append(Problem((*path, "identifier"), what, why, "Write for example `identifier: email`"))
        return None
    if not isinstance(exists, bool):
        what, why = "`exists` holds neither true nor false", "it takes a truth value"
        problems.append(Problem((*path, "exists"), what, why, "Write `exists: false` to ask that there is none"))
        return None
    return HasIdentifier(kind, exists)


def parse_confidence(node: Mapping[Any, Any], path: Path, problems: list[Problem]) -> Condition | None:
    """Return the condition on how sure identity is."""
    here = (*path, "match_confidence")
    bounds = _bounds(node["match_confidence"], here, problems, MOST_PERCENT, "match_confidence: {at_least: 80}")
    return None if bounds is None else MatchConfidence(bounds)


def parse_consent_test(node: Mapping[Any, Any], path: Path, problems: list[Problem]) -> Condition | None:
    """Return the condition on consent; whether purpose and channel exist is checked where all files are known."""
    purpose, channel, said = node["consent"], node.get("channel"), node.get("is", Asked.GRANTED.value)
    before = len(problems)
    example = "Write for example `{consent: marketing, channel: email}`"
    if not isinstance(purpose, str) or not purpose:
        problems.append(Problem((*path, "consent"), "`consent` does not hold a purpose", "it takes one name", example))
    if not isinstance(channel, str) or not channel:
        what = "the condition on consent names no channel" if channel is None else "`channel` does not hold a name"
        where = path if channel is None else (*path, "channel")
        problems.append(Problem(where, what, "consent is given for a purpose on a channel", example))
    if said not in set(Asked):
        known = [each.value for each in Asked]
        near = get_close_matches(str(said), known, n=1)
        why = "it is one of " + ", ".join(f"`{each}`" for each in known)
        fix = f"Did you mean `{near[0]}`?" if near else "Write `is: granted`"
        problems.append(Problem((*path, "is"), f"`{said}` is nothing that consent says", why, fix))
    if len(problems) > before:
        return None
    return HasConsent(str(purpose), str(channel), Asked(said))


def parse_household(node: Mapping[Any, Any], path: Path, problems: list[Problem], inner: Inner) -> Condition | None:
    """Return the condition on the household."""
    here, value = (*path, "household"), node["household"]
    asked = [key for key in _WHO if key in value] if isinstance(value, Mapping) else []
    if not isinstance(value, Mapping) or len(asked) != 1:
        said = " and ".join(f"`{key}`" for key in asked)
        what = f"`household` says {said} at once" if asked else "`household` does not say who"
        problems.append(Problem(here, what, "it takes one of " + ", ".join(f"`{key}`" for key in _WHO), _EXAMPLE))
        return None
    key = asked[0]
    before = len(problems)
    known = {key, "who"} if key == "members" else {key}
    for other in [other for other in value if other not in known]:
        near = get_close_matches(str(other), [*_WHO, "who"], n=1)
        fix = f"Did you mean `{near[0]}`?" if near else f"Remove `{other}`"
        problems.append(Problem((*here, str(other)), f"`{other}` does not go with `{key}`", "", fix))
    if key == "members":
        bounds = _bounds(value[key], (*here, key), problems, MOST_MEMBERS, "members: {at_least: 2}")
        who = inner(value["who"], (*here, "who")) if "who" in value else None
        found = Household(who, bounds or ())
    else:
        who = inner(value[key], (*here, key))
        least = () if key == "all_members" else (Bound("at_least", 1),)
        found = Household(who, least, others=key == "others", every=key == "all_members")
    if who is not None and asks_household(who):
        where = (*here, "who" if key == "members" else key)
        what, why = "a household stands inside a household", "members are asked for what they are by themselves"
        problems.append(Problem(where, what, why, "Ask for the inner household beside this one, under `all:`"))
    return None if len(problems) > before else found


def _bounds(value: object, path: Path, problems: list[Problem], most: int, example: str) -> tuple[Bound, ...] | None:
    """Return comparisons with whole numbers, ``None`` after reporting a problem."""
    before = len(problems)
    if not isinstance(value, Mapping) or not value:
        why = "it takes " + ", ".join(f"`{key}`" for key in _COUNTS)
        problems.append(Problem(path, f"`{path[-1]}` holds no comparison", why, f"Write `{example}`"))
        return None
    for key, operand in value.items():
        is_count = isinstance(operand, int) and not isinstance(operand, bool) and 0 <= operand <= most
        if key in _COUNTS and is_count:
            continue
        near = get_close_matches(str(key), _COUNTS, n=1) if key not in _COUNTS else []
        what = f"`{key}` does not hold a number" if key in _COUNTS else f"`{key}` is not a comparison"
        fix = f"Did you mean `{near[0]}`?" if near else f"Write `{example}`"
        problems.append(Problem((*path, str(key)), what, f"numbers are whole, from 0 to {most}", fix))
    return None if len(problems) > before else tuple(Bound(str(key), value[key]) for key in value)
