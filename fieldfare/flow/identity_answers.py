"""What the API and the commands ask of identity: acts, questions that wait, and why two identifiers are one person.

An act is appended to the log, durably, and then waited for; whoever asks is told what came of it, or that it still
waits behind others. Answers name identifiers by their kind and the first digits of their keyed hash: never a value.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection

from fieldfare.flow.identify import Component, Identify
from fieldfare.flow.identity_acts import act_event, outcome_of
from fieldfare.flow.look import Look
from fieldfare.flow.relay import append_own
from fieldfare.flow.wait_applied import wait_applied
from fieldfare.flow.work import Batch
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, cut
from fieldfare.ground.ids import random_bytes
from fieldfare.ground.instants import to_iso
from fieldfare.ground.log.ports import EventLog
from fieldfare.ground.store import State
from fieldfare.know.identity import store
from fieldfare.know.identity.acts import TWO_SIDED, Act, ActKind
from fieldfare.know.identity.explain import explain
from fieldfare.know.identity.model import Hold, HoldReason, HoldStatus, IdentifierState, Link
from fieldfare.know.identity.partition import partition
from fieldfare.know.identity.resolve import Owner
from fieldfare.trust.keys.seal import Keys

SHORT = 12
"""Hex digits by which a hash or a question is told."""
MOST_TEXT = 500
_OF_DECISION = {
    HoldStatus.SAME: ActKind.MERGE,
    HoldStatus.NEVER: ActKind.NEVER,
    HoldStatus.HOUSEHOLD: ActKind.HOUSEHOLD,
    HoldStatus.DISMISSED: ActKind.DISMISS,
}
_REFUSALS = {
    "same_profile": "They are one person now. Split the profile first: `fieldfare identity split`.",
    "merged_already": "They are one person already.",
    "nothing_to_split": "The identifiers are not part of the profile, or are all of it. Name some of them.",
    "unknown_identifier": "An identifier that the act names is not known any more.",
    "one_side_only": "The act needs two people.",
}


class ActRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks for: identifiers as ``kind:value``, or profile ids."""

    kind: str
    a: str
    b: str | None = None
    identifiers: list[str] = []
    """For a split: what moves out of the profile ``a``."""
    actor: str
    reason: str


class IdentityAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """Answers from these parts; ``settle`` applies what was appended, where no server does."""

    state: State
    log: EventLog
    keys: Keys
    clock: Clock
    look: Look
    identify: Identify
    most: int
    keep_days: int
    settle: Callable[[], object] | None = None
    check: Callable[[], object] | None = None
    """Refuses, before anything is appended, where other definitions hold and no server will apply it."""

    def act(self, asked: ActRequest) -> dict[str, Any]:
        """Append an act and wait for it. Raises ``CallerError`` for what cannot be meant."""
        kind = _kind(asked.kind)
        _refuse_unused(kind, asked)
        actor, reason = _said(asked.actor, "actor"), _said(asked.reason, "reason")
        other: list[bytes] = []
        with self.state.read() as connection:
            if kind is ActKind.SPLIT:
                moving = [self._node(connection, told, "identifiers") for told in asked.identifiers]
                if not moving:
                    text = "A split needs to know what moves out. Give --identifier kind:value, once or more."
                    raise CallerError("identifier_missing", text, field="identifiers")
                one = self._of_profile(connection, asked.a, moving)
            else:
                one = [self._node(connection, asked.a, "a")]
                if asked.b is not None:
                    other = [self._node(connection, asked.b, "b")]
        return self._send(Act(kind=kind, a=one, b=other, actor=actor, reason=reason))

    def review(self, question: str, decision: str, actor: str, reason: str) -> dict[str, Any]:
        """Answer a question that waits."""
        with self.state.read() as connection:
            hold = self._hold(connection, question)
        if hold.status is not HoldStatus.OPEN:
            text = f"The question {question} was answered `{hold.status.value}` by {hold.decided_by} already."
            raise CallerError("hold_closed", text, field="hold", status=409)
        try:
            kind = _OF_DECISION[HoldStatus(decision)]
        except (ValueError, KeyError) as error:
            text = f"{cut(decision)} is no answer. Answer same, never, household or dismissed."
            raise CallerError("decision_unknown", text, field="decision") from error
        return self._send(
            Act(
                kind=kind,
                a=[hold.a],
                b=[hold.b],
                hold=hold.id,
                actor=_said(actor, "actor"),
                reason=_said(reason, "reason"),
            )
        )

    def holds(self, status: str | None = "open", reason: str | None = None, limit: int = 50) -> dict[str, Any]:
        """Return questions, the newest first, with the profiles that they are about; ``None`` does not narrow."""
        _among(HoldStatus, status, "status")
        _among(HoldReason, reason, "reason")
        with self.state.read() as connection:
            found = store.load_holds(connection, status=status, reason=reason, limit=limit)
            kinds = store.kinds_of(connection, {end for hold in found for end in (hold.a, hold.b)})
        return {"holds": [_told_hold(hold, kinds) for hold in found]}

    def question(self, question: str) -> dict[str, Any]:
        """Return one question by the first digits of its id. Raises ``CallerError`` ``hold_unknown``."""
        with self.state.read() as connection:
            hold = self._hold(connection, question)
            kinds = store.kinds_of(connection, {hold.a, hold.b})
        return _told_hold(hold, kinds)

    def acts(self, limit: int = 50) -> dict[str, Any]:
        """Return what people did, the newest first."""
        with self.state.read() as connection:
            rows = store.load_acts(connection, limit)
        return {
            "acts": [
                {
                    "id": row["id"],
                    "act": row["kind"],
                    "at": to_iso(row["at"]),
                    "actor": row["actor"],
                    "reason": row["reason"],
                    "outcome": msgspec.json.decode(row["outcome"]),
                }
                for row in rows
            ]
        }

    def explain(self, a: str, b: str) -> dict[str, Any]:
        """Return the chain of links that makes one person of two identifiers, or what keeps them apart."""
        with self.state.read() as connection:
            first, second = self._node(connection, a, "a"), self._node(connection, b, "b")
            batch = Batch({}, self.clock.now())
            component = self.identify.component(connection, batch, [first, second])
        found = partition(component.nodes, component.links, self.most)
        answer = explain(first, second, component.nodes, component.links, found)
        return {
            "is_one": answer.is_one,
            "profiles": [batch.owner[node].profile_id if node in batch.owner else None for node in (first, second)],
            "confidence": min((link.confidence for link in answer.chain), default=None),
            "chain": [_told_link(link, component) for link in answer.chain],
            "kept_apart": [
                {"because": each.reason.value if each.reason else "never", "link": _told_link(each.link, component)}
                for each in answer.parting
            ],
            "never": [_told_link(link, component) for link in answer.never],
            "set_aside": [_told_aside(end, component) for end in answer.aside],
        }

    def _send(self, act: Act) -> dict[str, Any]:
        if self.check is not None:
            self.check()
        now = self.clock.now()
        act_id = f"act_{random_bytes(13).hex()}"
        append_own(self.log, self.keys, act_event(act, act_id, now), now, self.keep_days, urgent=True)
        outcome = wait_applied(self.state, lambda connection: outcome_of(connection, act_id), self.settle)
        if outcome is None:
            return {"id": act_id, "status": "waiting"}
        if "refused" in outcome:
            raise CallerError("act_refused", _REFUSALS[outcome["refused"]], status=409)
        return {"id": act_id, "status": "applied", **outcome}

    def _node(self, connection: Connection, told: str | None, field: str) -> bytes:
        """Return the identifier that is meant; of a profile the one that stands for it."""
        assert told is not None, "asked before"
        found = self.look.identifier(connection, told)
        if found is not None:
            return found
        held = self.look.identifiers(connection, told)
        if not held:
            text = f"{cut(told)} names no identifier and no profile. Write kind:value, as user_id:17, or a profile id."
            raise CallerError("identifier_unknown", text, field=field, status=404)
        return self.identify.stands_for(connection, held, self.clock.now())

    def _of_profile(self, connection: Connection, told: str, moving: list[bytes]) -> list[bytes]:
        held = set(self.look.identifiers(connection, told))
        if not held:
            text = f"No profile answers to {cut(told)}. Give a profile id, or kind:value such as user_id:17."
            raise CallerError("profile_unknown", text, field="a", status=404)
        if not set(moving) <= held:
            text = f"An identifier is not part of the profile {cut(told)}. See `fieldfare profiles identities` of it."
            raise CallerError("act_refused", text, field="identifiers", status=409)
        return moving

    def _hold(self, connection: Connection, question: str) -> Hold:
        digits = question.lower()
        is_hex = 0 < len(digits) <= 2 * len(b"\0" * 16) and all(each in "0123456789abcdef" for each in digits)
        hold = store.load_hold(connection, digits) if is_hex else None
        if hold is None:
            text = f"There is no one question {cut(question)}. `fieldfare identity holds` lists them; give more digits."
            raise CallerError("hold_unknown", text, field="hold", status=404)
        return hold


