"""What breaks at a peak, by the reports of its rehearsals, and what to do about it. Pure.

Every mark is told with what was found. The first run is the peak as it is expected; the others are as many times the
load with everything going wrong that can be switched on. What was made late on purpose is not held against a run.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import msgspec

from fieldfare.decide.gate.model import Reason
from fieldfare.flow.rehearsal.model import Asked, Fault
from fieldfare.flow.rehearsal.peaks import Peak
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import Day, date_of
from fieldfare.ground.workspace.suggest import nearest

LOADS = (1, 3, 5)
HEAD_ROOM = 1.5
LATE_SHARE = 0.01
BEFORE_DAYS = 90
"""Generated people live so long before the peak, so that there is somebody who lapsed."""
AROUND_DAYS = 7
_HOUR_S = 3_600


class Verdict(StrEnum):
    """Whether something holds at the peak."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


class AskedPeak(msgspec.Struct, frozen=True, kw_only=True):
    """A rehearsal as people ask for it."""

    season: str | None = None
    """``None``: the season whose peak comes next."""
    population: str = "generated"
    people: int = 1_000
    seed: int = 7
    loads: tuple[int, ...] = LOADS


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at in one run."""

    check: str
    verdict: Verdict
    found: str
    mark: str
    fix: str
    """What to do; empty when it holds."""


def chosen_peak(peaks: list[Peak], season: str | None, today: Day) -> Peak:
    """Return the next peak that is not over, of the season where one is named.

    Raises ``CallerError``: ``season_unknown``, ``peak_missing``.
    """
    known = sorted({name for name, _, _ in peaks})
    if season is not None and season not in known:
        advice = nearest(season, known) or (f"There are {', '.join(known)}." if known else "There are none.")
        raise CallerError("season_unknown", f"No season `{season[:40]}` has a peak here. {advice}", field="season")
    ahead = [each for each in peaks if each[2] >= today and season in {None, each[0]}]
    if not ahead:
        text = "No peak comes within the next two years: seasons.yaml declares none. Write one, then rehearse it."
        raise CallerError("peak_missing", text, field="season")
    return min(ahead, key=lambda each: each[1])


def asked_for(peak: Peak, asked: AskedPeak, load: int, today: Day) -> Asked:
    """Return the simulation of one load; beyond the first everything that can be switched on goes wrong."""
    is_real = asked.population == "real"
    first = max(today, peak[1] - AROUND_DAYS) if is_real else peak[1] - BEFORE_DAYS
    return Asked(
        first=date_of(first).isoformat(),
        last=date_of(peak[2] + AROUND_DAYS).isoformat(),
        population=asked.population,
        people=asked.people,
        seed=asked.seed,
        load=load,
        faults=() if load == asked.loads[0] else tuple(fault.value for fault in Fault),
    )


def checks_of(report: dict[str, Any], events_per_s: float) -> list[Check]:
    """Return what holds in one run; ``events_per_s``: what this machine got through a second of processor time."""
    return [*_safety(report), *_scorecard(report), _late(report), *_limits(report), _throughput(report, events_per_s)]


def verdict_of(checks: list[Check]) -> Verdict:
    """Return the worst of all."""
    order = (Verdict.OK, Verdict.WARN, Verdict.BAD)
    return max((each.verdict for each in checks), key=order.index, default=Verdict.OK)


def _check(check: str, verdict: Verdict, found: str, mark: str, fix: str) -> Check:
    return Check(check, verdict, found, mark, "" if verdict is Verdict.OK else fix)


def _bad(is_bad: bool) -> Verdict:  # noqa: FBT001 - a verdict made of a comparison
    return Verdict.BAD if is_bad else Verdict.OK


def _safety(report: dict[str, Any]) -> Iterator[Check]:
    events, promises = report["events"], report["promises"]
    fix = "This is a defect: keep the seed and report it."
    found = f"{events['lost']:,} of {events['given']:,} lost, {events['counted_twice']:,} counted twice"
    yield _check("events", _bad(events["lost"] != 0 or events["counted_twice"] != 0), found, "none", fix)
    found = f"{promises['sent_twice']:,} of {promises['handed_over']:,} messages went out twice"
    yield _check("messages_once", _bad(promises["sent_twice"] != 0), found, "none", fix)


_FIXES = {
    "data_latency": "Let senders give events at once, or retry sooner; late ones are decided on late.",
    "delivery_success": (
        "Give messages a longer `expires`, or a fallback channel, so that they outlast an outage of their provider."
    ),
    "audience_refresh": "Set `refresh: live` or `hourly` for these audiences before the peak.",
    "retention_after_peak": "Look at what people get after the peak: fewer of those who got messages come back.",
    "alerts": "Look at the days with alarms: events that are dead, or attempts that fail, without an outage.",
}


def _scorecard(report: dict[str, Any]) -> Iterator[Check]:
    for each in report["scorecard"]:
        name = each["indicator"]
        verdict = Verdict.BAD if each["verdict"] == "bad" else Verdict.OK
        found = each["found"]
        if name == "data_latency" and Fault.LATE.value in report["faults"]:
            verdict, found = Verdict.OK, f"{found} (made late on purpose)"
        if name == "retention_after_peak" and verdict is Verdict.BAD:
            verdict = Verdict.WARN
        yield _check(name, verdict, found, each["mark"], _FIXES[name])


def _late(report: dict[str, Any]) -> Check:
    """Look at messages that came too late to go."""
    late = sum(each["total"]["refused"].get(Reason.EXPIRED.value, 0) for each in report["journeys"])
    wished = report["promises"]["permitted"] + late
    share = late / wished if wished else 0.0
    worst = max(
        report["journeys"], key=lambda each: each["total"]["refused"].get(Reason.EXPIRED.value, 0), default=None
    )
    where = f", most of them of {worst['journey']}" if late and worst is not None else ""
    found = f"{late:,} of {wished:,} messages lost their sense while they waited ({share:.1%}){where}"
    fix = "Raise the limit that they waited for, or give them a longer `expires`."
    return _check("too_late", _bad(share > LATE_SHARE), found, f"at most {LATE_SHARE:.0%}", fix)


def _limits(report: dict[str, Any]) -> Iterator[Check]:
    for each in report["limits"]:
        place = f" in {each['place']}" if each["place"] else ""
        found = f"{each['fullest']:,} of {each['most']:,} per {each['per']}{place}; {each['deferred']:,} had to wait"
        verdict = Verdict.BAD if each["deferred"] else Verdict.OK
        fix = (
            "Raise the budget for the peak, or send less costly channels first."
            if each["kind"] == "budget"
            else "Plan more staff for the peak, raise the capacity, or let fewer people enter."
        )
        yield _check(f"{each['kind']}_{each['limit']}", verdict, found, "nobody has to wait", fix)
    waited = sum(each["total"]["deferred_by"].get(Reason.RATE_LIMITED.value, 0) for each in report["journeys"])
    if waited:
        found = f"{waited:,} messages waited for a provider's rate limit"
        fix = "Spread sending over more hours, or ask the provider for a higher rate."
        yield _check("rate_limits", Verdict.WARN, found, "nobody has to wait", fix)
    tasks = report["tasks"]
    if tasks["created"] and not any(each["kind"] == "capacity" for each in report["limits"]):
        found = f"{tasks['most_a_day']:,} tasks on {tasks['busiest_day']}, and no capacity is declared"
        fix = "Declare under `limits` in policies.yaml what staff can do a day; then this is checked."
        yield _check("tasks", Verdict.WARN, found, "within the capacity of staff", fix)


def _throughput(report: dict[str, Any], events_per_s: float) -> Check:
    asked = report["events"]["peak_per_hour"] / _HOUR_S
    room = events_per_s / asked if asked else None
    verdict = Verdict.OK if room is None or room >= HEAD_ROOM else Verdict.BAD
    found = f"{asked:,.2f} events a second in the busiest hour, {events_per_s:,.0f} were got through in this run"
    fix = "Move to PostgreSQL or a larger machine before the peak."
    return _check("throughput", verdict, found, f"{HEAD_ROOM:g} times what the busiest hour brings", fix)


def told_peak(found: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that tell a rehearsal."""
    yield f"{found['season']} peaks from {found['from']} to {found['to']}; rehearsed with {found['population']} people"
    for run in found["runs"]:
        report = run["report"]
        faults = "everything going wrong" if report["faults"] else "nothing going wrong"
        yield ""
        yield (
            f"load {run['load']}x, {faults}: {run['verdict']}; {report['events']['applied']:,} events, "
            f"{report['messages']['sent']:,} messages, busiest hour {report['messages']['peak_per_hour']:,}"
        )
        for each in run["checks"]:
            yield f"  {each['verdict']:<5}{each['check']:<24}{each['found']}  (mark: {each['mark']})"
    yield ""
    if not found["breaks"]:
        yield "Nothing breaks."
    for each in found["breaks"]:
        yield f"breaks at {each['load']}x: {each['check']}. {each['fix']}"


def breaks_of(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what does not hold, each once, at the lowest load at which it breaks."""
    found: dict[str, dict[str, Any]] = {}
    for run in runs:
        for each in run["checks"]:
            if each["verdict"] != Verdict.OK.value and each["check"] not in found:
                found[each["check"]] = {"load": run["load"], **each}
    return list(found.values())
