"""Folds one event into a document: measures, traits, home location, first and last seen. Pure, and on the hot path.

The result does not depend on the order of events. Duplicates are the caller's business: the same event folded twice
counts twice. The document and the personal traits belong to the caller and are changed in place; sealing, loading and
saving happen elsewhere.
"""

from typing import Any

from fieldfare.collect.model import Event
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.know.profiles.compare import scaled
from fieldfare.know.profiles.derive import derive
from fieldfare.know.profiles.expire import note_expiry
from fieldfare.know.profiles.facts import facts_of, needs_personal, traits_sent
from fieldfare.know.profiles.model import Document, Keeps, MeasureState, TraitValue, ValueState
from fieldfare.know.profiles.moments import add_moment
from fieldfare.know.profiles.plan import HOME_TRAIT, NOTHING, FoldPlan, Ignored, Listening, Touched, ValueRule
from fieldfare.know.profiles.settle import PHONE_TRAITS, settle_home, settle_phone
from fieldfare.know.profiles.survive import MOST_NAME_CHARACTERS, NO_RANKS, hold_limit, keep
from fieldfare.know.profiles.tiles import TILE, add_stamp, add_tile, bounded
from fieldfare.know.profiles.values import add_instant, add_value
from fieldfare.know.profiles.zone import device_zone_in, kept_days, observe

__all__ = ["fold", "needs_personal"]


def fold(document: Document, personal: dict[str, TraitValue] | None, event: Event, plan: FoldPlan) -> Touched:
    """Fold the event into ``document`` and ``personal`` in place; return what changed.

    ``personal`` may be ``None`` only when :func:`needs_personal` says so.
    """
    at = event.occurred_at
    first = document.first_seen_at is None
    is_ours = event.source == OWN_SOURCE  # what we did ourselves does not show that we saw the person
    if first or (document.is_ours_alone and not is_ours):
        document.first_seen_at = document.last_seen_at = at
        document.is_ours_alone = is_ours
    elif is_ours == document.is_ours_alone:
        if at < document.first_seen_at:  # type: ignore[operator]
            document.first_seen_at = at
        elif at > document.last_seen_at:  # type: ignore[operator]
            document.last_seen_at = at

    listening = plan.by_event.get(event.name)
    touched = NOTHING if listening is None else _measure(document, event, listening)

    home = bool(event.location) and _locate(document, event)
    if event.context and not is_ours and (zone := device_zone_in(event.context)) is not None:
        observe(document.devices, at, zone, kept_days(plan.moves_after_days))
    sent = traits_sent(event)
    if sent is not None:
        changed, ignored = _take_traits(document, personal, event, sent, plan)
        home = (HOME_TRAIT in changed and settle_home(document)) or home
        return Touched(touched.measures, changed, home, first, ignored)
    if home or first:
        return Touched(touched.measures, home=home, first=first)
    return touched


def fold_measures(document: Document, event: Event, plan: FoldPlan) -> None:
    """Fold the event into the plan's measures and nothing else: for those that are filled later."""
    listening = plan.by_event.get(event.name)
    if listening is not None:
        _measure(document, event, listening)


def _measure(document: Document, event: Event, listening: Listening) -> Touched:
    measures = document.measures
    at, day = event.occurred_at, event.local_day
    passed = []
    for key, accepts, sum_of, tiled, stamped in listening.rules:
        if accepts is not None and not accepts(event):
            continue
        passed.append(key)
        state = measures.get(key)
        if state is None:
            state = measures[key] = MeasureState(first_at=at, last_at=at)
        elif at > state.last_at:  # type: ignore[operator]
            state.last_at = at
        elif at < state.first_at:  # type: ignore[operator]
            state.first_at = at
        amount = 0 if sum_of is None else scaled(event.payload.get(sum_of))
        if tiled:
            tiles = state.tiles
            # Most events fall on the youngest day; the call is for all others.
            if tiles and tiles[-TILE] == day and not amount:
                tiles[1 - TILE] += 1
            else:
                add_tile(tiles, day, 1, amount)
        else:
            state.base_count += 1
            if amount:
                state.base_sum = bounded(state.base_sum + amount)
        if stamped:
            add_stamp(state.stamps, at, amount)
    if listening.values:
        passed += _keep_values(document, event, listening.values)
        return Touched(measures=tuple(passed))
    return listening.all_touched if len(passed) == len(listening.rules) else Touched(measures=tuple(passed))


def _keep_values(document: Document, event: Event, rules: tuple[ValueRule, ...]) -> list[str]:
    touched = []
    for rule in rules:
        if rule.accepts is not None and not rule.accepts(event):
            continue
        item = rule.read(event)
        if item is None:
            continue
        touched.append(rule.key)
        state = document.values.get(rule.key)
        if state is None:
            state = document.values[rule.key] = ValueState()
        if rule.keeps is Keeps.MOMENTS:
            add_moment(state, event.occurred_at, item)
            continue
        add_value(state, rule.keeps, event.occurred_at, event.local_day if rule.tiled else None, item)
        if rule.stamped:
            add_instant(state, event.occurred_at, item)
    return touched


def _locate(document: Document, event: Event) -> bool:
    at, name = event.occurred_at, event.location
    last_at, last = document.last_located_at, document.last_location
    if last_at is not None and last is not None and (at < last_at or (at == last_at and name <= last)):  # type: ignore[operator]
        return False
    document.last_located_at = at
    if name == last:
        return False
    document.last_location = name
    return settle_home(document)


def _take_traits(
    document: Document, personal: dict[str, TraitValue] | None, event: Event, sent: dict[str, Any], plan: FoldPlan
) -> tuple[tuple[str, ...], tuple[Ignored, ...]]:
    changed = []
    ignored = []
    for each in facts_of(event, sent, plan):
        name, is_sealed = each.name, each.sealed
        if each.reason is not None:
            ignored.append(Ignored(name[:MOST_NAME_CHARACTERS], each.reason))
            continue
        traits = personal if is_sealed else document.traits
        assert traits is not None, "the event carries personal traits; ask needs_personal first"
        if keep(traits, name, each.fact, plan.ranks.get(name, NO_RANKS)):
            if not is_sealed:
                changed.append(name)
            elif name in PHONE_TRAITS:
                settle_phone(document, traits)
        if plan.retention:
            note_expiry(document, name, traits[name], plan)
    if personal is not None and plan.derived:
        changed += derive(document.traits, personal, plan.derived)
    gone = hold_limit(document.traits, plan.traits)
    if gone:
        changed = [*(name for name in changed if name not in gone), *(name for name in gone if name not in sent)]
    if personal is not None:
        gone += hold_limit(personal, plan.traits)
    ignored.extend(Ignored(name, "too_many") for name in gone)
    return tuple(changed), tuple(ignored)
