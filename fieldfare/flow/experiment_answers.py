"""Answers about registered experiments: the list, the design before, the report during and after.

Flow of a report: bring the lake up to date; one query for each unit and metric, kept while the rest is asked; the sums
by arm, the course over time, the curves, the funnel, the segments; the versions that were applied, for the
registration. Everything is read; nothing is written. What is said is decided in ``learn.experiments``.

A defect that one experiment's report meets is that report's answer: *not computable*, with the reason.
"""

from typing import Any

import msgspec
import structlog

from fieldfare.flow.experiment_lake import ExperimentLake
from fieldfare.flow.experiment_past import ExperimentPast, panel_rows
from fieldfare.flow.guardrails import Asked
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.versions import record
from fieldfare.flow.versions.model import Status
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, FieldfareError, broken_by
from fieldfare.ground.instants import Instant, day_start, local_day, to_iso
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.store import State
from fieldfare.learn.experiments.metrics.model import Shape
from fieldfare.learn.experiments.model import Arm, NotComputable, Split, UnitKind
from fieldfare.learn.experiments.registered.amend import Applied, Registered, registered
from fieldfare.learn.experiments.registered.model import Places, Registration, Trial

_METRICS = "metrics.yaml"
NOT_COMPUTABLE = "not_computable"
_log = structlog.get_logger()