def _kind(told: str) -> ActKind:
    known = {kind.value: kind for kind in ActKind if kind is not ActKind.DISMISS}  # that answers a question
    if told not in known:
        text = f"{cut(told)} is no act. It is one of {', '.join(known)}."
        raise CallerError("act_unknown", text, field="act")
    return known[told]


def _refuse_unused(kind: ActKind, asked: ActRequest) -> None:
    """Refuse what the act has no use for: whoever sent it expects that something is done to it."""
    fields = {"b": asked.b is not None and kind not in TWO_SIDED, "identifiers": kind is not ActKind.SPLIT}
    for field, is_unused in fields.items():
        if is_unused and getattr(asked, field):
            takes = "`a` and `b`" if kind in TWO_SIDED else "`a` and `identifiers`" if kind is ActKind.SPLIT else "`a`"
            text = (
                f"The act `{kind}` takes {takes}, and `{field}` was sent. Leave it out, or ask for each act by itself."
            )
            raise CallerError("act_field_unused", text, field=field)


def _among(words: type[HoldStatus] | type[HoldReason], told: str | None, field: str) -> None:
    """Refuse a filter that no question can fit, for an empty answer would say that none waits."""
    if told is not None and told not in set(words):
        text = f"No question has the {field} {cut(told)}. It is one of {', '.join(words)}."
        raise CallerError("filter_unknown", text, field=field)


def _said(told: str, field: str) -> str:
    if not told.strip() or len(told) > MOST_TEXT:
        text = f"An act needs `{field}`, of 1 to {MOST_TEXT} characters: who did it and why is kept for ever."
        raise CallerError("act_unsigned", text, field=field)
    return told.strip()


def _told_hold(hold: Hold, kinds: Mapping[bytes, tuple[str, Owner]]) -> dict[str, Any]:
    return {
        "hold": hold.id.hex()[:SHORT],
        "reason": hold.reason,
        "status": hold.status,
        "confidence": hold.confidence,
        "identifiers": [_name(end, kinds[end][0] if end in kinds else "unknown") for end in (hold.a, hold.b)],
        "profiles": [kinds[end][1].profile_id or None if end in kinds else None for end in (hold.a, hold.b)],
        "explanation": msgspec.json.decode(hold.explanation) if hold.explanation else None,
        "event_id": hold.message_id,
        "at": to_iso(hold.at),
        "decided_at": to_iso(hold.decided_at) if hold.decided_at is not None else None,
        "decided_by": hold.decided_by,
        "decided_because": hold.decided_because,
    }


def _told_link(link: Link, component: Component) -> dict[str, Any]:
    ends = [_name(end, component.nodes[end].kind.name) for end in (link.a, link.b)]
    return {
        "identifiers": ends,
        "kind": link.kind.value,
        "rule": link.rule,
        "confidence": link.confidence,
        "occurred_at": to_iso(link.occurred_at),
        "event_id": link.message_id,
        "source": link.source,
        "who": link.who,
    }


def _told_aside(node: bytes, component: Component) -> dict[str, str]:
    known = component.nodes[node]
    by_hand = known.state is IdentifierState.QUARANTINED
    because = "a person set it aside" if by_hand else "too many people use it"
    return {"identifier": _name(node, known.kind.name), "because": because}


def _name(node: bytes, kind: str) -> str:
    return f"{kind}:#{node.hex()[:SHORT]}"
