"""Answers about the traits of one person, from the lake's events: every value, which survives, why the others do not.

What is sealed is opened to be ranked and shown masked. To show it is a *reveal*: it needs a name and a reason, and is
recorded before anything is answered. Nothing else is written.
"""

from typing import Any

import msgspec

from fieldfare.collect.model import Event
from fieldfare.flow import store as flow_store
from fieldfare.flow.correction import ByWhom, corrected_by
from fieldfare.flow.lake_events import LakeEvents, Row
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.look import Look
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import Instant, to_iso
from fieldfare.ground.store import State
from fieldfare.know.profiles import store as profile_store
from fieldfare.know.profiles.facts import TRAIT_CORRECTED
from fieldfare.know.profiles.history import Told, history
from fieldfare.know.profiles.plan import FoldPlan
from fieldfare.know.profiles.provenance import shown_provenance


class Reveal(msgspec.Struct, frozen=True):
    """Who wants to see sealed values, and why."""

    actor: str
    reason: str


def reveal_of(actor: str | None, reason: str | None) -> Reveal:
    """Return the wish to see sealed values. Raises ``CallerError`` without a name or a reason."""
    if not actor or not actor.strip() or not reason or not reason.strip():
        text = "To see sealed values needs a name and a reason, which are recorded. Give `actor` and `reason`."
        raise CallerError("reveal_unsigned", text, field="actor")
    return Reveal(actor.strip(), reason.strip())


class TraitAnswers:
    """Answers about traits."""

    def __init__(
        self, state: State, events: LakeEvents, loader: LakeLoader, look: Look, plan: FoldPlan, clock: Clock
    ) -> None:
        """Read with these definitions."""
        self._state, self._events, self._loader = state, events, loader
        self._look, self._plan, self._clock = look, plan, clock

    def explain(self, told: str, trait: str, reveal: Reveal | None = None) -> dict[str, Any]:
        """Return every value of the trait with its provenance, and why each that does not survive does not."""
        now = self._clock.now()
        profile = self._look.profile(told, now)
        profile_id = profile["profile_id"]
        self._loader.sync()
        family = self._look.family(told)
        events = self._opened(self._events.rows_of(family))
        lifted = self._opened(self._events.rows_of(family, [TRAIT_CORRECTED], taken_back=True))
        by = {event.message_id: corrected_by(event) for event in (*events, *lifted)}
        values = history(trait, events, self._plan, now, lifted)
        if reveal is not None:
            self.record(profile_id, f"trait {trait}", reveal, now)
        spec = self._plan.traits.get(trait)
        return {
            "profile_id": profile_id,
            "trait": trait,
            "declared": None if spec is None else msgspec.to_builtins(spec),
            "computed": profile["computed"].get(trait),
            "revealed": reveal is not None,
            "values": [
                self._shown(trait, each, shows=reveal is not None)
                | {
                    "corrected_by": _shown_by(by[each.event_id], shows=reveal is not None),
                    "lifted_by": self._lifted_by(each),
                }
                for each in values
            ],
            "as_of": to_iso(now),
        }

    def canonical(self, told: str, reveal: Reveal | None = None) -> dict[str, Any]:
        """Return the profile under the canonical names, each with its provenance; sealed values masked."""
        now = self._clock.now()
        found = self._look.canonical(told, now, shows=reveal is not None)
        if reveal is not None:
            self.record(found["profile_id"], "canonical", reveal, now)
        return found

    def record(self, profile_id: int, what: str, reveal: Reveal, now: Instant) -> None:
        """Record that somebody was shown what is sealed."""
        with self._state.write() as connection:
            profile_store.insert_reveal(connection, profile_id, what, reveal.actor, reveal.reason, now)

    def _opened(self, rows: list[Row]) -> list[Event]:
        sealers = self._events.sealers(rows)
        return [event for row in rows if (event := self._events.event(row, sealers)) is not None]

    def _lifted_by(self, told: Told) -> dict[str, Any] | None:
        """Return who lifted a correction, when and why."""
        if told.reason != "lifted":
            return None
        with self._state.read() as connection:
            row = flow_store.retraction_of(connection, told.event_id)
        return None if row is None else {"actor": row["actor"], "reason": row["reason"], "at": to_iso(row["at"])}

    def _shown(self, trait: str, told: Told, *, shows: bool) -> dict[str, Any]:
        fact = told.fact
        return {
            "value": fact.value if shows or not told.sealed else None,
            "sealed": told.sealed,
            "survives": told.reason is None,
            "reason": told.reason,
            **shown_provenance(trait, fact, self._plan),
            "occurred_at": to_iso(fact.occurred_at),
            "last_synced_at": to_iso(fact.received_at),
            "event_id": told.event_id,
            "event": told.event,
        }


def _shown_by(by: ByWhom | None, *, shows: bool) -> dict[str, Any] | None:
    """Return who corrected a trait; why is sealed, and shown when that is."""
    return None if by is None else {"actor": by.actor, "reason": by.reason if shows else None}
