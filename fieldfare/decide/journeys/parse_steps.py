"""Reads the steps of a journey into a flat table: each step under its path, and which path follows it. Pure.

What is written as one step and taken as several (the promise of a task) stands under paths of its own: ``3.wait`` waits
for the end of the task.
"""

from collections.abc import Sequence

import msgspec

from fieldfare.decide.journeys.definition import (
    Branch,
    Emit,
    GoTo,
    Leave,
    Release,
    Reserve,
    Send,
    SetTraits,
    Split,
    Step,
    Trigger,
    Vary,
    Wait,
    WaitDate,
    WaitFor,
    WaitUntil,
    Way,
)
from fieldfare.decide.journeys.files import (
    BranchEntry,
    ExperimentEntry,
    HoldEntry,
    SendEntry,
    StepEntry,
    SurveyStepEntry,
    TaskEntry,
    WaitEntry,
    WayEntry,
    WebhookEntry,
)
from fieldfare.decide.journeys.parse_entry import clock_of, read_date, weekdays_of
from fieldfare.decide.journeys.parse_parts import condition_of, one_of, span_us, stray_where, trigger_of
from fieldfare.decide.journeys.parse_ways import parse_ways
from fieldfare.ground.workspace.model import Path, Problem
from fieldfare.know.profiles.model import PropertyTest
from fieldfare.learn.experiments.model import Arm

MOST_DEPTH = 20
MOST_STEPS = 500


