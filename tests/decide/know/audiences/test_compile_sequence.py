"""Sequences: what follows what, in which span, and the very instant at which something is absent."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.collect.model import Event
from fieldfare.ground.instants import DAY, HOUR, MINUTE, Day, Instant, day_start, local_day, parse_iso
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.compile_during import spell_at
from fieldfare.know.audiences.compile_sequence import NEVER, Moment, amount_of_sequence, followed, stretches_of
from fieldfare.know.audiences.compile_values import NOT_COMPUTABLE, holds_of
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.model import Audience, EventSequence
from fieldfare.know.audiences.ports import NoPhases, State
from fieldfare.know.profiles.moments import MOST_MOMENTS
from tests.decide.know.audiences.definitions import PHASES
from tests.decide.know.audiences.test_compile_values import folded, parsed
from tests.decide.know.worlds import START_AT, make_event

BOOKED, CAME = "class_booked", "check_in"
NO_SHOW = {"did": BOOKED, "without": {"did": CAME, "within": "30 minutes"}}


def events(*told: tuple[str, Instant], zone: str = "UTC") -> list[Event]:
    return [make_event(name, at=START_AT + at, zone=zone) for name, at in told]


def state(node: dict[str, Any], made: list[Event], now: Instant, zone: str = "UTC") -> State:
    condition = parsed(node)
    return Evaluator([], zone=zone, phases=PHASES).state(condition, folded(condition, made), now)


@pytest.mark.parametrize(
    ("after", "truth"), [(-1, False), (0, False), (1, True), (30 * MINUTE - 1, True), (30 * MINUTE, False)]
)
def test_what_follows_comes_later_and_before_the_span_ends(after: int, truth: bool) -> None:
    made = events((BOOKED, 0), (CAME, after))
    now = START_AT + 30 * MINUTE
    assert state({"did": BOOKED, "then": {"did": CAME, "within": "30 minutes"}}, made, now) == (truth, None)
    assert state(NO_SHOW, made, now)[0] is not truth


def test_absence_is_known_at_the_very_instant_and_ends_by_a_late_event() -> None:
    condition = parsed(NO_SHOW)
    evaluator = Evaluator([Audience("no_show", condition, "n")], zone="UTC")
    document = folded(condition, events((BOOKED, 0)))
    assert evaluator.evaluate(document, START_AT) == []
    due = START_AT + 30 * MINUTE
    assert evaluator.advance(document, due - 1) == []
    assert [(edge.joined, edge.at) for edge in evaluator.advance(document, due + HOUR)] == [(True, due)]
    late = folded(condition, events((BOOKED, 0), (CAME, 5 * MINUTE)))
    assert evaluator.state(condition, late, due + HOUR) == (False, None)


@pytest.mark.parametrize(
    ("days", "truth", "changes_on"),
    [([0, 9, 20], True, 29), ([0, 9], False, None), ([0, 9, 20, 25], True, 38), ([0, 9, 27], True, 29)],
)
def test_three_missed_classes_within_28_days(days: list[int], truth: bool, changes_on: int | None) -> None:
    node = {**NO_SHOW, "count": {"at_least": 3}, "within": "28 days"}
    made = events(*((BOOKED, day * DAY + 2 * HOUR) for day in days))
    now = START_AT + 28 * DAY
    expected = None if changes_on is None else START_AT + changes_on * DAY
    assert state(node, made, now) == (truth, expected)


def test_a_window_opens_later_than_the_span_has_passed() -> None:
    node = {**NO_SHOW, "between": "9 and 2 days ago"}
    made = events((BOOKED, HOUR))
    assert state(node, made, START_AT + DAY) == (False, START_AT + 2 * DAY)
    assert state(node, made, START_AT + 2 * DAY) == (True, START_AT + 10 * DAY)
    rolling = {**NO_SHOW, "within": "2 hours"}
    assert state(rolling, made, START_AT + HOUR) == (False, START_AT + 90 * MINUTE)
    assert state(rolling, made, START_AT + 90 * MINUTE) == (True, START_AT + 3 * HOUR)


@pytest.mark.parametrize(
    ("zone", "start"),
    [("Europe/Berlin", "2026-03-28T12:00:00+01:00"), ("America/Santiago", "2026-04-04T12:00:00-03:00")],
)
def test_days_of_a_span_are_calendar_days_where_clocks_change(zone: str, start: str) -> None:
    at = parse_iso(start)
    condition = parsed({"did": BOOKED, "without": {"did": CAME, "within": "1 day"}})
    document = folded(condition, [make_event(BOOKED, at=at, zone=zone)])
    due = day_start(local_day(at, zone) + 2, zone)
    assert (due - at) % DAY != 12 * HOUR
    evaluator = Evaluator([], zone=zone)
    assert evaluator.state(condition, document, due - 1) == (False, due)
    assert evaluator.state(condition, document, due) == (True, None)
    windowed = parsed({"did": BOOKED, "then": {"did": CAME}, "within": "1 day"})
    made = [make_event(BOOKED, at=at, zone=zone), make_event(CAME, at=at + 1, zone=zone)]
    assert evaluator.state(windowed, folded(windowed, made), at + 1) == (True, due)


def test_a_chain_needs_every_step_in_its_span() -> None:
    node = {
        "did": "viewed",
        "then": {"did": "added", "within": "1 hour", "then": {"did": "bought", "within": "1 day"}},
        "within": "7 days",
        "count": {"at_least": 2},
    }
    one = [("viewed", 0), ("added", 10), ("bought", 20)]
    dropped = [("viewed", 30), ("added", 40)]
    assert state(node, events(*one, *dropped), START_AT + 50)[0] is False
    assert state(node, events(*one, *dropped, ("bought", 50)), START_AT + 60)[0] is True
    assert state(node, events(*one, *dropped, ("bought", 30 + 2 * DAY)), START_AT + 3 * DAY)[0] is False


def test_filters_tell_the_same_event_apart() -> None:
    node = {"did": "visit", "where": {"kind": "trial"}, "then": {"did": "visit", "where": {"kind": "paid"}}}
    made = [make_event("visit", at=START_AT + at, payload={"kind": kind}) for at, kind in enumerate(["paid", "trial"])]
    assert state(node, made, START_AT + 9)[0] is False
    made.append(make_event("visit", at=START_AT + 5, payload={"kind": "paid"}))
    assert state(node, made, START_AT + 9) == (True, None)


def test_an_event_does_not_follow_itself() -> None:
    again = {"did": CAME, "then": {"did": CAME, "within": "7 days"}}
    assert state(again, events((CAME, 0)), START_AT)[0] is False
    assert state(again, events((CAME, 0), (CAME, 0)), START_AT)[0] is False
    assert state(again, events((CAME, 0), (CAME, DAY)), START_AT + DAY)[0] is True


def test_nothing_counted_may_be_asked_for() -> None:
    node = {"did": BOOKED, "then": {"did": CAME}, "count": {"exactly": 0}}
    assert state(node, [], START_AT) == (True, None)


def test_a_stretch_of_a_season_is_a_window() -> None:
    node = {"did": BOOKED, "then": {"did": CAME, "within": "1 hour"}, "during": "last peak"}
    made = [
        make_event(BOOKED, at=START_AT + 12 * DAY, location="north"),
        make_event(CAME, at=START_AT + 12 * DAY + 5, location="north"),
    ]
    assert state(node, made, START_AT + 19 * DAY)[0] is False
    assert state(node, made, START_AT + 20 * DAY)[0] is True
    assert state(node, made, START_AT + 34 * DAY)[0] is False  # another peak has been the last since


many = [
    make_event(name, at=START_AT + place * HOUR + step)
    for place in range(MOST_MOMENTS + 10)
    for step, name in enumerate([BOOKED, CAME])
]
END = START_AT + (MOST_MOMENTS + 10) * HOUR


@pytest.mark.parametrize(
    ("more", "truth"),
    [
        ({}, True),  # one is enough, and sure
        ({"count": {"above": MOST_MOMENTS + 3}}, None),
        ({"count": {"below": 3}}, False),
        ({"count": {"at_most": MOST_MOMENTS + 20}}, None),
        ({"count": {"exactly": 3}}, False),
        ({"count": {"exactly": MOST_MOMENTS + 10}}, None),
        ({"count": {"exactly": 24}, "within": "24 hours"}, True),  # what is listed reaches further back
    ],
)
def test_what_a_full_list_cannot_tell_is_not_computable(more: dict[str, Any], truth: bool | None) -> None:
    node = {"did": BOOKED, "then": {"did": CAME, "within": "1 minute"}, **more}
    assert state(node, many, END - HOUR + 2)[0] is truth


def test_a_full_list_is_computable_again_when_time_has_passed() -> None:
    followed_twice = {"did": BOOKED, "then": {"did": CAME, "within": "1 minute"}, "count": {"below": 3}}
    condition = parsed({**followed_twice, "within": "11 days"})
    absent = parsed({"did": BOOKED, "without": {"did": CAME, "within": "1 minute"}, "within": "11 days"})
    evaluator = Evaluator([], zone="UTC")
    document = folded(absent, many)
    truth, change = evaluator.state(absent, document, END)
    assert truth is None
    assert change is not None
    assert evaluator.state(absent, document, change - 1)[0] is None
    assert evaluator.state(absent, document, change)[0] is False
    assert isinstance(absent, EventSequence)
    assert amount_of_sequence(absent, document, END, "UTC", NoPhases()) is NOT_COMPUTABLE
    assert amount_of_sequence(absent, document, change, "UTC", NoPhases()) == 0
    assert evaluator.state(condition, folded(condition, many), END)[0] is False


_moments = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 4)), max_size=8).map(sorted)
_spans = st.sampled_from([None, Duration(0, "day"), Duration(2, "day")])


@settings(deadline=None)
@given(_moments, _moments, st.one_of(_spans, st.integers(1, 12).map(lambda us: us)))
def test_followers_are_those_that_a_look_at_all_pairs_finds(
    earlier: list[Moment], later: list[Moment], span: Duration | int | None
) -> None:
    within = Duration(span, "second") if isinstance(span, int) else span
    scale = 1_000_000 if isinstance(span, int) else 1
    ones, others = ([(at * scale, day) for at, day in each] for each in (earlier, later))

    def reaches(one: Moment, other: Moment) -> bool:
        if other[0] <= one[0]:
            return False
        if within is None:
            return True
        return other[0] - one[0] < within.us if within.days is None else other[1] - one[1] <= within.days

    expected = [(one, any(reaches(one, other) for other in others)) for one in ones]
    assert followed(ones, others, within) == expected


@pytest.mark.parametrize(("last", "is_followed"), [(11, True), (10, True), (9, False)])
def test_a_later_event_may_fall_on_an_earlier_day(last: Day, is_followed: bool) -> None:
    """Of two events after each other the later one happened where it was still the day before."""
    later = [(10 * DAY + HOUR, 11), (10 * DAY + 2 * HOUR, 10)]
    (found,) = followed([(0, 0)], later, Duration(last, "day"))
    assert found[1] is is_followed


ZONES = ["Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago"]


@pytest.mark.parametrize(("after", "truth"), [(90, True), (92 - 0.001, True), (92, False), (92.5, False), (95, False)])
def test_many_that_left_one_after_the_other_count_no_more(after: float, truth: bool) -> None:
    """More than are looked at first, two days of them; when the last ones have left, none of them counts."""
    made = events(*[(BOOKED, 4 * HOUR * place) for place in range(12)], (CAME, 2 * DAY))
    asked = {"did": BOOKED, "then": {"did": CAME, "within": "7 days"}, "within": "90 days", "count": {"at_least": 2}}
    now, left_at = START_AT + int(after * DAY), START_AT + 92 * DAY
    assert state(asked, made, now) == (truth, left_at if truth else None)


def test_of_events_at_the_same_time_the_one_of_the_later_day_leaves_last() -> None:
    condition = parsed({"did": BOOKED, "then": {"did": CAME}, "within": "1 day"})
    first, *others = ZONES
    made = [make_event(BOOKED, at=START_AT, zone=first)]
    made += [make_event(BOOKED, at=START_AT + place, zone=others[1]) for place in range(1, 9)]
    document = folded(condition, [*made, make_event(CAME, at=START_AT + 9)])
    leaves_at = START_AT + 2 * DAY  # by the day of the first, which is a day later than that of the others
    assert local_day(START_AT, first) == local_day(START_AT, "UTC") == local_day(START_AT, others[1]) + 1
    assert Evaluator([], zone="UTC").state(condition, document, START_AT + 9) == (True, leaves_at)


_told = st.lists(
    st.tuples(st.sampled_from([BOOKED, BOOKED, BOOKED, CAME, "left"]), st.integers(0, 36), st.sampled_from(ZONES)),
    min_size=4,
    max_size=40,
).map(lambda told: [(BOOKED, 0, "UTC"), *told])
_counts: st.SearchStrategy[dict[str, int]] = st.dictionaries(
    st.sampled_from(["at_least", "above", "at_most", "below", "exactly"]), st.integers(0, 4), max_size=2
)
_windows = st.sampled_from(
    [
        {},
        {"within": "3 days"},
        {"within": "1 day"},
        {"within": "30 hours"},
        {"between": "5 and 2 days ago"},
        {"during": "last peak"},
        {"during": "current peak"},
    ]
)
_follows = st.sampled_from(
    [
        {"then": {"did": CAME}},
        {"then": {"did": CAME, "within": "1 day"}},
        {"then": {"did": CAME, "within": "5 hours"}},
        {"without": {"did": CAME, "within": "0 days"}},
        {"without": {"did": CAME, "within": "7 hours"}},
        {"then": {"did": CAME, "within": "2 days", "then": {"did": "left", "within": "9 hours"}}},
    ]
)


@settings(deadline=None, max_examples=400)
@given(_told, _counts, _windows, _follows, st.integers(0, 60))
def test_looking_at_few_events_finds_what_looking_at_all_of_them_does(
    told: list[tuple[str, int, str]],
    count: dict[str, int],
    window: dict[str, Any],
    follows: dict[str, Any],
    at: int,
) -> None:
    agrees_with_a_look_at_all({"did": BOOKED, **follows, **({"count": count} if count else {}), **window}, told, at)


_crowds = st.lists(st.integers(0, 18), min_size=9, max_size=24).map(
    lambda places: [*((BOOKED, place, "UTC") for place in sorted(places)), (CAME, 19, "UTC")]
)
"""More than are looked at first, all followed by the same event: they leave one after the other."""


@settings(deadline=None, max_examples=300)
@given(_crowds, st.integers(1, 4), st.sampled_from(["3 days", "1 day", "30 hours"]), st.integers(19, 50))
def test_crowds_leave_as_a_look_at_all_of_them_finds(
    told: list[tuple[str, int, str]], fewest: int, window: str, at: int
) -> None:
    node = {"did": BOOKED, "then": {"did": CAME}, "count": {"at_least": fewest}, "within": window}
    agrees_with_a_look_at_all(node, told, at)


def agrees_with_a_look_at_all(node: dict[str, Any], told: list[tuple[str, int, str]], at: int) -> None:
    """The check: truth and change are those of all stretches, however few events were looked at."""
    condition = parsed(node)
    assert isinstance(condition, EventSequence)
    base = START_AT + 9 * DAY  # the peaks of the calendar begin on the days 10 and 20
    made = [make_event(name, at=base + 4 * HOUR * place, zone=zone, location="north") for name, place, zone in told]
    document, now = folded(condition, made), base + 4 * HOUR * at
    truth, change = Evaluator([], zone="UTC", phases=PHASES).state(condition, document, now)
    spell, until = spell_at(condition.during, PHASES, document, now) if condition.during else (None, None)
    whole, decide = stretches_of(condition, document, "UTC", spell), holds_of(condition.bounds)
    assert truth is decide(whole.at(now)[0])
    ends = sorted(end for end in {*whole.enters, *whole.leaves} if now < end < NEVER)
    turns = [end for end in ends if decide(whole.at(end)[0]) is not truth]
    assert change == min([*turns[:1], *([] if until is None else [until])], default=None)
