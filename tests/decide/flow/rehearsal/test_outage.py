"""Providers that do not answer for a while."""

from typing import Any

from fieldfare.act.delivery.model import OutcomeKind
from fieldfare.flow.rehearsal.outage import OUTAGE, FailingChannel, outage_of
from fieldfare.ground.instants import DAY, HOUR, date_of, day_of, local_datetime, parse_iso
from fieldfare.testing.channel import FakeChannel
from tests.decide.flow.rehearsal.counts import START

PEAK = (day_of(date_of(START // DAY)) + 5, START // DAY + 30)


def test_it_is_out_on_the_third_day_of_the_peak_from_nine() -> None:
    ((begins, ends),) = outage_of(START, START + 60 * DAY, PEAK, "Europe/Berlin")
    assert local_datetime(begins, "Europe/Berlin").isoformat() == "2026-01-12T09:00:00+01:00"
    assert ends - begins == OUTAGE


def test_without_a_peak_it_is_out_in_the_middle_and_never_outside_the_span() -> None:
    ((begins, ends),) = outage_of(START, START + 10 * DAY, None, "UTC")
    assert START + 4 * DAY < begins < ends < START + 6 * DAY
    ((begins, ends),) = outage_of(START, START + 2 * HOUR, None, "UTC")
    assert START <= begins <= ends <= START + 2 * HOUR


def test_a_channel_fails_surely_inside_the_span_alone() -> None:
    now = START
    other: Any = FakeChannel()
    channel = FailingChannel(other, [(START + HOUR, START + 2 * HOUR)], lambda: now)
    assert channel.name == "email"
    assert channel._failure() is None
    now = START + HOUR
    found = channel._failure()
    assert found is not None
    assert found.kind is OutcomeKind.FAILED
    assert channel.send_all([None, None]) == [found, found]  # type: ignore[list-item]
    now = START + 2 * HOUR
    assert channel._failure() is None


def test_a_peak_in_the_past_of_the_span_is_moved_into_it() -> None:
    start = parse_iso("2026-01-20T00:00:00Z")
    ((begins, _),) = outage_of(start, start + 5 * DAY, PEAK, "UTC")
    assert begins == start
