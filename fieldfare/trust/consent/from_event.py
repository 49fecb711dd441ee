"""From an event to consent records: the ``Consent Updated`` event, and what SDKs and browsers attach to any event.

Pure. A refusal is never lost: one without a purpose refuses all that need consent, one for an undeclared purpose is
kept and reported. A grant needs a declared purpose, a channel and a place that it is declared for, and evidence; where
a TC or GPP string comes along, the string must support it. A preference or a signal that says *yes* grants nothing. A
grant on a channel with double opt-in is kept unconfirmed. Nothing here reads who the person is: the caller says.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import Instant
from fieldfare.trust.consent.capture import Capture, Told, capture_of, signal_of, text_of
from fieldfare.trust.consent.in_force import end_of
from fieldfare.trust.consent.model import EVERY, REFUSING, Action, ConsentPolicy, ConsentRecord, Ignored, Purpose
from fieldfare.trust.consent.model import Witness as Witness  # noqa: PLC0414 - part of what an event comes to
from fieldfare.trust.consent.signals import UNDECODABLE, platform_purposes, read_signal, refused_categories

CONSENT_EVENTS = frozenset({"Consent Updated", "consent_updated"})
"""Names under which the event comes in; nothing else may grant."""
GPC_METHOD = "browser_signal"
_CLAIMING = frozenset({Action.GRANT, Action.REFRESH})
"""Actions that need evidence."""


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Who acted, where and when: what the caller knows of the event."""

    message_id: str
    profile_id: int
    addresses: Mapping[str, bytes]
    """Keyed hash of the person's address by channel, so that a refusal follows the address."""
    source: str
    occurred_at: Instant
    received_at: Instant
    recorded_at: Instant
    is_own: bool = False
    """Fieldfare made the event."""
    is_vouched: bool = False
    """Whoever sent it may say that a grant was confirmed: the API, an import."""
    objected: frozenset[str] = frozenset()
    """Purposes that the person objects to already, so that a browser's signal need not say it with each event."""


class Heard(msgspec.Struct):
    """What one event comes to."""

    records: list[ConsentRecord] = []
    ignored: list[Ignored] = []
    notices: list[Told] = []
    witness: Witness = Witness()
    """Of all the records; to be sealed."""


def speaks_of_consent(name: str, context: Mapping[str, Any]) -> bool:
    """Return whether an event can bear consent at all; cheap enough for every event."""
    return name in CONSENT_EVENTS or "consent" in context or "gpc" in context


def consent_records(
    name: str, payload: Mapping[str, Any], context: Mapping[str, Any], act: Act, policy: ConsentPolicy
) -> Heard:
    """Return the records of one event, and what of it was ignored or doubtful and why."""
    is_update = name in CONSENT_EVENTS
    capture = capture_of(payload if is_update else {}, context, is_own=act.is_own, is_vouched=act.is_vouched)
    made = _Making(act, policy, capture)
    if is_update:
        made.update(payload)
    made.attached(context, is_update=is_update)
    return Heard(made.records, made.ignored, made.notices, capture.witness)


