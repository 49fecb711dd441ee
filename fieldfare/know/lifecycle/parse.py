"""Reads ``lifecycle.yaml`` and ``outcomes.yaml`` as data and reports every problem with its place. It opens no file.

Whether a name exists in another file is checked where all files are known.
"""

import re

from fieldfare.ground.workspace.model import Duration, Path, Problem, parse_duration, parse_share
from fieldfare.know.audiences.model import InStage, walk
from fieldfare.know.audiences.parse import parse_condition
from fieldfare.know.lifecycle.files import LifecycleFile, OutcomeEntry, OutcomesFile, StageEntry, TargetEntry
from fieldfare.know.lifecycle.model import Lifecycle, Outcome, Stage, Target

_STAGE = re.compile(r"^[a-z][a-z0-9_]{0,62}$")
_OUTCOME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,62}$")


def parse_lifecycle(file: LifecycleFile) -> tuple[Lifecycle | None, list[Problem]]:
    """Return the lifecycle, or ``None`` and every problem."""
    problems: list[Problem] = []
    stages: list[Stage] = []
    for index, entry in enumerate(file.stages):
        path: Path = ("stages", index)
        if any(entry.stage == stage.name for stage in stages):
            what = f"the stage `{entry.stage}` stands twice"
            problems.append(Problem((*path, "stage"), what, "a name is one stage", "Rename or remove one of them"))
        stage = _stage(path, entry, problems)
        if stage is not None:
            stages.append(stage)
    return (None if problems else Lifecycle(tuple(stages), file.shipped)), problems


def _stage(path: Path, entry: StageEntry, problems: list[Problem]) -> Stage | None:
    if not _STAGE.match(entry.stage):
        what, why = f"`{entry.stage}` cannot name a stage", "a name has 1 to 63 small letters, digits and `_`"
        problems.append(Problem((*path, "stage"), what, why, "Write, for example, `new_joiner`"))
    enter, found = parse_condition(entry.enter, (*path, "enter"))
    problems += found
    exit_ = None
    if entry.exit is not None:
        exit_, found = parse_condition(entry.exit, (*path, "exit"))
        problems += found
    for key, condition in (("enter", enter), ("exit", exit_)):
        if condition is not None and any(isinstance(node, InStage) for node in walk(condition)):
            what, why = "a rule of a stage asks for a stage", "stages are decided by these rules"
            problems.append(Problem((*path, key), what, why, "Write `after` to say which stage comes before"))
    if enter is None:
        return None
    after = tuple(entry.after) if entry.after is not None else None
    return Stage(entry.stage, enter, exit_, after, entry.description)


def parse_outcomes(file: OutcomesFile) -> tuple[tuple[Outcome, ...] | None, list[Problem]]:
    """Return the outcomes in their order, or ``None`` and every problem."""
    problems: list[Problem] = []
    found: list[Outcome] = []
    for index, entry in enumerate(file.outcomes):
        path: Path = ("outcomes", index)
        if any(entry.outcome == outcome.name for outcome in found):
            what = f"the outcome `{entry.outcome}` stands twice"
            problems.append(Problem((*path, "outcome"), what, "a name is one outcome", "Rename or remove one of them"))
        for key, name in (("outcome", entry.outcome), ("kpi", entry.kpi)):
            if not _OUTCOME.match(name):
                why = "a name has 1 to 63 small letters, digits, `-` and `_`"
                problems.append(Problem((*path, key), f"`{name}` is not a name", why, "Write, for example, `visits`"))
        outcome = _outcome(path, entry, problems)
        if outcome is not None:
            found.append(outcome)
    return (None if problems else tuple(found)), problems


def _outcome(path: Path, entry: OutcomeEntry, problems: list[Problem]) -> Outcome | None:
    within: Duration | str | None = None if entry.within is None else parse_duration(entry.within)
    if isinstance(within, str):
        what = f"`within: {entry.within}` is not a duration"
        problems.append(Problem((*path, "within"), what, "the target holds for a stretch of time", within))
        within = None
    target = _target((*path, "target"), entry.target, problems)
    if target is None:
        return None
    return Outcome(entry.outcome, entry.stage, entry.kpi, target, within, entry.owner, entry.description)


def _target(path: Path, entry: TargetEntry, problems: list[Problem]) -> Target | None:
    said = [
        (key, value) for key, value in (("at_least", entry.at_least), ("at_most", entry.at_most)) if value is not None
    ]
    if len(said) != 1:
        what = "the target says " + ("`at_least` and `at_most` at once" if said else "nothing")
        problems.append(Problem(path, what, "a target is one bound", "Write, for example, `{at_least: 60 %}`"))
        return None
    ((key, value),) = said
    if isinstance(value, str):
        share = parse_share(value)
        if isinstance(share, str):
            problems.append(Problem((*path, key), f"`{value}` is neither a number nor a percentage", "", share))
            return None
        return Target(key, share, is_share=True)
    return Target(key, float(value), is_share=False)
