"""The best hour: whose history tells it, never past the last moment, days on which clocks change."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.decide.gate.send_time import HOURS, LEAST_OWN, LEAST_SHARED, Habits, Moment, best_moment, by_hour
from fieldfare.ground.instants import DAY, HOUR, MINUTE, Instant, local_day, parse_iso, to_iso
from fieldfare.network.calendars.wall import inside, iso_local, minute_of_day

NOON = parse_iso("2026-03-02T12:00:00Z")
BERLIN = "Europe/Berlin"


def at_hour(hour: int, count: int) -> tuple[int, ...]:
    return tuple(count if each == hour else 0 for each in range(HOURS))


def never(_at: Instant) -> bool:
    return False


def hour_of(moment: Moment, zone: str = "UTC") -> int:
    return minute_of_day(moment.at, zone) // 60


@pytest.mark.parametrize(
    ("own", "location", "workspace", "hour", "source"),
    [
        (at_hour(19, LEAST_OWN), at_hour(8, 99), at_hour(15, 99), 19, "own"),
        (at_hour(19, LEAST_OWN - 1), at_hour(8, LEAST_SHARED), at_hour(15, 99), 8, "location"),
        ((), at_hour(8, LEAST_SHARED - 1), at_hour(15, LEAST_SHARED), 15, "workspace"),
        ((), (), at_hour(15, LEAST_SHARED - 1), 12, "none"),
    ],
)
def test_the_nearest_history_that_says_enough_tells_the_hour(
    own: tuple[int, ...], location: tuple[int, ...], workspace: tuple[int, ...], hour: int, source: str
) -> None:
    habits = Habits(own=own, location=location, workspace=workspace)
    moment = best_moment(habits, "UTC", NOON, NOON + DAY, "prp_1", never)
    assert (hour_of(moment), moment.source) == (hour, source)
    if source == "none":
        assert moment.at == NOON, "at once"


def test_the_hour_of_now_is_as_good_as_the_same_hour_tomorrow_so_it_goes_now() -> None:
    assert best_moment(Habits(own=at_hour(12, 9)), "UTC", NOON + 5 * MINUTE, NOON + 3 * DAY, "x", never).at == (
        NOON + 5 * MINUTE
    )


def test_neighbouring_hours_help_each_other() -> None:
    scattered = tuple({7: 3, 17: 2, 18: 2, 19: 2}.get(hour, 0) for hour in range(HOURS))
    assert hour_of(best_moment(Habits(own=scattered), "UTC", NOON, NOON + DAY, "x", never)) == 18


def test_when_the_best_hour_comes_too_late_the_best_before_it_is_taken() -> None:
    habits = Habits(own=tuple({9: 9, 14: 3}.get(hour, 0) for hour in range(HOURS)))
    assert hour_of(best_moment(habits, "UTC", NOON, NOON + DAY, "x", never)) == 9
    assert hour_of(best_moment(habits, "UTC", NOON, NOON + 5 * HOUR, "x", never)) == 14
    assert best_moment(habits, "UTC", NOON, NOON, "x", never) == Moment(NOON, "none")
    assert best_moment(habits, "UTC", NOON, NOON - 1, "x", never) == Moment(NOON, "none")


def test_the_hour_is_the_persons_own() -> None:
    moment = best_moment(Habits(own=at_hour(19, 9)), "America/Los_Angeles", NOON, NOON + DAY, "x", never)
    assert iso_local(moment.at, "America/Los_Angeles").startswith("2026-03-02 19:")
    answered = [parse_iso("2026-03-02T18:30:00Z"), parse_iso("2026-07-02T17:30:00Z")]
    assert by_hour(answered, BERLIN) == at_hour(19, 2), "summer and winter, the same hour of the clock"


def test_quiet_hours_hold() -> None:
    def silent(at: Instant) -> bool:
        return inside(at, 21 * 60, 8 * 60, "UTC")

    habits = Habits(own=tuple({22: 9, 20: 2}.get(hour, 0) for hour in range(HOURS)))
    assert hour_of(best_moment(habits, "UTC", NOON, NOON + DAY, "x", silent)) == 20
    assert best_moment(habits, "UTC", NOON, NOON + DAY, "x", lambda _at: True).at == NOON, "the gate has the last word"


@pytest.mark.parametrize(
    ("begin", "hour", "found"),
    [
        ("2026-03-28T12:00:00Z", 2, "2026-03-29 01:"),  # the hour does not exist on that night: the one beside it
        ("2026-10-24T12:00:00Z", 2, "2026-10-25 02:"),  # the hour comes twice: the first
        ("2026-03-28T12:00:00Z", 9, "2026-03-29 09:"),
        ("2026-10-24T12:00:00Z", 9, "2026-10-25 09:"),
    ],
)
def test_days_on_which_clocks_change(begin: str, hour: int, found: str) -> None:
    now = parse_iso(begin)
    moment = best_moment(Habits(own=at_hour(hour, 9)), BERLIN, now, now + 22 * HOUR, "x", never)
    assert iso_local(moment.at, BERLIN).startswith(found), to_iso(moment.at)


def test_messages_of_one_hour_are_spread_over_it() -> None:
    habits = Habits(own=at_hour(19, 9))
    moments = {best_moment(habits, "UTC", NOON, NOON + DAY, f"prp_{each}", never).at for each in range(50)}
    assert len(moments) == 50
    assert max(moments) - min(moments) > HOUR // 2
    assert all(parse_iso("2026-03-02T19:00:00Z") <= at < parse_iso("2026-03-02T20:00:00Z") for at in moments)


COUNTS = st.lists(st.integers(0, 60), min_size=HOURS, max_size=HOURS).map(tuple)
SILENCES = st.sampled_from([never, lambda at: inside(at, 21 * 60, 8 * 60, BERLIN), lambda _at: True])


@given(
    st.builds(Habits, own=COUNTS, location=COUNTS | st.just(()), workspace=COUNTS),
    st.sampled_from(["UTC", BERLIN, "Australia/Lord_Howe", "Asia/Kathmandu", "America/New_York"]),
    st.sampled_from(["2026-03-28T22:13:00Z", "2026-10-24T22:00:00Z", "2026-04-04T12:00:00Z", "2026-11-01T04:59:59Z"]),
    st.integers(-DAY, 9 * DAY),
    SILENCES,
)
def test_never_before_now_never_past_the_last_moment_never_in_silence_and_always_the_same(
    habits: Habits, zone: str, begin: str, room: int, silent: Callable[[Instant], bool]
) -> None:
    now = parse_iso(begin)
    moment = best_moment(habits, zone, now, now + room, "prp_1", silent)
    assert now <= moment.at <= max(now, now + room)
    assert local_day(moment.at, zone) - local_day(now, zone) <= 8
    assert moment.at == now or not silent(moment.at)
    assert moment == best_moment(habits, zone, now, now + room, "prp_1", silent)
