"""Journeys as they are, and as those who walk an older version entered them. Pure.

A walk keeps the version it began with until the newest says otherwise: ``finish`` (it goes on with the old one),
``exit`` (it ends as ``superseded``) or ``move``. A walk that moves goes to the step that the author named for its old
one, else to the step that says the same and stands in the same order, else to the one of the same path; where no such
step is left it ends as ``changed``. Its timer stays as it is. It moves when it is touched next, not at once for all:
that costs nothing, and a crash cannot stop half way.
"""

from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import NamedTuple

import msgspec

from fieldfare.decide.journeys.definition import (
    Branch,
    Emit,
    GoTo,
    Journey,
    Running,
    Send,
    SetTraits,
    Split,
    Step,
    Vary,
    Wait,
    WaitDate,
    WaitFor,
    WaitUntil,
)
from fieldfare.decide.journeys.facts import Facts
from fieldfare.decide.journeys.model import DONE, Command, Enrollment, Status
from fieldfare.decide.journeys.walk import Walk
from fieldfare.ground.instants import Instant

_WAITS = (Wait, WaitUntil, WaitFor, WaitDate)
_DEEDS = (Send, SetTraits, Emit, GoTo)
_encode = msgspec.json.Encoder(order="deterministic").encode


class Versions(NamedTuple):
    """The newest definitions by name, and older ones that somebody still walks, by name and version."""

    current: Mapping[str, Journey]
    pinned: Mapping[tuple[str, str], Journey] = {}

    def of(self, walk: Enrollment) -> Journey | None:
        """Return the definition that the walk follows now; ``None``: its journey is gone."""
        newest = self.current.get(walk.journey)
        if newest is None or walk.version == newest.version or newest.move.how is not Running.FINISH:
            return newest
        return self.pinned.get((walk.journey, walk.version), newest)

    def is_superseded(self, walk: Enrollment) -> bool:
        """Return whether the walk ends because of a newer version."""
        newest = self.current.get(walk.journey)
        return newest is not None and walk.version != newest.version and newest.move.how is Running.EXIT


def bring(versions: Versions, walk: Enrollment, facts: Facts, now: Instant) -> tuple[Enrollment, list[Command]]:
    """Bring a walk of an older version over to the newest, where that says so; return it and what to do."""
    newest = versions.current.get(walk.journey)
    if newest is None or walk.version == newest.version or walk.status in DONE:
        return walk, []
    old = versions.pinned.get((walk.journey, walk.version))
    if newest.move.how is Running.FINISH and old is not None:
        return walk, []
    going = Walk(newest, walk, facts, now)
    state = going.change()
    state.version = newest.version
    going.cause = f"version:{newest.version}"
    if newest.move.how is Running.EXIT:
        going.stop(Status.EXITED, "superseded")
        return going.state, going.commands
    target = moved_to(old, newest).get(walk.step) if old is not None else newest.move.steps.get(walk.step, walk.step)
    if target is None or target not in newest.steps:
        going.stop(Status.EXITED, "changed")
        return going.state, going.commands
    for path in late_steps(old, newest, target) if newest.move.late_steps and old is not None else ():
        state.visits += 1
        state.trail.append(path)
        if going.act(path, newest.steps[path]) is None:
            return going.state, going.commands
    if walk.status is Status.ENTERED or isinstance(newest.steps[target], _WAITS):
        state.step = target
    else:
        going.go(target)
    return going.state, going.commands


def moved_to(old: Journey, new: Journey) -> dict[str, str]:
    """Return where each step of the old version went; a step that is gone is not there."""
    before, after = list(old.steps), list(new.steps)
    matcher = SequenceMatcher(
        None, [_said(old.steps[each]) for each in before], [_said(new.steps[each]) for each in after], autojunk=False
    )
    found: dict[str, str] = {}
    for one, other, size in matcher.get_matching_blocks():
        found |= dict(zip(before[one : one + size], after[other : other + size], strict=True))
    taken = set(found.values())
    for path, step in old.steps.items():
        same = new.steps.get(path)
        if path not in found and path not in taken and type(same) is type(step):
            found[path] = path
    return found | {path: target for path, target in new.move.steps.items() if target in new.steps}


def late_steps(old: Journey, new: Journey, target: str) -> list[str]:
    """Return the new steps outside of branches that stand before the place and do something at once, in order."""
    known = set(moved_to(old, new).values())
    last = int(target.partition(".")[0])
    return [
        str(index) for index in range(last) if str(index) not in known and isinstance(new.steps.get(str(index)), _DEEDS)
    ]


def _said(step: Step) -> bytes:
    """Return what a step says, without the paths of others in it."""
    if isinstance(step, Branch):
        step = Branch(step.condition, "", "")
    elif isinstance(step, WaitFor):
        step = WaitFor(step.trigger, step.timeout_us, None if step.late is None else "")
    raw = msgspec.to_builtins(step)
    raw.pop("otherwise", None)
    for way in raw["ways"] if isinstance(step, Split | Vary) else ():
        way.pop("first")
    return _encode(raw)
