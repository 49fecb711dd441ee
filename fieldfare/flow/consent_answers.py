"""What the API and the CLI ask of consent: to record it, what is and was in force, its history, a signed receipt.

Reading takes one snapshot. Recording appends one event to the log's urgent partition, durably, and nothing else; the
pipeline makes records of it. A crash before the append leaves nothing, after it the event: the same request again has
the same message id when it names one, and is dropped.
"""

from collections.abc import Callable, Collection
from typing import Any

import msgspec

from fieldfare.act.delivery.events import person_event
from fieldfare.collect.model import Envelope, Mode
from fieldfare.flow.consent_compare import Comparing
from fieldfare.flow.consent_request import ConsentRequest, names_person, parted, told_of, vouched_event
from fieldfare.flow.consent_rows import open_witness
from fieldfare.flow.intake import seal_envelope
from fieldfare.flow.look import Look
from fieldfare.flow.person import People
from fieldfare.flow.reviews import Reviews
from fieldfare.flow.spans import read_span
from fieldfare.flow.work import Work, decode_document
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import Instant, parse_iso, to_iso
from fieldfare.ground.log.ports import URGENT, EventLog
from fieldfare.ground.store import State
from fieldfare.know.identity.redirect_store import redirects_among
from fieldfare.know.identity.united import united_since
from fieldfare.know.profiles import store as profile_store
from fieldfare.trust.consent import store as consent_store
from fieldfare.trust.consent import suppression_store
from fieldfare.trust.consent.from_event import Act, consent_records
from fieldfare.trust.consent.in_force import Answer, rank
from fieldfare.trust.consent.jws import public_jwk, sign
from fieldfare.trust.consent.model import ConsentRecord, Suppression
from fieldfare.trust.consent.receipt import receipt_of
from fieldfare.trust.consent.standing import pairs_of, standing
from fieldfare.trust.keys.seal import Keys

SIGNING_KEY = "consent-receipt"
"""Name of the key that receipts are signed with, in the key store."""


class Known(msgspec.Struct, frozen=True):
    """All that is recorded of one person, and how it stands at one instant."""

    profile_id: int
    records: list[ConsentRecord]
    standing: dict[tuple[str, str], Answer]
    suppressed: dict[bytes, Suppression]
    at: Instant


class ConsentAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """Answers about consent from these parts."""

    workspace: Workspace
    state: State
    log: EventLog
    keys: Keys
    clock: Clock
    look: Look
    people: People
    reviews: Reviews
    comparing: Comparing
    append_own: Callable[[dict[str, Any]], None]
    """Appends one of Fieldfare's own events, urgent and durable."""
    settle: Callable[[], object] | None = None
    """Applies what waits, where no worker does."""

    def record(self, asked: ConsentRequest) -> dict[str, Any]:
        """Record an act of consent; return what will stand in the ledger.

        Raises ``CallerError``: ``consent_person_unknown``, ``consent_source_unknown``, ``consent_time_invalid``,
        ``profile_unknown``, and the codes of what the ledger does not take (``consent_without_evidence`` …).
        """
        if self.settle is not None:
            self.settle()  # what was imported a moment ago makes the person known
        now = self.clock.now()
        when = _time(asked.occurred_at, now)
        heard = consent_records(
            "Consent Updated",
            told_of(asked),
            {},
            Act(
                message_id=asked.message_id or "",
                profile_id=0,
                addresses={},
                source="",
                occurred_at=when,
                received_at=now,
                recorded_at=now,
                is_vouched=True,
            ),
            self.workspace.consent,
        )
        if heard.ignored and not heard.records:
            first = heard.ignored[0]
            raise CallerError(first.code, first.detail, field="action")
        told = self._append(asked, now, when)
        if self.settle is not None:
            self.settle()
        return {
            "accepted": True,
            **told,
            "records": [
                {
                    "purpose": each.purpose,
                    "channel": each.channel,
                    "action": each.action.value,
                    "is_confirmed": each.confirmed,
                }
                for each in heard.records
            ],
            "warnings": [{"code": each.code, "message": each.detail} for each in heard.ignored],
        }

    def _append(self, asked: ConsentRequest, now: Instant, when: Instant) -> dict[str, Any]:
        if asked.profile is not None:
            profile_id = self.look.person(asked.profile)[0]
            shown, capture = parted(asked)
            event = person_event("api", shown, capture, (profile_id, None), now)
            event["messageId"] = asked.message_id or event["messageId"]
            event["timestamp"] = to_iso(when)
            self.append_own(event)
            return {"message_id": event["messageId"], "profile_id": profile_id}
        sources = self.workspace.sources
        source = asked.source or (next(iter(sources)) if len(sources) == 1 else None)
        if source not in sources:
            known = ", ".join(sorted(sources))
            text = (
                "Somebody who is told by identifiers is told of by a source of the workspace, and `source` names none. "
                f"It has: {known}."
            )
            raise CallerError("consent_source_unknown", text, field="source")
        if not names_person(asked):
            text = "The act names nobody. Give `profile`, or one of `user_id`, `anonymous_id`, `email`, `phone`."
            raise CallerError("consent_person_unknown", text, field="profile")
        event = vouched_event(asked, now)
        body = msgspec.json.encode({"batch": [event]})
        envelope = Envelope(Mode.LIVE, source, "batch", now, body, is_vouched=True)
        self.log.append(URGENT, [seal_envelope(self.keys, envelope, self.workspace.keep_raw_days()[source])])
        return {"message_id": event["messageId"], "profile_id": None}

    def show(self, told: str, at: str | None = None) -> dict[str, Any]:
        """Return what is in force for a person, for every purpose and channel of which anything was said.

        Raises ``CallerError``: ``profile_unknown``, ``span_invalid``.
        """
        known = self._known(told, at)
        return {
            "profile_id": known.profile_id,
            "as_of": to_iso(known.at),
            "in_force": [
                {"purpose": purpose, "channel": channel, **_told(each)}
                for (purpose, channel), each in sorted(known.standing.items())
            ],
            **self.channel_fields(known.standing),
            "suppressed": [
                {"reason": each.reason, "since": to_iso(each.since_at)}
                for each in known.suppressed.values()
                if each.since_at <= known.at
            ],
        }

    def channel_fields(self, found: dict[tuple[str, str], Answer]) -> dict[str, Any]:
        """Return ``consent_<channel>`` with its source, timestamp and version, of the first purpose that needs it."""
        lead = next((name for name, each in self.workspace.consent.purposes.items() if each.required), None)
        fields: dict[str, Any] = {}
        for (purpose, channel), told in sorted(found.items()):
            if purpose == lead:
                record = told.record
                fields[f"consent_{channel}"] = told.state.value
                fields[f"consent_{channel}_source"] = None if record is None else record.source
                fields[f"consent_{channel}_timestamp"] = None if record is None else to_iso(record.occurred_at)
                fields[f"consent_{channel}_version"] = None if record is None else record.notice_version
        return fields

    def history(self, told: str, at: str | None = None) -> dict[str, Any]:
        """Return every record of a person that was there at an instant, in the order of acts, and what held then."""
        known = self._known(told, at)
        witnesses = {each.id: open_witness(self.keys, each) for each in known.records}
        return {
            "profile_id": known.profile_id,
            "as_of": to_iso(known.at),
            "records": [_plain(each, witnesses[each.id]) for each in sorted(known.records, key=rank)],
            "in_force": {
                f"{purpose} {channel}": each.state.value for (purpose, channel), each in known.standing.items()
            },
        }

    def prove(self, told: str, at: str | None = None) -> dict[str, Any]:
        """Return a signed receipt of a person's consent: ``receipt`` and its detached ``signature``."""
        known = self._known(told, at)
        opened = {each.id: open_witness(self.keys, each) for each in known.records}
        with self.state.read() as connection:
            hashes = {each.notice_hash for each in known.records if each.notice_hash is not None}
            notices = consent_store.load_notices(connection, hashes)
        receipt = receipt_of(
            f"profile:{known.profile_id}",
            self.workspace.brand.name,
            known.records,
            known.standing,
            notices,
            {record: witness for record, witness in opened.items() if witness is not None},
            self.workspace.consent,
            known.at,
        )
        return {"receipt": receipt, "signature": sign(receipt, self._seed())}

    def jwks(self) -> dict[str, Any]:
        """Return the public key that receipts are signed with, as a JWK set."""
        return {"keys": [public_jwk(self._seed())]}

    def _seed(self) -> bytes:
        return self.keys.store.create(SIGNING_KEY)

    def _known(self, told: str, at: str | None) -> Known:
        span = read_span(at, None, self.workspace.time_zone)
        profile_id, family = self.look.person(told)
        now = self.clock.now()
        moment = now if span.from_at is None else span.from_at
        with self.state.read() as connection:
            united = united_since(redirects_among(connection, family))
            members = {each for each in family if united.get(each, 0) <= moment}
            ((_, body, wake_at),) = profile_store.load(connection, [profile_id])
            work = Work(profile_id, decode_document(profile_id, body), wake_at)
            addresses = self.people.addresses(work)
            records = consent_store.load_records(connection, members, set(addresses.values()))
            suppressed = suppression_store.load_suppressions(connection, set(addresses.values()))
        there = [each for each in records if each.recorded_at <= moment]
        pairs = pairs_of(self.workspace.consent, self._channels())
        scope = self.people.scope_of(work.document.home_location)
        found = standing(there, members, addresses, pairs, self.workspace.consent, moment, scope, united)
        return Known(profile_id, there, found, suppressed, moment)

    def _channels(self) -> Collection[str]:
        return self.people.consents.channels


def _time(text: str | None, now: Instant) -> Instant:
    try:
        return now if text is None else parse_iso(text)
    except (ValueError, OverflowError) as error:
        told = "`occurred_at` is no date-time. Write 2026-01-31T18:00:00Z, or leave it out for now."
        raise CallerError("consent_time_invalid", told, field="occurred_at") from error


def _told(answer: Answer) -> dict[str, Any]:
    record = answer.record
    return {
        "state": answer.state.value,
        "until": None if answer.until is None else to_iso(answer.until),
        "record": None if record is None else record.id,
        "source": None if record is None else record.source,
        "timestamp": None if record is None else to_iso(record.occurred_at),
        "version": None if record is None else record.notice_version,
    }


def _plain(record: ConsentRecord, witness: Any) -> dict[str, Any]:
    found = msgspec.structs.asdict(record)
    del found["sealed"]
    found["action"] = record.action.value
    found["address_hash"] = None if record.address_hash is None else record.address_hash.hex()
    for name in ("occurred_at", "received_at", "recorded_at", "expires_at"):
        found[name] = None if found[name] is None else to_iso(found[name])
    found["witness"] = None if witness is None else msgspec.to_builtins(witness)
    return {name: value for name, value in found.items() if value is not None}
