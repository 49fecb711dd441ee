"""An experiment while it is written: what is wrong with it, whether applying it is an amendment, what it can find.

The draft is compiled inside the workspace in force with all of its owner's drafts in it, by the same functions as an
apply, in the place of the file that registers the experiment now or in another of these drafts: so a journey, a metric
and the experiment on them can be written together. What it can find is asked of the lake, as ``fieldfare experiments
design`` does; one question at a time. Nothing is kept: a draft is kept as a file, and registered by plan and apply.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from fieldfare.flow.experiment_answers import ExperimentAnswers
from fieldfare.flow.screens.files import WorkspaceFiles, print_structure, read_text, told_problem
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import day_start, to_iso
from fieldfare.learn.experiments.registered.model import Registration


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a design is asked with beside the draft; what is ``None`` is as the draft or the history says."""

    holdout: float | None = None
    units_per_day: float | None = None
    days: int | None = None


class ExperimentDrafts:
    """Answers about experiments that are not applied."""

    def __init__(
        self, files: WorkspaceFiles, answers_of: Callable[[Workspace], ExperimentAnswers], clock: Clock
    ) -> None:
        """``answers_of`` answers for experiments as a workspace has them."""
        self._files, self._answers_of, self._clock = files, answers_of, clock
        self._lock = threading.Lock()

    def look(self, owner: str, text: str | None, structure: dict[str, Any] | None, plan: Plan | None) -> dict[str, Any]:
        """Return all there is to say of a draft; no ``plan``: without its design. Raises ``draft_empty``."""
        if text is None and structure is None:
            raise CallerError("draft_empty", "Give the draft as `yaml` or as `structure`.", field="yaml")
        yaml = text if text is not None else print_structure(structure or {})
        read = read_text(yaml)["structure"]
        name = read.get("experiment") if isinstance(read, dict) else None
        name = name if isinstance(name, str) and name else "draft"
        mine = self._files.mine(owner)
        path, held, is_new = self._place(name, mine)
        workspace, problems = self._files.load({**mine, **dict.fromkeys(held, None), path: yaml})
        found: dict[str, Any] = {
            "yaml": yaml,
            "structure": read if isinstance(read, dict) else None,
            "path": path,
            "problems": [told_problem(each) for each in problems if each.file == path],
            "others": [told_problem(each) for each in problems if each.file != path and each.is_error],
            "is_new": is_new,
            "registered": None,
            "amends": False,
            "design": None,
            "design_why": "",
        }
        registration = workspace.registrations.get(name) if workspace is not None else None
        if workspace is None or registration is None:
            return found
        answers = self._answers_of(workspace)
        return found | self._registered(answers, registration, workspace) | self._design(answers, name, plan)

    def _place(self, name: str, mine: Mapping[str, str | None]) -> tuple[str, list[str], bool]:
        """Return where the draft stands, the files that register the experiment, and whether none in force does."""
        _, files = self._files.in_force()
        drafted = {path: text.encode() for path, text in mine.items() if text is not None}
        in_force = _registering(files, name)
        held = [path for path in in_force if path not in mine] + _registering(drafted, name)
        usual = f"experiments/{name}.yaml"
        return held[0] if held else usual, held, not in_force

    def _registered(self, answers: ExperimentAnswers, plan: Registration, workspace: Workspace) -> dict[str, Any]:
        known = answers.registered(plan)
        if known is None:
            return {}
        begins = None if plan.start is None else day_start(plan.start, workspace.time_zone)
        told = {
            "version": known.version,
            "by": known.by,
            "at": to_iso(known.at),
            "amendments": len(known.amendments),
        }
        return {"registered": told, "amends": begins is None or self._clock.now() > begins}

    def _design(self, answers: ExperimentAnswers, name: str, plan: Plan | None) -> dict[str, Any]:
        if plan is None:
            return {}
        try:
            with self._lock:  # each is work of the lake: two at once would only slow the door down
                return {"design": answers.design(name, plan.holdout, plan.units_per_day, plan.days)}
        except CallerError as error:
            return {"design_why": error.message}


def _registering(files: Mapping[str, bytes], name: str) -> list[str]:
    """Return the files that register an experiment, wherever they lie."""
    mark = name.encode()
    likely = {each: raw for each, raw in files.items() if each.startswith("experiments/") and mark in raw}
    return [each for each, raw in likely.items() if _registers(raw) == name]


def _registers(raw: bytes) -> object:
    """Return which experiment a file registers, however it writes that."""
    read = read_text(raw.decode(errors="replace"))["structure"]
    return read.get("experiment") if isinstance(read, dict) else None
