"""Merging is the fold of both histories; compacting changes no answer that a window in use can ask for."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.collect.model import Event
from fieldfare.ground.instants import DAY, HOUR, local_day
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.compile_values import summary_in
from fieldfare.know.audiences.model import Window
from fieldfare.know.profiles.fold import fold
from fieldfare.know.profiles.merge import SLACK_DAYS, begun_anew, compact, is_long, merge
from fieldfare.know.profiles.model import Document, Keeps, Measure, MeasureState
from fieldfare.know.profiles.plan import FoldPlan
from fieldfare.know.profiles.values import total
from tests.amounts import examples
from tests.decide.know.profiles.test_fold import MEASURES, PLAN, folded, same
from tests.decide.know.worlds import START_AT, TRAITS, histories, make_event


@settings(max_examples=examples(150), deadline=None)
@given(histories("Europe/Berlin"), histories("Europe/Berlin"))
def test_merge_is_the_fold_of_both(one: list[Event], other: list[Event]) -> None:
    document, personal = folded(one)
    second, second_personal = folded(other)
    merge(document, second, PLAN, personal=personal, other_personal=second_personal)
    assert same((document, personal), folded([*one, *other]))


def test_a_merge_that_forgets_tiles_is_caught() -> None:
    one, other = [make_event()], [make_event(at=START_AT + DAY)]
    document, personal = folded(one)
    second, second_personal = folded(other)
    second.measures["days"].tiles.clear()
    merge(document, second, PLAN, personal=personal, other_personal=second_personal)
    assert not same((document, personal), folded([*one, *other]))


def test_merge_keeps_own_memberships_and_clears_wakes() -> None:
    into, other = Document(memberships={"a": 1}, wakes={"a": 5}), Document(memberships={"b": 2}, match_confidence=60)
    merge(into, other, PLAN)
    assert (into.memberships, into.wakes, into.match_confidence) == ({"a": 1}, {}, 60)


def test_a_document_begun_anew_knows_where_the_person_is() -> None:
    old = Document(memberships={"a": 1}, stage="new", stage_since=2, rules=["stage:new:enter"], home_location="x")
    fresh = begun_anew(old)
    assert fresh == Document(memberships={"a": 1}, stage="new", stage_since=2, rules=["stage:new:enter"])
    fresh.memberships.clear()
    assert old.memberships


def totals(state: MeasureState) -> tuple[int, int]:
    return state.base_count + sum(state.tiles[1::3]), state.base_sum + sum(state.tiles[2::3])


@settings(max_examples=examples(150), deadline=None)
@given(histories("Europe/Berlin"), st.integers(0, 60 * DAY), st.integers(0, 30 * DAY))
def test_compacting_changes_no_answer(events: list[Event], first: int, more: int) -> None:
    kept, _ = folded(events)
    compacted, _ = folded(events)
    compact(compacted, PLAN, local_day(START_AT + first, "Europe/Berlin"), START_AT + first)
    now = START_AT + first + more
    today = local_day(now, "Europe/Berlin")
    for measure in MEASURES:
        if measure.keeps is not Keeps.TOTALS:
            same_values(measure, kept, compacted, today, now)
            continue
        if measure.key not in kept.measures:
            continue
        whole, small = kept.measures[measure.key], compacted.measures[measure.key]
        assert totals(whole) == totals(small)
        for back in range((measure.horizon_days or 0) + 1 if measure.horizon_days else 0):
            assert in_days(whole, today - back) == in_days(small, today - back)
        if measure.horizon_us:
            assert in_hours(whole, now - measure.horizon_us) == in_hours(small, now - measure.horizon_us)


def same_values(measure: Measure, kept: Document, compacted: Document, today: int, now: int) -> None:
    """Every window that is not longer than the measure's, and the total, come to the same."""
    whole, small = kept.values.get(measure.key), compacted.values.get(measure.key)
    if whole is None or small is None:
        assert whole is small
        return
    if measure.keeps is Keeps.MOMENTS:
        kept_moments = list(zip(whole.instants, whole.items, strict=True))
        young = [entry for entry in kept_moments if entry[0] > now - measure.horizon_us]
        compacted_moments = list(zip(small.instants, small.items, strict=True))
        assert young == [entry for entry in compacted_moments if entry[0] > now - measure.horizon_us]
        return
    assert total(whole, measure.keeps) == total(small, measure.keeps)
    for back in range((measure.horizon_days or 0) + 1 if measure.horizon_days else 0):
        window = Window(Duration(back, "day"))
        one = summary_in(whole, measure.keeps, window, now, today)
        assert one == summary_in(small, measure.keeps, window, now, today)
    if measure.horizon_us:
        hours = Window(Duration(measure.horizon_us // HOUR, "hour"))
        one = summary_in(whole, measure.keeps, hours, now, today)
        assert one == summary_in(small, measure.keeps, hours, now, today)


def in_days(state: MeasureState, first_day: int) -> list[int]:
    return [
        number
        for at in range(0, len(state.tiles), 3)
        if state.tiles[at] >= first_day
        for number in state.tiles[at : at + 3]
    ]


def in_hours(state: MeasureState, after: int) -> list[int]:
    return [
        number
        for at in range(0, len(state.stamps), 2)
        if state.stamps[at] > after
        for number in state.stamps[at : at + 2]
    ]


def test_compacting_makes_documents_small() -> None:
    document, _ = folded([make_event(at=START_AT + day * DAY) for day in range(100)])
    now = START_AT + 99 * DAY
    compact(document, PLAN, local_day(now, "UTC"), now)
    assert len(document.measures["days"].tiles) == 3 * (30 + SLACK_DAYS + 1)
    assert document.measures["days"].base_count == 100 - 33


def test_compacting_drops_measures_and_windows_that_nobody_asks_for() -> None:
    document, _ = folded([make_event(), make_event("Checked In")])
    compact(document, FoldPlan([Measure("days", "Order Completed", of="total")], TRAITS), 0, 0)
    assert list(document.measures) == ["days"]
    assert (document.measures["days"].tiles, document.measures["days"].base_count) == ([], 1)
    hourly, _ = folded([make_event("Checked In")])
    compact(hourly, FoldPlan([Measure("both", "Checked In", horizon_days=7)], TRAITS), 0, 0)
    assert hourly.measures["both"].stamps == []


def test_compacting_too_much_is_caught() -> None:
    document, _ = folded([make_event()])
    greedy = FoldPlan([msgspec.structs.replace(measure, horizon_days=1) for measure in MEASURES], TRAITS)
    now = START_AT + 20 * DAY
    today = local_day(now, "UTC")
    compact(document, PLAN, today, now)
    assert in_days(document.measures["days"], today - 30)
    compact(document, greedy, today, now)
    assert not in_days(document.measures["days"], today - 30)


def test_folding_after_compacting_keeps_totals() -> None:
    document, _ = folded([make_event(payload={"total": 1})])
    compact(document, PLAN, local_day(START_AT + 90 * DAY, "UTC"), START_AT + 90 * DAY)
    fold(document, None, make_event(at=START_AT - HOUR, payload={"total": 2}), PLAN)
    assert totals(document.measures["days"]) == (2, 30_000)


def test_merging_drops_values_that_nobody_asks_for() -> None:
    other, _ = folded([make_event(payload={"total": 1})])
    into = merge(Document(), other, FoldPlan([], TRAITS))
    assert into.values == {}


def test_values_are_compacted_too() -> None:
    document, _ = folded([make_event(at=START_AT + day * DAY, payload={"total": day}) for day in range(100)])
    now = START_AT + 99 * DAY
    compact(document, PLAN, local_day(now, "UTC"), now)
    state = document.values["extremes"]
    assert (len(state.days), state.base) == (30 + SLACK_DAYS + 1, [0, 66 * 10_000])
    assert state.instants == [START_AT + day * DAY for day in (95, 96, 97, 98, 99)]
    assert is_long(document, ("extremes",), 32)
    assert not is_long(document, ("extremes", "days", "unknown"), 33)