class StepTable:
    """The steps as they are read. ``steps``: by path; ``after``: path of the following step, empty at the end."""

    __slots__ = ("_depth", "_is_keyed", "_priority", "_purpose", "after", "problems", "steps", "written")

    def __init__(self, purpose: str, priority: int, *, is_keyed: bool = False) -> None:
        """Begin empty; sends without a purpose or priority of their own take these."""
        self._purpose, self._priority, self._is_keyed, self._depth = purpose, priority, is_keyed, 0
        self.steps: dict[str, Step] = {}
        self.after: dict[str, str] = {}
        self.written: list[tuple[Path, str]] = []
        """Traits that steps may set, and where that is written."""
        self.problems: list[Problem] = []

    def read(self, entries: Sequence[StepEntry], path: Path, prefix: str, end: str) -> str:
        """Read a list of steps that is followed by the step ``end``; return the path of its first step."""
        if self._depth >= MOST_DEPTH:
            why = f"branches may stand {MOST_DEPTH} deep in one another"
            self.problems.append(Problem(path, "the steps are too deep", why, "Write a second journey."))
            return end
        self._depth += 1
        for index, entry in enumerate(entries):
            here = f"{prefix}{index}"
            self.after[here] = f"{prefix}{index + 1}" if index + 1 < len(entries) else end
            step = self._step(entry, (*path, index), here)
            if step is not None:
                self.steps[here] = step
        self._depth -= 1
        if len(self.after) > MOST_STEPS and not self._depth:
            what = f"there are more than {MOST_STEPS} steps"
            self.problems.append(Problem(("steps",), what, "nobody can follow them", "Write a second journey."))
        return f"{prefix}0" if entries else end

    def _step(self, entry: StepEntry, path: Path, here: str) -> Step | None:
        given = {
            "wait": entry.wait,
            "branch": entry.branch,
            "split": entry.split,
            "experiment": entry.experiment,
            "send": entry.send,
            "task": entry.task,
            "webhook": entry.webhook,
            "survey": entry.survey,
            "set": entry.sets,
            "emit": entry.emit,
            "hold": entry.hold,
            "release": entry.release,
            "journey": entry.journey,
            "exit": entry.leave,
        }
        chosen = one_of(given, path, self.problems)
        if chosen is None:
            return None
        where = (*path, chosen)
        if entry.wait is not None:
            return self._wait(entry.wait, where, here)
        if entry.branch is not None:
            return self._branch(entry.branch, where, here)
        if entry.split is not None:
            return self._split(entry.split, where, here)
        if entry.experiment is not None:
            return self._vary(entry.experiment, where, here)
        if entry.send is not None:
            return self._send(entry.send, where)
        if entry.task is not None:
            return self._task(entry.task, where, here)
        if entry.webhook is not None:
            return self._webhook(entry.webhook, where)
        if entry.survey is not None:
            return self._survey(entry.survey, where, here)
        return self._deed(entry, where, here)

    def _deed(self, entry: StepEntry, path: Path, here: str) -> Step:
        """Return a step that does something beside sending."""
        if entry.sets is not None:
            self.written += [((*path, name), name) for name in entry.sets]
            if not entry.sets:
                self.problems.append(
                    Problem(path, "no trait is set", "the step does nothing", "Name one, or remove it.")
                )
            return SetTraits(dict(entry.sets))
        if entry.emit is not None:
            return Emit(entry.emit.event, dict(entry.emit.properties))
        if entry.hold is not None:
            return self._hold(entry.hold, path, here)
        if entry.release is not None:
            return Release(entry.release)
        if entry.journey is not None:
            return GoTo(entry.journey)
        return Leave(entry.leave or "")

    def _wait(self, entry: str | WaitEntry, path: Path, here: str) -> Step | None:
        if isinstance(entry, str):
            return Wait(span_us(entry, path, self.problems))
        given = {"until": entry.until, "date": entry.date, "event": entry.event}
        if one_of(given, path, self.problems) is None:
            return None
        stray_where(entry.event, entry.where, path, self.problems)
        self._stray_parts(entry, path)
        if entry.until is not None:
            minute = clock_of(entry.until, (*path, "until"), self.problems)
            return WaitUntil(minute, weekdays_of(entry.weekdays))
        if entry.date is not None:
            return WaitDate(read_date(entry.date, (*path, "date"), self.problems))
        if entry.timeout is None:
            what, why = "the wait for an event has no `timeout`", "a walk must not wait for ever"
            self.problems.append(Problem(path, what, why, "Add for example `timeout: 7 days`."))
            return None
        trigger = trigger_of(entry.event or "", entry.where, path, self.problems)
        timeout_us = span_us(entry.timeout, (*path, "timeout"), self.problems)
        late = self.read(entry.late, (*path, "late"), f"{here}.late.", self.after[here]) if entry.late else None
        return WaitFor(trigger, timeout_us, late)

    def _stray_parts(self, entry: WaitEntry, path: Path) -> None:
        for key, value in (("timeout", entry.timeout), ("late", entry.late or None)):
            if value is not None and entry.event is None:
                what, why = f"`{key}` stands without `event`", "a time of day or a date always comes"
                self.problems.append(Problem((*path, key), what, why, "Remove it."))
        if entry.weekdays and entry.until is None:
            what, why = "`weekdays` stands without `until`", "it says on which days that time counts"
            self.problems.append(Problem((*path, "weekdays"), what, why, "Add `until`, or remove it."))

    def _branch(self, entry: BranchEntry, path: Path, here: str) -> Step | None:
        if not entry.then and not entry.otherwise:
            what, why = "the branch has no steps", "both ways are the same"
            self.problems.append(Problem(path, what, why, "Write steps under `then` or `else`."))
        condition = condition_of(entry.when, (*path, "when"), self.problems)
        end = self.after[here]
        then = self.read(entry.then, (*path, "then"), f"{here}.then.", end)
        otherwise = self.read(entry.otherwise, (*path, "else"), f"{here}.else.", end)
        return None if condition is None else Branch(condition, then, otherwise)

    def _split(self, entries: Sequence[WayEntry], path: Path, here: str) -> Step:
        ways = []
        names = [entry.way for entry in entries]
        for index, entry in enumerate(entries):
            if entry.way in names[:index]:
                what, why = f"the way `{entry.way}` stands twice", "nobody could tell the two apart"
                self.problems.append(Problem((*path, index, "way"), what, why, "Give it another name."))
            first = self.read(entry.steps, (*path, index, "steps"), f"{here}.{entry.way}.", self.after[here])
            ways.append(Way(entry.way, first, entry.weight))
        return Split(tuple(ways))

    def _vary(self, entry: ExperimentEntry, path: Path, here: str) -> Step:
        if any(isinstance(step, Vary) and step.name == entry.name for step in self.steps.values()):
            what, why = f"the experiment `{entry.name}` stands twice in the journey", "each is one comparison"
            self.problems.append(Problem((*path, "name"), what, why, "Give it another name."))
        ways, names = [], list[str]()
        for index, each in enumerate(entry.variants):
            place = (*path, "variants", index)
            if each.variant in names or each.variant == Arm.HOLDOUT:
                why = "it names those whom the journey keeps out" if each.variant == Arm.HOLDOUT else "it stands twice"
                what = f"`{each.variant}` cannot name a variant here"
                self.problems.append(Problem((*place, "variant"), what, why, "Give it another name."))
            names.append(each.variant)
            first = self.read(each.steps, (*place, "steps"), f"{here}.{each.variant}.", self.after[here])
            ways.append(Way(each.variant, first, each.weight))
        return Vary(entry.name, tuple(ways))

    def _send(self, entry: SendEntry, path: Path) -> Step:
        expires_us = span_us(entry.expires, (*path, "expires"), self.problems)
        return Send(
            channel=entry.channel,
            template=entry.template,
            purpose=self._purpose if entry.purpose is None else entry.purpose,
            priority=self._priority if entry.priority is None else entry.priority,
            expires_us=expires_us,
            variables=entry.variables,
            ways=parse_ways(
                entry.channel,
                entry.fallback,
                entry.choose,
                entry.best_time,
                entry.escalate,
                path,
                self.problems,
                expires_us=expires_us,
            ),
        )

    def _task(self, entry: TaskEntry, path: Path, here: str) -> Step:
        if entry.sla is not None:
            end, wait = self.after[here], f"{here}.wait"
            self.after |= {here: wait, wait: end}
            within_us = span_us(entry.sla.within, (*path, "sla", "within"), self.problems)
            broken = self.read(entry.sla.broken, (*path, "sla", "broken"), f"{here}.broken.", end)
            about = (PropertyTest("template", "is", entry.template),)
            self.steps[wait] = WaitFor(Trigger(entry.sla.event, about), within_us, broken)
        return Send(
            channel=entry.channel,
            template=entry.template,
            purpose=self._purpose if entry.purpose is None else entry.purpose,
            priority=self._priority if entry.priority is None else entry.priority,
            expires_us=span_us(entry.expires, (*path, "expires"), self.problems),
            variables=entry.variables,
            due_us=span_us(entry.due, (*path, "due"), self.problems) if entry.due is not None else None,
        )

    def _webhook(self, entry: WebhookEntry, path: Path) -> Step:
        self.written += [((*path, "answers", index), name) for index, name in enumerate(entry.answers)]
        return Send(
            channel=entry.channel,
            template=entry.template,
            purpose=self._purpose if entry.purpose is None else entry.purpose,
            priority=self._priority if entry.priority is None else entry.priority,
            expires_us=span_us(entry.expires, (*path, "expires"), self.problems),
            variables=entry.variables,
            answers=frozenset(entry.answers),
        )

    def _survey(self, entry: SurveyStepEntry, path: Path, here: str) -> Step | None:
        """Return the message; where some are asked first, a branch with one message for them and one for others."""
        send = Send(
            channel=entry.channel,
            template=entry.template,
            purpose=self._purpose if entry.purpose is None else entry.purpose,
            priority=self._priority if entry.priority is None else entry.priority,
            expires_us=span_us(entry.expires, (*path, "expires"), self.problems),
            variables=entry.variables,
            survey=entry.survey,
        )
        if entry.first is None:
            return send
        condition = condition_of(entry.first.when, (*path, "first", "when"), self.problems)
        first, others = f"{here}.first", f"{here}.others"
        self.after |= {first: self.after[here], others: self.after[here]}
        self.steps |= {first: msgspec.structs.replace(send, priority=entry.first.priority), others: send}
        return None if condition is None else Branch(condition, first, others)

    def _hold(self, entry: HoldEntry, path: Path, here: str) -> Step:
        if entry.keyed and not self._is_keyed:
            what, why = "`keyed` stands in a journey without a key", "there is nothing to tell places apart by"
            self.problems.append(Problem((*path, "keyed"), what, why, "Add `entry.key`, or remove it."))
        otherwise = self.read(entry.otherwise, (*path, "else"), f"{here}.else.", self.after[here])
        for_us = span_us(entry.span, (*path, "for"), self.problems)
        return Reserve(
            what=entry.what,
            keyed=entry.keyed,
            places=entry.places,
            for_us=for_us,
            otherwise=otherwise,
        )
