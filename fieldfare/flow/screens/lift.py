"""Lift of the experiments that run now, in short, for the first screen. Reads the lake; what is said is ``learn``'s.

Flow of a look: what was worked out in the last minutes is answered from memory; of what is missing or older, one
experiment is worked out anew, the one that is longest unknown. So a look takes as long as one bounded question, however
many experiments there are, and the next look goes on; until all are known and none is older the answer says that it is
not whole, and each says as of when it is. Looks at the same time do not work twice: the later ones answer what is
known. One that cannot be worked out is remembered with the reason, so that the others have their turn. A start begins
with nothing known.

Counted are randomised experiments: the registered ones between their first and last day, and the holdouts of journeys
that no registration measures. Places without a lot claim no lift.
"""

import threading
from collections.abc import Callable
from typing import Any

import msgspec
import structlog

from fieldfare.flow.experiment_answers import trial_of
from fieldfare.flow.experiment_lake import ExperimentLake
from fieldfare.flow.experiment_tables import members_of_holdout
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import FieldfareError
from fieldfare.ground.instants import MINUTE, Instant, day_start, to_iso
from fieldfare.ground.lake.ports import Lake
from fieldfare.learn.experiments.metrics.model import Metric, MetricKind, Shape
from fieldfare.learn.experiments.model import Arm, Experiment
from fieldfare.learn.experiments.readout import aggregates, totals
from fieldfare.learn.experiments.registered.brief import lifts
from fieldfare.learn.experiments.registered.compare import Known
from fieldfare.learn.experiments.registered.model import Registration
from fieldfare.learn.experiments.statistics.sums import sums_of_hits

_log = structlog.get_logger()
FRESH_US = 10 * MINUTE
"""So long a lift is answered from memory."""
LEVEL = 0.95
"""Of the holdouts that nobody registered."""

Read = Callable[[Instant], dict[str, Any]]


class Lifts:
    """Answers for the lift of running experiments."""

    def __init__(
        self,
        workspace: Workspace,
        holdouts: dict[str, Experiment],
        lake: Lake,
        sync: Callable[[], object],
        clock: Clock,
    ) -> None:
        """``holdouts``: experiments by name, as journeys make them; ``sync`` brings the lake up to date."""
        self._workspace, self._holdouts, self._lake, self._sync, self._clock = workspace, holdouts, lake, sync, clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Instant, dict[str, Any]]] = {}

    def look(self) -> dict[str, Any]:
        """Return the lift of every running experiment that is known, and whether none is left to be worked out."""
        now, running = self._clock.now(), self._running()
        due = sorted((name for name in running if self._age_us(name, now) >= FRESH_US), key=self._known_at)
        if due and self._lock.acquire(blocking=False):
            try:
                name = due.pop(0)
                self._known[name] = now, self._read(name, running[name], now)
            finally:
                self._lock.release()
        known = {name: self._known[name][1] for name in running if name in self._known}
        return {"experiments": list(known.values()), "is_whole": not due}

    def _age_us(self, name: str, now: Instant) -> int:
        return now - self._known[name][0] if name in self._known else FRESH_US

    def _known_at(self, name: str) -> Instant:
        return self._known[name][0] if name in self._known else -1

    def _read(self, name: str, read: Read, now: Instant) -> dict[str, Any]:
        told: dict[str, Any] = {"experiment": name, "as_of": to_iso(now), "why": ""}
        try:
            self._sync()
            return {**told, **read(now)}
        except FieldfareError as error:  # one that cannot be read silences no other
            why = error.message
        except Exception as error:  # noqa: BLE001 - as above: whatever is wrong with one is told in its place
            _log.exception("lift_failed", experiment=name)
            why = f"This is a defect: {type(error).__name__}. The server's log has more."
        unknown = {"metric": "", "is_share": False, "is_money": False, "units": {}, "variants": []}
        return {**told, **unknown, "why": why}

    def _running(self) -> dict[str, Read]:
        now, zone = self._clock.now(), self._workspace.time_zone
        found: dict[str, Read] = {}
        plans = self._workspace.registrations.values()
        for plan in plans:
            begun = plan.start is None or day_start(plan.start, zone) <= now
            over = plan.stop is not None and day_start(plan.stop, zone) <= now
            if plan.places is None and begun and not over:
                found[plan.name] = _of(self._registered, plan)
        measured = {plan.experiment for plan in plans}
        for name, journey in self._workspace.journeys.items():
            experiment = self._holdouts.get(journey.experiment or "")
            if experiment is not None and journey.holdout and experiment.name not in measured:
                found.setdefault(name, _of(self._holdout, experiment))
        return found

    def _registered(self, plan: Registration, now: Instant) -> dict[str, Any]:
        metric = self._workspace.metrics[plan.primary]
        narrowed = msgspec.structs.replace(plan, north_star=None, supporting=(), guardrails=(), segments=())
        trial = trial_of(self._workspace, plan)
        known = ExperimentLake(self._lake, narrowed, self._workspace.metrics, trial).primary(now)
        return _told(metric, known, plan.level)

    def _holdout(self, experiment: Experiment, now: Instant) -> dict[str, Any]:
        backend = self._lake.ibis()
        people = members_of_holdout(backend, experiment.name, exposed=False)
        rows = aggregates(experiment, people, backend.table("facts"), now)
        found = totals(rows.to_pyarrow().to_pylist())
        arms = {Arm.TREATED.value: found.treated, Arm.HOLDOUT.value: found.holdout}
        metric = Metric(name=experiment.goal_event, kind=MetricKind.CONVERSION, shape=Shape.SHARE)
        known = Known(
            sums={metric.name: {arm: sums_of_hits(each.conversions, each.members) for arm, each in arms.items()}},
            sizes={arm: each.members for arm, each in arms.items()},
            weights={Arm.HOLDOUT.value: experiment.holdout, Arm.TREATED.value: 1 - experiment.holdout},
        )
        return _told(metric, known, LEVEL)


def _of(read: Callable[[Any, Instant], dict[str, Any]], of: Any) -> Read:
    return lambda now: read(of, now)


def _told(metric: Metric, known: Known, level: float) -> dict[str, Any]:
    return {
        "metric": metric.name,
        "is_share": metric.shape is Shape.SHARE,
        "is_money": metric.is_money,
        "units": dict(known.sizes),
        "variants": [msgspec.to_builtins(each) for each in lifts(metric, known, level)],
    }
