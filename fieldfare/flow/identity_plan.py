"""Other rules of identity, planned before they are applied: what they would do to the people there are.

Flow of a plan: one snapshot of the state is read into arrays (all identifiers, all live links); plain components are
decided at once, the others by the partition, with their links read in pages. Nothing is written, and a server may run
beside it. Applying takes the plan's components one by one, each in a transaction of its own, through the same
regrouping as an event would; killed between two, the next run plans anew and finds the rest. What is shared is worked
out anew; the partition depends on links, acts of people and rules alone, so applying the former rules again undoes it.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, select

from fieldfare.flow.pipeline import Pipeline
from fieldfare.ground.store import State
from fieldfare.know.identity import store
from fieldfare.know.identity.model import PERSON, IdentifierKind, IdentifierState, Joins, Link, LinkKind, Node, Policy
from fieldfare.know.identity.plan import Change, Components, Graph, Plan, add, begin, components_of
from fieldfare.know.identity.resolve import NO_PROFILE, Owner

PAGE = 400
"""Identifiers of components that are looked at together."""
CAUSE = "rules"
_EXAMPLES = 5
_HASH = 16
_LIVE = int(IdentifierState.LIVE)


class Planned:
    """A plan, with the identifiers that it speaks of."""

    def __init__(self, plan: Plan, hashes: npt.NDArray[np.bytes_]) -> None:
        """Keep both."""
        self.plan, self._hashes = plan, hashes

    def seeds(self, change: Change) -> list[bytes]:
        """Return the identifiers of a component that changes."""
        return [_whole(self._hashes[place]) for place in change.members]

    def told(self) -> dict[str, Any]:
        """Return the plan for people and programs."""
        plan = self.plan
        merging = [each for each in plan.changes if each.becomes < len(each.profiles)]
        parting = [each for each in plan.changes if each.becomes > len(each.profiles)]
        return {
            "identifiers": plan.identifiers,
            "components": plan.components,
            "profiles": plan.profiles,
            "profiles_after": plan.profiles_after,
            "merged": plan.merged,
            "split": plan.split,
            "set_aside": plan.set_aside,
            "questions": dict(sorted(plan.questions.items())),
            "largest": [{"identifiers": size, "profile": profile} for size, profile in plan.largest if size],
            "examples_merged": [list(each.profiles) for each in merging[:_EXAMPLES]],
            "examples_split": [list(each.profiles) for each in parting[:_EXAMPLES]],
        }


class IdentityPlan:
    """Plans and applies rules of identity over one state."""

    def __init__(self, state: State, policy: Policy) -> None:
        """Plan with these rules."""
        self._state, self._policy = state, policy

    def run(self) -> Planned:
        """Return what the rules would change."""
        with self._state.read() as connection:
            hashes, kinds, owners, homes, states, names = _identifiers(connection)
            a, b, hard = _links(connection, hashes)
            known = [self._kind(name) for name in names]
            graph = Graph(kinds, known, owners, states, a, b, hard)
            found = components_of(graph, self._policy.cluster_most)
            plan = begin(graph, found)
            for members in _pages(found):
                self._look_closer(connection, plan, hashes, graph, homes, members)
        return Planned(plan, hashes)

    def apply(self, pipeline: Pipeline, progress: Callable[[int, int], None]) -> Plan:
        """Bring the people in line with the rules; ``progress`` is told components done and of how many."""
        planned = self.run()
        for number, change in enumerate(planned.plan.changes, 1):
            pipeline.bring_in_line(planned.seeds(change), CAUSE)
            progress(number, len(planned.plan.changes))
        return planned.plan

    def _kind(self, name: str) -> IdentifierKind:
        kind = self._policy.kinds.get(name)
        return kind if kind is not None else IdentifierKind(name=name, priority=1_000, joins=Joins.NEVER)

    def _look_closer(
        self,
        connection: Connection,
        plan: Plan,
        hashes: npt.NDArray[np.bytes_],
        graph: Graph,
        homes: npt.NDArray[np.int64],
        components: list[npt.NDArray[np.int64]],
    ) -> None:
        names = {int(place): _whole(hashes[place]) for members in components for place in members}
        links: dict[bytes, list[Link]] = {}
        for link in store.links_among(connection, names.values()):
            links.setdefault(link.a, []).append(link)
        for members in components:
            mine = {names[int(place)]: int(place) for place in members}
            nodes = {
                name: Node(graph.kinds[int(graph.kind[place])], IdentifierState(int(graph.state[place])))
                for name, place in mine.items()
            }
            owner: Mapping[bytes, Owner] = {
                name: Owner(int(graph.owner[place]), int(homes[place]), nodes[name].state)
                for name, place in mine.items()
                if graph.owner[place] != NO_PROFILE
            }
            inside = [link for name in mine for link in links.get(name, ())]
            add(plan, mine, nodes, owner, inside, self._policy.cluster_most)


def _whole(raw: np.bytes_) -> bytes:
    """Return the hash; arrays of bytes leave out zeros at the end."""
    return bytes(raw).ljust(_HASH, b"\0")


def _identifiers(connection: Connection) -> Any:
    table = store.identifier
    wanted = select(table.c.hash, table.c.kind, table.c.profile_id, table.c.home_id, table.c.state).order_by(
        table.c.hash
    )
    names: dict[str, int] = {}
    hashes, kinds, owners, homes, states = [], [], [], [], []
    for row in connection.execute(wanted):
        hashes.append(bytes(row[0]))
        kinds.append(names.setdefault(row[1], len(names)))
        owners.append(row[2])
        homes.append(row[3])
        states.append(_LIVE if row[4] == IdentifierState.SHARED else row[4])
    numbers = (np.array(each, dtype=np.int64) for each in (kinds, owners, homes, states))
    return np.array(hashes, dtype=f"S{_HASH}"), *numbers, list(names)


def _links(
    connection: Connection, hashes: npt.NDArray[np.bytes_]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    table = store.link
    wanted = select(table.c.a, table.c.b, table.c.kind, table.c.rule).where(
        table.c.retracted_at.is_(None), table.c.kind != LinkKind.HOUSEHOLD.value
    )
    ends: tuple[list[bytes], list[bytes]] = ([], [])
    same: list[bool] = []
    said: list[bool] = []
    for row in connection.execute(wanted):
        ends[0].append(bytes(row[0]))
        ends[1].append(bytes(row[1]))
        same.append(row[2] == LinkKind.SAME.value)
        said.append(row[3] == PERSON)
    hard = np.zeros(len(hashes), dtype=np.bool_)
    if not same:
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing, hard
    a, b = (np.searchsorted(hashes, np.array(side, dtype=f"S{_HASH}")) for side in ends)
    joining = np.array(same, dtype=np.bool_)
    spoken = np.array(said, dtype=np.bool_) | ~joining
    hard[a[spoken]] = True
    hard[b[spoken]] = True
    return a[joining].astype(np.int64), b[joining].astype(np.int64), hard


def _pages(found: Components) -> Iterator[list[npt.NDArray[np.int64]]]:
    """Yield the members of components that need a closer look, some components at a time."""
    places = np.flatnonzero(~found.plain[found.label])
    if not len(places):
        return
    places = places[np.argsort(found.label[places], kind="stable")]
    edges = np.flatnonzero(np.diff(found.label[places])) + 1
    page: list[npt.NDArray[np.int64]] = []
    size = 0
    for members in np.split(places, edges):
        page.append(members)
        size += len(members)
        if size >= PAGE:
            yield page
            page, size = [], 0
    if page:
        yield page
