"""What the API and the commands answer about journeys, and how somebody is enrolled from outside.

Everything is read in one snapshot. Enrolling appends one event of our own, with an id that follows from what is asked,
so that the same call twice is one; the pipeline decides by the journey's rules, like for every cause.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from fieldfare.decide.journeys import store as journey_store
from fieldfare.decide.journeys.commands import ENROLLMENT_REQUESTED
from fieldfare.decide.journeys.definition import Journey
from fieldfare.decide.journeys.enter import REFUSALS
from fieldfare.decide.journeys.hear import MOST_KEY
from fieldfare.decide.journeys.model import END_REASONS, Enrollment
from fieldfare.decide.journeys.say import enters_by, says
from fieldfare.decide.journeys.versions import Versions
from fieldfare.flow.look import Look
from fieldfare.flow.relay import append_own
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, cut
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import DAY, Instant, to_iso
from fieldfare.ground.log.ports import EventLog
from fieldfare.ground.store import State
from fieldfare.trust.keys.seal import Keys

DAYS = 30
"""So far back entries, refusals and ends are counted."""


class JourneyAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """Answers from these parts."""

    state: State
    log: EventLog
    keys: Keys
    clock: Clock
    look: Look
    versions: Versions
    keep_days: int

    def all(self) -> list[dict[str, Any]]:
        """Return every journey with its counts."""
        with self.state.read() as connection:
            standing = journey_store.count_standing(connection)
            tallies = journey_store.tallies(connection, self.clock.now() // DAY - DAYS)
        found = []
        for name, journey in sorted(self.versions.current.items()):
            counts = tallies.get(name, {})
            found.append(
                {
                    "journey": name,
                    "description": journey.description,
                    "owner": journey.owner,
                    "version": journey.version,
                    "enters_by": enters_by(journey.entry),
                    "walking": sum(each.walks for each in standing if each.journey == name),
                    "entered": counts.get("entered", 0),
                    "refused": sum(count for what, count in counts.items() if what.startswith("refused:")),
                    "ended": sum(count for what, count in counts.items() if what.startswith("ended:")),
                }
            )
        return found

    def show(self, name: str) -> dict[str, Any]:
        """Return one journey: where those who walk it stand, and what happened lately. Raises ``journey_unknown``."""
        journey = self.known(name)
        with self.state.read() as connection:
            standing = [each for each in journey_store.count_standing(connection) if each.journey == name]
            counts = journey_store.tallies(connection, self.clock.now() // DAY - DAYS).get(name, {})
            versions = journey_store.versions_of(connection, name)
        return {
            "journey": name,
            "description": journey.description,
            "owner": journey.owner,
            "kpi": journey.kpi,
            "version": journey.version,
            "versions": [{"version": version, "first_entered_at": to_iso(at)} for version, at in versions],
            "enters_by": enters_by(journey.entry),
            "running": journey.move.how.value,
            "standing": [
                {
                    "version": each.version,
                    "step": each.step,
                    "status": each.status,
                    "count": each.walks,
                    "does": self._does(name, each.version, each.step),
                }
                for each in standing
            ],
            "entered": counts.get("entered", 0),
            "refused": _reasons(counts, "refused:", REFUSALS),
            "ended": _reasons(counts, "ended:", END_REASONS),
            "days": DAYS,
        }

    def of(self, told: str) -> dict[str, Any]:
        """Return every walk of a person, the newest first. Raises ``profile_unknown``."""
        profile_id, _ = self.look.person(told)
        now = self.clock.now()
        with self.state.read() as connection:
            walks = journey_store.load_enrollments(connection, [profile_id])
        return {
            "profile_id": profile_id,
            "walks": [self._walk(each) for each in reversed(walks)],
            "as_of": to_iso(now),
        }

    def enroll(
        self, name: str, told: str, key: str | None, properties: Mapping[str, Any], request_id: str | None
    ) -> dict[str, Any]:
        """Ask a journey to take a person; return the id of the event that asks.

        Raises ``CallerError``: ``journey_unknown``, ``journey_not_by_call``, ``journey_key_missing`` and
        ``profile_unknown``.
        """
        journey = self.known(name)
        entry = journey.entry
        if not entry.by_call:
            text = f"The journey {name} lets nobody in by the API. Write `api: true` under its `entry`."
            raise CallerError("journey_not_by_call", text, field="journey", status=409)
        if entry.key is not None and (key is None or not 0 < len(key) <= MOST_KEY):
            text = (
                f"The journey {name} has one walk per `{entry.key}`. Give it as `key`, at most {MOST_KEY} characters."
            )
            raise CallerError("journey_key_missing", text, field="key")
        profile_id, _ = self.look.person(told)
        now = self.clock.now()
        asked = request_id if request_id is not None else f"{now}"
        message_id = derived_id("enq", name, profile_id, key or "", asked)
        payload = {**properties, "journey": name} | ({entry.key: key} if entry.key is not None else {})
        event: dict[str, object] = {
            "type": "track",
            "event": ENROLLMENT_REQUESTED,
            "messageId": message_id,
            "timestamp": to_iso(now),
            "properties": payload,
            "context": {"fieldfare": {"profile_id": profile_id, "hop": 0}},
        }
        append_own(self.log, self.keys, event, now, self.keep_days, urgent=False)
        return {"id": message_id, "journey": name, "profile_id": profile_id}

    def known(self, name: str) -> Journey:
        """Return the journey in force of a name. Raises ``CallerError`` ``journey_unknown``."""
        journey = self.versions.current.get(name)
        if journey is None:
            known = ", ".join(sorted(self.versions.current)) or "none"
            text = f"There is no journey {cut(name)}. Journeys: {known}."
            raise CallerError("journey_unknown", text, field="journey", status=404)
        return journey

    def _does(self, name: str, version: str, step: str) -> str:
        journey = self.versions.pinned.get((name, version)) or self.versions.current.get(name)
        here = journey.steps.get(step) if journey is not None else None
        return says(here) if here is not None else "a step that is gone"

    def _walk(self, walk: Enrollment) -> dict[str, Any]:
        reason = walk.end_reason
        means = None if reason is None else END_REASONS.get(reason, "what the exit step says")
        return {
            "journey": walk.journey,
            "version": walk.version,
            "key": walk.key,
            "status": walk.status.value,
            "arm": walk.arm.value,
            "entered_at": to_iso(walk.entered_at),
            "entry_key": walk.entry_key,
            "step": walk.step,
            "does": self._does(walk.journey, walk.version, walk.step),
            "trail": ", ".join(walk.trail),
            "due_at": _iso(walk.due_at),
            "halted_by": walk.halted_by,
            "last_message_at": _iso(walk.last_message_at),
            "last_action_at": _iso(walk.last_action_at),
            "goal_at": _iso(walk.goal_at),
            "ended_at": _iso(walk.ended_at),
            "end_reason": reason,
            "means": means,
        }


def _reasons(counts: Mapping[str, int], prefix: str, means: Mapping[str, str]) -> list[dict[str, Any]]:
    found = {what.removeprefix(prefix): count for what, count in counts.items() if what.startswith(prefix)}
    return [
        {"reason": reason, "count": count, "means": means.get(reason, "what the exit step says")}
        for reason, count in sorted(found.items(), key=lambda each: (-each[1], each[0]))
    ]


def _iso(at: Instant | None) -> str | None:
    return to_iso(at) if at is not None else None
