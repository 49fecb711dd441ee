"""Corrects traits of people, and lifts corrections, for the API and the commands.

Flow: what is asked is checked against the definitions; then one of our own events is appended, durably, and waited for,
until the pipeline has applied it; of a lift, until the profile was folded without what it takes back. Before it is
appended, the event is written and read as the pipeline will, so nothing is accepted that would come out as something
else. Whoever asks is told that it holds, that it still waits behind others, or why it came to nothing; a crash after
the append leaves it to the next worker. No answer, error or log line says the value.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Connection

from fieldfare.collect.model import Event
from fieldfare.flow import store as flow_store
from fieldfare.flow.addresses import TRAITS as ADDRESSES
from fieldfare.flow.correction import ByWhom, as_meant, correction_event, is_encodable, lift_event, trait_of
from fieldfare.flow.identify import Identify
from fieldfare.flow.intake import Intake, seal_envelope
from fieldfare.flow.lake_events import LakeEvents
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.look import Look
from fieldfare.flow.relay import append_own, append_together, own_envelope
from fieldfare.flow.wait_applied import wait_applied
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, cut
from fieldfare.ground.ids import random_bytes
from fieldfare.ground.instants import Instant
from fieldfare.ground.log.ports import URGENT, EventLog, Record
from fieldfare.ground.store import State
from fieldfare.know.identity.model import SHIPPED
from fieldfare.know.identity.normal import NORMAL
from fieldfare.know.profiles.facts import TRAIT_CORRECTED, facts_of, fit, traits_sent
from fieldfare.know.profiles.plan import FoldPlan
from fieldfare.trust.keys.seal import Keys

MOST_TEXT = 500
"""Longest reason and name."""
_NOT_KEPT = "the value is a number that cannot be kept, or it or the name of the trait holds what is no character"
_REFUSALS = {
    "bad_name": "it has no name, or one of more than 200 characters",
    "too_large": "the value is longer than 4,096 characters",
    "wrong_type": "the value is not of the type that traits.yaml declares",
    "undeclared": "traits.yaml does not declare it, and undeclared traits are not kept",
    "proposed": "it is under review in traits.yaml, and nothing of it is kept before it is approved",
    "derived": "it is derived from a sealed trait. Correct that one",
}


class CorrectionRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to correct: a person as a profile id or ``kind:value``, and a trait."""

    told: str
    trait: str
    value: Any = None
    """``None`` unsets the trait."""
    actor: str
    reason: str


