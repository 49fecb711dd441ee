"""Erasure: a person's keys are destroyed, their rows deleted, and tombstones keep them from coming back.

Flow, in the pipeline's turn. The lake is made current. Tombstones (one per identifier, with the log's ends) become
durable in the ring first. Then one transaction of the state deletes identifiers, links, document, wake-up, walks, what
waits to be judged, captured messages and holds, takes the hashes out of verdicts, acts and tears, ends memberships and
stage, and gathers anew the households in which the person was. Then the data keys are destroyed. Last, one transaction
of the lake takes the sealed parts and hashes out of the person's rows and removes the profile as it is and as it was.

Other processes on the same database are held back meanwhile (:func:`fieldfare.ground.store.held`): none of them gives
the person a new identifier between the tombstones and the deletion, or a new event an old key between that and the
destruction. When they go on they heed the tombstones and forget the keys (:mod:`fieldfare.flow.buried`).

A crash anywhere leaves tombstones that are not obeyed yet: :meth:`Erasure.obey`, at the next start or by the next
erasure, does what is left, and so it does for a state or lake that was restored from before an erasure.

What survives on purpose: suppressions and the consent ledger, by hash, so that no import contacts the person again;
attempts, by the hash of the address, for refusals that come late and for caps; verdicts and assignments under the bare
number of the profile, so that no count changes. Texts that people wrote are emptied (:mod:`fieldfare.flow.silence`).
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec
import pyarrow as pa
import structlog
from sqlalchemy import Connection

from fieldfare.act.delivery import store as delivery_store
from fieldfare.decide.gate import store as gate_store
from fieldfare.decide.gate.forget import forget_orders
from fieldfare.decide.journeys import store as journey_store
from fieldfare.flow import broadcast_store, receipt_store
from fieldfare.flow import store as flow_store
from fieldfare.flow.event_rows import arrow_rows
from fieldfare.flow.households import living_with
from fieldfare.flow.lake_tables import DECISION_ROWS, EVENT_ROWS, PROFILE_ROWS, PROFILE_VERSIONS, RETRACTIONS
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.look import Look
from fieldfare.flow.pipeline import Pipeline
from fieldfare.flow.refold import Refold
from fieldfare.flow.screens.notes import erase_notes
from fieldfare.flow.silence import silence, silent_events, silent_retractions, silent_rows, without_evidence
from fieldfare.flow.work import Batch, decode_document, encode_document
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import MINUTE, Instant, to_iso
from fieldfare.ground.lake.ports import Lake, LakeTable, Write
from fieldfare.ground.log.ports import NORMAL, URGENT, EventLog
from fieldfare.ground.store import State, held
from fieldfare.know.audiences import store as audience_store
from fieldfare.know.identity import store as identity_store
from fieldfare.know.identity.resolve import NO_PROFILE
from fieldfare.know.lifecycle import store as lifecycle_store
from fieldfare.know.profiles import store as profile_store
from fieldfare.know.profiles.model import Document
from fieldfare.trust.consent import store as consent_store
from fieldfare.trust.consent import suppression_store
from fieldfare.trust.keys.model import Tombstone, profile_owner
from fieldfare.trust.keys.seal import Keys

OBEYED = "tombstones"
"""Fact of the state, and stream of the lake: the instant of the last erasure that was carried out there."""
CAUSE = "erasure"
_log = structlog.get_logger()


class Receipt(msgspec.Struct, kw_only=True):
    """What an erasure did. Names no identifier."""

    profile_ids: list[int]
    """The profile and those merged into it."""
    erased_at: str
    through: dict[str, int]
    """Partition -> last offset of the log that the erasure covers."""
    actor: str
    reason: str
    was_erased: bool = False
    """Whether the person had been erased before, and only what was left of that was done."""
    identifiers: int = 0
    data_keys: int = 0
    documents: int = 0
    memberships: int = 0
    enrollments: int = 0
    captured_messages: int = 0
    tasks: int = 0
    notes: int = 0
    tracked_links: int = 0
    orders: int = 0
    """Holds, waits, uses, requests of actions, places where they were met."""
    lake_events: int = 0
    reasons: int = 0
    """Free texts about the person that were emptied: why somebody acted, was shown their values, took an event back."""
    evidence: int = 0
    """Records of consent whose evidence is its keyed hash now."""
    kept: dict[str, int] = {}
    """What survives on purpose: suppressions, and records of consent."""


class ErasureParts(msgspec.Struct, frozen=True, kw_only=True):
    """What an erasure needs of an installation."""

    state: State
    log: EventLog
    lake: Lake
    loader: LakeLoader
    keys: Keys
    pipeline: Pipeline
    refold: Refold
    look: Look
    now: Callable[[], Instant]


class Erasure:
    """Erases people of one installation."""

    def __init__(self, parts: ErasureParts) -> None:
        """Erase there."""
        self.parts = parts

    def erase(self, told: str, actor: str, reason: str) -> Receipt:
        """Erase the person whom a profile id or ``kind:value`` names; done again, it finishes what was left.

        Raises ``CallerError``: ``erasure_unexplained``, ``profile_unknown``.
        """
        for field, value in (("actor", actor), ("reason", reason)):
            if not value.strip():
                text = f"An erasure cannot be undone, and `{field}` is empty. Say who asks for it, and why."
                raise CallerError("erasure_unexplained", text, field=field)
        parts = self.parts
        with parts.pipeline.turns, held(parts.state):
            self._obey()
            receipt = Receipt(profile_ids=[], erased_at="", through={}, actor=actor, reason=reason)
            stones = self._bury(told, receipt)
            if not receipt.was_erased:
                self._carry_out(stones, receipt)
            _log.info("erased", profile=receipt.profile_ids[0], actor=actor, reason=reason)
        return receipt

    def obey(self) -> int:
        """Carry out the erasures that state or lake do not know: of a crash, or of a backup. Return how many stones."""
        parts = self.parts
        if not self._not_obeyed():
            return 0
        with parts.pipeline.turns, held(parts.state):
            return self._obey()

    def _obey(self) -> int:
        stones = self._not_obeyed()
        if stones:
            now = to_iso(self.parts.now())
            receipt = Receipt(profile_ids=[], erased_at=now, through={}, actor="", reason="")
            self._carry_out(stones, receipt)
            _log.info("tombstones_obeyed", identifiers=receipt.identifiers, lake_events=receipt.lake_events)
        return len(stones)

    def _not_obeyed(self) -> list[Tombstone]:
        parts = self.parts
        with parts.state.read() as connection:
            known = int(flow_store.fact(connection, OBEYED) or 0)
        return parts.keys.ring.since(min(known, parts.lake.loaded(OBEYED)) + 1)

    def _bury(self, told: str, receipt: Receipt) -> list[Tombstone]:
        """Write the tombstones of the person, durably; fill the receipt with whom and when."""
        parts = self.parts
        try:
            family = parts.look.family(told)
        except CallerError:
            earlier = self._earlier(told)
            if earlier is None:
                raise
            receipt.was_erased, stones = True, [earlier]
            family = frozenset({earlier.profile_id})
        else:
            with parts.state.read() as connection:
                hashes = [row.hash for each in family for row in identity_store.identifiers_of(connection, each)]
                standing = next(iter(identity_store.standing_ids(connection, family).values()))
            ends, now = (parts.log.head(NORMAL), parts.log.head(URGENT)), parts.now()
            stones = [Tombstone(bytes(each), standing, *ends, now) for each in hashes]
            parts.keys.ring.bury(stones)
            parts.pipeline.buried.heed()
        receipt.profile_ids = sorted(family)
        receipt.erased_at = to_iso(stones[0].at)
        receipt.through = {"normal": stones[0].through, "urgent": stones[0].through_urgent}
        return stones

    def _earlier(self, told: str) -> Tombstone | None:
        """Return the tombstone of whom ``told`` names, when they were erased before."""
        ring, hashed = self.parts.keys.ring, self.parts.look.hash_of(told)
        if hashed is not None:
            return ring.buried([hashed]).get(hashed)
        return next((stone for stone in ring.since(0) if str(stone.profile_id) == told), None)

    def _carry_out(self, stones: list[Tombstone], receipt: Receipt) -> None:
        """Delete, destroy, and take out of the lake, in this order; what was done before is found done."""
        parts = self.parts
        parts.loader.catch_up()
        last = max(stone.at for stone in stones)
        parts.pipeline.identify.forget()
        with parts.state.write() as connection:
            found = _Found.of(connection, stones)
            kin = living_with(connection, Batch({}, last), found.gone)
            _delete(connection, found, parts.now(), receipt, parts.keys.lookup_hash)
            silent = silent_events(connection, found.gone)
            parts.refold.without(connection, kin, parts.pipeline.settled_until(parts.now()), CAUSE)
            flow_store.set_fact(connection, OBEYED, str(last))
        parts.state.scrub()
        owners = [*found.hashes, *(profile_owner(profile_id) for profile_id in found.gone)]
        receipt.data_keys += parts.keys.destroy(owners)
        self._clear_lake(stones, found, last, receipt, silent)
        if found.remaining:
            self._refold(found.remaining)
        parts.loader.catch_up()

    def _clear_lake(
        self, stones: list[Tombstone], found: "_Found", last: Instant, receipt: Receipt, silent: Collection[str]
    ) -> None:
        lake, ends = self.parts.lake, {stone.hash: stone for stone in stones}
        rows = lake.arrow(_LED, [[stone.hash for stone in stones], sorted(found.gone)]).to_pylist()
        mine = [row for row in rows if _is_covered(row, ends)]
        receipt.lake_events += len(mine)
        cleared = [without_evidence(row) | {"external_id_hash": None, "sealed": None} for row in mine]
        cleared += silent_rows(lake, silent)
        retractions = silent_retractions(lake, found.gone)
        verdicts = lake.arrow(_VERDICTS, [sorted(found.hashes), sorted(found.gone)]).to_pylist()
        unnamed = [row | {"external_id_hash": None, "inputs": gate_store.summary_of(row["inputs"])} for row in verdicts]
        profiles = pa.table({"profile_id": pa.array(sorted(found.gone), pa.int64())})
        lake.load(
            OBEYED,
            last,
            [
                Write(EVENT_ROWS.name, _rows(EVENT_ROWS, cleared), key=("partition", "offset", "index")),
                Write(DECISION_ROWS.name, _rows(DECISION_ROWS, unnamed), key=("seq",)),
                Write(RETRACTIONS.name, _rows(RETRACTIONS, retractions), key=("seq",)),
                Write(PROFILE_ROWS.name, profiles, key=("profile_id",), removes=True),
                Write(PROFILE_VERSIONS.name, profiles, key=("profile_id",), removes=True),
            ],
        )

    def _refold(self, profile_ids: Collection[int]) -> None:
        """Fold anew whom a restored state had joined with somebody who was erased."""
        now = self.parts.pipeline.settled_until(self.parts.now())
        self.parts.refold.page(sorted(profile_ids), now, CAUSE)
        self.parts.loader.catch_up()


class _Found(msgspec.Struct, frozen=True):
    """What a state holds of those who were erased."""

    hashes: frozenset[bytes]
    """Identifiers to delete; one that came back after its erasure is not among them."""
    gone: frozenset[int]
    """Profiles with nobody left, and those merged into them."""
    remaining: frozenset[int]
    """Profiles in which somebody else is left: a state from before a split has them joined."""

    @classmethod
    def of(cls, connection: Connection, stones: list[Tombstone]) -> "_Found":
        """Return what is here of the tombstones."""
        ends = {stone.hash: stone.at for stone in stones}
        rows = identity_store.rows_among(connection, ends)
        back = {bytes(row.hash) for row in rows if row.first_seen_at > ends[bytes(row.hash)]}
        hashes = frozenset(ends.keys() - back)
        hashes |= _theirs_alone(connection, hashes)
        came = {row.profile_id for row in rows if bytes(row.hash) in back}
        owners = {row.profile_id for row in rows if bytes(row.hash) in hashes} - {NO_PROFILE}
        remaining = {
            owner
            for owner in owners
            if any(bytes(row.hash) not in hashes for row in identity_store.identifiers_of(connection, owner))
        }
        gone = (owners | {stone.profile_id for stone in stones}) - remaining - came
        families = identity_store.families(connection, gone)
        return cls(hashes, frozenset(each for family in families.values() for each in family), frozenset(remaining))


def _theirs_alone(connection: Connection, hashes: frozenset[bytes]) -> frozenset[bytes]:
    """Return what is nobody's (a household, a shared address) and was told of these people and of no one else.

    It has no tombstone: whoever comes with it later may keep it.
    """
    beside = {end for link in identity_store.links_among(connection, hashes, live=False) for end in (link.a, link.b)}
    rows = identity_store.rows_among(connection, beside - hashes)
    shared = {bytes(row.hash) for row in rows if row.profile_id == NO_PROFILE}
    others = {
        end
        for link in identity_store.links_among(connection, shared, live=False)
        for end, other in ((link.a, link.b), (link.b, link.a))
        if end in shared and other not in hashes
    }
    return frozenset(shared - others)


def _delete(
    connection: Connection, found: _Found, now: Instant, receipt: Receipt, hash_of: Callable[[str, str], bytes]
) -> None:
    loaded = profile_store.load(connection, found.gone | found.remaining)
    documents = {profile_id: decode_document(profile_id, body) for profile_id, body, _ in loaded}
    left = [
        {"audience": name, "profile_id": each, "joined": False, "at": now, "cause": CAUSE, "event_id": None}
        | {"definition": None}
        for each in sorted(found.gone & documents.keys())
        for name in sorted(documents[each].memberships)
    ]
    audience_store.insert_changes(connection, left)
    lifecycle_store.insert_changes(connection, _stages_left(found, documents, now))
    profile_store.remove(connection, sorted(found.gone))
    profile_store.forget_versions_of(connection, found.gone)
    changed = [{"profile_id": each, "minute": now // MINUTE, "stamp": now} for each in found.gone | found.remaining]
    profile_store.note_changes(connection, changed)
    identity_store.note_changes(connection, found.hashes, now)
    profile_store.save(
        connection,
        [
            {"profile_id": each, "body": _without(document, found.hashes)}
            for each, document in documents.items()
            if each in found.remaining
        ],
    )
    reasons, evidence = silence(connection, found.gone, hash_of)
    before = len(identity_store.silenced_acts(connection))
    receipt.identifiers += identity_store.erase(connection, found.hashes, found.gone)
    receipt.reasons += reasons + len(identity_store.silenced_acts(connection)) - before
    receipt.evidence += evidence
    enrollments, proposals = journey_store.erase(connection, found.gone)
    receipt.enrollments += enrollments
    receipt.captured_messages += delivery_store.erase_captured(connection, proposals, found.hashes)
    receipt.tasks += delivery_store.erase_tasks(connection, proposals, found.gone)
    receipt.notes += erase_notes(connection, found.gone)
    receipt.tracked_links += delivery_store.erase_links(connection, proposals)
    receipt_store.erase_receipts(connection, proposals)
    broadcast_store.erase_recipients(connection, found.gone)
    gate_store.forget_people(connection, found.gone, found.hashes)
    receipt.orders += forget_orders(connection, found.gone, found.hashes, proposals)
    receipt.documents += len(found.gone & documents.keys())
    receipt.memberships += len(left)
    records = consent_store.load_records(connection, found.gone, found.hashes)
    suppressed = suppression_store.load_suppressions(connection, found.hashes)
    receipt.kept = {"consent_records": len(records), "suppressions": len(suppressed)}


def _stages_left(found: _Found, documents: Mapping[int, Document], now: Instant) -> list[dict[str, Any]]:
    return [
        {
            "profile_id": each,
            "from_stage": documents[each].stage,
            "to_stage": None,
            "at": now,
            "cause": CAUSE,
            "event_id": f"{CAUSE}:{now}",
        }
        for each in sorted(found.gone & documents.keys())
        if documents[each].stage is not None
    ]


def _without(document: Document, hashes: Collection[bytes]) -> bytes:
    """Return the document's body without some identifiers."""
    kept = {kind: [each for each in known if each not in hashes] for kind, known in document.identifiers.items()}
    document.identifiers = {kind: known for kind, known in kept.items() if known}
    return encode_document(document)


_LED = """SELECT t.* FROM event_rows t
    WHERE t.external_id_hash IN (SELECT unnest(?::BLOB[]))
    OR (t.profile_id IN (SELECT unnest(?::BIGINT[])) AND t.external_id_hash IS NOT NULL)"""
_VERDICTS = """SELECT * FROM decision_rows
    WHERE external_id_hash IN (SELECT unnest(?::BLOB[]))
    OR (profile_id IN (SELECT unnest(?::BIGINT[])) AND inputs NOT LIKE '{"hash":%')"""


def _is_covered(row: dict[str, Any], stones: dict[bytes, Tombstone]) -> bool:
    """Return whether a row came before the erasure; a row of a profile that is gone always did."""
    stone = stones.get(row["external_id_hash"])
    if stone is None:
        return True
    through = stone.through_urgent if row["partition"] == URGENT else stone.through
    return bool(row["offset"] <= through and row["received_at"] <= stone.at)


def _rows(table: LakeTable, rows: list[dict[str, Any]]) -> pa.Table:
    return arrow_rows(table, [[row[name] for name, _, _ in table.columns] for row in rows])
