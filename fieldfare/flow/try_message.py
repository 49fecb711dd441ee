"""Send a test message to one of our own people: a template as somebody would get it, marked, and counted nowhere.

It goes to the addresses that ``test_recipients`` of the workspace declares and to that of whoever asks, never to
anybody else. Of a person it shows what a preview shows: personal values are masked, links lead nowhere.

Flow: make the message; in one transaction under the lock of the address, read what the gate looks at, ask it
(``judge_try``), and record the act; call the channel at once, by the permit. No proposal, attempt, decision, exposure,
link or event is written, no cap or limit is filled, no breaker hears of it; a receipt of it belongs to no message. A
crash after the record leaves an act whose message may not have gone; whoever asked sends it again.
"""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
import structlog

from fieldfare.act.delivery.model import Address, ConsentQuestion, Message, Outcome, OutcomeKind
from fieldfare.act.delivery.pace import Pace
from fieldfare.act.delivery.parts import DeliveryPorts
from fieldfare.act.delivery.ports import Channel, Tx
from fieldfare.act.delivery.render import RenderFailure
from fieldfare.decide.gate.judge import judge_try
from fieldfare.decide.gate.model import Permit, Reason, Refusal, TryFacts
from fieldfare.decide.gate.ports import Asked
from fieldfare.decide.gate.words import PLAIN
from fieldfare.decide.journeys.model import Proposal
from fieldfare.flow.template_answers import TemplateAnswers
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, cut
from fieldfare.ground.ids import random_bytes
from fieldfare.ground.instants import Instant
from fieldfare.know.identity.model import EMAIL, PHONE, SHIPPED
from fieldfare.know.identity.normal import NORMAL, Regions
from fieldfare.know.identity.resolve import NO_PROFILE
from fieldfare.trust.access.model import Act
from fieldfare.trust.access.store import insert_act
from fieldfare.trust.keys.seal import Keys

_log = structlog.get_logger()
MOST_A_MINUTE = 10
"""Test messages that one caller may send in a minute."""
ACT = "test_message"


class TryRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be sent to whom. ``actor`` asks; ``own``: their address, where they have one."""

    template: str
    actor: str
    own: str | None = None
    to: str | None = None
    profile: str | None = None
    locale: str | None = None
    location: str | None = None


class TryMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Sends test messages."""

    templates: TemplateAnswers
    channels: Mapping[str, Channel]
    ports: DeliveryPorts
    keys: Keys
    regions: Regions
    declared: Collection[str]
    """What ``test_recipients`` says."""
    clock: Clock
    pace: Pace = msgspec.field(default_factory=lambda: Pace(MOST_A_MINUTE))

    def recipients(self, own: str | None) -> list[dict[str, Any]]:
        """Return to whom somebody may send tests, their own address first."""
        mine = [own] if own is not None and self._normal(EMAIL, own) is not None else []
        every = dict.fromkeys([*mine, *self.declared])
        return [{"kind": kind_of(each), "address": each, "is_own": each in mine} for each in every]

    def send(self, asked: TryRequest) -> dict[str, Any]:
        """Send one, or say why not: ``outcome`` is ``refused``, or what became of the call.

        Raises ``CallerError``: ``template_unknown``, ``test_unfit``, ``test_recipient``, ``test_limited``,
        ``profile_unknown``, ``locale_unknown``, ``location_unknown``.
        """
        channel = self._channel(asked.template)
        kind = channel.capabilities.address
        to = asked.to if asked.to is not None else asked.own if kind == EMAIL else None
        address = self._address(kind, to)
        proposal_id = f"tst_{random_bytes(9).hex()}"
        whose = asked.profile, asked.locale, asked.location
        wish, made = self.templates.make_test(asked.template, proposal_id, address, *whose)
        if not self.pace.allows(asked.actor.encode(), self.clock.now()):
            text = f"You sent {MOST_A_MINUTE} test messages within a minute. Wait a minute, then send more."
            raise CallerError("test_limited", text, status=429, retry_after_s=60)
        allowed = {self._hash(kind, each) for each in (*self.declared, *([asked.own] if asked.own else []))}
        with self.ports.state.write() as tx:
            self.ports.attempts.lock(tx, [address.hash])
            verdict = self._judged(tx, wish, address, made, is_recipient=address.hash in allowed)
            if isinstance(verdict, Permit):
                as_whom = "" if wish.profile_id == NO_PROFILE else f" as profile {wish.profile_id}"
                what = f"{wish.template} {wish.channel}{as_whom}"
                insert_act(tx, Act(at=verdict.granted_at, actor=asked.actor, act=ACT, what=what))
        told = {"template": wish.template, "channel": wish.channel, "to": address.clear}
        if isinstance(verdict, Refusal) or isinstance(made, RenderFailure):
            return told | _refused(verdict, made)
        outcome = self._called(channel, made, verdict)
        _log.info("test_message", template=wish.template, channel=wish.channel, outcome=outcome.kind.value)
        return told | {
            "outcome": outcome.kind.value,
            "detail": outcome.detail,
            "reasons": [],
            "words": [],
            "failure": None,
            "message": proposal_id,
        }

    def _channel(self, template: str) -> Channel:
        name = self.templates.template(template).channel
        channel = self.channels.get(name)
        if channel is None or channel.capabilities.address not in {EMAIL, PHONE}:
            text = f"The channel `{name}` reaches no e-mail address or telephone number, so nobody of ours gets a test."
            raise CallerError("test_unfit", text, field="template", status=409)
        return channel

    def _address(self, kind: str, told: str | None) -> Address:
        normal = self._normal(kind, told) if told is not None else None
        if normal is None:
            what = "an e-mail address" if kind == EMAIL else "a telephone number with `+` and country code"
            why = f"{cut(told)} is none" if told is not None else "none is given"
            known = "`GET /api/v1/test-recipients` lists those that may be."
            raise CallerError("test_recipient", f"The test needs {what}, and {why}. {known}", field="to")
        return Address(normal, self.keys.lookup_hash(kind, normal))

    def _normal(self, kind: str, told: str) -> str | None:
        return NORMAL[SHIPPED[kind].form](told, self.regions.default)

    def _hash(self, kind: str, told: str) -> bytes | None:
        normal = self._normal(kind, told) if kind_of(told) == kind else None
        return None if normal is None else self.keys.lookup_hash(kind, normal)

    def _judged(
        self, tx: Tx, wish: Proposal, address: Address, made: Message | RenderFailure, *, is_recipient: bool
    ) -> Permit | Refusal:
        now: Instant = self.clock.now()
        question = ConsentQuestion(wish.profile_id, address.hash, wish.purpose, wish.channel)
        # First: what is applied after this look was accepted after it.
        pending = any(self.ports.consent.pending(tx, [question]))
        stopped = self.ports.orders.stopped(tx, [Asked(wish, address.hash, None)], now)
        facts = TryFacts(
            proposal_id=wish.id,
            channel=wish.channel,
            address_hash=address.hash,
            is_recipient=is_recipient,
            suppressed_since=self.ports.consent.suppressed(tx, [address.hash]).get(address.hash),
            consent_pending=pending,
            rendered=isinstance(made, Message),
            stopped=stopped.get(wish.id),
        )
        return judge_try(facts, now)

    def _called(self, channel: Channel, message: Message, permit: Permit) -> Outcome:
        prepared = channel.prepare(message, permit)
        if isinstance(prepared, Outcome):
            return prepared
        if self.clock.now() >= permit.expires_at:
            return Outcome(kind=OutcomeKind.FAILED, detail="permit_over")
        try:
            return channel.send(prepared)
        except Exception as error:  # noqa: BLE001 - as in delivery: what a channel raises says nothing of the message
            return Outcome(kind=OutcomeKind.UNKNOWN, detail=f"channel_{type(error).__name__.lower()}")


def kind_of(told: str) -> str:
    """Return what kind of address it is, as one writes it."""
    return EMAIL if "@" in told else PHONE


def _refused(verdict: Permit | Refusal, made: Message | RenderFailure) -> dict[str, Any]:
    findings = verdict.findings if isinstance(verdict, Refusal) else ()
    is_told = any(each.reason is Reason.RENDER_FAILED for each in findings)
    return {
        "outcome": "refused",
        "detail": None,
        "reasons": [each.reason.value for each in findings],
        "words": [PLAIN[each.reason] for each in findings],
        "failure": msgspec.to_builtins(made) if is_told and isinstance(made, RenderFailure) else None,
        "message": None,
    }
