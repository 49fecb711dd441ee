"""The report of a simulation: per journey and week, then the loads, the limits, the scorecard. Pure.

Numbers alone, in an order that does not depend on the run: the same counts give the same bytes. Money is in minor
units; days and weeks are UTC days, as the counts of journeys are. Nothing in it names a person.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec

from fieldfare.decide.gate.model import Reason
from fieldfare.decide.gate.policy import Limit, Policy
from fieldfare.flow.rehearsal.model import Counted, Hourly, Plan
from fieldfare.flow.rehearsal.scorecard import scorecard
from fieldfare.flow.rehearsal.weeks import week_of
from fieldfare.ground.instants import DAY, HOUR, Day, Instant, date_of, local_day, to_iso

_HOURS_A_DAY = DAY // HOUR
CAPS = (Reason.CAP_REACHED.value, Reason.THROTTLED.value, Reason.LOST_TO_PRIORITY.value)
"""Reasons that say that somebody had enough messages."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What a report needs of the workspace."""

    policy: Policy
    zone: str
    currency: str
    task_channels: frozenset[str]
    refreshes: dict[str, int]
    """Audience -> how long, in microseconds, a membership may lag behind what decides it."""
    journeys: tuple[str, ...]


def report_of(plan: Plan, counted: Counted, rules: Rules, outages: Iterable[tuple[Instant, Instant]]) -> dict[str, Any]:
    """Return the report as plain JSON values."""
    return {
        "from": date_of(local_day(plan.start, rules.zone)).isoformat(),
        "to": date_of(local_day(plan.end - 1, rules.zone)).isoformat(),
        "from_at": to_iso(plan.start),
        "to_at": to_iso(plan.end),
        "population": plan.population.value,
        "people": counted.profiles,
        "merged": counted.merged,
        "seed": plan.seed,
        "load": plan.load,
        "faults": sorted(fault.value for fault in plan.faults),
        "currency": rules.currency,
        "events": _events(counted),
        "messages": _messages(counted.sent, rules),
        "promises": _promises(counted),
        "journeys": _journeys(counted, rules),
        "limits": [_limit(each, counted, rules.policy) for each in rules.policy.limits],
        "caps": _caps(counted),
        "tasks": _tasks(counted.sent, rules),
        "scorecard": [msgspec.to_builtins(each) for each in scorecard(counted, rules.refreshes, outages)],
    }


def _events(counted: Counted) -> dict[str, Any]:
    known = counted.applied + counted.duplicates + counted.dead_letters + counted.erased
    return {
        "given": counted.given,
        "applied": counted.applied,
        "duplicates": counted.duplicates,
        "dead_letters": counted.dead_letters,
        "lost": counted.given - known,
        "counted_twice": counted.twice,
        **_busiest(counted.events_by_hour),
    }


def _busiest(by_hour: dict[int, int]) -> dict[str, Any]:
    """Return the busiest hour of all, the earliest of several."""
    if not by_hour:
        return {"peak_per_hour": 0, "peak_at": None}
    hour = min(by_hour, key=lambda each: (-by_hour[each], each))
    return {"peak_per_hour": by_hour[hour], "peak_at": to_iso(hour * HOUR)}


def _messages(sent: Iterable[Hourly], rules: Rules) -> dict[str, Any]:
    by_hour: Counter[int] = Counter()
    channels: dict[str, Counter[int]] = {}
    cost = 0
    for each in sent:
        by_hour[each.hour] += each.sent
        channels.setdefault(each.channel, Counter())[each.hour] += each.sent
        cost += each.sent * rules.policy.costs.get(each.channel, 0)
    told = {name: {"sent": hours.total(), **_busiest(dict(hours))} for name, hours in sorted(channels.items())}
    return {"sent": by_hour.total(), "cost": cost, **_busiest(dict(by_hour)), "by_channel": told}


def _promises(counted: Counted) -> dict[str, int]:
    return {
        "permitted": counted.promised,
        "handed_over": counted.arrived,
        "not_handed_over": counted.promised - counted.arrived,
        "sent_twice": counted.sent_twice,
    }


class _Sums:
    """What is summed up for one journey over a stretch of time."""

    def __init__(self) -> None:
        self.entered = self.deferred = self.verdicts = self.cost = 0
        self.sent: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.deferred_by: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.turned: Counter[str] = Counter()

    def told(self) -> dict[str, Any]:
        return {
            "entered": self.entered,
            "turned_away": dict(sorted(self.turned.items())),
            "ended": dict(sorted(self.ended.items())),
            "sent": dict(sorted(self.sent.items())),
            "refused": dict(sorted(self.refused.items())),
            "deferred": self.deferred,
            "deferred_by": dict(sorted(self.deferred_by.items())),
            "cost": self.cost,
        }


