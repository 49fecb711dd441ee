"""From ``journeys/*.yaml`` to a compiled journey, with every problem at once. Pure; other files check the names."""

from typing import Any

import msgspec

from fieldfare.decide.journeys.files import EntryEntry, ExitEntry, GoalEntry, JourneyFile
from fieldfare.decide.journeys.model import Entry, Exit, Goal, Journey, Reentry, Send, Step, WaitFor
from fieldfare.decide.journeys.parse_parts import condition_of, one_of, span_us, stray_where, trigger_of
from fieldfare.decide.journeys.parse_steps import StepTable
from fieldfare.ground.ids import digest
from fieldfare.ground.workspace.model import Path, Problem, parse_share

_encode = msgspec.json.Encoder(order="deterministic", enc_hook=str).encode
_WORDS = frozenset({"journey", "description", "owner", "reads", "writes"})


def parse_journey(file: JourneyFile) -> tuple[Journey | None, list[Problem]]:
    """Return the journey, or ``None`` and the problems: spans without a unit, two choices at once, conditions."""
    problems: list[Problem] = []
    entry = _entry(file.entry, problems)
    goal = _goal(file.goal, problems) if file.goal is not None else None
    exits = tuple(_exit(each, ("exit", index), problems) for index, each in enumerate(file.exit))
    holdout = _holdout(file.holdout, problems)
    table = StepTable(file.purpose, file.priority)
    first = table.read(file.steps, ("steps",), "", "")
    problems.extend(table.problems)
    if entry is None or problems:
        return None, problems
    journey = Journey(
        name=file.journey,
        version=version_of(file),
        description=file.description,
        owner=file.owner,
        entry=entry,
        holdout=holdout,
        goal=goal,
        exits=exits,
        first=first,
        steps=table.steps,
        after=table.after,
        heard=_heard(goal, exits, table.steps),
        left=frozenset(each.leaves for each in exits if each.leaves is not None),
        echo_us=_echo(goal, table.steps),
    )
    return journey, []


def version_of(file: JourneyFile) -> str:
    """Return twelve hex digits that change exactly when what the journey does may change; words do not count."""
    raw: Any = msgspec.to_builtins(file, enc_hook=str)
    return digest("journey", _encode({key: value for key, value in raw.items() if key not in _WORDS})).hex()[:12]


def _entry(entry: EntryEntry, problems: list[Problem]) -> Entry | None:
    path: Path = ("entry",)
    chosen = one_of({"joins": entry.joins, "event": entry.event}, path, problems)
    stray_where(entry.event, entry.where, path, problems)
    trigger = trigger_of(entry.event, entry.where, path, problems) if entry.event is not None else None
    reentry, after_us = Reentry.AFTER, 0
    if isinstance(entry.reentry, str):
        reentry = Reentry(entry.reentry)
    else:
        after_us = span_us(entry.reentry.after, (*path, "reentry", "after"), problems)
    condition = condition_of(entry.condition, (*path, "if"), problems)
    max_age_us = span_us(entry.max_age, (*path, "max_age"), problems)
    if entry.on_cut and entry.joins is None:
        why = "Cuts move memberships, and no event comes of it"
        problems.append(Problem((*path, "on_cut"), "`on_cut` stands without `joins`", why, "Remove it"))
    if chosen is None:
        return None
    return Entry(
        audience=entry.joins,
        trigger=trigger,
        condition=condition,
        max_age_us=max_age_us,
        reentry=reentry,
        reentry_after_us=after_us,
        on_cut=entry.on_cut,
    )


def _goal(goal: GoalEntry, problems: list[Problem]) -> Goal:
    within_us = span_us(goal.within, ("goal", "within"), problems)
    return Goal(
        trigger=trigger_of(goal.event, goal.where, ("goal",), problems), within_us=within_us, revenue=goal.revenue
    )


def _exit(rule: ExitEntry, path: Path, problems: list[Problem]) -> Exit:
    one_of({"leaves": rule.leaves, "event": rule.event, "when": rule.when}, path, problems)
    stray_where(rule.event, rule.where, path, problems)
    trigger = trigger_of(rule.event, rule.where, path, problems) if rule.event is not None else None
    return Exit(leaves=rule.leaves, trigger=trigger, condition=condition_of(rule.when, (*path, "when"), problems))


def _holdout(text: str | None, problems: list[Problem]) -> float | None:
    if text is None:
        return None
    share = parse_share(text)
    if isinstance(share, str):
        problems.append(Problem(("holdout",), f"`{text}` is no share", "nobody could be kept out by it", share))
        return None
    if not 0 < share < 1:
        why = "with nobody or everybody kept out there is nothing to compare"
        problems.append(
            Problem(("holdout",), f"`{text}` keeps out nobody or everybody", why, "Write for example `15 %`.")
        )
    return share


def _heard(goal: Goal | None, exits: tuple[Exit, ...], steps: dict[str, Step]) -> frozenset[str]:
    names = {each.trigger.event for each in exits if each.trigger is not None}
    names |= {step.trigger.event for step in steps.values() if isinstance(step, WaitFor)}
    return frozenset(names | ({goal.trigger.event} if goal is not None else set()))


def _echo(goal: Goal | None, steps: dict[str, Step]) -> int:
    """Return how long a proposal may wait at most, or the goal may still come: the longer one."""
    waiting = max((step.expires_us for step in steps.values() if isinstance(step, Send)), default=0)
    return max(waiting, goal.within_us if goal is not None else 0)
