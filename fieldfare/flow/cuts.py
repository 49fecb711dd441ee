"""What the API and the CLI tell of published cuts, and the round of publishing that somebody asks for."""

from typing import Any

import msgspec

from fieldfare.flow.publish_cuts import PublishCuts
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, ConflictError
from fieldfare.ground.instants import to_iso
from fieldfare.ground.store import State
from fieldfare.ground.workspace.suggest import nearest
from fieldfare.know.audiences.cuts_of import Wanted
from fieldfare.know.cuts import store as cut_store
from fieldfare.know.cuts.model import GREATEST, LEAST, Mark


class CutAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """Publishes cuts, and tells of those that were."""

    state: State
    wanted: dict[str, Wanted]
    job: PublishCuts
    clock: Clock
    may_serve: bool
    """Whether the definitions at hand are those in force."""

    def publish(self) -> list[dict[str, Any]]:
        """Publish the next version of every cut and bring to it whom it concerns; return all as :meth:`all` does.

        Raises ``CallerError`` ``cuts_unused`` when no definition compares with a cut, ``ConflictError``
        ``cuts_unapplied`` when other definitions are in force.
        """
        if not self.wanted:
            text = (
                "No audience, journey, stage or computed trait compares with a cut, so nobody would ask for one. Write "
                "a condition with `top`, `bottom` or `percentile`, or declare a `quintile` in traits.yaml first."
            )
            raise CallerError("cuts_unused", text)
        if not self.may_serve:
            text = (
                "The workspace's definitions are not the ones in force, so profiles cannot be brought to cuts by them. "
                "Run `fieldfare apply` and start the server, or publish from the workspace that is in force."
            )
            raise ConflictError("cuts_unapplied", text)
        self.job.run(anew=True)
        return self.all()

    def all(self) -> list[dict[str, Any]]:
        """Return the newest version of every cut, and those that definitions ask for and none was published of."""
        with self.state.read() as connection:
            rows = cut_store.newest(connection)
        found = _versions(rows)
        known = {each["cut"] for each in found}
        for each in found:
            each["is_wanted"] = each["cut"] in self.wanted
        for name, wanted in self.wanted.items():
            if name not in known:
                found.append(_unpublished(name, wanted))
        return sorted(found, key=lambda each: str(each["cut"]))

    def show(self, name: str) -> list[dict[str, Any]]:
        """Return every version of a cut, the newest first. Raises ``CallerError`` ``cut_unknown``."""
        with self.state.read() as connection:
            rows = cut_store.versions(connection, name)
            known = {row["cut"] for row in cut_store.newest(connection)} | set(self.wanted)
        if rows:
            return _versions(rows)[::-1]
        if name in self.wanted:
            return [_unpublished(name, self.wanted[name])]
        fix = nearest(name, known) or "`fieldfare cuts list` names those there are."
        raise CallerError("cut_unknown", f"There is no cut `{name[:100]}`. {fix}", field="name", status=404)

    def status(self) -> dict[str, Any]:
        """Return how cuts stand: how many are asked for and published, who waits for them, and the next round."""
        with self.state.read() as connection:
            published = set(cut_store.latest(connection, self.wanted))
            waiting = cut_store.count_waiting(connection)
        next_at = self.job.next_at()
        return {
            "wanted": len(self.wanted),
            "not_computable": ", ".join(sorted(set(self.wanted) - published)),
            "profiles_waiting": waiting,
            "next_at": None if next_at is None else to_iso(next_at),
        }


def _unpublished(name: str, wanted: Wanted) -> dict[str, Any]:
    told: dict[str, Any] = {"cut": name, "trait": wanted.cut.by, "version": None, "at": None}
    return told | {"ranked": 0, "concerned": 0, "places": [], "is_wanted": True}


def _versions(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one entry per version from rows of one place each, in their order."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for row in rows:
        kept = {key: row[key] for key in ("cut", "trait", "version", "concerned")}
        entry = found.setdefault(
            (row["cut"], row["version"]), kept | {"at": to_iso(row["at"]), "ranked": 0, "places": []}
        )
        entry["ranked"] += row["ranked"]
        marks = [_mark(mark) for mark in row["marks"]]
        entry["places"].append({"place": row["place"], "ranked": row["ranked"], "marks": marks})
    return list(found.values())


def _mark(mark: Mark) -> dict[str, Any]:
    """Return a mark as JSON; everybody who has a number is inside one without a number."""
    number = None if mark.number in {LEAST, GREATEST} else mark.number
    return {"number": number, "profile_id": mark.profile_id}