class ExperimentAnswers:
    """Answers about the experiments that ``experiments/*.yaml`` registers."""

    def __init__(self, workspace: Workspace, state: State, lake: Lake, loader: LakeLoader, clock: Clock) -> None:
        """Answer for this workspace, from these stores."""
        self._workspace, self._state = workspace, state
        self._lake, self._loader, self._clock = lake, loader, clock

    def knows(self, name: str) -> bool:
        """Return whether an experiment of the name is registered."""
        return name in self._workspace.registrations

    def every(self) -> list[dict[str, Any]]:
        """Return every experiment: registered ones, and the holdouts of journeys that are not registered."""
        plans = self._workspace.registrations
        found: list[dict[str, Any]] = [
            {
                "experiment": plan.name,
                "journey": plan.source,
                "step": plan.step,
                "metric": plan.primary,
                "subject": plan.subject,
                "looks": plan.looks.value,
            }
            for plan in plans.values()
        ]
        measured = {plan.experiment for plan in plans.values()}
        found += [
            {"experiment": name, "journey": name, "step": "", "looks": None}
            | {"metric": journey.goal.trigger.event if journey.goal else None, "subject": f"journey {name}"}
            for name, journey in self._workspace.journeys.items()
            if journey.holdout is not None and journey.experiment not in measured
        ]
        return found

    def report(self, name: str) -> dict[str, Any]:
        """Return findings, lines and the page of a registered experiment. Raises ``CallerError``.

        Whatever goes wrong that is no failure of ours is told as the answer: the report cannot be computed.
        """
        plan, now = self._plan(name), self._clock.now()
        try:
            return self._report(plan, now)
        except FieldfareError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this report's answer
            _log.exception("report_failed", experiment=plan.name)
            return _untold(plan, now, *broken_by(error))

    def _report(self, plan: Registration, now: Instant) -> dict[str, Any]:
        from fieldfare.learn.experiments.registered.evaluate import evaluate, pauses  # noqa: PLC0415 - SciPy
        from fieldfare.learn.experiments.registered.findings.course import courses, plots  # noqa: PLC0415 - SciPy
        from fieldfare.learn.experiments.registered.findings.page import page  # noqa: PLC0415
        from fieldfare.learn.experiments.registered.findings.say import lines  # noqa: PLC0415

        self._loader.sync()
        if plan.places is not None:
            return self._of_places(plan, plan.places, now)
        read = self._reader(plan).read(now)
        findings = evaluate(plan, self._workspace.metrics, read.known(trial_of(self._workspace, plan)), now)
        told = lines(findings, self._workspace.currency, self.registered(plan))
        metric = self._workspace.metrics[plan.primary]
        course = courses(metric, read.course, findings)
        drawn = plots(metric, read.funnel, course, read.curves, findings, self._workspace.currency)
        verdict = f"{findings.verdict.upper()}: {findings.why}"
        return {
            "experiment": plan.name,
            "as_of": to_iso(now),
            "verdict": findings.verdict.value,
            "why": findings.why,
            "findings": msgspec.json.decode(msgspec.json.encode(findings)),
            "course": [msgspec.to_builtins(each) for each in course],
            "pauses": [msgspec.to_builtins(each) for each in pauses(findings)],
            "unread": {metric: why.detail for metric, why in read.unread.items()},
            "report": told,
            "page": page(f"Experiment {plan.name}", verdict, told, drawn),
        }

    def design(self, name: str, holdout: float | None, per_day: float | None, days: int | None) -> dict[str, Any]:
        """Return what a registered experiment can find, from the workspace's own history. Raises ``CallerError``."""
        from fieldfare.learn.experiments.registered.design import compared, design  # noqa: PLC0415 - SciPy
        from fieldfare.learn.experiments.registered.findings.plan import design_lines  # noqa: PLC0415

        plan, now = self._plan(name), self._clock.now()
        if plan.places is not None:
            text = f"`{plan.name}` is not randomised, so no number of units is planned. `report` tells what places say."
            raise CallerError("option_unfit", text, field="name")
        if plan.blocks:
            text = (
                f"`{plan.name}` compares matched places, and places do not come by the day. `fieldfare experiments "
                f"match {plan.name}` tells what its blocks can find."
            )
            raise CallerError("option_unfit", text, field="name")
        self._loader.sync()
        reader = self._past(plan)
        history, source = reader.history(now)
        flow = per_day if per_day is not None else reader.per_day(now)
        planned = float(days) if days is not None else self._days(plan)
        metric = self._workspace.metrics[plan.primary]
        found = design(plan, metric, history, compared(trial_of(self._workspace, plan), holdout), flow, planned)
        answer = {
            "experiment": plan.name,
            "is_share": metric.shape is Shape.SHARE,
            "is_money": metric.is_money,
            "history": source,
            "units_in_history": history.size,
        }
        if isinstance(found, NotComputable):
            reason = {"reason": found.reason.value, "detail": found.detail}
            return {**answer, "not_computable": reason, "report": [f"Not computable ({found.reason}). {found.detail}"]}
        report = design_lines(plan, metric, found, source, self._workspace.currency)
        plain = msgspec.json.decode(msgspec.json.encode(found))
        return {**answer, "design": plain, "report": report}

    def match(self, name: str, size: int) -> dict[str, Any]:
        """Return which places to match, and what the blocks can find. Raises ``CallerError``."""
        from fieldfare.learn.experiments.registered.matching import match, matching_lines  # noqa: PLC0415 - SciPy

        plan, now = self._plan(name), self._clock.now()
        if plan.unit is not UnitKind.LOCATION:
            text = (
                f"`{plan.name}` assigns by {plan.unit}, so no places are matched. Write `unit: location` in "
                f"`experiments/{plan.name}.yaml` where everybody of a place is to meet the same."
            )
            raise CallerError("option_unfit", text, field="name")
        self._loader.sync()
        reader, metric = self._past(plan), self._workspace.metrics[plan.primary]
        places = {place.name for place in self._workspace.locations.places}

        def levels(at: Instant) -> dict[str, float]:
            return {place: level for place, level in reader.levels(at).items() if place in places}

        trial = trial_of(self._workspace, plan)
        split = Split(name=plan.experiment, salt=self._workspace.name, weights=trial.weights, unit=plan.unit)
        found = match(levels(now - metric.window_us), levels(now), size, split, plan)
        report = matching_lines(plan, metric, found, self._workspace.currency)
        answer = {"experiment": plan.name, "report": report}
        if isinstance(found, NotComputable):
            return {**answer, "not_computable": {"reason": found.reason.value, "detail": found.detail}}
        return {**answer, "matching": msgspec.to_builtins(found)}

    def _of_places(self, plan: Registration, places: Places, now: Instant) -> dict[str, Any]:
        """Return what places say where nobody drew lots: several estimators and the placebo, and no lift."""
        from fieldfare.learn.experiments.registered.findings.page import page  # noqa: PLC0415
        from fieldfare.learn.experiments.registered.findings.places import (  # noqa: PLC0415
            place_courses,
            place_lines,
            place_plots,
            verdict_of,
        )
        from fieldfare.learn.experiments.registered.places import panel_of, weaker  # noqa: PLC0415 - SciPy

        metric, today = self._workspace.metrics[plan.primary], local_day(now, self._workspace.time_zone)
        rows = panel_rows(self._lake, metric, places, today)
        known = [each.name for each in self._workspace.locations.places if each.name in {row[0] for row in rows}]
        found = weaker(*panel_of(rows, places, known, today), plan.level)
        told = place_lines(plan, metric, found, now, self._workspace.currency)
        course = place_courses(places, metric, found)
        drawn = place_plots(plan, metric, course, self._workspace.currency)
        verdict, why = verdict_of(found)
        return {
            "experiment": plan.name,
            "as_of": to_iso(now),
            "verdict": verdict,
            "why": why,
            "findings": msgspec.json.decode(msgspec.json.encode(found)),
            "course": [msgspec.to_builtins(each) for each in course],
            "pauses": [],
            "unread": {},
            "report": told,
            "page": page(f"Experiment {plan.name}", f"{verdict.upper()}: {why}", told, drawn),
        }

    def pauses(self) -> list[dict[str, Any]]:
        """Return every journey that a guardrail wants paused, with why: for whoever may pause it."""
        return [each for name in self._workspace.registrations for each in self._pauses_of(name)]

    def guard(self, name: str) -> Asked:
        """Return what the guardrails of one registered experiment want paused. Raises what its report meets."""
        told = self._report(self._plan(name), self._clock.now())
        return Asked(told["pauses"], told["unread"])

    def _pauses_of(self, name: str) -> list[dict[str, Any]]:
        """Return what one wants paused; one that cannot be read silences no other, and its own report tells why."""
        try:
            return self.guard(name).pauses
        except Exception:  # noqa: BLE001 - as above
            _log.exception("guardrails_failed", experiment=name)
            return []

    def registered(self, plan: Registration) -> Registered | None:
        """Return when the plan was registered, and what was changed since."""
        file = f"experiments/{plan.name}.yaml"
        with self._state.read() as connection:
            versions = [each for each in record.versions(connection) if each.status is Status.APPLIED]
            applied = []
            for each in versions:
                held = record.files_of(connection, each)
                texts = {path: _text(held.get(path)) for path in (_own_file(held, plan.name, file), _METRICS)}
                step = each.steps[-1]
                applied.append(
                    Applied(number=each.number, by=step.by, reason=each.proposed.reason, at=step.at, texts=texts)
                )
        start = None if plan.start is None else day_start(plan.start, self._workspace.time_zone)
        return registered(applied, file, start)

    def _plan(self, name: str) -> Registration:
        plans = self._workspace.registrations
        by_journey = (plan for plan in plans.values() if name in {plan.source, plan.experiment})
        found = plans.get(name) or next(by_journey, None)
        if found is None:
            names = ", ".join(sorted(plans)) or "none"
            text = (
                f"No experiment `{name}` is registered. Registered: {names}. Write `experiments/{name}.yaml` and "
                "apply it (`fieldfare apply`), or read the holdout of a journey by the journey's name."
            )
            raise CallerError("experiment_unknown", text, field="name", status=404)
        return found

    def _reader(self, plan: Registration) -> ExperimentLake:
        return ExperimentLake(self._lake, plan, self._workspace.metrics, trial_of(self._workspace, plan))

    def _past(self, plan: Registration) -> ExperimentPast:
        return ExperimentPast(self._lake, plan, self._workspace.metrics, trial_of(self._workspace, plan))

    @staticmethod
    def _days(plan: Registration) -> float:
        return float(plan.stop - plan.start) if plan.start is not None and plan.stop is not None else 60.0


