"""Publishes the cuts of quintiles: found over all profiles in the lake, versioned, in force from the next start on.

A quintile compares with everybody else. It is exact relative to the cuts in force, and changes for nobody while others
change. New cuts are a change of definitions: they begin a new edition, every profile is looked at again, and nobody
enters a journey by it.
"""

from collections.abc import Mapping
from typing import Any

from fieldfare.flow.editions import want_digest
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import to_iso
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.store import State
from fieldfare.know.audiences.to_lake import Moment, traits_in_lake
from fieldfare.know.computed import store
from fieldfare.know.computed.compute import TraitsComputed
from fieldfare.know.computed.cut import cuts_of
from fieldfare.know.computed.model import Cuts, Quintile


def cut_traits(workspace: Workspace) -> list[str]:
    """Return the traits whose cuts the workspace's quintiles need, sorted."""
    return sorted({trait.node.of for trait in workspace.computed.values() if isinstance(trait.node, Quintile)})


def in_force(state: State, workspace: Workspace) -> dict[str, tuple[int, Cuts]]:
    """Return the newest version and cuts of each trait that needs them."""
    needed = cut_traits(workspace)
    if not needed:
        return {}
    with state.read() as connection:
        found = store.latest(connection)
    return {name: found[name] for name in needed if name in found}


def versions_of(cuts: Mapping[str, tuple[int, Cuts]]) -> str:
    """Return a text that names the versions, for the digest of what conditions are evaluated by."""
    return "".join(f" {name}@{version}" for name, (version, _) in sorted(cuts.items()))


class CutAnswers:
    """Publishes cuts, and tells of those that were."""

    def __init__(
        self,
        state: State,
        lake: Lake,
        loader: LakeLoader,
        workspace: Workspace,
        computed: TraitsComputed,
        clock: Clock,
    ) -> None:
        """Find cuts with these definitions."""
        self._state, self._lake, self._loader = state, lake, loader
        self._workspace, self._computed, self._clock = workspace, computed, clock

    def publish(self) -> list[dict[str, Any]]:
        """Find and write the next version of every trait's cuts that a quintile needs; return them.

        Raises ``CallerError`` ``cuts_unused`` when no quintile is declared.
        """
        names = cut_traits(self._workspace)
        if not names:
            text = "No computed trait is a `quintile`, so nobody would ask for cuts. Declare one in traits.yaml first."
            raise CallerError("cuts_unused", text)
        self._loader.sync()
        backend, now = self._lake.ibis(), self._clock.now()
        moment = Moment(now, self._workspace.time_zone, computed=self._computed)
        table = traits_in_lake(names, backend.table("facts"), backend.table("profiles"), moment).to_pyarrow()
        with self._state.write() as connection:
            known = store.latest(connection)
            rows = []
            for name in names:
                numbers = [number for number in table.column(name).to_pylist() if number is not None]
                cuts = cuts_of(numbers)
                if cuts is not None:
                    version = known[name][0] + 1 if name in known else 1
                    rows.append(
                        {"trait": name, "version": version, "at": now, "numbers": cuts, "profiles": len(numbers)}
                    )
            store.insert_cuts(connection, rows)
        want_digest(
            self._state, self._workspace.definition_digest + versions_of(in_force(self._state, self._workspace))
        )
        return self.all()

    def all(self) -> list[dict[str, Any]]:
        """Return every version of every trait's cuts as JSON values."""
        with self._state.read() as connection:
            return [
                {**row, "numbers": list(row["numbers"]), "at": to_iso(row["at"])} for row in store.all_cuts(connection)
            ]
