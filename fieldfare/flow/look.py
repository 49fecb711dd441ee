"""Looking at one person: who, what we know, and why they got or did not get messages.

Reads only; shows no personal value. Everything comes from one snapshot of the state database, evaluated at the caller's
``now``.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection

from fieldfare.decide.gate import store as gate_store
from fieldfare.decide.gate.words import in_words
from fieldfare.decide.journeys import store as journey_store
from fieldfare.decide.journeys.definition import Journey, Reentry
from fieldfare.decide.journeys.model import Enrollment
from fieldfare.decide.journeys.say import enters_by
from fieldfare.flow.identifiers import open_identifier
from fieldfare.flow.work import Work, decode_document
from fieldfare.ground.errors import CallerError, cut
from fieldfare.ground.instants import DAY, Instant, to_iso
from fieldfare.ground.store import State
from fieldfare.know.audiences.compile_values import NOT_COMPUTABLE
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.model import Audience
from fieldfare.know.audiences.say_ranked import exact_relative_to, relative_to
from fieldfare.know.cuts.model import Cut
from fieldfare.know.identity import store as identity_store
from fieldfare.know.identity.claim_plan import ClaimPlan
from fieldfare.know.identity.model import USER_ID
from fieldfare.know.profiles import store as profile_store
from fieldfare.know.profiles.canonical import canonical_facts, consent_flags, is_phi
from fieldfare.know.profiles.model import Document, TraitValue
from fieldfare.know.profiles.plan import FoldPlan
from fieldfare.know.profiles.provenance import shown_provenance
from fieldfare.know.profiles.zone import PersonZones
from fieldfare.trust.consent import store as consent_store
from fieldfare.trust.keys.seal import Keys

_PRIMARY = ("membership_id", "user_id", "loyalty_id", "email", "phone", "anonymous_id")
"""Kinds of identifiers by which others know a person, the best first."""


class Look:
    """Answers about one profile."""

    def __init__(
        self,
        state: State,
        keys: Keys,
        evaluator: Evaluator,
        journeys: Mapping[str, Journey],
        plan: FoldPlan,
        zones: PersonZones,
        claims: ClaimPlan,
    ) -> None:
        """Read with these definitions."""
        self._state, self._keys, self._evaluator, self._journeys = state, keys, evaluator, journeys
        self._plan, self._zones, self._claims = plan, zones, claims

    def profile(self, told: str, now: Instant) -> dict[str, Any]:
        """Return the profile: identifiers by kind, traits with provenance, audiences, walks, consent."""
        with self._state.read() as connection:
            work = self._find(connection, told)
            family = identity_store.families(connection, {work.profile_id})[work.profile_id]
            records = consent_store.load_records(connection, family, ())
        document = work.document
        personal = work.personal(self._keys)
        shown = {name: (fact, False) for name, fact in document.traits.items()} | {
            name: (fact, True) for name, fact in personal.items()
        }
        return {
            "profile_id": work.profile_id,
            "merged_from": sorted(family - {work.profile_id}),
            "match_confidence": document.match_confidence,
            "home_location": document.home_location,
            "first_seen_at": _iso(document.first_seen_at),
            "last_seen_at": _iso(document.last_seen_at),
            "identifiers": {kind: len(hashes) for kind, hashes in document.identifiers.items()},
            "traits": {
                name: {"value": None if sealed else fact.value, "sealed": sealed, **self._provenance(name, fact)}
                for name, (fact, sealed) in sorted(shown.items())
            },
            "stage": document.stage,
            "stage_since": _iso(document.stage_since),
            "time_zone": msgspec.to_builtins(self._zones.of(document, now)),
            "computed": self._computed(work, now),
            "audiences": {name: _iso(at) for name, at in sorted(document.memberships.items())},
            "next_change_at": _iso(min(document.wakes.values(), default=None)),
            "journeys": [_walk(each) for each in work.enrollments.values()],
            "consent": [_consent(each) for each in records],
            "consent_in_force": dict(sorted(document.consent.items())),
            "household": {"members": sorted(document.kin), "is_known": document.household_known},
            "as_of": _iso(now),
        }

    def values(self, told: str) -> dict[str, tuple[Any, bool]]:
        """Return every trait's value and whether it is sealed, to be compared and never shown when it is."""
        with self._state.read() as connection:
            work = self._find(connection, told)
        plain = {name: (fact.value, False) for name, fact in work.document.traits.items()}
        return plain | {name: (fact.value, True) for name, fact in work.personal(self._keys).items()}

    def canonical(self, told: str, now: Instant, *, shows: bool) -> dict[str, Any]:
        """Return the profile under its canonical names; ``shows``: sealed values and identifiers too."""
        with self._state.read() as connection:
            work = self._find(connection, told)
            rows = identity_store.identifiers_of(connection, work.profile_id)
        document, personal = work.document, work.personal(self._keys)
        traits = {**document.traits, **personal}
        facts = canonical_facts(traits)
        ids: dict[str, list[str | None]] = {}
        for row in rows:
            value = open_identifier(self._keys, row) if shows else None
            ids.setdefault(row.kind, []).append(value)
        fields = {
            name: None if fact is None else fact[1].value if shows or fact[0] not in personal else None
            for name, fact in facts.items()
        }
        lead = next((kind for kind in _PRIMARY if kind in ids), None)
        received = [fact.received_at for fact in traits.values()]
        return {
            "profile_id": work.profile_id,
            "primary_id": None if lead is None else {"kind": lead, "value": ids[lead][0]},
            "external_id": ids.get(USER_ID, [None])[0],
            "source_ids": ids,
            "emails": ids.get("email", []),
            "phones": ids.get("phone", []),
            **fields,
            "consent_flags": consent_flags(facts),
            "last_activity": _iso(document.last_seen_at),
            "stage": document.stage,
            "phi_tag": is_phi(self._plan.traits, traits),
            "merge_confidence": document.match_confidence,
            "last_synced_at": _iso(max(received, default=None)),
            "provenance": {
                name: self._provenance(fact[0], fact[1]) for name, fact in facts.items() if fact is not None
            },
            "revealed": shows,
            "as_of": _iso(now),
        }

    def _computed(self, work: Work, now: Instant) -> dict[str, Any]:
        """Return what is computed, as of now: value, definition, and until when it holds if nothing happens."""
        found = {}
        for name in sorted(self._evaluator.computed.names()):
            value, until = self._evaluator.trait(name, work.document, now)
            is_open = value is NOT_COMPUTABLE
            found[name] = {
                "value": None if is_open else value,
                "is_computable": not is_open,
                "field_source": "computed",
                "definition": self._evaluator.computed.describe(name),
                "valid_until": _iso(until),
            }
            cuts = self._evaluator.computed.cuts(name)
            if cuts:
                found[name]["cuts"] = [self._relative_to(cut, work.document) for cut in cuts]
        return found

    def _relative_to(self, cut: Cut, document: Document) -> str:
        return exact_relative_to(cut, self._evaluator.cuts.of(cut.name), self._evaluator.place_of(cut, document))

    def cuts_of(self, audience: Audience) -> list[str]:
        """Return relative to which published cuts an audience is exact, and which of them are still to be published."""
        cuts = {cut.name: cut for cut in self._evaluator.cuts_of(audience.condition)}
        return [relative_to(cut, self._evaluator.cuts.of(name)) for name, cut in sorted(cuts.items())]

    def person(self, told: str) -> tuple[int, frozenset[int]]:
        """Return the profile that stands for who is told, and all ids of that person.

        Raises ``CallerError`` ``profile_unknown``.
        """
        with self._state.read() as connection:
            profile_id = self._find(connection, told).profile_id
            return profile_id, identity_store.families(connection, {profile_id})[profile_id]

    def document(self, told: str) -> tuple[int, Document]:
        """Return the profile that stands for who is told, and its document. Raises as :meth:`person`."""
        with self._state.read() as connection:
            work = self._find(connection, told)
        return work.profile_id, work.document

    def found(self, told: str) -> int | None:
        """Return the profile that stands for an id or kind:value, ``None`` when nobody answers to it."""
        with self._state.read() as connection:
            profile_id = self._profile_id(connection, told)
            return None if profile_id is None else identity_store.standing_ids(connection, {profile_id})[profile_id]

    def shown_traits(self, traits: Mapping[str, TraitValue]) -> dict[str, Any]:
        """Return traits that are not personal, with their provenance."""
        return {name: {"value": fact.value, **self._provenance(name, fact)} for name, fact in sorted(traits.items())}

    def family(self, told: str) -> frozenset[int]:
        """Return all profile ids of a person: the one that stands and those merged into it."""
        return self.person(told)[1]

    def why_not(self, told: str, journey: str | None, now: Instant, since: Instant = 0) -> dict[str, Any]:
        """Return, per journey, walks and verdicts of the person, for journeys never entered why not, and the rest."""
        if journey is not None and journey not in self._journeys:
            known = ", ".join(sorted(self._journeys))
            raise CallerError(
                "journey_unknown",
                f"There is no journey {cut(journey)}. Journeys: {known}.",
                field="journey",
                status=404,
            )
        with self._state.read() as connection:
            work = self._find(connection, told)
            family = identity_store.families(connection, {work.profile_id})[work.profile_id]
            decisions = gate_store.decisions_of(connection, work.profile_id, family, since)
            waiting = journey_store.proposals_of(connection, family)
        names = [journey] if journey is not None else sorted(self._journeys)
        return {
            "profile_id": work.profile_id,
            "journeys": {
                name: {
                    "walks": [_walk(each) for each in work.enrollments.values() if each.journey == name],
                    "entry": self._entry(self._journeys[name], work, now),
                    "verdicts": [told_verdict(row) for row in decisions if row["journey"] == name],
                    "waiting": [
                        {"template": each.template, "channel": each.channel, "due_at": _iso(due_at)}
                        for each, status, due_at in waiting
                        if each.journey == name and status == journey_store.DUE
                    ],
                }
                for name in names
            },
            "other": [
                told_verdict(row) for row in decisions if journey is None and row["journey"] not in self._journeys
            ],
            "as_of": _iso(now),
        }

    def _entry(self, journey: Journey, work: Work, now: Instant) -> str:
        entry = journey.entry
        walks = [each for each in work.enrollments.values() if each.journey == journey.name]
        cause = enters_by(entry)
        if entry.audience is not None:
            at = work.document.memberships.get(entry.audience)
            cause += f": member since {_iso(at)}" if at is not None else ": not a member now"
        closed = [gate.reason for gate in entry.gates if not self._evaluator.truth(gate.condition, work.document, now)]
        condition = ""
        if entry.gates:
            condition = f"; {', '.join(closed)} does not hold now" if closed else "; all further conditions hold now"
        again = entry.reentry.value
        if entry.reentry is Reentry.AFTER:
            again = f"after {entry.reentry_after_us // DAY} days"
        return f"{cause}{condition}; entered so far: {len(walks)}, re-entry: {again}"

    def _provenance(self, name: str, fact: TraitValue) -> dict[str, Any]:
        return shown_provenance(name, fact, self._plan) | {
            "occurred_at": _iso(fact.occurred_at),
            "last_synced_at": _iso(fact.received_at),
        }

    def _find(self, connection: Connection, told: str) -> Work:
        profile_id = self._profile_id(connection, told)
        standing = identity_store.standing_ids(connection, {profile_id})[profile_id] if profile_id is not None else None
        rows = profile_store.load(connection, [standing]) if standing is not None else []
        if not rows:
            text = f"No profile answers to {cut(told)}. Give a profile id, or kind:value such as user_id:17."
            raise CallerError("profile_unknown", text, field="profile", status=404)
        ((found, body, wake_at),) = rows
        work = Work(found, decode_document(found, body), wake_at)
        work.enrollments = {each.id: each for each in journey_store.load_enrollments(connection, [found])}
        return work

    def identifier(self, connection: Connection, told: str) -> bytes | None:
        """Return the keyed hash of a known identifier written as ``kind:value``, ``None`` when it is not known."""
        hashed = self.hash_of(told)
        return hashed if hashed is not None and identity_store.kinds_of(connection, [hashed]) else None

    def identifiers(self, connection: Connection, told: str) -> list[bytes]:
        """Return the keyed hashes of all identifiers of a profile, told by id or by one of them; empty for none."""
        profile_id = self._profile_id(connection, told)
        standing = identity_store.standing_ids(connection, {profile_id})[profile_id] if profile_id is not None else None
        rows = profile_store.load(connection, [standing]) if standing is not None else []
        return [node for row in rows for held in decode_document(row[0], row[1]).identifiers.values() for node in held]

    def hash_of(self, told: str) -> bytes | None:
        """Return the keyed hash of an identifier written as ``kind:value``, ``None`` for anything else."""
        kind, _, value = told.partition(":")
        return self._claims.hash_of(kind, value)

    def _profile_id(self, connection: Connection, told: str) -> int | None:
        if ":" not in told:
            return int(told) if told.isascii() and told.isdigit() and len(told) < 19 else None  # noqa: PLR2004 - 64 bits
        hashed = self.hash_of(told)
        owner = identity_store.owners(connection, [hashed]).get(hashed) if hashed is not None else None
        return owner.profile_id if owner is not None else None


