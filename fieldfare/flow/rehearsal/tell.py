"""A simulation told as plain text: one page for people, the same for the same report. Pure."""

from collections.abc import Iterator
from typing import Any

from fieldfare.ground.money import said

_WIDTH = 26


def told_simulation(found: dict[str, Any]) -> list[str]:
    """Return the lines that tell a simulation, with its side-by-side when it has one."""
    lines = [*told_report(found["report"])]
    lines += [f"note: {note}" for note in found["notes"]]
    if found.get("differences") is not None:
        lines += ["", *told_differences(found["differences"])]
    return lines


def told_report(report: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that tell one report."""
    faults = ", ".join(report["faults"]) or "none"
    yield f"{report['from']} to {report['to']}, {report['population']} people, load {report['load']}x"
    yield f"seed {report['seed']}, faults: {faults}"
    events = report["events"]
    yield (
        f"{report['people']:,} profiles, {report['merged']:,} merged away; {events['applied']:,} events applied, "
        f"{events['duplicates']:,} duplicates dropped, {events['dead_letters']:,} dead letters, {events['lost']:,} lost"
    )
    yield f"busiest hour of events: {events['peak_per_hour']:,} {_at(events)}"
    messages = report["messages"]
    yield (
        f"{messages['sent']:,} messages handed over, cost {_money(messages['cost'], report)}; busiest hour "
        f"{messages['peak_per_hour']:,} {_at(messages)}"
    )
    for each in report["journeys"]:
        yield from _journey(each, report)
    yield from _limits(report)
    yield ""
    yield "scorecard"
    for each in report["scorecard"]:
        yield f"  {each['verdict']:<8}{each['indicator']:<{_WIDTH}}{each['found']}  (mark: {each['mark']})"


def _journey(each: dict[str, Any], report: dict[str, Any]) -> Iterator[str]:
    total = each["total"]
    yield ""
    yield f"{each['journey']}: {_counts(total, report)}"
    for name in ("refused", "deferred_by", "ended"):
        if total[name]:
            yield f"  {name.replace('_', ' ')}: {_pairs(total[name])}"
    for week in each["weeks"]:
        yield f"  {week['week']}  {_counts(week, report)}"


def _counts(found: dict[str, Any], report: dict[str, Any]) -> str:
    parts = [f"{found['entered']:,} entered", f"sent {_pairs(found['sent']) or 'nothing'}"]
    parts += [f"{sum(found['refused'].values()):,} refusals"] if found["refused"] else []
    parts += [f"{found['deferred']:,} deferred"] if found["deferred"] else []
    parts += [_money(found["cost"], report)] if found["cost"] else []
    return ", ".join(parts)


def _limits(report: dict[str, Any]) -> Iterator[str]:
    if report["tasks"]["created"]:
        tasks = report["tasks"]
        yield ""
        yield f"tasks for people: {tasks['created']:,}, most on {tasks['busiest_day']}: {tasks['most_a_day']:,}"
    for reason, channels in report["caps"].items():
        yield f"caps hit, {reason}: {_pairs(channels)}"
    for each in report["limits"]:
        where = f" in {each['place']}" if each["place"] else ""
        yield (
            f"{each['kind']} {each['limit']}: {each['fullest']:,} of {each['most']:,} per {each['per']} at the "
            f"fullest{where}; {each['deferred']:,} had to wait"
        )


def told_differences(found: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that tell what changed rules would do."""
    if not found["journeys"] and not found["whole"]:
        yield "The changed rules would have done the same."
        return
    yield "today's rules and the changed ones, on the same people and events"
    for each in found["journeys"]:
        yield f"  {each['journey']}" + ("" if each["how"] == "kept" else f" ({each['how']})")
        for one in each["differs"]:
            yield f"    {one['what']:<{_WIDTH}}{one['today']:>9,} -> {one['changed']:>9,}  ({one['change']:+,})"
    for name, one in found["whole"].items():
        yield f"  all: {name:<{_WIDTH - 1}}{one['today']:>9,} -> {one['changed']:>9,}  ({one['change']:+,})"


def _pairs(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _money(minor: int, report: dict[str, Any]) -> str:
    return said(minor, report["currency"])


def _at(found: dict[str, Any]) -> str:
    return f"at {found['peak_at'][:16]}Z" if found["peak_at"] else ""