def _journeys(counted: Counted, rules: Rules) -> list[dict[str, Any]]:
    weeks: dict[str, dict[Day, _Sums]] = {name: {} for name in rules.journeys}
    wholes: dict[str, _Sums] = {name: _Sums() for name in rules.journeys}

    def both(journey: str, week: Day) -> tuple[_Sums, _Sums]:
        of_week = weeks.setdefault(journey, {}).setdefault(week, _Sums())
        return of_week, wholes.setdefault(journey, _Sums())

    for walk in counted.walks:
        what, _, reason = walk.what.partition(":")
        for sums in both(walk.journey, week_of(walk.day)):
            if what == "entered":
                sums.entered += walk.count
            else:
                (sums.turned if what == "refused" else sums.ended)[reason] += walk.count
    for sent in counted.sent:
        for sums in both(sent.journey, week_of(sent.hour // _HOURS_A_DAY)):
            sums.sent[sent.channel] += sent.sent
            sums.cost += sent.sent * rules.policy.costs.get(sent.channel, 0)
    for each in counted.decided:
        for sums in both(each.journey, each.week):
            if each.outcome == "refusal":
                sums.refused.update(dict.fromkeys(each.reasons, each.proposals))
            elif each.outcome == "deferral":
                sums.deferred += each.proposals
                sums.deferred_by.update(dict.fromkeys(each.reasons, each.proposals))
    return [
        {
            "journey": name,
            "total": wholes[name].told(),
            "weeks": [{"week": date_of(week).isoformat(), **sums.told()} for week, sums in sorted(of_journey.items())],
        }
        for name, of_journey in sorted(weeks.items())
    ]


def _caps(counted: Counted) -> dict[str, dict[str, int]]:
    """Return how many messages were refused because somebody had enough, by reason and channel."""
    found: dict[str, Counter[str]] = {}
    for each in counted.decided:
        if each.outcome == "refusal":
            for reason in set(each.reasons) & set(CAPS):
                found.setdefault(reason, Counter())[each.channel] += each.proposals
    return {reason: dict(sorted(counts.items())) for reason, counts in sorted(found.items())}


def _limit(limit: Limit, counted: Counted, policy: Policy) -> dict[str, Any]:
    """Return how full a capacity or budget was at the fullest, over any stretch as long as its period."""
    places: dict[str, Counter[int]] = {}
    for sent in counted.sent:
        asked = limit.concerns
        if asked.covers(sent.channel, sent.purpose, sent.tags, sent.location, sent.journey):
            amount = sent.sent * (policy.costs.get(sent.channel, 0) if limit.is_money else 1)
            places.setdefault((sent.location or "") if limit.by_location else "", Counter())[sent.hour] += amount
    length = max(limit.per.us // HOUR, 1)
    most, place = max(((_fullest(hours, length), name) for name, hours in sorted(places.items())), default=(0, ""))
    reason = {Reason.BUDGET_SPENT.value} if limit.is_money else {Reason.CAPACITY_REACHED.value, Reason.BACKLOG.value}
    waited = sum(
        each.proposals for each in counted.decided if each.outcome == "deferral" and reason & set(each.reasons)
    )
    return {
        "limit": limit.name,
        "kind": "budget" if limit.is_money else "capacity",
        "most": limit.most,
        "per": f"{limit.per.amount} {limit.per.unit}",
        "fullest": most,
        "place": place or None,
        "deferred": waited,
    }


def _fullest(hours: Counter[int], length: int) -> int:
    """Return the most in any stretch of so many hours."""
    ordered = sorted(hours)
    first = inside = best = 0
    for hour in ordered:
        inside += hours[hour]
        while ordered[first] <= hour - length:
            inside -= hours[ordered[first]]
            first += 1
        best = max(best, inside)
    return best


def _tasks(sent: Iterable[Hourly], rules: Rules) -> dict[str, Any]:
    """Return what staff would have got to do, and their busiest day."""
    days: Counter[Day] = Counter()
    for each in sent:
        if each.channel in rules.task_channels:
            days[each.hour // _HOURS_A_DAY] += each.sent
    if not days:
        return {"created": 0, "busiest_day": None, "most_a_day": 0}
    day = min(days, key=lambda each: (-days[each], each))
    return {"created": days.total(), "busiest_day": date_of(day).isoformat(), "most_a_day": days[day]}
