"""Folds an example's calls and evaluates its audiences, without log, state or lake: the pure middle of the pipeline."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fieldfare.collect.model import Event, Mode, Place
from fieldfare.flow.generate.calls import Timed
from fieldfare.flow.workspace import load_workspace
from fieldfare.ground.instants import Instant, local_day
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.measures import measures_of
from fieldfare.know.profiles.fold import fold
from fieldfare.know.profiles.model import Document
from fieldfare.know.profiles.plan import FoldPlan
from fieldfare.network.calendars.holds import Calendar

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FITNESS, RETAIL = EXAMPLES / "fitness", EXAMPLES / "retail"
EXAMPLES_WITHIN = sorted(path.parent for path in EXAMPLES.glob("*/workspace.yaml"))


def take_journeys_from(folder: Path) -> None:
    """Take the journeys from a copy of an example, and the experiments that measure them."""
    for name in ("journeys", "experiments"):
        shutil.rmtree(folder / name)


class Engine:
    """One example's audiences over documents held in memory."""

    def __init__(self, folder: Path, zone: str) -> None:
        self.zone = zone
        workspace, problems = load_workspace(folder)
        assert workspace is not None, problems
        self.locations, audiences = workspace.locations, list(workspace.audiences.values())
        self.names = [audience.name for audience in audiences]
        self.plan = FoldPlan(measures_of(audience.condition for audience in audiences).values(), workspace.traits)
        calendar = Calendar(workspace.seasons, self.locations, zone)
        self.evaluator = Evaluator(audiences, zone=zone, phases=calendar, places=self.locations)
        self.documents: dict[str, Document] = {}

    def take(self, calls: Iterable[Timed]) -> None:
        """Fold calls of known people, in time order, with all that time alone does before each."""
        for index, (at, call) in enumerate(calls):
            person = call.get("userId")
            if person is None:
                continue
            document = self.documents.setdefault(person, Document())
            self.evaluator.advance(document, at)
            touched = fold(document, {}, self._event(index, at, call), self.plan)
            self.evaluator.evaluate(document, at, touched)

    def sizes(self, now: Instant) -> dict[str, int]:
        """Return how many people each audience has at ``now``, by the memberships that stand then."""
        for document in self.documents.values():
            self.evaluator.advance(document, now)
        return {name: sum(name in document.memberships for document in self.documents.values()) for name in self.names}

    def _event(self, index: int, at: Instant, call: dict[str, Any]) -> Event:
        payload = call.get("properties") or call.get("traits") or {}
        location = payload.get("location_id")
        return Event(
            place=Place(0, index, 0),
            mode=Mode.LIVE,
            source="app",
            message_id=call["messageId"],
            type=call["type"],
            name=call.get("event", call["type"]),
            user_id=call["userId"],
            anonymous_id=None,
            payload=payload,
            context=call["context"],
            original_at=at,
            sent_at=None,
            received_at=at,
            occurred_at=at,
            local_day=local_day(at, self.locations.zone(location) or self.zone),
            location=location,
        )
