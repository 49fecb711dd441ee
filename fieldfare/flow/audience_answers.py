"""Answers about audiences: who is in them, why, since when, how that grew, what it overlaps with, and who uses it.

Numbers are counted in the lake, over what has been applied; why somebody is in or out is evaluated on the document at
the moment of asking. All that is written is that somebody used an audience, so that one nobody uses can be told.
"""

from typing import Any

import msgspec

from fieldfare.flow import audience_numbers as numbers
from fieldfare.flow.audience_rhythms import next_of, rhythms
from fieldfare.flow.audience_users import users_of
from fieldfare.flow.lake_memberships import MEMBERSHIP_CHANGES
from fieldfare.flow.lake_tables import REDIRECTS
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.look import Look
from fieldfare.flow.season_view import places_asked
from fieldfare.flow.spans import read_span
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import Instant, local_day, to_iso
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.store import State
from fieldfare.ground.workspace.suggest import nearest, quoted
from fieldfare.know.audiences import store
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.explain import describe, why
from fieldfare.know.audiences.model import Audience
from fieldfare.know.audiences.stays import stays_of
from fieldfare.know.audiences.tell import told
from fieldfare.know.profiles.personal import is_personal
from fieldfare.network.calendars.holds import Calendar

MOST_MEMBERS = 10_000
MOST_VALUES = 1_000
MOST_DAYS = 3_650
BY = ("location", "stage", "trait")


