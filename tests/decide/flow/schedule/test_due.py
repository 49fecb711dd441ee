"""What of the schedule is due: by phase, hour, days since, and what was cut off or in the way."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.flow.schedule.due import BETWEEN_TRIES, MOST_TRIES, due, late, working_day
from fieldfare.flow.schedule.model import Duty, Outcome, Ran, Schedule, Work
from fieldfare.ground.instants import DAY, HOUR, MINUTE

PREPARE, PEAK, OFF = (frozenset({each, f"january.{each}"}) for each in ("prepare", "peak", "off"))
CHECK = Duty(work=Work.VALIDATE, phases=("prepare",), every_days=7)
TIDY = Duty(work=Work.COMPACT, phases=("off", "january.cool_down"), every_days=30)
SCHEDULE = Schedule(at=180, duties=(CHECK, TIDY))
TODAY = 20_000


NOW = TODAY * DAY + 12 * HOUR
TRIED = NOW - BETWEEN_TRIES


def ran(work: Work, day: int, outcome: Outcome | None = Outcome.OK, ended_at: int | None = TRIED) -> Ran:
    return Ran(work=work.value, day=day, phase="prepare", began_at=TRIED - HOUR, ended_at=ended_at, outcome=outcome)


@pytest.mark.parametrize(
    ("phases", "runs", "expected"),
    [
        (PREPARE, [], (CHECK, "prepare")),
        (PEAK, [], None),
        (OFF, [], (TIDY, "off")),
        (PREPARE, [ran(Work.VALIDATE, TODAY - 6)], None),
        (PREPARE, [ran(Work.VALIDATE, TODAY - 7)], (CHECK, "prepare")),
        (PREPARE, [ran(Work.VALIDATE, TODAY - 3, Outcome.FAILED)], None),
        (PREPARE, [ran(Work.COMPACT, TODAY)], (CHECK, "prepare")),
        (PREPARE, [ran(Work.VALIDATE, TODAY, Outcome.CUT_OFF)], (CHECK, "prepare")),
        (PREPARE, [ran(Work.VALIDATE, TODAY, Outcome.CUT_OFF, TRIED + 1)], None),
        (PREPARE, [ran(Work.VALIDATE, TODAY, None, None)], (CHECK, "prepare")),
        (PREPARE, [ran(Work.VALIDATE, TODAY, Outcome.CUT_OFF)] * MOST_TRIES, None),
        (PREPARE, [ran(Work.VALIDATE, TODAY - 1, Outcome.CUT_OFF)] * MOST_TRIES, (CHECK, "prepare")),
        (PREPARE, [ran(Work.VALIDATE, TODAY, Outcome.LATER)] * MOST_TRIES, (CHECK, "prepare")),
        (PREPARE, [ran(Work.VALIDATE, TODAY, Outcome.LATER, TRIED + 1)], None),
        (PREPARE | OFF, [ran(Work.VALIDATE, TODAY, Outcome.CUT_OFF, TRIED + 1)], (TIDY, "off")),
        (frozenset({"cool_down", "january.cool_down"}), [], (TIDY, "january.cool_down")),
    ],
)
def test_what_is_due(phases: frozenset[str], runs: list[Ran], expected: tuple[Duty, str] | None) -> None:
    assert due(SCHEDULE, runs, phases, TODAY, NOW) == expected


@pytest.mark.parametrize(
    ("minute", "runs", "expected"),
    [
        (180, [], TODAY),
        (179, [], None),
        (179, [ran(Work.COMPACT, TODAY - 1)], TODAY - 1),
        (180, [ran(Work.COMPACT, TODAY - 1)], TODAY),
        (0, [ran(Work.COMPACT, TODAY - 2)], None),
    ],
)
def test_a_day_that_was_begun_goes_on_up_to_the_hour(minute: int, runs: list[Ran], expected: int | None) -> None:
    assert working_day(SCHEDULE, runs, minute, TODAY) == expected


@given(st.integers(1, 30), st.integers(1, 120))
def test_it_is_done_once_in_so_many_days(every: int, days: int) -> None:
    schedule = Schedule(at=0, duties=(Duty(work=Work.CLEANSE, phases=("prepare",), every_days=every),))
    runs: list[Ran] = []
    for day in range(days):
        while (found := due(schedule, runs, PREPARE, day, day * DAY)) is not None:
            runs.append(ran(found[0].work, day))
    assert [each.day for each in runs] == list(range(0, days, every))


LONG = Duty(work=Work.REHEARSE, phases=("prepare",))
SHORT = Duty(work=Work.CLEANSE, phases=("prepare",))
WEEKLY = Duty(work=Work.VALIDATE, phases=("prepare",), every_days=7)
BEHIND = Schedule(at=180, duties=(LONG, SHORT, WEEKLY))


def lived(hours: int, days: int) -> list[Ran]:
    """Return what was done in so many days of which every run of the first duty takes so many hours."""
    now, runs = TODAY * DAY, list[Ran]()
    while now < (TODAY + days) * DAY:
        today = now // DAY
        day = working_day(BEHIND, runs, now % DAY // MINUTE, today)
        found = due(BEHIND, runs, PREPARE, day, now) if day is not None else None
        if day is None or found is None:
            now += HOUR
            continue
        ends = now + (hours * HOUR if found[0] == LONG else HOUR)
        runs.append(Ran(work=found[0].work, day=day, phase=found[1], began_at=now, ended_at=ends, outcome=Outcome.OK))
        now = ends
    return runs


@given(st.integers(1, 100), st.integers(8, 40))
def test_what_waits_behind_a_long_run_is_done_next_and_once(hours: int, days: int) -> None:
    runs = lived(hours, days)
    for duty in BEHIND.duties:
        mine = [each.day for each in runs if each.work == duty.work]
        assert len(mine) == len(set(mine)), "once a day at most, however much was missed"
        assert mine[0] <= TODAY + hours // 24 + 1
        gaps = [later - earlier for earlier, later in pairwise(mine)]
        assert all(duty.every_days <= gap <= duty.every_days + hours // 24 + 1 for gap in gaps)


@pytest.mark.parametrize(
    ("runs", "phases", "expected"),
    [
        ([], PREPARE, {}),
        ([ran(Work.REHEARSE, TODAY - 1, None, None)], PREPARE, {"cleanse": TODAY - 1, "validate": TODAY - 1}),
        ([ran(Work.REHEARSE, TODAY - 1, None, None)], PEAK, {}),
        ([ran(Work.REHEARSE, TODAY, None, None)], PREPARE, {}),
        (
            [ran(Work.VALIDATE, TODAY - 8), ran(Work.CLEANSE, TODAY - 3), ran(Work.REHEARSE, TODAY - 2, None, None)],
            PREPARE,
            {"cleanse": TODAY - 2, "validate": TODAY - 1},
        ),
        (
            [ran(Work.VALIDATE, TODAY - 7), ran(Work.CLEANSE, TODAY - 1), ran(Work.REHEARSE, TODAY - 1)],
            PREPARE,
            {},
        ),
        (
            [ran(Work.CLEANSE, TODAY - 2, Outcome.LATER), ran(Work.REHEARSE, TODAY - 1), ran(Work.VALIDATE, TODAY - 1)],
            PREPARE,
            {"cleanse": TODAY - 2},
        ),
    ],
)
def test_what_waits_longer_than_its_day_is_late(
    runs: list[Ran], phases: frozenset[str], expected: dict[str, int]
) -> None:
    assert late(BEHIND, runs, phases, TODAY) == expected


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (None, {"validate": TODAY - 20}),
        (TODAY - 3, {"validate": TODAY - 3}),
        (TODAY - 1, {"validate": TODAY - 1}),
        (TODAY, {}),
    ],
)
def test_what_is_newly_scheduled_waits_from_then_on(since: int | None, expected: dict[str, int]) -> None:
    runs = [ran(work, TODAY - day) for day in (20, 1) for work in (Work.CLEANSE, Work.REHEARSE)]
    assert late(BEHIND, runs, PREPARE, TODAY, (), since) == expected


def test_what_was_done_waits_from_when_it_is_due_again_however_new_the_schedule_is() -> None:
    runs = [ran(work, TODAY - 20) for work in (Work.CLEANSE, Work.REHEARSE, Work.VALIDATE)]
    assert late(BEHIND, runs, PREPARE, TODAY, (), TODAY) == {
        "cleanse": TODAY - 19,
        "rehearse": TODAY - 19,
        "validate": TODAY - 13,
    }
