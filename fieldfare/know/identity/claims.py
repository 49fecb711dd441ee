"""Which identifiers an event claims for its person. Pure.

``user_id`` and ``anonymous_id`` come from their fields, the others from the places that the policy names. An e-mail
address or a telephone number is claimed only when it is *verified*: the event says ``email_verified: true`` beside it,
or the source is declared to verify it. An unverified one is a trait like any other. A blocked value claims nothing.

An ``alias`` replaces ``previous_id``; Segment documents it as an anonymous id or as a user id given before. SDKs on a
person's device send the device's anonymous id along: where it stands beside and is another value, ``previous_id`` is
the user id that was replaced, and a person decides whether the two users are one (a profile has one user id). Where no
anonymous id stands beside, a server tells of a visitor who became known, and it is an anonymous id. This depends on the
event alone, never on what was known when it came, so the order of arrival does not matter.

A ``group`` call of a household claims the household's id, which joins nobody. Traits of a group are not the person's.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from fieldfare.collect.model import Event
from fieldfare.know.identity.claim_plan import CONTEXT, EXTERNAL_KEY, PROPERTIES, TRAITS, ClaimPlan, Rule, Spots
from fieldfare.know.identity.model import ANONYMOUS_ID, USER_ID, Claim, Joins

MOST_CLAIMS = 20
"""Of one event; those of the lowest priority are left out."""
MOST_EXTERNAL = 100
"""Entries of ``context.externalIds`` that are looked at."""
_GROUP_TYPES = ("type", "group_type", "groupType")
_TRAIT_CALLS = frozenset({"identify", "alias"})


def claims_of(event: Event, plan: ClaimPlan) -> list[Claim]:
    """Return the event's claims, the leading one first.

    Empty when nothing in it can find a person: no identifier, blocked values only, or only kinds that find nobody.
    """
    context = event.context
    if (
        event.previous_id is not None
        or event.group_id is not None
        or not plan.is_usual
        or not plan.payload_keys.isdisjoint(event.payload)
        or (context and not plan.context_keys.isdisjoint(context))
    ):
        return _all(event, plan)
    user_id, anonymous_id = event.user_id, event.anonymous_id
    user = plan.user.claim(user_id) if user_id is not None else None
    anonymous = plan.anonymous.claim(anonymous_id) if anonymous_id is not None else None
    if user is None:
        return [anonymous] if anonymous is not None else []
    return [user, anonymous] if anonymous is not None else [user]


def lead_of(event: Event, plan: ClaimPlan) -> Claim | None:
    """Return the leading one of the event's claims, without making the others where a user id leads."""
    if plan.user_leads and event.user_id is not None:
        user = plan.user.claim(event.user_id)
        if user is not None:
            return user
    return next(iter(claims_of(event, plan)), None)


def _all(event: Event, plan: ClaimPlan) -> list[Claim]:
    """Return the claims of an event that carries more than its two ids."""
    region = plan.regions.of(event.location)
    found: list[tuple[Rule, Claim]] = []
    for rule, value in _values(event, plan):
        make = rule.claim if type(value) is str else rule.claim_other
        claim = make(value, region) if rule.is_local else make(value)
        if claim is not None:
            found.append((rule, claim))
    if all(rule.kind.joins is Joins.NEVER for rule, _ in found):
        return []
    found.sort(key=_rank)
    return [*{claim.hash: claim for _, claim in found}.values()][:MOST_CLAIMS]


def _rank(found: tuple[Rule, Claim]) -> tuple[bool, int, str]:
    return found[0].rank


def _values(event: Event, plan: ClaimPlan) -> Iterator[tuple[Rule, Any]]:
    """Yield everything that stands where an identifier may stand, and counts there."""
    yield plan.user, event.user_id
    yield plan.anonymous, event.anonymous_id
    if event.previous_id is not None:
        yield plan.rules[_kind_of_previous(event)], event.previous_id
    source, context, payload = event.source, event.context, event.payload
    if event.type != "group":
        yield from _found(plan.areas[TRAITS if event.type in _TRAIT_CALLS else PROPERTIES], payload, source)
    elif _is_household(payload, plan.household_groups):
        yield plan.household, event.group_id
    traits = context.get("traits")
    if traits:
        yield from _found(plan.areas[TRAITS], traits, source)
    yield from _found(plan.areas[CONTEXT], context, source)
    entries = context.get(EXTERNAL_KEY)
    if entries:
        yield from _external(entries, plan, source)


def _found(spots: Spots, area: Any, source: str) -> Iterator[tuple[Rule, Any]]:
    """Yield what counts of an object: verified where it must be, and allowed to be used."""
    for key in area if isinstance(area, dict) else ():
        for spot in spots.get(key, ()):
            holder, value = area, area[key]
            for inner in spot.inner:
                holder, value = value, value.get(inner) if isinstance(value, dict) else None
            if value is None or (spot.needs is not None and holder.get(spot.needs) is not True):
                continue
            verifying = spot.rule.verifying
            if verifying is None or source in verifying or any(holder.get(flag) is True for flag in spot.flags):
                yield spot.rule, value


def _external(entries: Any, plan: ClaimPlan, source: str) -> Iterator[tuple[Rule, Any]]:
    """Yield what counts of ``context.externalIds``: of a known kind, of users, not hashed."""
    for entry in entries[:MOST_EXTERNAL] if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("collection") == "users" and entry.get("encoding", "none") == "none":
            kind = entry.get("type")
            for rule in plan.external.get(kind, ()) if isinstance(kind, str) else ():
                if rule.verifying is None or source in rule.verifying:
                    yield rule, entry.get("id")


def _kind_of_previous(event: Event) -> str:
    """Return what ``previous_id`` of an alias is; see the module's docstring."""
    stands_beside = event.anonymous_id is not None and event.anonymous_id != event.previous_id
    return USER_ID if stands_beside and event.user_id is not None else ANONYMOUS_ID


def _is_household(traits: Mapping[str, Any], groups: frozenset[str]) -> bool:
    return any(isinstance(word, str) and word.casefold() in groups for word in map(traits.get, _GROUP_TYPES))