class AudienceAnswers:
    """Answers about the audiences of one workspace."""

    def __init__(
        self,
        workspace: Workspace,
        evaluator: Evaluator,
        state: State,
        lake: Lake,
        loader: LakeLoader,
        look: Look,
        clock: Clock,
        calendar: Calendar,
    ) -> None:
        """Answer for these definitions."""
        self._workspace, self._evaluator, self._calendar = workspace, evaluator, calendar
        self._state, self._lake, self._loader, self._look, self._clock = state, lake, loader, look, clock
        self._users = users_of(workspace)

    def overview(self) -> list[dict[str, Any]]:
        """Return every audience with its size, its meaning in plain words, who uses it and what is wrong with it."""
        with self._state.read() as connection:
            sizes = store.sizes(connection)
            day = store.last_day(connection)
            findings = store.findings_of(connection, day) if day is not None else []
        flags: dict[str, list[str]] = {}
        for each in findings:
            if not each.ok:
                flags.setdefault(each.audience, []).append(each.metric)
        return [
            {
                "audience": name,
                "size": sizes.get(name, 0),
                "meaning": describe(audience),
                "owner": audience.owner,
                "refresh": audience.refresh.value,
                "is_exact": audience.is_exact,
                "used_by": self._users[name],
                "cuts": self._look.cuts_of(audience),
                "flags": flags.get(name, []),
            }
            for name, audience in sorted(self._workspace.audiences.items())
        ]

    def show(self, name: str) -> dict[str, Any]:
        """Return all there is to say of one audience."""
        audience = self.known(name)
        now = self._clock.now()
        with self._state.read() as connection:
            size = store.sizes(connection).get(name, 0)
            day = store.last_day(connection)
            findings = store.findings_of(connection, day) if day is not None else []
            versions = [row for row in store.definitions(connection) if row["audience"] == name]
            uses = [row for row in store.uses(connection) if row["audience"] == name]
            run = store.runs(connection).get(name)
        follows = rhythms(audience, self._calendar, places_asked(self._workspace.locations, None), now)
        return {
            "audience": name,
            "description": audience.description,
            "owner": audience.owner,
            "size": size,
            "meaning": describe(audience),
            "definition": audience.digest,
            "refresh": audience.refresh.value,
            "refresh_by_phase": {phase: each.value for phase, each in sorted(audience.by_phase.items())},
            "follows": follows,
            "next_refresh_at": next_of(follows),
            "is_exact": audience.is_exact,
            "cuts": self._look.cuts_of(audience),
            "charter": msgspec.to_builtins(audience.charter),
            "used_by": self._users[name],
            "uses": [{"what": row["what"], "at": to_iso(row["at"]), "times": row["times"]} for row in uses],
            "versions": [
                {**{key: row[key] for key in ("version", "definition", "meaning", "refresh")}, "at": to_iso(row["at"])}
                for row in versions
            ],
            "findings": [msgspec.to_builtins(each) for each in findings if each.audience == name],
            "last_run": None if run is None else told_run(run),
            "as_of": to_iso(now),
        }

    def explain(self, name: str) -> dict[str, Any]:
        """Return in plain English, line by line, who is in an audience and what it is for."""
        return {"audience": name, "lines": [*told(self.known(name)), *self._used(name)]}

    def why(self, who: str, name: str) -> dict[str, Any]:
        """Return why a profile is in an audience or not: value, truth and next change of each part, as of now."""
        audience, now = self.known(name), self._clock.now()
        profile_id, document = self._look.document(who)
        since = document.memberships.get(name)
        reasons = why(audience, document, now, self._evaluator)
        waits_until = document.wakes.get(name) if audience.is_relaxed else None
        return {
            "profile_id": profile_id,
            "audience": name,
            "is_member": since is not None,
            "joined_at": None if since is None else to_iso(since),
            "holds_now": reasons[0].truth,
            "refresh": audience.refresh.value,
            "is_exact": audience.is_exact,
            "follows_at": None if waits_until is None else to_iso(waits_until),
            "parts": [
                {
                    "depth": each.depth,
                    "text": each.text,
                    "value": each.value,
                    "truth": each.truth,
                    "next_change_at": None if each.next_change_at is None else to_iso(each.next_change_at),
                }
                for each in reasons
            ],
            "as_of": to_iso(now),
        }

    def members(self, name: str, at: str | None, after: int, limit: int) -> dict[str, Any]:
        """Return a page of members, now or as of an instant, in the order of their ids; ``next`` begins the next."""
        self.known(name)
        instant, now = self._at(at), self._clock.now()
        self._loader.bring(MEMBERSHIP_CHANGES, *([] if instant is None else [REDIRECTS]))
        most = max(1, min(limit, MOST_MEMBERS))
        if instant is None:
            size, rows = self._size(name), numbers.members(self._lake, name, after, most + 1)
        else:
            size = numbers.size_then(self._lake, name, instant)
            rows = numbers.members_then(self._lake, name, instant, after, most + 1)
        self.note_use(name, "members")
        return {
            "audience": name,
            "as_of": to_iso(now if instant is None else instant),
            "size": size,
            "members": [
                {"profile_id": row["profile_id"], "joined_at": to_iso(row["joined_at"])} for row in rows[:most]
            ],
            "next": rows[most - 1]["profile_id"] if len(rows) > most else None,
        }

    def history(self, who: str) -> dict[str, Any]:
        """Return every stay of a person in an audience: from when to when, why, by which definition."""
        profile_id, family = self._look.person(who)
        with self._state.read() as connection:
            versions = {(row["audience"], row["definition"]): row["version"] for row in store.definitions(connection)}
            changes = store.changes_of(connection, family)
        stays = [
            {
                **msgspec.structs.asdict(each),
                "joined_at": to_iso(each.joined_at),
                "left_at": None if each.left_at is None else to_iso(each.left_at),
                "version": versions.get((each.audience, each.definition)),
            }
            for each in stays_of(changes)
        ]
        return {"profile_id": profile_id, "stays": stays, "as_of": to_iso(self._clock.now())}

    def growth(self, name: str, days: int) -> dict[str, Any]:
        """Return who joined and left on each of the last local days, and the size at the end of each."""
        self.known(name)
        self._loader.bring(MEMBERSHIP_CHANGES)
        now, zone = self._clock.now(), self._workspace.time_zone
        today = local_day(now, zone)
        self.note_use(name, "growth")
        found = numbers.growth(self._lake, name, today - max(1, min(days, MOST_DAYS)) + 1, today, zone)
        return {"audience": name, "days": found, "as_of": to_iso(now)}

    def overlap(self, names: list[str]) -> dict[str, Any]:
        """Return how many people are in each two of some audiences, of all when none is named.

        Of very many they are estimates, and so is ``size`` then: ``is_estimate``, from one of so many people.
        """
        asked = [self.known(name).name for name in names] or sorted(self._workspace.audiences)
        self._loader.bring(MEMBERSHIP_CHANGES)
        rows, of = numbers.overlap(self._lake, asked)
        sizes = {row["one"]: row["both"] for row in rows if row["one"] == row["other"]}
        both = {frozenset((row["one"], row["other"])): row["both"] for row in rows}
        return {
            "audiences": [{"audience": name, "size": sizes.get(name, 0)} for name in asked],
            "both": [[both.get(frozenset((one, other)), 0) for other in asked] for one in asked],
            "is_estimate": of > 1,
            "looked_at_one_in": of,
            "as_of": to_iso(self._clock.now()),
        }

    def breakdown(self, name: str, by: str, limit: int) -> dict[str, Any]:
        """Return the members by location, by stage or by the values of a trait that is not personal.

        Of very many people they are estimates: ``is_estimate``, from one of so many people.
        """
        self.known(name)
        kind = by if by in {"location", "stage"} else "trait"
        if kind == "trait":
            self._check_trait(by)
        self._loader.bring(MEMBERSHIP_CHANGES, profiles=True)
        most = max(1, min(limit, MOST_VALUES))
        rows, of = numbers.breakdown(self._lake, name, kind, by, most + 1)
        size = rows[0]["size"] if rows else 0
        shown = sum(row["members"] for row in rows[:most])
        self.note_use(name, "breakdown")
        values = [
            {
                **{key: row[key] for key in ("value", "members", "profiles")},
                "share": round(row["members"] / size, 6) if size else 0.0,
                "share_of_value": _share(row),
            }
            for row in rows[:most]
        ]
        told = {"audience": name, "by": by, "size": size, "values": values, "others": size - shown}
        return told | {"is_estimate": of > 1, "looked_at_one_in": of}

    def known(self, name: str) -> Audience:
        """Return the audience of the name. Raises ``CallerError`` ``audience_unknown``."""
        audience = self._workspace.audiences.get(name)
        if audience is None:
            advice = nearest(name, self._workspace.audiences) or f"Audiences: {quoted(self._workspace.audiences)}."
            text = f"There is no audience `{name[:80]}`. {advice}"
            raise CallerError("audience_unknown", text, field="audience", status=404)
        return audience

    def note_use(self, name: str, what: str) -> None:
        """Note that somebody used the audience."""
        with self._state.write() as connection:
            store.note_use(connection, name, what, self._clock.now())

    def _size(self, name: str) -> int:
        with self._state.read() as connection:
            return store.sizes(connection).get(name, 0)

    def _check_trait(self, name: str) -> None:
        if is_personal(name, None, self._workspace.traits):
            text = f"The trait `{name[:80]}` is personal and not in the lake. Ask for another, or for `location`."
            raise CallerError("breakdown_personal", text, field="by")
        known = self._workspace.traits
        if name not in known:
            advice = nearest(name, [*known, "location", "stage"]) or f"Write `location`, `stage`, or {quoted(known)}."
            raise CallerError("breakdown_unknown", f"There is no trait `{name[:80]}`. {advice}", field="by")

    def _at(self, text: str | None) -> Instant | None:
        if text is None:
            return None
        at, now = read_span(text, None, self._workspace.time_zone).from_at, self._clock.now()
        assert at is not None
        if at > now:
            told_now = f"`at` lies after now, {to_iso(now)}. Ask for an instant that has been."
            raise CallerError("at_invalid", told_now, field="at")
        return at

    def _used(self, name: str) -> list[str]:
        users = self._users[name]
        return [f"Used by: {', '.join(users)}." if users else "No journey, audience or stage asks for it."]


def told_run(run: dict[str, Any]) -> dict[str, Any]:
    """Return how the last run of a query went, as JSON values."""
    times = {name: None if run[name] is None else to_iso(run[name]) for name in ("at", "succeeded_at")}
    return {**run, **times, "ok": run["code"] is None}


def _share(row: dict[str, Any]) -> float:
    return round(row["members"] / row["profiles"], 6) if row["profiles"] else 0.0
