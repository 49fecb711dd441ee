"""Joins two documents, and folds away what no window in use can ask for. Pure; documents are changed in place.

Merging gives the fold of both histories. Memberships and wake-ups are not merged: they are evaluated anew.
"""

from fieldfare.ground.instants import DAY, Day, Instant
from fieldfare.know.profiles.derive import derive
from fieldfare.know.profiles.editions import together
from fieldfare.know.profiles.expire import note_all
from fieldfare.know.profiles.model import Document, Keeps, Measure, TraitValue
from fieldfare.know.profiles.moments import fold_moments_away, join_moments
from fieldfare.know.profiles.plan import FoldPlan
from fieldfare.know.profiles.settle import settle_home, settle_phone
from fieldfare.know.profiles.survive import NO_RANKS, hold_limit, keep
from fieldfare.know.profiles.tiles import TILE, fold_away, join
from fieldfare.know.profiles.values import fold_values_away, join_values
from fieldfare.know.profiles.zone import join_devices, kept_days

SLACK_DAYS = 2
"""Days kept beyond the longest window, because records of the urgent partition may be applied before older ones."""
ALL_DAYS = 10_000_000
"""Before every day there is."""


def merge(
    into: Document,
    other: Document,
    plan: FoldPlan,
    *,
    personal: dict[str, TraitValue] | None = None,
    other_personal: dict[str, TraitValue] | None = None,
) -> Document:
    """Fold the other document's history into ``into`` and return it; ``other`` must not be used any more.

    The personal traits are joined into ``personal``. Memberships stay those of ``into``, of two
    stages the older one; evaluate everything next.
    """
    for key, state in other.measures.items():
        present = into.measures.get(key)
        if present is None:
            into.measures[key] = state
        else:
            join(present, state)
    for key, values in other.values.items():
        if key not in plan.measures:  # nobody asks for it any more
            continue
        kept = into.values.setdefault(key, values)
        if kept is values:
            continue
        if plan.measures[key].keeps is Keeps.MOMENTS:
            join_moments(kept, values)
        else:
            join_values(kept, plan.measures[key].keeps, values)
    into.lacks = together(into.lacks, other.lacks)
    for name, fact in other.traits.items():
        keep(into.traits, name, fact, plan.ranks.get(name, NO_RANKS))
    hold_limit(into.traits, plan.traits)
    if personal is not None and other_personal:
        for name, fact in other_personal.items():
            keep(personal, name, fact, plan.ranks.get(name, NO_RANKS))
        hold_limit(personal, plan.traits)
        settle_phone(into, personal)
    join_devices(into.devices, other.devices, kept_days(plan.moves_after_days))
    if personal is not None:
        derive(into.traits, personal, plan.derived)
    _merge_seen(into, other)
    into.match_confidence = min(into.match_confidence, other.match_confidence)
    if other.stage is not None and (into.stage is None or _standing(other) < _standing(into)):
        into.stage, into.stage_since = other.stage, other.stage_since
    into.wakes.clear()
    for name, hops in other.hops.items():
        into.hops[name] = max(hops, into.hops.get(name, 0))
    note_all(into, personal or {}, plan)
    settle_home(into)
    return into


def begun_anew(document: Document) -> Document:
    """Return an empty document to fold into that knows what no event tells by itself.

    Where the person is in (audiences, stage and its rules), what consent is in force, the household, and what journeys
    will have caused.
    """
    return Document(
        memberships=dict(document.memberships),
        stage=document.stage,
        stage_since=document.stage_since,
        rules=list(document.rules),
        consent=dict(document.consent),
        kin={member: dict(told) for member, told in document.kin.items()},
        household_known=document.household_known,
        hops=dict(document.hops),
    )


def compact(document: Document, plan: FoldPlan, today: Day, now: Instant) -> None:
    """Fold tiles older than any window into the base, drop old stamps and measures that are no longer defined.

    ``today`` is the calendar day of ``now`` in the workspace's zone. No answer at ``now`` or later changes.
    """
    for states in (document.measures, document.values):
        if not states.keys() <= plan.measures.keys():
            for key in [key for key in states if key not in plan.measures]:
                del states[key]
    measures = plan.measures
    for key, state in document.measures.items():
        if state.tiles or state.stamps:
            fold_away(state, *_firsts(measures[key], today, now))
    for key, values in document.values.items():
        first_day, first_at = _firsts(measures[key], today, now)
        if measures[key].keeps is Keeps.MOMENTS:
            fold_moments_away(values, first_at)
        else:
            fold_values_away(values, measures[key].keeps, first_day, first_at)


def is_long(document: Document, measures: tuple[str, ...], most: int) -> bool:
    """Return whether one of the measures keeps so many days or instants that compacting is due."""
    states, longest = document.measures, most * TILE
    for key in measures:
        state = states.get(key)
        if state is not None:
            if len(state.tiles) > longest or len(state.stamps) > longest:
                return True
        elif (values := document.values.get(key)) is not None and (
            len(values.days) > most or len(values.instants) > most
        ):
            return True
    return False


def _firsts(measure: Measure, today: Day, now: Instant) -> tuple[Day | None, Instant]:
    """Return the first day and the first instant that a window may still ask for; no day: tiles are not asked for."""
    first_at = now - measure.horizon_us - SLACK_DAYS * DAY if measure.horizon_us else now + DAY * 36_500
    days = measure.horizon_days
    if days is None:
        return -ALL_DAYS, first_at
    return today - days - SLACK_DAYS if days > 0 else None, first_at


def _standing(document: Document) -> tuple[Instant, str]:
    # Of two stages the one that has stood longer goes on, whichever document survives.
    return document.stage_since or 0, document.stage or ""


def _merge_seen(into: Document, other: Document) -> None:
    if other.first_seen_at is not None and other.last_seen_at is not None:
        if into.first_seen_at is None or into.last_seen_at is None or (into.is_ours_alone and not other.is_ours_alone):
            into.first_seen_at, into.last_seen_at = other.first_seen_at, other.last_seen_at
            into.is_ours_alone = other.is_ours_alone
        elif into.is_ours_alone == other.is_ours_alone:
            into.first_seen_at = min(into.first_seen_at, other.first_seen_at)
            into.last_seen_at = max(into.last_seen_at, other.last_seen_at)
    mine = (into.last_located_at, into.last_location)
    theirs = (other.last_located_at, other.last_location)
    if other.last_located_at is not None and (into.last_located_at is None or theirs > mine):
        into.last_located_at, into.last_location = theirs
