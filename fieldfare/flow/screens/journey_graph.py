"""A journey as the canvas draws it: nodes, edges, where those who walk it stand, and how many took each edge.

Where people stand is counted whole. Which edges were taken is counted over so many walks at most, and says so.
"""

from typing import Any

import msgspec

from fieldfare.decide.journeys import store as journey_store
from fieldfare.decide.journeys.definition import Journey
from fieldfare.decide.journeys.graph import graph_of, walked
from fieldfare.decide.journeys.versions import Versions
from fieldfare.flow.journey_answers import JourneyAnswers
from fieldfare.ground.errors import CallerError
from fieldfare.ground.store import State

MOST_WALKS = 5_000


class JourneyGraphs(msgspec.Struct, frozen=True, kw_only=True):
    """Draws journeys."""

    state: State
    versions: Versions
    answers: JourneyAnswers

    def show(self, name: str, version: str | None) -> dict[str, Any]:
        """Return the graph of a journey, in force or a version that somebody walks, with counts.

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
            walks = journey_store.some_walks(tx, name, journey.version, MOST_WALKS)
        counts = walked(graph, (walk.trail for walk in walks))
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
            "walks_counted": len(walks),
            "is_sample": len(walks) == MOST_WALKS,
        }

    def _pinned(self, name: str, version: str) -> Journey:
        found = self.versions.pinned.get((name, version))
        if found is None:
            text = f"Nobody walks the version `{version[:80]}` of {name}. `GET /api/v1/journeys/{name}` lists them."
            raise CallerError("journey_version_unknown", text, field="version", status=404)
        return found
