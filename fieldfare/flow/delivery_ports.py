"""What delivery needs of the other rooms, over their stores: people, consent, exposures, the outbox. No rule is here.

All of it reads and writes inside the transaction that delivery opened. Ids of merged profiles are followed to the one
that stands.
"""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from fieldfare.act.delivery.model import Address, ConsentQuestion, Person, Standing
from fieldfare.act.delivery.ports import PersonKey
from fieldfare.flow import store as flow_store
from fieldfare.flow.addresses import address_of
from fieldfare.flow.identifiers import open_identifier
from fieldfare.flow.pending_consent import PendingConsent
from fieldfare.flow.reviews import under_review
from fieldfare.flow.standing_consent import ScopeOf
from fieldfare.flow.work import decode_document, open_personal
from fieldfare.ground.instants import Instant, parse_iso
from fieldfare.know.identity import store as identity_store
from fieldfare.know.identity.model import USER_ID
from fieldfare.know.identity.normal import Regions
from fieldfare.know.identity.redirect_store import redirects_among
from fieldfare.know.identity.united import united_since
from fieldfare.know.profiles import store as profile_store
from fieldfare.know.profiles.model import Document, TraitValue
from fieldfare.know.profiles.zone import PersonZones
from fieldfare.learn.experiments import store as experiment_store
from fieldfare.network.calendars.holds import Calendar
from fieldfare.trust.consent import store as consent_store
from fieldfare.trust.consent import suppression_store
from fieldfare.trust.consent.dispute_store import disputed, under
from fieldfare.trust.consent.in_force import Ledger, in_force
from fieldfare.trust.consent.model import EVERY, ConsentPolicy, ConsentRecord, InForce, Suppression
from fieldfare.trust.keys.model import profile_owner
from fieldfare.trust.keys.seal import Keys

PROFILE = "profile"
"""Kind of address that is the person itself: channels onto our own lists."""
_encode = msgspec.json.Encoder().encode


class SqlPeople:
    """``People`` over documents."""

    def __init__(
        self,
        keys: Keys,
        calendar: Calendar,
        zones: PersonZones,
        workspace_zone: str,
        holds: Sequence[str],
        regions: Regions,
    ) -> None:
        """Take ``holds``: the traits that keep a profile out of all marketing while true."""
        self._keys, self._calendar, self._zones = keys, calendar, zones
        self._zone, self._holds, self._regions = workspace_zone, holds, regions
        self._read: dict[int, tuple[bytes, Document]] = {}
        """The documents that were read last: who is asked about next is mostly among them, and mostly as they were."""

    def load(self, tx: Connection, wanted: Sequence[PersonKey]) -> dict[PersonKey, Person]:
        """Return traits (unsealed) and address of each."""
        standing = identity_store.standing_ids(tx, {profile_id for profile_id, _ in wanted})
        found: dict[int, tuple[dict[str, Any], dict[str, TraitValue], str | None, int]] = {}
        rows = profile_store.load(tx, set(standing.values()))
        sealers = self._keys.once(profile_owner(profile_id) for profile_id, _, _ in rows)
        self._read = {profile_id: (body, decode_document(profile_id, body)) for profile_id, body, _ in rows}
        for profile_id, (body, document) in self._read.items():
            personal = open_personal(sealers, profile_id, document)
            traits = {name: fact.value for name, fact in (*document.traits.items(), *personal.items())}
            found[profile_id] = (traits, personal, document.home_location, zlib.crc32(body))
        people: dict[PersonKey, Person] = {}
        for key in wanted:
            here = found.get(standing[key[0]])
            if here is not None:
                traits, personal, home, revision = here
                region = self._regions.of(home)
                address = address_of(key[1], personal, self._keys.lookup_hash, region)
                if key[1] == USER_ID:
                    address = self._user_id(tx, standing[key[0]])
                elif key[1] == PROFILE:
                    name = str(standing[key[0]])
                    address = Address(name, self._keys.lookup_hash(PROFILE, name), is_own=True)
                people[key] = Person(address=address, traits=traits, revision=revision, location=home)
        return people

    def _user_id(self, tx: Connection, profile_id: int) -> Address | None:
        for row in identity_store.identifiers_of(tx, profile_id):
            if row.kind == USER_ID:
                value = open_identifier(self._keys, row)
                return Address(value, row.hash) if value is not None else None
        return None

    def standing(self, tx: Connection, profile_ids: Sequence[int], now: Instant) -> dict[int, Standing]:
        """Return zone, phases, holds and confidence of every id asked for."""
        standing = identity_store.standing_ids(tx, set(profile_ids))
        found: dict[int, Standing] = {}
        for profile_id, body, _ in profile_store.load(tx, set(standing.values())):
            document = self._document(profile_id, body)
            told = self._zones.of(document, now)
            found[profile_id] = Standing(
                revision=zlib.crc32(body),
                zone=told.zone,
                zone_source=told.source,
                phases=self._calendar.holds(document.home_location, now)[0],
                on_hold=any(
                    (fact := document.traits.get(name)) is not None and fact.value is True for name in self._holds
                ),
                match_confidence=document.match_confidence,
                external_id_hash=_lead(document),
                location=document.home_location,
                verified=frozenset(node for nodes in document.identifiers.values() for node in nodes),
            )
        gone = Standing(
            revision=-1,
            zone=self._zone,
            zone_source="workspace",
            phases=self._calendar.holds(None, now)[0],
            on_hold=False,
            match_confidence=0,
        )
        return {profile_id: found.get(standing[profile_id], gone) for profile_id in profile_ids}

    def _document(self, profile_id: int, body: bytes) -> Document:
        known = self._read.get(profile_id)
        return known[1] if known is not None and known[0] == body else decode_document(profile_id, body)