class Corrections(msgspec.Struct, frozen=True, kw_only=True):
    """Corrects with these parts; ``settle`` applies what was appended, where no server does."""

    state: State
    log: EventLog
    keys: Keys
    clock: Clock
    look: Look
    identify: Identify
    events: LakeEvents
    loader: LakeLoader
    intake: Intake
    plan: FoldPlan
    computed: frozenset[str]
    """Names of computed traits."""
    keep_days: int
    settle: Callable[[], object] | None = None
    check: Callable[[], object] | None = None
    """Refuses, before anything is appended, where other definitions hold and no server will apply it."""

    def correct(self, asked: CorrectionRequest) -> dict[str, Any]:
        """Correct a trait and wait until it holds.

        It hangs on the identifier by which the person was told, else on the one that stands for the person.

        Raises ``CallerError``: ``profile_unknown``, ``act_unsigned``, ``correction_invalid``,
        ``correction_not_applied``.
        """
        by, now = _signed(asked), self.clock.now()
        profile_id, document = self.look.document(asked.told)
        held = [each for hashes in document.identifiers.values() for each in hashes]
        if not held:
            raise _refused(asked.trait, "no identifier leads to the person, so nothing can hang on one")
        named = self.look.hash_of(asked.told)
        with self.state.read() as connection:
            lead = named if named in held else self.identify.stands_for(connection, held, now)
        fact = asked.trait, self._fitting(asked, document.home_location)
        event = correction_event(f"cor_{random_bytes(13).hex()}", profile_id, lead, fact, by, now)
        if not self._comes_back(event, fact, now):
            raise _refused(asked.trait, _NOT_KEPT)
        if self.check is not None:
            self.check()
        offset = append_own(self.log, self.keys, event, now, self.keep_days, urgent=True)
        holds = self._wait(lambda tx: flow_store.watermark_of(tx, URGENT) >= offset)
        if holds:
            profile_id = self._applied(asked.trait, offset)
        return {"profile_id": profile_id, "trait": asked.trait, "status": _status(holds=holds)}

    def lift(self, asked: CorrectionRequest) -> dict[str, Any]:
        """Take back every correction of the trait that stands: what sources say counts again.

        Raises ``CallerError``: ``profile_unknown``, ``act_unsigned``, ``correction_none``.
        """
        by, now = _signed(asked), self.clock.now()
        profile_id, family = self.look.person(asked.told)
        self.loader.sync()
        rows = self.events.rows_of(family, [TRAIT_CORRECTED])
        sealers = self.events.sealers(rows)
        found = [event for row in rows if (event := self.events.event(row, sealers)) is not None]
        standing = [event.message_id for event in found if trait_of(event) == asked.trait]
        if not standing:
            text = f"No correction of the trait {_cut(asked.trait)} stands on this profile. Nothing was lifted."
            raise CallerError("correction_none", text, field="trait", status=404)
        if self.check is not None:
            self.check()
        events: list[dict[str, object]] = [lift_event(each, profile_id, by, now) for each in standing]
        append_together(self.log, self.keys, events, now, self.keep_days, urgent=True)
        holds = self._wait(lambda tx: all(_is_folded(tx, each) for each in standing))
        return {"profile_id": profile_id, "trait": asked.trait, "status": _status(holds=holds)}

    def _fitting(self, asked: CorrectionRequest, home: str | None) -> Any:
        """Return the value as it is kept. Raises ``CallerError`` ``correction_invalid``, which never says it."""
        if asked.trait in self.computed:
            raise _refused(asked.trait, "it is computed from events, so no value of it can be set")
        spec, standing = self.plan.traits.get(asked.trait), self.look.values(asked.told).get(asked.trait)
        if not is_encodable(asked.value):
            raise _refused(asked.trait, _NOT_KEPT)
        meant = as_meant(asked.value, spec.type if spec else None, standing[0] if standing else None)
        value, reason = fit(asked.trait, meant, self.plan)
        if reason is not None:
            raise _refused(asked.trait, _REFUSALS[reason])
        if standing is not None and standing[1] is not self.plan.is_personal(asked.trait, value):
            raise _refused(asked.trait, "of what is kept and the value one is sealed only. Declare it in traits.yaml")
        kind = next((kind for kind, names in ADDRESSES.items() if asked.trait in names), None)
        if kind is None or value is None:
            return value
        normal = NORMAL[SHIPPED[kind].form](value, self.plan.regions.of(home))
        if normal is None:
            raise _refused(asked.trait, f"the value is no {kind} that a message could go to")
        return normal

    def _comes_back(self, event: dict[str, Any], fact: tuple[str, Any], now: Instant) -> bool:
        """Return whether the event, written and read as a record of the log, carries the trait with this very value."""
        if not is_encodable(event):
            return False
        entry = seal_envelope(self.keys, own_envelope([msgspec.json.encode(event)], now), self.keep_days)
        (item,) = self.intake.open(Record(URGENT, 0, now, entry.body)).items
        if not isinstance(item, Event):
            return False
        kept = [(each.name, each.fact.value) for each in facts_of(item, traits_sent(item) or {}, self.plan)]
        return kept == [fact]

    def _applied(self, trait: str, offset: int) -> int:
        """Return whose the correction is now. Raises ``CallerError`` ``correction_not_applied`` when it is nobody's."""
        with self.state.read() as connection:
            verdicts = flow_store.verdicts_at(connection, URGENT, offset)
        if verdicts is None:  # the lake has it by now
            place = f't.partition = {URGENT} AND t."offset" = {offset}'
            rows = self.events.rows(f"SELECT t.* FROM event_rows t WHERE {place}", [])  # noqa: S608 - numbers
            verdicts = [row["profile_id"] or 0 for row in rows]
        profile_id = verdicts[0] if verdicts else 0
        if profile_id > 0:
            return profile_id
        text = (
            f"The correction of the trait {cut(trait)} was taken down and came to nothing: the identifier that it "
            "hangs on leads to nobody any more, or the person was erased meanwhile. Look the person up again."
        )
        raise CallerError("correction_not_applied", text, field="profile", status=409)

    def _wait(self, holds: Callable[[Connection], bool]) -> bool:
        """Wait until it holds; return whether it does."""
        return wait_applied(self.state, lambda connection: holds(connection) or None, self.settle) is not None


def _cut(trait: str) -> str:
    """Return the name as it can be shown, whatever it is made of."""
    return cut(trait.encode(errors="replace").decode())


def _status(*, holds: bool) -> str:
    return "applied" if holds else "waiting"


def _is_folded(connection: Connection, event_id: str) -> bool:
    known = flow_store.retraction_of(connection, event_id)
    return known is not None and known["folded_at"] is not None


def _signed(asked: CorrectionRequest) -> ByWhom:
    for field, told in (("actor", asked.actor), ("reason", asked.reason)):
        if not told.strip() or len(told.strip()) > MOST_TEXT or not is_encodable(told):
            text = f"A correction needs `{field}`, of 1 to {MOST_TEXT} characters: who did it and why stands beside it."
            raise CallerError("act_unsigned", text, field=field)
    return ByWhom(asked.actor.strip(), asked.reason.strip())


def _refused(trait: str, why: str) -> CallerError:
    return CallerError("correction_invalid", f"The trait {_cut(trait)} cannot be corrected: {why}.", field="trait")