class _Making:
    """The records of one event, as they are made."""

    def __init__(self, act: Act, policy: ConsentPolicy, capture: Capture) -> None:
        self.records: list[ConsentRecord] = []
        self.ignored: list[Ignored] = []
        self.notices: list[Told] = []
        self._act, self._policy, self._capture = act, policy, capture

    def update(self, payload: Mapping[str, Any]) -> None:
        """Take a ``Consent Updated`` event."""
        word = (text_of(payload.get("action")) or "").lower()
        if not word and self._capture.signal is not None:
            self._by_signal(self._capture.signal, text_of(payload.get("channel")) or EVERY)
            return
        if word not in set(Action):
            known = ", ".join(Action)
            self._ignore("consent_action_unknown", f"`action` is none of {known}; nothing was recorded. Send one.")
            return
        action, channel = Action(word), self._channel(payload)
        purposes = platform_purposes(payload, self._policy) if "platform_purpose" in payload else None
        if purposes is None:
            purposes = (text_of(payload.get("purpose")) or text_of(payload.get("platform_purpose")) or "",)
        for purpose in purposes:
            self._one(action, purpose, channel, self._scope(payload, action, purpose))

    def _channel(self, payload: Mapping[str, Any]) -> str:
        channel = text_of(payload.get("channel")) or EVERY
        platform = self._policy.platforms.get(self._capture.platform or "")
        return channel if platform is None else platform.channels.get(channel, channel)

    def _scope(self, payload: Mapping[str, Any], action: Action, purpose: str) -> str:
        """Return the place that an act is limited to; a refusal of what is never limited refuses it everywhere."""
        scope = text_of(payload.get("scope"), 200) or EVERY
        known = self._policy.purposes
        asked = (known[purpose],) if purpose in known else known.values()
        return scope if action in _CLAIMING or any(each.by_location for each in asked) else EVERY

    def _one(self, action: Action, purpose: str, channel: str, scope: str) -> None:
        declared = self._policy.purposes.get(purpose)
        if action in _CLAIMING and not (self._act.is_own and self._capture.method == "start_word"):
            why = _why_not(declared, channel, scope, self._capture, self._policy)
            if why is not None:
                self.ignored.append(why)
                return
        elif purpose and purpose != EVERY and declared is None:
            text = "A refusal names a purpose that consent.yaml does not; it was recorded under that name. Declare it."
            self._ignore("consent_purpose_unknown", text)
        channels: Iterable[str] = (channel,)
        if action is Action.GRANT and channel == EVERY and declared is not None and declared.double_opt_in:
            channels = declared.channels or (EVERY,)  # each is confirmed by itself
        for each in channels:
            self._add("payload", action, purpose or EVERY, each, scope)
        told = self._capture.told(purpose)
        if told is not None:
            self.notices.append(told)

    def attached(self, context: Mapping[str, Any], *, is_update: bool) -> None:
        """Take what is attached to an event: categories, raw strings, the browser's signal. They only refuse."""
        consent = context.get("consent")
        consent = consent if isinstance(consent, dict) else {}
        for name in refused_categories(consent.get("categoryPreferences"), self._policy):
            self._add("preferences", Action.WITHDRAW, name, EVERY)
        signal = signal_of(consent)
        if signal is not None and not is_update:
            self._refused_by(signal, EVERY)
        if context.get("gpc") is True or consent.get("gpc") is True:
            for name in self._policy.gpc:
                if name not in self._act.objected:
                    self._add("gpc", Action.OBJECT, name, EVERY, method=GPC_METHOD)

    def _by_signal(self, signal: tuple[str, str], channel: str) -> None:
        """Take a string that stands for the act itself; what it consents to needs evidence beside it."""
        said = self._refused_by(signal, channel)
        for purpose in sorted(said):
            self._one(Action.GRANT, purpose, channel, EVERY)

    def _refused_by(self, signal: tuple[str, str], channel: str) -> frozenset[str]:
        said = read_signal(*signal, self._policy)
        if not said.is_decodable:
            text = "A TC or GPP string cannot be decoded, so what it could speak of is not consented to. Send it whole."
            self._ignore("consent_string_undecodable", text)
        for name, action in sorted(said.refused.items()):
            self._add("signal", action, name, channel, method=None if said.is_decodable else UNDECODABLE)
        return said.consented

    def _ignore(self, code: str, detail: str) -> None:
        self.ignored.append(Ignored(code, detail))

    def _add(
        self, place: str, action: Action, purpose: str, channel: str, scope: str = EVERY, method: str | None = None
    ) -> None:
        """Add one record per address that the act reaches: that of its channel, or for all channels each one."""
        act, capture = self._act, self._capture
        hashes: list[bytes | None] = [act.addresses.get(channel)]
        if channel == EVERY and act.addresses:
            hashes = [*sorted(set(act.addresses.values()))]
        declared = self._policy.purposes.get(purpose)
        basis = declared.basis.value if declared is not None else None
        for address in hashes:
            parts = (act.source, act.message_id, place, act.profile_id, purpose, channel, address or b"", scope)
            record = ConsentRecord(
                id=derived_id("cns", *parts, *((action.value,) if place != "payload" else ())),
                profile_id=act.profile_id,
                address_hash=address,
                purpose=purpose,
                channel=channel,
                action=action,
                notice_version=capture.notice_version,
                evidence=capture.evidence,
                source=act.source,
                occurred_at=act.occurred_at,
                received_at=act.received_at,
                recorded_at=act.recorded_at,
                scope=scope,
                legal_basis=capture.legal_basis or basis,
                notice_hash=capture.hash_for(declared),
                method=method or capture.method,
                confirmed=_is_confirmed(action, channel, declared, capture),
                confirms=capture.confirms,
                platform=capture.platform,
                signal=None if capture.signal is None else capture.signal[0],
                gpc=capture.gpc,
                ip_prefix=capture.ip_prefix,
                actor=capture.actor,
            )
            self.records.append(_with_end(record, declared, capture))


