"""``POST /api/v1/decide``: may this person get this discount, refund, rebooking or slot? The same gate as for messages.

Flow, in one transaction under the lock of the profile: look the idempotency key up (the same question has the same
answer, another question under it is refused), read what the gate looks at, judge, write decision, waits, uses and the
answer. A crash before the commit leaves nothing, after it the answer: asking again is safe. A *hold* is asked again by
the same key: it is judged anew once its time has come or a person has decided.

A permit is used once, within its time, and is checked again then: what was paused, switched off or put on hold since
stops it. Whoever acts on an unused permit acts without one.
"""

from collections.abc import Sequence
from typing import Any, assert_never

import msgspec
from sqlalchemy import Connection

from fieldfare.act.delivery.model import Address, ConsentQuestion, Tally
from fieldfare.act.delivery.parts import DeliveryPorts
from fieldfare.act.delivery.settle import Draft, Reading, decision_row, facts_of
from fieldfare.decide.gate import action_store, order_store
from fieldfare.decide.gate.actions import action_facts, consent_to_purpose, tags_of
from fieldfare.decide.gate.judge import judge
from fieldfare.decide.gate.model import ActionFacts, Deferral, Facts, Finding, Permit, Refusal, Sent, Verdict
from fieldfare.decide.gate.orders import ACTION_CHANNEL, hold_in_force
from fieldfare.decide.gate.policy import ActionKind, Policy
from fieldfare.decide.gate.ports import Asked
from fieldfare.decide.journeys.model import Proposal
from fieldfare.flow.delivery_ports import PROFILE
from fieldfare.flow.look import Look
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, ConflictError, cut
from fieldfare.ground.ids import derived_id, digest
from fieldfare.ground.instants import DAY, Instant, to_iso
from fieldfare.ground.store import State
from fieldfare.learn.experiments.model import Arm
from fieldfare.network.calendars.by_phase import resolve
from fieldfare.trust.keys.seal import Keys

WAITS = DAY
"""A question that was held is answered no later than this after it was asked."""
LOOK_BACK = 366 * DAY
MOST_KEY, MOST_AMOUNT = 200, 10**12
_DECISIONS = {Permit: "permit", Refusal: "refusal", Deferral: "deferral"}
_json = msgspec.json.Encoder(order="deterministic")


class ActionQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked. ``profile`` is an id or ``kind:value``; ``amount`` in minor units."""

    action: str
    profile: str
    idempotency_key: str
    actor: str
    amount: int = 0
    priority: int = 50


class Decide(msgspec.Struct, frozen=True, kw_only=True):
    """Asks the gate about actions."""

    state: State
    clock: Clock
    look: Look
    keys: Keys
    ports: DeliveryPorts
    policy: Policy
    kinds: dict[str, ActionKind]
    channels: dict[str, tuple[str, ...]]
    """By purpose the channels that people may consent to it on."""

    def decide(self, asked: ActionQuestion) -> dict[str, Any]:
        """Return ``permit``, ``refusal`` or ``hold`` with its reasons.

        Raises ``CallerError`` ``action_unknown``, ``action_field``, ``profile_unknown``; ``ConflictError``
        ``idempotency_reused``.
        """
        kind = self._checked(asked)
        profile_id, family = self.look.person(asked.profile)
        request_id = derived_id("act", asked.idempotency_key)
        same = digest(asked.action, min(family), asked.amount, asked.actor)
        address = Address(str(profile_id), self.keys.lookup_hash(PROFILE, str(profile_id)))
        with self.state.write() as tx:
            self.ports.attempts.lock(tx, [address.hash])
            now = self.clock.now()
            known = action_store.request_of(tx, request_id)
            if known is not None and bytes(known["digest"]) != same:
                text = f"The key was used for another question ({known['action']}). Send a new key for each question."
                raise ConflictError("idempotency_reused", text)
            if known is not None and not _is_open(known, order_store.decided_of(tx, [request_id]), now):
                return _told(known)
            asked_at = known["asked_at"] if known is not None else now
            wish = _proposal(request_id, kind, asked, profile_id, asked_at)
            draft, reading = self._read(tx, wish, address, kind, now)
            given = action_store.given_to(tx, family, now - LOOK_BACK)
            held = resolve(kind, kind.by_phase, reading.standing.phases, self.policy.seasons)
            facts = _facts(draft, reading, action_facts(held, asked.amount, given, now), given)
            (verdict,) = judge([facts], self.policy, now)
            row = _answer(wish, kind, asked, facts, verdict, same, now)
            self._write(tx, draft, reading, facts, verdict, now)
            action_store.keep_request(tx, row)
        return _told(row)

    def show(self, request_id: str) -> dict[str, Any]:
        """Return what was answered. Raises ``CallerError`` ``action_request_unknown``."""
        with self.state.read() as tx:
            return _told(self._found(tx, request_id))

    def use(self, request_id: str, actor: str) -> dict[str, Any]:
        """Use a permit, once.

        Raises ``ConflictError`` ``permit_used``, ``permit_over``, ``permit_none``, ``permit_stopped``.
        """
        if not actor.strip():
            raise CallerError("action_field", "`actor` is missing. Say who does it.", field="actor")
        with self.state.write() as tx:
            now = self.clock.now()
            row = self._found(tx, request_id)
            if row["decision"] != "permit":
                raise ConflictError("permit_none", f"The answer was a {_word(row['decision'])}; nothing may be done.")
            if row["used_at"] is not None:
                text = f"It was used at {to_iso(row['used_at'])} by {row['used_by']}. Ask again, under a new key."
                raise ConflictError("permit_used", text)
            if now >= row["permit_expires_at"]:
                text = f"It was to be used until {to_iso(row['permit_expires_at'])}. Ask again, under a new key."
                raise ConflictError("permit_over", text)
            stopped = self._stopped(tx, row, now)
            if stopped is not None:
                raise ConflictError("permit_stopped", f"It was stopped since: {stopped}. Ask again, under a new key.")
            action_store.use_permit(tx, request_id, now, actor.strip())
        return _told(row | {"used_at": now, "used_by": actor.strip()})

    def _checked(self, asked: ActionQuestion) -> ActionKind:
        kind = self.kinds.get(asked.action)
        if kind is None:
            names = ", ".join(sorted(self.kinds)) or "none; `actions.yaml` declares them"
            text = f"There is no action {cut(asked.action)}. Actions: {names}."
            raise CallerError("action_unknown", text, field="action", status=404)
        wrong = {
            "amount": None if 0 <= asked.amount <= MOST_AMOUNT else f"is {asked.amount}; 0 or more in minor units",
            "idempotency_key": None if 0 < len(asked.idempotency_key) <= MOST_KEY else f"needs 1 to {MOST_KEY} letters",
            "actor": None if asked.actor.strip() else "is missing; say who asks",
            "priority": None if 0 <= asked.priority <= 100 else f"is {asked.priority}; 0 to 100",  # noqa: PLR2004
        }
        for field, what in wrong.items():
            if what is not None:
                raise CallerError("action_field", f"`{field}` {what}. Nothing was asked.", field=field)
        return kind

    def _found(self, tx: Connection, request_id: str) -> dict[str, Any]:
        row = action_store.request_of(tx, request_id)
        if row is None:
            text = f"Nobody asked {cut(request_id)}. The id is in the answer to `POST /api/v1/decide`."
            raise CallerError("action_request_unknown", text, field="id", status=404)
        return row

    def _read(
        self, tx: Connection, wish: Proposal, address: Address, kind: ActionKind, now: Instant
    ) -> tuple[Draft, Reading]:
        ports = self.ports
        asked_on = self.channels.get(wish.purpose, ()) or (ACTION_CHANNEL,)
        questions = [ConsentQuestion(wish.profile_id, None, wish.purpose, channel) for channel in asked_on]
        pending = any(ports.consent.pending(tx, questions))
        standing = ports.people.standing(tx, [wish.profile_id], now)[wish.profile_id]
        controls = ports.orders.read(tx, [Asked(wish, address.hash, standing.location)], now)
        counted = ports.attempts.counted(tx, [address.hash], [wish.profile_id], now - LOOK_BACK)
        reading = Reading(
            standing=standing,
            consent=consent_to_purpose(ports.consent.in_force(tx, questions, now)),
            suppressed_since=None,
            consent_pending=pending,
            sent=tuple(each.sent for each in counted),
            live=True,
            tally=Tally(),
            controls=controls[wish.id],
        )
        draft = Draft(
            proposal=wish, address=address, revision=standing.revision, message=None, failure=None, tags=tags_of(kind)
        )
        return draft, reading

    def _write(
        self, tx: Connection, draft: Draft, reading: Reading, facts: Facts, verdict: Verdict, now: Instant
    ) -> None:
        findings = () if isinstance(verdict, Permit) else verdict.findings
        row = decision_row(draft, reading, _DECISIONS[type(verdict)], findings, now, self.policy.version)
        self.ports.decisions.add(tx, [row])
        self.ports.orders.note(tx, [(facts, verdict)], now)

    def _stopped(self, tx: Connection, row: dict[str, Any], now: Instant) -> str | None:
        kind = self.kinds.get(row["action"])
        if kind is None:
            return "the workspace no longer has this kind of action"
        question = ActionQuestion(
            action=row["action"], profile="", idempotency_key="", actor=row["actor"], amount=row["amount"]
        )
        wish = _proposal(row["id"], kind, question, row["profile_id"], row["asked_at"])
        found = self.ports.orders.stopped(tx, [Asked(wish, None, row["location"])], now).get(row["id"])
        if found is not None:
            return found.reason.value
        hold = hold_in_force(order_store.holds_of(tx, [row["profile_id"]]), now)
        return "on_hold" if hold is not None and hold.since_at > row["decided_at"] else None


def _proposal(request_id: str, kind: ActionKind, asked: ActionQuestion, profile_id: int, asked_at: Instant) -> Proposal:
    return Proposal(
        id=request_id,
        profile_id=profile_id,
        journey="",
        version="",
        step="",
        enrollment_id="",
        experiment=None,
        arm=Arm.TREATED,
        channel=ACTION_CHANNEL,
        template=kind.name,
        purpose=kind.purpose,
        priority=asked.priority,
        proposed_at=asked_at,
        due_at=asked_at,
        expires_at=asked_at + WAITS,
        event_id=request_id,
        variables={"actor": asked.actor, "amount": asked.amount},
    )


def _facts(draft: Draft, reading: Reading, action: ActionFacts, given: Sequence[Sent]) -> Facts:
    sent = tuple(sorted((*reading.sent, *given), key=lambda one: one.at))
    return msgspec.structs.replace(facts_of(draft, reading), rendered=True, verified=True, action=action, sent=sent)


def _is_open(known: dict[str, Any], decided: dict[str, dict[str, str]], now: Instant) -> bool:
    """Return whether a question is judged anew: it was held, and its time has come or a person has spoken since."""
    return known["decision"] == "deferral" and (known["until"] <= now or known["id"] in decided)


def _answer(
    wish: Proposal,
    kind: ActionKind,
    asked: ActionQuestion,
    facts: Facts,
    verdict: Verdict,
    same: bytes,
    now: Instant,
) -> dict[str, Any]:
    until: Instant | None = None
    findings: tuple[Finding, ...] = ()
    match verdict:
        case Permit():
            pass
        case Refusal():
            findings = verdict.findings
        case Deferral():
            findings, until = verdict.findings, verdict.until
        case _:
            assert_never(verdict)
    return {
        "id": wish.id,
        "digest": same,
        "profile_id": wish.profile_id,
        "action": kind.name,
        "amount": asked.amount,
        "purpose": wish.purpose,
        "tags": " ".join(facts.tags),
        "location": facts.location,
        "actor": asked.actor,
        "asked_at": wish.proposed_at,
        "expires_at": wish.expires_at,
        "decision": _DECISIONS[type(verdict)],
        "decided_at": now,
        "until": until,
        "findings": _json.encode(findings).decode(),
        "match_confidence": facts.match_confidence,
        "permit_expires_at": now + kind.valid_us if isinstance(verdict, Permit) else None,
        "used_at": None,
        "used_by": None,
    }


def _word(decision: str) -> str:
    return "hold" if decision == "deferral" else decision


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """Return the answer as callers see it."""
    findings = msgspec.json.decode(row["findings"])
    times = ("asked_at", "decided_at", "until", "permit_expires_at", "used_at")
    return {
        "id": row["id"],
        "decision": _word(row["decision"]),
        "action": row["action"],
        "profile_id": row["profile_id"],
        "amount": row["amount"],
        "reasons": [each["reason"] for each in findings],
        "findings": findings,
        **{name: to_iso(row[name]) if row[name] is not None else None for name in times},
        "used_by": row["used_by"],
    }
