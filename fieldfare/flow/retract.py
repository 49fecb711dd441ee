"""Takes an accepted event back, by its message id: it stays in the lake, marked, and counts nowhere any more.

Asking appends one of Fieldfare's own events to the log, with an id that follows from the event's, so that asking twice
is asking once. The pipeline writes the retraction at its place; the lake follows it, and neither the views nor refolds,
rebuilds, replays and backfills see the event again. Then the person's profile is folded anew, in the background and
under the pipeline's turn; until that is noted, a crash only makes it be done again. What was already sent or entered
because of the event stays, and so does what it said of consent: the ledger is never rewritten.
"""

from typing import Any

from fieldfare.flow import store as flow_store
from fieldfare.flow.backfill import Backfill
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.pipeline import Pipeline
from fieldfare.flow.publish_cuts import PublishCuts
from fieldfare.flow.refold import PAGE, Refold
from fieldfare.flow.relay import append_own
from fieldfare.flow.retraction import CONTEXT, EVENT_RETRACTED
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import Instant, to_iso
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.log.ports import EventLog
from fieldfare.ground.store import State, held
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.know.identity import store as identity_store
from fieldfare.trust.keys.seal import Keys

CAUSE = "retract"
MOST_TEXT = 500
"""Longest actor and reason."""
_FIND = "SELECT source_system, profile_id FROM event_rows WHERE event_id = ? LIMIT 1"
_WHOSE = "SELECT profile_id FROM event_rows WHERE event_id IN (SELECT unnest(?))"


class Retractions:
    """Asks for retractions, and tells what became of them."""

    def __init__(
        self,
        state: State,
        log: EventLog,
        lake: Lake,
        loader: LakeLoader,
        keys: Keys,
        clock: Clock,
        keep_days: int,
    ) -> None:
        """Look for events in the lake; append to the log, to be readable for ``keep_days``."""
        self._state, self._log, self._lake, self._loader = state, log, lake, loader
        self._keys, self._clock, self._keep_days = keys, clock, keep_days

    def ask(self, message_id: str, actor: str, reason: str) -> dict[str, Any]:
        """Ask that the event be taken back; return whose it is and how far it is.

        ``state`` is ``asked`` (the event of it waits in the log), ``retracted`` (it counts no more in the lake; the
        profile is folded anew next) or ``folded``. Raises ``CallerError`` ``event_unknown`` and ``retract_invalid``.
        """
        for name, value in (("actor", actor), ("reason", reason)):
            if not 0 < len(value.strip()) <= MOST_TEXT:
                length = len(value.strip())
                text = f"The {name} has {length} characters. Say in 1 to {MOST_TEXT} who takes it back and why."
                raise CallerError("retract_invalid", text, field=name)
        self._loader.sync()
        found = self._lake.arrow(_FIND, [message_id]).to_pylist()
        if not found:
            text = (
                f"No accepted event has the message id `{message_id[:100]}`. See that it is spelt as it was sent; an "
                "event that was sent a moment ago must have been applied first."
            )
            raise CallerError("event_unknown", text, field="message_id", status=404)
        if found[0]["source_system"] == OWN_SOURCE:
            text = f"`{message_id[:100]}` is one of Fieldfare's own events. What it tells of has happened and stays."
            raise CallerError("retract_invalid", text, field="message_id")
        with self._state.read() as connection:
            known = flow_store.retraction_of(connection, message_id)
        profile_id = found[0]["profile_id"]
        if known is None:
            self._append(message_id, profile_id, actor.strip(), reason.strip())
            return {"message_id": message_id, "profile_id": profile_id, "state": "asked"}
        return {
            "message_id": message_id,
            "profile_id": profile_id,
            "state": "retracted" if known["folded_at"] is None else "folded",
            "actor": known["actor"],
            "reason": known["reason"],
            "retracted_at": to_iso(known["at"]),
        }

    def _append(self, message_id: str, profile_id: int | None, actor: str, reason: str) -> None:
        now = self._clock.now()
        event: dict[str, object] = {
            "type": "track",
            "event": EVENT_RETRACTED,
            "messageId": derived_id("retract", message_id),
            "timestamp": to_iso(now),
            "properties": {"message_id": message_id, "actor": actor, "reason": reason},
            "context": {CONTEXT: {"profile_id": profile_id or 0}},
        }
        append_own(self._log, self._keys, event, now, self._keep_days, urgent=False)


class Refolds:
    """Folds anew whose events were taken back."""

    def __init__(
        self, state: State, lake: Lake, loader: LakeLoader, pipeline: Pipeline, refold: Refold, clock: Clock
    ) -> None:
        """Fold with the definitions inside ``refold``."""
        self._state, self._lake, self._loader = state, lake, loader
        self._pipeline, self._refold, self._clock = pipeline, refold, clock

    def step(self, grace: Instant = 0) -> int:
        """Fold the next profiles; return how many retractions are done by it. Timers have come to ``grace`` ago."""
        with self._state.read() as connection:
            if not flow_store.open_retractions(connection, 1):
                return 0
        with self._pipeline.turns:
            now = self._pipeline.settle(self._clock.now() - grace)
            with held(self._state):
                return self._fold(now)

    def _fold(self, now: Instant) -> int:
        self._loader.catch_up()
        with self._state.read() as connection:
            waiting = flow_store.open_retractions(connection, PAGE)
            # Whose an event is may have changed since it was asked for.
            rows = self._lake.arrow(_WHOSE, [[row["event_id"] for row in waiting]])
            told = {profile_id for profile_id in rows.column(0).to_pylist() if profile_id is not None}
            people = sorted(set(identity_store.standing_ids(connection, told).values()))
        self._refold.page(people, now, CAUSE)
        with self._state.write() as connection:
            flow_store.note_folded(connection, [row["seq"] for row in waiting], now)
        return len(waiting)


class Mend:
    """What is brought to order beside the pipeline: retractions, published cuts, profiles behind the definitions."""

    def __init__(self, refolds: Refolds, cuts: PublishCuts, backfill: Backfill) -> None:
        """Take all."""
        self._refolds, self._cuts, self._backfill = refolds, cuts, backfill

    def begin(self) -> None:
        """Put the definitions in force, unless they are. Whoever calls applies events alone."""
        self._backfill.begin()

    def step(self, grace: Instant) -> int:
        """Do the next piece; return how much was done."""
        return self._refolds.step(grace) or self._cuts.step(grace) or self._backfill.step(grace)
