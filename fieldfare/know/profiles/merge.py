"""Joins two documents, and folds away what no window in use can ask for. Pure; documents are changed in place.

Merging gives the fold of both histories. Memberships and wake-ups are not merged: they are evaluated anew.
"""

from fieldfare.ground.instants import DAY, Day, Instant
from fieldfare.know.profiles.derive import derive
from fieldfare.know.profiles.expire import note_all
from fieldfare.know.profiles.model import Document, MeasureState, TraitValue
from fieldfare.know.profiles.plan import FoldPlan
from fieldfare.know.profiles.settle import settle_home, settle_phone
from fieldfare.know.profiles.survive import NO_RANKS, hold_limit, keep
from fieldfare.know.profiles.tiles import fold_away, join
from fieldfare.know.profiles.zone import join_devices, kept_days

SLACK_DAYS = 2
"""Days kept beyond the longest window, because records of the urgent partition may be applied before older ones."""


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
    note_all(into, personal or {}, plan)
    settle_home(into)
    return into


def begun_anew(document: Document) -> Document:
    """Return an empty document to fold into that knows where the person is in: audiences, stage and its rules."""
    return Document(
        memberships=dict(document.memberships),
        stage=document.stage,
        stage_since=document.stage_since,
        rules=list(document.rules),
    )


def compact(document: Document, plan: FoldPlan, today: Day, now: Instant) -> None:
    """Fold tiles older than any window into the base, drop old stamps and measures that are no longer defined.

    ``today`` is the calendar day of ``now`` in the workspace's zone. No answer at ``now`` or later changes.
    """
    undefined = [key for key in document.measures if key not in plan.measures]
    for key in undefined:
        del document.measures[key]
    for key, state in document.measures.items():
        measure = plan.measures[key]
        first_at = now - measure.horizon_us - SLACK_DAYS * DAY if measure.horizon_us else now + DAY * 36_500
        if measure.horizon_days is None:
            _drop_stamps(state, first_at)
        elif measure.horizon_days == 0:
            fold_away(state, None, first_at)
        else:
            fold_away(state, today - measure.horizon_days - SLACK_DAYS, first_at)


def _drop_stamps(state: MeasureState, first_at: Instant) -> None:
    fold_away(state, state.tiles[0] if state.tiles else None, first_at)


def _standing(document: Document) -> tuple[Instant, str]:
    # Of two stages the one that has stood longer goes on, whichever document survives.
    return document.stage_since or 0, document.stage or ""


def _merge_seen(into: Document, other: Document) -> None:
    if other.first_seen_at is not None:
        into.first_seen_at = (
            other.first_seen_at if into.first_seen_at is None else min(into.first_seen_at, other.first_seen_at)
        )
    if other.last_seen_at is not None:
        into.last_seen_at = (
            other.last_seen_at if into.last_seen_at is None else max(into.last_seen_at, other.last_seen_at)
        )
    mine = (into.last_located_at, into.last_location)
    theirs = (other.last_located_at, other.last_location)
    if other.last_located_at is not None and (into.last_located_at is None or theirs > mine):
        into.last_located_at, into.last_location = theirs
