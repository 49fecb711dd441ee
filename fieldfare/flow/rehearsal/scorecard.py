"""The five indicators of a season on a simulation: what was found, the mark to meet, whether it is met. Pure.

Data latency, delivery success, refresh of audiences, retention after the peak, alerts. What a simulation cannot tell is
``unknown``, with why. A day is an alarm when more than a hundredth of its attempts fail, or of its events are dead; it
is a false one when nothing was made to go wrong on it.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from fieldfare.flow.rehearsal.model import Counted
from fieldfare.ground.instants import DAY, HOUR, Day, Instant

LATENCY_MARK_S = 5.0
DELIVERY_MARK = 0.99
REFRESH_MARK = HOUR
ALARM_SHARE = 0.01
FEWEST_EVENTS = 100
FEWEST_ATTEMPTS = 3
"""With fewer of them a day raises no alarm."""


class Met(StrEnum):
    """Whether a mark was met."""

    OK = "ok"
    BAD = "bad"
    UNKNOWN = "unknown"


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """One indicator."""

    indicator: str
    found: str
    mark: str
    verdict: Met
    value: float | None


def scorecard(
    counted: Counted, refreshes: Mapping[str, int], outages: Iterable[tuple[Instant, Instant]]
) -> list[Indicator]:
    """Return the five indicators in the order of the specification."""
    return [
        _latency(counted),
        _delivery(counted),
        _refresh(refreshes),
        _retention(counted),
        _alerts(counted, outages),
    ]


def _latency(counted: Counted) -> Indicator:
    mark = f"99 % of events within {LATENCY_MARK_S:g} s of happening"
    if not counted.lateness:
        return _indicator("data_latency", "no event came in", mark, Met.UNKNOWN)
    median, most = _within(counted.lateness, 0.5), _within(counted.lateness, 0.99)
    found = f"half within {median:,} s, 99 % within {most:,} s"
    return _indicator("data_latency", found, mark, _met(most <= LATENCY_MARK_S), float(most))


def _within(lateness: Mapping[int, int], share: float) -> int:
    """Return the whole seconds within which this share of the events came in."""
    asked, passed = share * sum(lateness.values()), 0
    for seconds, many in sorted(lateness.items()):
        passed += many
        if passed >= asked:
            return max(seconds, 0)
    return 0


def _delivery(counted: Counted) -> Indicator:
    mark = f"at least {DELIVERY_MARK:.0%} of permitted messages handed over"
    if not counted.promised:
        return _indicator("delivery_success", "nothing was to be sent", mark, Met.UNKNOWN)
    share = counted.arrived / counted.promised
    found = f"{counted.arrived:,} of {counted.promised:,} ({share:.2%})"
    return _indicator("delivery_success", found, mark, _met(share >= DELIVERY_MARK), share)


def _refresh(refreshes: Mapping[str, int]) -> Indicator:
    mark = "hourly or better"
    if not refreshes:
        return _indicator("audience_refresh", "there are no audiences", mark, Met.UNKNOWN)
    slow = sorted(name for name, lag in refreshes.items() if lag > REFRESH_MARK)
    worst = max(refreshes.values())
    lag = "at once" if worst == 0 else f"within {worst // HOUR:,} h"
    found = f"{len(refreshes)} audiences, the slowest {lag}" + (f": {', '.join(slow[:5])}" if slow else "")
    return _indicator("audience_refresh", found, mark, _met(not slow), worst / HOUR)


def _retention(counted: Counted) -> Indicator:
    mark = "more come back than of those held out"
    every = [each for each in counted.returned if each.arm == "all"]
    if not every:
        return _indicator("retention_after_peak", "no peak and the time after it lie in the span", mark, Met.UNKNOWN)
    active, back = sum(each.active for each in every), sum(each.back for each in every)
    held = [each for each in counted.returned if each.arm == "held_out"]
    share = back / active
    found = f"{back:,} of {active:,} active at the peak came back after it ({share:.0%})"
    if not held:
        return _indicator("retention_after_peak", f"{found}; nobody was held out", mark, Met.UNKNOWN, share)
    held_active, held_back = sum(each.active for each in held), sum(each.back for each in held)
    found += f"; of those held out {held_back / held_active:.0%}"
    treated = (back - held_back) / max(active - held_active, 1)
    return _indicator("retention_after_peak", found, mark, _met(treated >= held_back / held_active), share)


def _alerts(counted: Counted, outages: Iterable[tuple[Instant, Instant]]) -> Indicator:
    out = {day for first, last in outages for day in range(first // DAY, last // DAY + 1)}
    raised = _alarms(counted.failed_by_day, counted.attempts_by_day, FEWEST_ATTEMPTS)
    arrived = {
        day: counted.events_by_day.get(day, 0) + counted.letters_by_day.get(day, 0)
        for day in counted.events_by_day.keys() | counted.letters_by_day.keys()
    }
    raised_by_letters = _alarms(counted.letters_by_day, arrived, FEWEST_EVENTS)
    every = [*raised, *raised_by_letters]
    false = [day for day in raised if day not in out] + raised_by_letters
    found = f"{len(every)} days with an alarm, {len(false)} of them false; {len(out)} days with an outage"
    told = any(counted.attempts_by_day.get(day, 0) >= FEWEST_ATTEMPTS for day in out)
    seen = not told or bool(out & set(raised))
    return _indicator("alerts", found, "none false, every outage seen", _met(not false and seen), float(len(false)))


def _alarms(bad: Mapping[Day, int], every: Mapping[Day, int], fewest: int) -> list[Day]:
    return sorted(day for day, count in bad.items() if every.get(day, 0) >= fewest and count > ALARM_SHARE * every[day])


def _met(is_met: bool) -> Met:  # noqa: FBT001 - a verdict made of a comparison
    return Met.OK if is_met else Met.BAD


def _indicator(name: str, found: str, mark: str, verdict: Met, value: float | None = None) -> Indicator:
    return Indicator(indicator=name, found=found, mark=mark, verdict=verdict, value=value)
