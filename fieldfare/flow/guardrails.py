"""Guardrails that pause: every hour the registered experiments are read, and what a guardrail wants paused is paused.

Flow: read the lake through :class:`fieldfare.flow.experiment_answers.ExperimentAnswers`; write a pause for each journey
that a guardrail wants stopped. A pause has the name of experiment, metric and registration in its id, so it is written
once: a second run and a second worker write nothing, and somebody who resumes the journey has decided; the same
guardrail does not pause it again. A crash before the write is made good an hour later.

One experiment that cannot be read, whatever is wrong with it, stops neither the others nor the worker. It is not passed
over in silence: why stands in :attr:`Guardrails.unread` until it is read again, which the first screen tells, and in
the log.
"""

from collections.abc import Callable, Collection
from typing import Any

import msgspec
import structlog

from fieldfare.decide.gate import order_store
from fieldfare.decide.gate.model import Pause, Scope
from fieldfare.ground.errors import FieldfareError, broken_by
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import State

ACTOR = "guardrail"
BROADCAST = "broadcast:"
_log = structlog.get_logger()


class Asked(msgspec.Struct, frozen=True):
    """What one experiment's guardrails want paused, each with ``journey``, ``experiment``, ``metric`` and ``why``."""

    pauses: list[dict[str, Any]]
    unread: dict[str, str] = {}
    """Metrics that could not be read, with why."""


class Guardrails:
    """Pauses what the guardrails of experiments want paused."""

    def __init__(self, state: State, experiments: Collection[str], ask: Callable[[str], Asked]) -> None:
        """Write to ``state`` what ``ask`` answers of each experiment."""
        self._state, self._experiments, self._ask = state, experiments, ask
        self.unread: dict[str, str] = {}
        """Experiments that could not be read as of the last run, or not wholly, with why."""

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
        """Ask one experiment, and note whether it could be read."""
        found = Asked([])
        try:
            found = self._ask(name)
            why = " ".join(found.unread[metric] for metric in sorted(found.unread))
        except FieldfareError as error:
            why = error.message
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this experiment's alone
            why = broken_by(error)[1]
            _log.exception("guardrails_failed", experiment=name)
        self.unread.pop(name, None)
        if why:
            self.unread[name] = why
            _log.error("guardrails_unread", experiment=name, reason=why)
        return found.pauses


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
