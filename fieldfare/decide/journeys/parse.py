"""From ``journeys/*.yaml`` to a compiled journey, with every problem at once. Pure; other files check the names."""

from typing import Any

import msgspec

from fieldfare.decide.journeys.definition import (
    Exit,
    Goal,
    Journey,
    Move,
    Running,
    Send,
    Step,
    Stop,
    Suppresses,
    WaitFor,
    Waiver,
)
from fieldfare.decide.journeys.files import ExitEntry, GoalEntry, JourneyFile, MoveEntry, StopEntry, SuppressesEntry
from fieldfare.decide.journeys.parse_entry import read_entry
from fieldfare.decide.journeys.parse_parts import condition_of, one_of, share_of, span_us, stray_where, trigger_of
from fieldfare.decide.journeys.parse_steps import StepTable
from fieldfare.ground.ids import digest
from fieldfare.ground.workspace.model import Path, Problem
from fieldfare.network.calendars.by_phase import phase_problems

_encode = msgspec.json.Encoder(order="deterministic", enc_hook=str).encode
_decode = msgspec.json.Decoder(JourneyFile).decode
_WORDS = frozenset(
    {"journey", "description", "owner", "kpi", "reads", "writes", "running", "stop", "waivers", "exclusive"}
)
"""What may change and the version stays: it changes nothing of what those inside meet."""


def parse_journey(file: JourneyFile) -> tuple[Journey | None, list[Problem]]:
    """Return the journey, or ``None`` and the problems: spans without a unit, two choices at once, conditions."""
    problems: list[Problem] = []
    entry = read_entry(file.entry, problems)
    goal = _goal(file.goal, problems) if file.goal is not None else None
    exits = tuple(_exit(each, ("exit", index), problems) for index, each in enumerate(file.exit))
    holdout = share_of(file.holdout, ("holdout",), problems) if file.holdout is not None else None
    stops = tuple(_stop(each, ("stop", index), problems) for index, each in enumerate(file.stop))
    suppresses = _suppresses(file.suppresses, problems) if file.suppresses is not None else None
    table = StepTable(file.purpose, file.priority, is_keyed=file.entry.key is not None)
    first = table.read(file.steps, ("steps",), "", "")
    problems.extend(table.problems)
    problems += _unwritten(file, table)
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
        kpi=file.kpi,
        purpose=file.purpose,
        priority=file.priority,
        exclusive=file.exclusive,
        suppresses=suppresses,
        move=_move(file.running),
        stops=stops,
        waivers=tuple(Waiver(each.check, each.by, each.why) for each in file.waivers),
        writes=frozenset(file.writes),
        definition=_encode(file),
    )
    return journey, []


def parse_definition(definition: bytes) -> Journey | None:
    """Return the journey that a stored definition is, ``None`` where this Fieldfare does not understand it any more."""
    try:
        return parse_journey(_decode(definition))[0]
    except (msgspec.MsgspecError, ValueError):
        return None


def version_of(file: JourneyFile) -> str:
    """Return twelve hex digits that change exactly when what those inside meet may change; words do not count."""
    raw: Any = msgspec.to_builtins(file, enc_hook=str)
    kept = {key: value for key, value in raw.items() if key not in _WORDS}
    kept["entry"] = {key: value for key, value in raw["entry"].items() if key != "canary"}
    return digest("journey", _encode(kept)).hex()[:12]


def _goal(goal: GoalEntry, problems: list[Problem]) -> Goal:
    within_us = span_us(goal.within, ("goal", "within"), problems)
    return Goal(
        trigger=trigger_of(goal.event, goal.where, ("goal",), problems), within_us=within_us, revenue=goal.revenue
    )


def _exit(rule: ExitEntry, path: Path, problems: list[Problem]) -> Exit:
    one_of({"leaves": rule.leaves, "event": rule.event, "when": rule.when, "after": rule.after}, path, problems)
    stray_where(rule.event, rule.where, path, problems)
    return Exit(
        leaves=rule.leaves,
        trigger=trigger_of(rule.event, rule.where, path, problems) if rule.event is not None else None,
        condition=condition_of(rule.when, (*path, "when"), problems),
        after_us=span_us(rule.after, (*path, "after"), problems) if rule.after is not None else None,
    )


def _suppresses(entry: SuppressesEntry, problems: list[Problem]) -> Suppresses:
    if not entry.journeys and not entry.purposes:
        what, why = "neither `journeys` nor `purposes` is given", "nothing would rest"
        problems.append(Problem(("suppresses",), what, why, "Name what rests, or remove it."))
    for_us = span_us(entry.span, ("suppresses", "for"), problems) if entry.span is not None else None
    return Suppresses(journeys=frozenset(entry.journeys), purposes=frozenset(entry.purposes), for_us=for_us)


def _stop(entry: StopEntry, path: Path, problems: list[Problem]) -> Stop:
    problems += phase_problems(entry.by_phase, (*path, "by_phase"))
    return Stop(
        what=entry.what,
        above=share_of(entry.above, (*path, "above"), problems),
        within_us=span_us(entry.within, (*path, "within"), problems),
        at_least=entry.at_least,
        by_phase={
            phase: share_of(said.above, (*path, "by_phase", phase, "above"), problems)
            for phase, said in entry.by_phase.items()
        },
    )


def _move(running: str | MoveEntry) -> Move:
    if isinstance(running, str):
        return Move(how=Running(running))
    return Move(how=Running.MOVE, steps=running.steps, late_steps=running.late_steps)


def _unwritten(file: JourneyFile, table: StepTable) -> list[Problem]:
    """Tell the traits that steps set and ``writes`` does not list."""
    fix = "Add it to `writes`, or do without it."
    return [
        Problem(path, f"the trait `{name}` is set", "`writes` of the journey does not list it", fix)
        for path, name in table.written
        if name not in file.writes
    ]


def _heard(goal: Goal | None, exits: tuple[Exit, ...], steps: dict[str, Step]) -> frozenset[str]:
    names = {each.trigger.event for each in exits if each.trigger is not None}
    names |= {step.trigger.event for step in steps.values() if isinstance(step, WaitFor)}
    return frozenset(names | ({goal.trigger.event} if goal is not None else set()))


def _echo(goal: Goal | None, steps: dict[str, Step]) -> int:
    """Return how long a proposal may wait at most, or the goal may still come: the longer one."""
    waiting = max((step.expires_us for step in steps.values() if isinstance(step, Send)), default=0)
    return max(waiting, goal.within_us if goal is not None else 0)
