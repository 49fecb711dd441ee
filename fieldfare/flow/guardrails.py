"""Guardrails that pause: every hour the registered experiments are read, and what a guardrail wants paused is paused.

Flow: read the lake through :class:`fieldfare.flow.experiment_answers.ExperimentAnswers`; write a pause for each journey
that a guardrail wants stopped. A pause has the name of experiment, metric and registration in its id, so it is written
once: a second run and a second worker write nothing, and somebody who resumes the journey has decided; the same
guardrail does not pause it again. A crash before the write is made good an hour later.
"""

from collections.abc import Callable, Collection
from typing import Any

import structlog

from fieldfare.decide.gate import order_store
from fieldfare.decide.gate.model import Pause, Scope
from fieldfare.ground.errors import CallerError
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import State

ACTOR = "guardrail"
BROADCAST = "broadcast:"
_log = structlog.get_logger()


class Guardrails:
    """Pauses what the guardrails of experiments want paused."""

    def __init__(
        self, state: State, experiments: Collection[str], wanted: Callable[[str], list[dict[str, Any]]]
    ) -> None:
        """Write to ``state``; ``wanted`` of an experiment names ``journey``, ``experiment``, ``metric`` and ``why``."""
        self._state, self._experiments, self._wanted = state, experiments, wanted

    def run(self, now: Instant) -> int:
        """Pause what is wanted and was not paused for the same reason before; return how many journeys."""
        wanted = [_pause(now, **each) for name in self._experiments for each in self._read(name)]
        if not wanted:
            return 0
        with self._state.write() as connection:
            known = order_store.pauses_known(connection, [each.id for each in wanted])
            fresh = [each for each in wanted if each.id not in known]
            for each in fresh:
                order_store.insert_pause(connection, each)
        for each in fresh:
            _log.warning("journey_paused", journey=each.name, by=ACTOR, reason=each.reason)
        return len(fresh)

    def _read(self, name: str) -> list[dict[str, Any]]:
        """Ask one experiment; one whose metrics cannot be read stops neither the others nor the worker."""
        try:
            return self._wanted(name)
        except CallerError as error:
            _log.error("guardrails_unread", experiment=name, code=error.code, reason=error.message)
            return []


def _pause(now: Instant, journey: str, experiment: str, metric: str, why: str) -> Pause:
    return Pause(
        id=derived_id("pau", ACTOR, journey, experiment, metric),
        scope=Scope.BROADCAST if journey.startswith(BROADCAST) else Scope.JOURNEY,
        name=journey.removeprefix(BROADCAST),
        since_at=now,
        until=None,
        actor=ACTOR,
        reason=f"{experiment}, {metric}: {why}",
    )