def trial_of(workspace: Workspace, plan: Registration) -> Trial:
    """Return the arms of a registered experiment, as its journey or broadcast defines them."""
    if plan.broadcast:
        told = workspace.broadcasts[plan.broadcast]
        return Trial(weights=told.weights, control=next(iter(told.weights)), in_strata=bool(told.strata))
    journey = workspace.journeys[plan.journey]
    if plan.step:
        ways = journey.varied[plan.step].ways
        total = sum(way.weight for way in ways)
        return Trial(weights={way.name: way.weight / total for way in ways}, control=ways[0].name)
    assert journey.holdout is not None, "a registered experiment's journey keeps a holdout"
    weights = {Arm.HOLDOUT.value: journey.holdout, Arm.TREATED.value: 1 - journey.holdout}
    return Trial(weights=weights, control=Arm.HOLDOUT.value)


def _untold(plan: Registration, now: Instant, reason: str, detail: str) -> dict[str, Any]:
    """Return the answer where a report could not be worked out."""
    from fieldfare.learn.experiments.registered.findings.page import page  # noqa: PLC0415

    told = [f"Experiment {plan.name} ({plan.subject})", f"Not computable ({reason}). {detail}"]
    return {
        "experiment": plan.name,
        "as_of": to_iso(now),
        "verdict": NOT_COMPUTABLE,
        "why": detail,
        "findings": {NOT_COMPUTABLE: {"reason": reason, "detail": detail}},
        "course": [],
        "pauses": [],
        "unread": {},
        "report": told,
        "page": page(f"Experiment {plan.name}", f"NOT COMPUTABLE: {detail}", told, []),
    }


def _own_file(held: Any, name: str, usual: str) -> str:
    """Return the path of the experiment's file; it need not be named after it."""
    if usual in held:
        return usual
    mark = f"experiment: {name}".encode()
    return next(
        (path for path, raw in held.items() if path.startswith("experiments/") and mark in raw.splitlines()), usual
    )


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode("utf-8", "replace")
