"""Reads the steps of a journey into a flat table: each step under its path, and which path follows it. Pure."""

from collections.abc import Sequence

from fieldfare.decide.journeys.files import BranchEntry, SendEntry, StepEntry, WaitEntry
from fieldfare.decide.journeys.model import Branch, Leave, Send, Step, Wait, WaitFor, WaitUntil
from fieldfare.decide.journeys.parse_parts import condition_of, one_of, span_us, stray_where, trigger_of
from fieldfare.ground.workspace.model import Path, Problem
from fieldfare.network.calendars.wall import parse_clock

MOST_DEPTH = 20
MOST_STEPS = 500


class StepTable:
    """The steps as they are read. ``steps``: by path; ``after``: path of the following step, empty at the end."""

    __slots__ = ("_priority", "_purpose", "after", "problems", "steps")

    def __init__(self, purpose: str, priority: int) -> None:
        """Begin empty; sends without a purpose or priority of their own take these."""
        self._purpose = purpose
        self._priority = priority
        self.steps: dict[str, Step] = {}
        self.after: dict[str, str] = {}
        self.problems: list[Problem] = []

    def read(self, entries: Sequence[StepEntry], path: Path, prefix: str, end: str, depth: int = 1) -> str:
        """Read a list of steps that is followed by the step ``end``; return the path of its first step."""
        if depth > MOST_DEPTH:
            why = f"branches may stand {MOST_DEPTH} deep in one another"
            self.problems.append(Problem(path, "the steps are too deep", why, "Write a second journey."))
            return end
        for index, entry in enumerate(entries):
            here = f"{prefix}{index}"
            self.after[here] = f"{prefix}{index + 1}" if index + 1 < len(entries) else end
            step = self._step(entry, (*path, index), here, depth)
            if step is not None:
                self.steps[here] = step
        if len(self.after) > MOST_STEPS:
            what = f"there are more than {MOST_STEPS} steps"
            self.problems.append(Problem(("steps",), what, "nobody can follow them", "Write a second journey."))
        return f"{prefix}0" if entries else end

    def _step(self, entry: StepEntry, path: Path, here: str, depth: int) -> Step | None:
        given = {"wait": entry.wait, "branch": entry.branch, "send": entry.send, "exit": entry.leave}
        if one_of(given, path, self.problems) is None:
            return None
        if entry.wait is not None:
            return self._wait(entry.wait, (*path, "wait"))
        if entry.branch is not None:
            return self._branch(entry.branch, (*path, "branch"), here, depth)
        if entry.send is not None:
            return self._send(entry.send, (*path, "send"))
        return Leave(entry.leave or "")

    def _wait(self, entry: str | WaitEntry, path: Path) -> Step | None:
        if isinstance(entry, str):
            return Wait(span_us(entry, path, self.problems))
        if one_of({"until": entry.until, "event": entry.event}, path, self.problems) is None:
            return None
        stray_where(entry.event, entry.where, path, self.problems)
        if entry.until is not None:
            minute = parse_clock(entry.until)
            if isinstance(minute, str):
                what, why = f"`{entry.until}` is no time of day", "the walk would not know when to go on"
                self.problems.append(Problem((*path, "until"), what, why, minute))
                return None
            if entry.timeout is not None:
                what, why = "`timeout` stands beside `until`", "a time of day always comes"
                self.problems.append(Problem((*path, "timeout"), what, why, "Remove it."))
            return WaitUntil(minute)
        if entry.timeout is None:
            what, why = "the wait for an event has no `timeout`", "a walk must not wait for ever"
            self.problems.append(Problem(path, what, why, "Add for example `timeout: 7 days`."))
            return None
        trigger = trigger_of(entry.event or "", entry.where, path, self.problems)
        return WaitFor(trigger, span_us(entry.timeout, (*path, "timeout"), self.problems))

    def _branch(self, entry: BranchEntry, path: Path, here: str, depth: int) -> Step | None:
        if not entry.then and not entry.otherwise:
            what, why = "the branch has no steps", "both ways are the same"
            self.problems.append(Problem(path, what, why, "Write steps under `then` or `else`."))
        condition = condition_of(entry.when, (*path, "when"), self.problems)
        end = self.after[here]
        then = self.read(entry.then, (*path, "then"), f"{here}.then.", end, depth + 1)
        otherwise = self.read(entry.otherwise, (*path, "else"), f"{here}.else.", end, depth + 1)
        return None if condition is None else Branch(condition, then, otherwise)

    def _send(self, entry: SendEntry, path: Path) -> Step:
        return Send(
            channel=entry.channel,
            template=entry.template,
            purpose=self._purpose if entry.purpose is None else entry.purpose,
            priority=self._priority if entry.priority is None else entry.priority,
            expires_us=span_us(entry.expires, (*path, "expires"), self.problems),
            variables=entry.variables,
        )
