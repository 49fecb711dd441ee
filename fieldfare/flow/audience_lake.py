"""The lake's answer to an audience's definition at one instant, as an Ibis table. Reads only; decides nothing."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec

from fieldfare.ground.instants import Instant
from fieldfare.ground.lake.ports import Lake
from fieldfare.know.audiences.model import Audience
from fieldfare.know.audiences.to_lake import Moment, to_lake


class AudienceLake:
    """Asks the lake for who is in the audiences of one workspace."""

    def __init__(self, lake: Lake, audiences: Mapping[str, Audience], moment: Callable[[Instant], Moment]) -> None:
        """Ask with these definitions; ``moment`` makes what a query at an instant is asked by."""
        self._lake, self._audiences, self._moment = lake, audiences, moment

    def moment(self, at: Instant, lists: Mapping[str, Any]) -> Moment:
        """Return when and where to ask, so that the lake answers as the evaluator does; ``lists``: see there."""
        return msgspec.structs.replace(self._moment(at), lists=lists)

    def kept(self, members: Any) -> dict[str, Any]:
        """Return who is in the audiences that no condition decides at every instant: relaxed ones, those by a query.

        ``members`` is the lake's table of memberships.
        """
        return {
            name: members.filter(members.audience == name).select("profile_id")
            for name, each in self._audiences.items()
            if each.is_relaxed or not each.is_exact
        }

    def differing(self, audience: Audience, at: Instant, among: Collection[int] | None = None) -> dict[int, bool]:
        """Return the profiles in either of the lake's answer and the recorded memberships: whether the answer has them.

        ``among``: only these profiles are looked at.
        """
        backend = self._lake.ibis()
        events, profiles, members = (backend.table(name) for name in ("facts", "profiles", "memberships"))
        if among is not None:
            ids = sorted(among)
            events, profiles, members = (
                table.filter(table.profile_id.isin(ids)) for table in (events, profiles, members)
            )
        moment = self.moment(at, self.kept(members))
        answer = to_lake(audience.condition, self._audiences, events, profiles, moment)
        mine = members.filter(members.audience == audience.name).select("profile_id")
        mine = mine.rename(member_id="profile_id")
        both = answer.outer_join(mine, answer.profile_id == mine.member_id)
        apart = both.filter(both.profile_id.isnull() | both.member_id.isnull()).to_pyarrow()
        pairs = zip(apart["profile_id"].to_pylist(), apart["member_id"].to_pylist(), strict=True)
        return {(mine_id if has is None else has): has is not None for has, mine_id in pairs}
