"""Quiet hours: presets, the spread of the morning, planned times, and the days on which clocks change."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.decide.gate.files import PoliciesFile
from fieldfare.decide.gate.model import Reason
from fieldfare.decide.gate.parse import parse_policies
from fieldfare.decide.gate.policy import OnHit, Policy, QuietHours
from fieldfare.decide.gate.timing import US_PRESET, is_silent, out_of_silence, quiet_hours, released_at
from fieldfare.ground.instants import DAY, HOUR, MINUTE, Instant, local_datetime, parse_iso
from tests.decide.decide.gate.facts import NOON, at, facts

NIGHT = QuietHours(first=21 * 60, end=8 * 60)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"])
YEAR = st.integers(0, 365 * 24 * 60).map(lambda minutes: parse_iso("2026-01-01T00:00:00Z") + minutes * MINUTE)


@given(YEAR, ZONES, st.sampled_from([0, HOUR]))
def test_what_is_deferred_is_let_go_when_nobody_is_disturbed(now: int, zone: str, spread: int) -> None:
    night = QuietHours(first=21 * 60, end=8 * 60, spread_us=spread)
    found = quiet_hours(facts(zone=zone, expires_at=now + 3 * DAY), Policy(quiet_hours=(night,)), now)
    assert (found is not None) is is_silent(night, "email", now, zone)
    if found is not None and found.until is not None:
        assert now < found.until <= now + 12 * HOUR + spread, "nights are at most an hour longer than on the clock"
        assert not is_silent(night, "email", found.until, zone)


def test_the_us_preset_lets_go_from_eight_to_nine_in_the_evening() -> None:
    quiet = QuietHours(first=US_PRESET[0], end=US_PRESET[1], channels=("sms",))
    zone = "America/New_York"
    heard = [
        hour for hour in range(24) if not is_silent(quiet, "sms", parse_iso("2026-07-01T04:00:00Z") + hour * HOUR, zone)
    ]
    assert heard == list(range(8, 21))


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-29T01:30:00Z", "2026-03-29T02:00:00Z"),  # Berlin: 02:30 does not exist; silent until 04:00
        ("2026-10-25T00:30:00Z", "2026-10-25T03:00:00Z"),  # 02:30 comes twice
    ],
)
def test_silence_over_a_jump_of_the_clock_ends_at_its_time(now: str, until: str) -> None:
    early = QuietHours(first=2 * 60, end=4 * 60)
    found = quiet_hours(
        facts(zone="Europe/Berlin", expires_at=NOON + 365 * DAY), Policy(quiet_hours=(early,)), parse_iso(now)
    )
    assert found is not None
    assert found.until == parse_iso(until)


@given(st.integers(0, 10_000), st.integers(0, 4 * HOUR), st.integers(-HOUR, 5 * HOUR))
def test_the_morning_is_spread_and_nothing_is_let_expire_by_it(number: int, spread: int, left: int) -> None:
    quiet = QuietHours(first=0, end=480, spread_us=spread)
    moment = released_at(f"prp_{number}", NOON, quiet, NOON + left)
    assert NOON <= moment <= NOON + spread
    assert moment < NOON + left or left <= 0 or moment == NOON


def test_the_morning_is_no_burst() -> None:
    quiet = QuietHours(first=0, end=480, spread_us=HOUR)
    moments = [(released_at(f"prp_{n}", NOON, quiet, NOON + DAY) - NOON) // (6 * MINUTE) for n in range(2_000)]
    counts = [moments.count(tenth) for tenth in range(10)]
    assert max(counts) < 260, "2,000 messages over ten parts"
    assert min(counts) > 140


def test_several_silences_all_hold_and_a_refusing_one_refuses() -> None:
    short, long = QuietHours(first=600, end=780), QuietHours(first=700, end=900)
    found = quiet_hours(facts(), Policy(quiet_hours=(short, long)), NOON)
    assert found is not None
    assert found.until == at(15)
    strict = QuietHours(first=600, end=780, on_hit=OnHit.REFUSE)
    found = quiet_hours(facts(), Policy(quiet_hours=(long, strict)), NOON)
    assert found is not None
    assert (found.reason, found.until) == (Reason.QUIET_HOURS, None)


@pytest.mark.parametrize(
    ("planned", "on_hit", "not_before", "moved"),
    [
        (at(12), OnHit.NEAREST_EDGE, 0, at(12)),
        (at(22), OnHit.NEAREST_EDGE, 0, at(21) - 1),
        (at(22), OnHit.NEAREST_EDGE, at(21, 30), at(8) + DAY),  # the nearer end is over
        (at(22), OnHit.DEFER, 0, at(8) + DAY),
        (at(6), OnHit.NEAREST_EDGE, 0, at(8)),
    ],
)
def test_a_planned_time_moves_to_the_nearer_end(planned: int, on_hit: OnHit, not_before: int, moved: int) -> None:
    policy = Policy(quiet_hours=(QuietHours(first=21 * 60, end=8 * 60, on_hit=on_hit),))
    assert out_of_silence(policy, "email", planned, "UTC", not_before) == moved


def test_local_times_are_those_of_the_person() -> None:
    found = quiet_hours(facts(zone="Pacific/Auckland"), Policy(quiet_hours=(NIGHT,)), NOON)
    assert found is not None
    assert found.until is not None
    assert local_datetime(found.until, "Pacific/Auckland").hour == 8


@pytest.mark.parametrize(
    ("night", "first", "last"),
    [
        ("2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"),  # half past two does not exist
        ("2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"),  # it comes twice: the first
        ("2026-03-28T00:30:00Z", "2026-03-28T01:30:00Z", "2026-03-28T02:00:00Z"),
    ],
)
def test_what_is_written_without_a_spread_is_let_go_over_half_an_hour_when_clocks_change_too(
    night: str, first: str, last: str
) -> None:
    file = msgspec.convert({"quiet_hours": {"from": "21:00", "to": "02:30"}}, PoliciesFile)
    policy, problems = parse_policies(file)
    assert policy is not None, problems
    now = parse_iso(night)
    untils: set[Instant] = set()
    for number in range(20):
        known = facts(id=f"prp_{number}", zone="Europe/Berlin", expires_at=now + DAY)
        found = quiet_hours(known, policy, now)
        assert found is not None
        assert found.until is not None
        untils.add(found.until)
    assert len(untils) == 20, "no two at once"
    assert parse_iso(first) <= min(untils) <= max(untils) < parse_iso(last)
