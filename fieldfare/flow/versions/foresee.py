"""Asks the lake who would be in which audience under definitions that are not applied yet. Reads only.

Everything is asked at one instant: the new conditions over the events and traits that were applied by then, against the
memberships as they are. Where the stages of the lifecycle mean something else, each profile's stage is worked out first
by the same step as live, from the truths of the new rules. A relaxed audience that changed is looked at at once, as
applying does; one that did not counts as it stands, and so does an audience by a query. Of a query that changed the
answer of now counts: it is run only after the change began. What only a refold can tell (traits read otherwise, people
who become one) is not foreseen here; whoever asks says so.
"""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from fieldfare.flow.audience_lake import AudienceLake
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.queried_audiences import listed_by
from fieldfare.flow.versions.moves import Homes, Ids, Moves, moves_of
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.errors import CallerError, TransientError
from fieldfare.ground.instants import Instant
from fieldfare.ground.lake.ports import Lake
from fieldfare.know.audiences.cycle import by_stage, in_order
from fieldfare.know.audiences.model import Audience, Condition, Listed
from fieldfare.know.audiences.to_lake import Moment, to_lake
from fieldfare.know.computed.compute import TraitsComputed
from fieldfare.know.cuts.model import CutsInForce
from fieldfare.know.lifecycle.model import Stage
from fieldfare.know.lifecycle.step import moves
from fieldfare.network.calendars.holds import Calendar

_MEMBERS = "SELECT profile_id FROM memberships WHERE audience = ?"
_HOMES = "SELECT profile_id, home_location, stage FROM profiles"
_COUNTS = "SELECT name, count(*) AS events FROM facts GROUP BY name"


class Foresight:
    """Looks at one workspace's definitions over one lake, at one instant."""

    def __init__(
        self, lake: Lake, workspace: Workspace, cuts: CutsInForce, now: Instant, changed: Collection[str]
    ) -> None:
        """Look at these definitions as of ``now``, of which some audiences ``changed``; the lake must be current."""
        self._lake, self._workspace, self._backend = lake, workspace, lake.ibis()
        zone, places = workspace.time_zone, workspace.locations
        calendar = Calendar(workspace.seasons, places, zone)
        computed = TraitsComputed(workspace.computed, zone, cuts)
        names = tuple(place.name for place in places.places)
        now_there = Moment(now, zone, calendar, places, names, computed, cuts=cuts)
        asked = AudienceLake(lake, workspace.audiences, lambda at: msgspec.structs.replace(now_there, now=at))
        self._lists = asked.kept(self._backend.table("memberships"))
        self._moment = asked.moment(now, self._lists)
        ordered = in_order(workspace.audiences.values())
        self._late = by_stage(ordered)
        self._waiting = [each for each in ordered if each.name in self._lists and each.name in changed]
        self._settled: dict[str, Ids] = {}
        self.failed: dict[str, str] = {}
        """Audiences whose query failed, with why; they count as they stand."""
        table = lake.arrow(_HOMES)
        self._ids = _ids(table)
        self._stages: list[str | None] = table.column("stage").to_pylist()
        self.homes = Homes(self._ids, table.column("home_location").to_pylist())
        self._profiles = self._backend.table("profiles")

    def restage(self, stages: Sequence[Stage]) -> dict[str | None, tuple[int, int]]:
        """Work out everybody's stage under the new rules; return by stage how many are in it now, and would be."""
        self._settle(self._late)
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
        self._settle(frozenset())
        found = []
        for name in audiences:
            audience = self._workspace.audiences.get(name)
            after = self._would_be(audience) if audience is not None else np.zeros(0, dtype=np.int64)
            found.append(moves_of(name, self._members(name), after, self.homes))
        return found

    def sizes(self, audiences: Sequence[str]) -> dict[str, int]:
        """Return how many are in each audience now."""
        return {name: len(self._members(name)) for name in audiences}

    def _settle(self, later: Collection[str]) -> None:
        """Look at the audiences that changed and that others take as they stand, but for those of ``later``."""
        waiting = [each for each in self._waiting if each.name in later]
        for audience in [each for each in self._waiting if each.name not in later]:
            after = self._settled[audience.name] = self._would_be(audience)
            self._lists[audience.name] = _memtable(pa.table({"profile_id": pa.array(after, pa.int64())}))
        self._waiting = waiting

    def _would_be(self, audience: Audience) -> Ids:
        """Return who would be in it."""
        known = self._settled.get(audience.name)
        if known is not None:
            return known
        if not isinstance(audience.condition, Listed):
            return self._asked(audience.condition)
        try:
            return np.array(listed_by(self._lake, audience.condition), dtype=np.int64)
        except (CallerError, TransientError) as error:
            self.failed[audience.name] = error.message
            return self._members(audience.name)

    def _members(self, name: str) -> Ids:
        return _ids(self._lake.arrow(_MEMBERS, [name]))

    def _asked(self, condition: Condition) -> Ids:
        facts = self._backend.table("facts")
        table = to_lake(condition, self._workspace.audiences, facts, self._profiles, self._moment)
        return _ids(table.to_pyarrow())

    def _replace_stages(self, then: list[str | None]) -> None:
        staged = _memtable(
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


def _memtable(table: pa.Table) -> Any:
    import ibis  # noqa: PLC0415 - heavy: only plans that foresee other stages or lists need it

    return ibis.memtable(table)


def _ids(table: pa.Table) -> Ids:
    found: Ids = table.column("profile_id").to_numpy().astype(np.int64)
    return found