def _lead(document: Document) -> bytes | None:
    for kind in ("user_id", "email", "anonymous_id"):
        hashes = document.identifiers.get(kind)
        if hashes:
            return hashes[0]
    return None


class SqlConsent:
    """``ConsentReader`` over the ledger, the suppression list and the log's urgent partition."""

    def __init__(self, policy: ConsentPolicy, pending: PendingConsent, scope_of: ScopeOf = lambda _home: ()) -> None:
        """Read by ``policy``; ``scope_of`` tells the places that a home location lies in."""
        self._policy, self._pending, self._scope_of = policy, pending, scope_of
        self._last = consent_store.LastRead()

    def in_force(self, tx: Connection, questions: Sequence[ConsentQuestion], now: Instant) -> list[str]:
        """Return what is in force for each question; all ids of the person speak, and every refusal of the address."""
        return [state for state, _ in self._answers(tx, questions, now)]

    def told(
        self, tx: Connection, questions: Sequence[ConsentQuestion], now: Instant
    ) -> list[tuple[str, tuple[str, ...]]]:
        """Return what is in force for each question, and which records speak for its purpose and channel."""
        answers = []
        for question, (state, heard) in zip(questions, self._answers(tx, questions, now), strict=True):
            about = (
                record.id
                for record in heard
                if record.purpose in (question.purpose, EVERY) and record.channel in (question.channel, EVERY)
            )
            answers.append((state, tuple(sorted(about))))
        return answers

    def _answers(
        self, tx: Connection, questions: Sequence[ConsentQuestion], now: Instant
    ) -> list[tuple[str, list[ConsentRecord]]]:
        """Return what is in force for each question, and the records of the person and the address."""
        families = identity_store.families(tx, {question.profile_id for question in questions})
        people = {profile_id for family in families.values() for profile_id in family}
        addresses = {question.address_hash for question in questions if question.address_hash is not None}
        records = consent_store.load_records(tx, people, addresses, self._last)
        ledger = Ledger(records)
        united = united_since(redirects_among(tx, people)) if len(people) > len(families) else {}
        scopes = self._scopes(tx, families) if any(record.scope != EVERY for record in records) else {}
        reviewed, denied = under_review(tx, people, addresses), disputed(tx, people, addresses)
        answers = []
        for question in questions:
            family = families[question.profile_id]
            heard = ledger.speaking(family, question.address_hash)
            scope = scopes.get(question.profile_id, ())
            asked = question.purpose, question.channel, now, self._policy, scope, united
            found = in_force(heard, *asked)
            if found is InForce.GRANTED and reviewed and not reviewed.isdisjoint((question.address_hash, *family)):
                found = InForce.IN_REVIEW
            elif (
                found is InForce.GRANTED
                and denied
                and not denied.isdisjoint(under(question.purpose, question.channel, family, question.address_hash))
            ):
                found = InForce.DISPUTED
            answers.append((found.value, heard))
        return answers

    def _scopes(self, tx: Connection, families: Mapping[int, frozenset[int]]) -> dict[int, tuple[str, ...]]:
        """Return the places that the people are at home in, by every id asked for."""
        members = {member for family in families.values() for member in family}
        homes = {
            profile_id: decode_document(profile_id, body).home_location
            for profile_id, body, _ in profile_store.load(tx, members)
        }
        return {
            asked: self._scope_of(next((homes[each] for each in sorted(family) if each in homes), None))
            for asked, family in families.items()
        }

    def suppressed(self, tx: Connection, hashes: Sequence[bytes]) -> dict[bytes, Instant]:
        """Return since when addresses are suppressed."""
        return {address: each.since_at for address, each in suppression_store.load_suppressions(tx, hashes).items()}

    def pending(self, tx: Connection, questions: Sequence[ConsentQuestion]) -> list[bool]:
        """Return of which questions a record that is not applied may speak."""
        return self._pending.among(tx, questions)

    def suppress(self, tx: Connection, address_hash: bytes, reason: str, at: Instant, source: str) -> None:
        """Suppress an address; the earlier entry stands."""
        suppression_store.insert_suppressions(
            tx, [Suppression(address_hash=address_hash, reason=reason, since_at=at, source=source)]
        )


class SqlExposures:
    """``Exposures`` over the experiment's table."""

    def record(self, tx: Connection, met: Sequence[tuple[str, int, str, Instant]]) -> None:
        """Record first exposures."""
        experiment_store.insert_exposures(tx, met)


class SqlOutbox:
    """``Outbox`` over its table; what waits there is sealed like the log."""

    def __init__(self, keys: Keys, keep_days: int) -> None:
        """Seal with ``keys``, to be readable for so many days, and longer while it waits."""
        self._keys, self._keep_days = keys, keep_days

    def add(self, tx: Connection, events: Sequence[dict[str, Any]]) -> None:
        """Keep events."""
        self.keep(tx, [self.sealed(event) for event in events])

    def keep(self, tx: Connection, sealed: Sequence[dict[str, Any]]) -> None:
        """Keep events that were sealed before."""
        flow_store.insert_outbox(tx, sealed)

    def sealed(self, event: dict[str, Any]) -> dict[str, Any]:
        """Return the row of an event."""
        at = parse_iso(event["timestamp"])
        sealed = self._keys.seal_raw(_encode(event), b"outbox", at, self._keep_days)
        return {"id": event["messageId"], "at": at, "sealed": sealed}