def _with_end(record: ConsentRecord, declared: Purpose | None, capture: Capture) -> ConsentRecord:
    """Return the record with the instant at which it ends, where it is one that does."""
    if declared is None or record.action not in _CLAIMING:
        return record
    told = msgspec.structs.replace(record, expires_at=capture.expires_at)
    return msgspec.structs.replace(told, expires_at=end_of(told, declared))


def _is_confirmed(action: Action, channel: str, declared: Purpose | None, capture: Capture) -> bool:
    if action in REFUSING or declared is None or not declared.double_opt_in:
        return True
    return capture.confirmed or (channel != EVERY and channel not in declared.double_opt_in)


def _why_not(
    declared: Purpose | None, channel: str, scope: str, capture: Capture, policy: ConsentPolicy
) -> Ignored | None:
    """Return why a grant, or what prolongs one, is not taken."""
    if declared is None:
        return Ignored(
            "consent_purpose_unknown",
            "A grant names no purpose of consent.yaml; it was ignored. Declare the purpose or correct its name.",
        )
    if channel != EVERY and declared.channels and channel not in declared.channels:
        return Ignored(
            "consent_channel_unknown",
            f"A grant of `{declared.name}` names a channel it is not declared for; it was ignored. "
            f"Use one of: {', '.join(declared.channels)}.",
        )
    if scope != EVERY and not declared.by_location:
        return Ignored(
            "consent_scope_unknown",
            f"A grant of `{declared.name}` is limited to a place, and consent.yaml does not let it be; it was ignored. "
            "Leave `scope` out, or declare `by_location: true`.",
        )
    if capture.evidence is None:
        return Ignored(
            "consent_without_evidence",
            f"A grant of `{declared.name}` does not say how it was captured; it was ignored. "
            "Send `evidence`, such as the form and its page.",
        )
    return _unsupported(declared.name, capture, policy)


def _unsupported(purpose: str, capture: Capture, policy: ConsentPolicy) -> Ignored | None:
    """Return why the raw string that came along does not support a grant."""
    if capture.signal is None:
        return None
    said = read_signal(*capture.signal, policy)
    if not said.is_decodable:
        return Ignored(
            "consent_string_undecodable",
            f"A grant of `{purpose}` comes with a TC or GPP string that cannot be decoded; it was ignored. "
            "Send the whole string.",
        )
    if purpose in said.refused:
        return Ignored(
            "consent_string_refuses",
            f"A grant of `{purpose}` comes with a TC or GPP string that does not consent to it; it was ignored. "
            "Send what the person chose.",
        )
    return None
