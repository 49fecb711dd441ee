"""Asks the lake who would be in which audience under definitions that are not applied yet. Reads only.

Everything is asked at one instant: the new conditions over the events and traits that were applied by then, against the
memberships as they are. Where the stages of the lifecycle mean something else, each profile's stage is worked out first
by the same step as live, from the truths of the new rules. What only a refold can tell (traits read otherwise, people
who become one) is not foreseen here; whoever asks says so.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.versions.moves import Homes, Ids, Moves, moves_of
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.instants import Instant
from fieldfare.ground.lake.ports import Lake
from fieldfare.know.audiences.model import Condition
from fieldfare.know.audiences.to_lake import Moment, to_lake
from fieldfare.know.computed.compute import TraitsComputed
from fieldfare.know.computed.model import Cuts
from fieldfare.know.lifecycle.model import Stage
from fieldfare.know.lifecycle.step import moves
from fieldfare.network.calendars.holds import Calendar

_MEMBERS = "SELECT profile_id FROM memberships WHERE audience = ?"
_HOMES = "SELECT profile_id, home_location, stage FROM profiles"
_COUNTS = "SELECT name, count(*) AS events FROM facts GROUP BY name"


class Foresight:
    """Looks at one workspace's definitions over one lake, at one instant."""

    def __init__(self, lake: Lake, workspace: Workspace, cuts: Mapping[str, Cuts], now: Instant) -> None:
        """Look at these definitions as of ``now``; the lake must have what was applied."""
        self._lake, self._workspace, self._backend = lake, workspace, lake.ibis()
        places = workspace.locations
        self._moment = Moment(
            now,
            workspace.time_zone,
            phases=Calendar(workspace.seasons, places, workspace.time_zone),
            places=places,
            locations=tuple(place.name for place in places.places),
            computed=TraitsComputed(workspace.computed, workspace.time_zone, cuts),
        )
        table = lake.arrow(_HOMES)
        self._ids = _ids(table)
        self._stages: list[str | None] = table.column("stage").to_pylist()
        self.homes = Homes(self._ids, table.column("home_location").to_pylist())
        self._profiles = self._backend.table("profiles")

    def restage(self, stages: Sequence[Stage]) -> dict[str | None, tuple[int, int]]:
        """Work out everybody's stage under the new rules; return by stage how many are in it now, and would be."""
        holding: dict[int, list[str]] = {}
        for stage in stages:
            for name, condition in stage.rules():
                for profile in self._asked(condition):
                    holding.setdefault(int(profile), []).append(name)
        then: list[str | None] = []
        for profile, stage_now in zip(self._ids, self._stages, strict=True):
            gone = moves(stages, stage_now, holding.get(int(profile), ()))
            then.append(gone[-1] if gone else stage_now)
        self._replace_stages(then)
        names = {*self._stages, *then}
        return {name: (self._stages.count(name), then.count(name)) for name in names}

    def moves(self, audiences: Sequence[str]) -> list[Moves]:
        """Return what becomes of each audience; one that the workspace no longer has is left by everybody."""
        found = []
        for name in audiences:
            before = _ids(self._lake.arrow(_MEMBERS, [name]))
            audience = self._workspace.audiences.get(name)
            after = self._asked(audience.condition) if audience is not None else np.zeros(0, dtype=np.int64)
            found.append(moves_of(name, before, after, self.homes))
        return found

    def sizes(self, audiences: Sequence[str]) -> dict[str, int]:
        """Return how many are in each audience now."""
        return {name: len(_ids(self._lake.arrow(_MEMBERS, [name]))) for name in audiences}

    def _asked(self, condition: Condition) -> Ids:
        facts = self._backend.table("facts")
        table = to_lake(condition, self._workspace.audiences, facts, self._profiles, self._moment)
        return _ids(table.to_pyarrow())

    def _replace_stages(self, then: list[str | None]) -> None:
        import ibis  # noqa: PLC0415 - heavy: only plans whose stages change need it

        staged = ibis.memtable(
            pa.table({"profile_id": pa.array(self._ids, pa.int64()), "stage": pa.array(then, pa.string())})
        )
        people = self._profiles
        kept: dict[str, Any] = {name: people[name] for name in people.columns if name != "stage"}
        self._profiles = people.inner_join(staged, people.profile_id == staged.profile_id).select(
            **kept, stage=staged.stage
        )


def count_events(lake: Lake, loader: LakeLoader) -> dict[str, int]:
    """Return how many events of each name the lake has, after it was brought up to date."""
    loader.sync()
    return {row["name"]: row["events"] for row in lake.arrow(_COUNTS).to_pylist()}


def _ids(table: pa.Table) -> Ids:
    found: Ids = table.column("profile_id").to_numpy().astype(np.int64)
    return found