def _iso(at: Instant | None) -> str | None:
    return to_iso(at) if at is not None else None


def _walk(each: Enrollment) -> dict[str, Any]:
    return {
        "journey": each.journey,
        "status": each.status.value,
        "step": each.step,
        "arm": each.arm.value,
        "entered_at": _iso(each.entered_at),
        "due_at": _iso(each.due_at),
        "last_message_at": _iso(each.last_message_at),
        "last_action_at": _iso(each.last_action_at),
        "goal_at": _iso(each.goal_at),
        "ended_at": _iso(each.ended_at),
        "end_reason": each.end_reason,
    }


def told_verdict(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the decision log as it is shown."""
    return {
        "at": _iso(row["at"]),
        "decision": row["decision_outcome"],
        "rule": row["rule_id"],
        "reasons": msgspec.json.decode(row["reasons"]),
        "words": _in_words(row),
        "inputs": msgspec.json.decode(row["inputs"]),
        "channel": row["channel"],
        "template": row["template"],
        "step": row["step"],
        "arm": row["arm"],
        "phase": row["phase"],
        "delivery_status": row["delivery_status"],
        "policy_version": row["policy_version"],
        "journey_version": row["journey_version"],
    }


def _in_words(row: dict[str, Any]) -> list[str]:
    """Return the reasons as sentences; each one's numbers stand under the rule that spoke it."""
    reasons, inputs = msgspec.json.decode(row["reasons"]), msgspec.json.decode(row["inputs"])
    spoke = [found for rule, found in inputs.items() if rule not in {"read", "render", "hash"}]
    told = spoke if len(spoke) == len(reasons) else [{}] * len(reasons)
    return [in_words(reason, found) for reason, found in zip(reasons, told, strict=True)]


def _consent(each: Any) -> dict[str, Any]:
    return {
        "purpose": each.purpose,
        "channel": each.channel,
        "action": each.action.value,
        "consent_source": each.source,
        "consent_version": each.notice_version,
        "consent_timestamp": _iso(each.occurred_at),
        "recorded_at": _iso(each.recorded_at),
    }
