"""A journey as the canvas draws it: nodes, edges, where those who walk it stand, and how many took each edge.

Where people stand is counted whole. How many took each edge is counted by the pipeline, by day, as they take it.
"""

from typing import Any

import msgspec

from fieldfare.decide.journeys import store as journey_store
from fieldfare.decide.journeys.definition import Journey
from fieldfare.decide.journeys.graph import graph_of
from fieldfare.decide.journeys.versions import Versions
from fieldfare.flow.journey_answers import JourneyAnswers
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY
from fieldfare.ground.store import State

USUAL_DAYS, MOST_DAYS = 30, journey_store.EDGE_DAYS
"""Over so many last days it is told how many took an edge."""


class JourneyGraphs(msgspec.Struct, frozen=True, kw_only=True):
    """Draws journeys."""

    state: State
    clock: Clock
    versions: Versions
    answers: JourneyAnswers

    def show(self, name: str, version: str | None, days: int = USUAL_DAYS) -> dict[str, Any]:
        """Return the graph of a journey, in force or a version that somebody walks, with counts.

        How many took an edge is told of the last ``days`` by UTC, today among them.
        Raises ``CallerError``: ``journey_unknown``, ``journey_version_unknown``.
        """
        current = self.answers.known(name)
        journey = current if version in {None, current.version} else self._pinned(name, version or "")
        graph = graph_of(journey)
        with self.state.read() as tx:
            standing = [
                each
                for each in journey_store.count_standing(tx)
                if (each.journey, each.version) == (name, journey.version)
            ]
            counts = journey_store.edges(tx, name, journey.version, self.clock.now() // DAY - days + 1)
        here: dict[str, int] = {}
        for each in standing:
            here[each.step] = here.get(each.step, 0) + each.walks
        return {
            "journey": name,
            "version": journey.version,
            "is_in_force": journey.version == current.version,
            "definition": msgspec.json.decode(journey.definition) if journey.definition else {},
            "nodes": [{**msgspec.to_builtins(node), "standing": here.get(node.id, 0)} for node in graph.nodes],
            "edges": [
                {**msgspec.to_builtins(edge), "walked": counts.get((edge.source, edge.target), 0)}
                for edge in graph.edges
            ],
            "days": days,
        }

    def _pinned(self, name: str, version: str) -> Journey:
        found = self.versions.pinned.get((name, version))
        if found is None:
            text = f"Nobody walks the version `{version[:80]}` of {name}. `GET /api/v1/journeys/{name}` lists them."
            raise CallerError("journey_version_unknown", text, field="version", status=404)
        return found
