"""One profile while a batch is being applied, and what the batch will write. Holds values; decides nothing.

A :class:`Work` is loaded once per batch, changed in memory event by event, and written once. Personal traits stay
sealed until an event needs them.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from fieldfare.collect.model import DeadLetter, Event, Place
from fieldfare.collect.store import TALLIED
from fieldfare.decide.journeys.model import Enrollment, Proposal
from fieldfare.flow.deals import Deals
from fieldfare.flow.dues import Dues
from fieldfare.flow.intake import Opened
from fieldfare.flow.ledger import Ledger
from fieldfare.flow.places import Places
from fieldfare.flow.recorded import Recorded
from fieldfare.flow.torn import moved_by
from fieldfare.flow.waking import Waking
from fieldfare.flow.warm import Warm
from fieldfare.ground.errors import PermanentError
from fieldfare.ground.instants import DAY, HOUR, MINUTE, Day, Instant
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.know.identity.model import Claim, Hold, HoldStatus, IdentifierState, Link, LinkKind, Moved
from fieldfare.know.identity.resolve import NO_PROFILE, Owner
from fieldfare.know.identity.store import Redirect
from fieldfare.know.lifecycle.model import Move
from fieldfare.know.profiles.model import SCHEMA, Document, TraitValue, told_of
from fieldfare.know.profiles.search_words import searchable
from fieldfare.learn.experiments.store import Assigned, Fact
from fieldfare.trust.consent.capture import Told
from fieldfare.trust.consent.model import Suppression, Witness
from fieldfare.trust.keys.cipher import Sealer
from fieldfare.trust.keys.model import KeyOwner, profile_owner, sealed_as
from fieldfare.trust.keys.seal import HasSealers, Keys

DOCUMENT = "document"
"""What a document's personal traits are sealed as."""
_decode_document = msgspec.msgpack.Decoder(Document).decode
_decode_personal = msgspec.msgpack.Decoder(dict[str, TraitValue]).decode
_encode = msgspec.msgpack.Encoder().encode


def decode_document(profile_id: int, body: bytes) -> Document:
    """Return the document of a stored body.

    Raises ``PermanentError``, naming the profile: ``document_newer`` for a schema that this program does not know,
    ``document_broken`` for bytes that are no document.
    """
    cause = None
    try:
        document = _decode_document(body)
        document.profile_id = profile_id
        if document.schema == SCHEMA:
            return document
    except msgspec.MsgspecError as error:
        cause = error
    if (schema := _schema_of(body)) > SCHEMA:
        text = (
            f"The document of profile {profile_id} has schema {schema}, and this program knows {SCHEMA}. Run the "
            "program that wrote it; nothing was overwritten."
        )
        raise PermanentError("document_newer", text) from cause
    text = f"The document of profile {profile_id} cannot be read. Restore the state; nothing was overwritten."
    raise PermanentError("document_broken", text) from cause


def encode_document(document: Document) -> bytes:
    """Return the body to store of a document whose personal traits are as they were."""
    return _encode(document)


def _schema_of(body: bytes) -> int:
    """Return the schema number that a document begins with, whatever follows; 0 for bytes that are none."""
    try:
        found = msgspec.msgpack.decode(body)
    except msgspec.MsgspecError:
        return 0
    return found[0] if isinstance(found, list) and found and isinstance(found[0], int) else 0


class Work:
    """One profile in a batch."""

    __slots__ = (
        "_personal",
        "_stored",
        "anew",
        "changed",
        "document",
        "enrollments",
        "floor",
        "found_by",
        "minute",
        "moved",
        "next_at",
        "personal_changed",
        "profile_id",
        "waits_for_cut",
        "wake_at",
    )

    def __init__(self, profile_id: int, document: Document, wake_at: Instant | None) -> None:
        """Begin with what is stored (or with an empty document)."""
        self.profile_id = profile_id
        self.document = document
        document.profile_id = profile_id
        self.wake_at = wake_at
        """The wake-up as stored."""
        self.next_at = wake_at
        """The wake-up as it is now: the next instant at which time alone does something."""
        self.enrollments: dict[str, Enrollment] = {}
        self.moved: set[str] = set()
        """Ids of enrollments to be written."""
        self.changed = False
        self.personal_changed = False
        self._personal: dict[str, TraitValue] | None = None
        self.anew = False
        """Whether the document is made anew, and so all that follows from it."""
        self.floor = 0
        """Minute before which no change counts: the lake was told of a later one."""
        self.minute: int | None = None
        """Minute of the last change that the lake has not got."""
        self._stored: bytes | None = None
        """The document at the end of that minute, as long as nothing has changed it."""
        self.waits_for_cut = False
        """Whether newly published cuts concern the profile, which was not brought to them yet."""
        self.found_by: tuple[tuple[str, str], ...] | None = None
        """By what the person is found, as stored; ``None``: nobody has looked."""

    def wait_since(self, minute: int | None, body: bytes) -> None:
        """Say that the lake has not got the stored document, which last changed in that minute."""
        if minute is not None:
            self.minute, self._stored = minute, body

    def heeded(self, batch: "Batch") -> None:
        """Note that the profile was evaluated by the cuts in force."""
        self.waits_for_cut = False
        if batch.cuts_wake:
            batch.heeded.add(self.profile_id)

    def turn(self, batch: "Batch", at: Instant) -> None:
        """Get ready to change at the instant: keep what stood at the end of an earlier minute, for the lake."""
        if not batch.tells_lake:
            return
        minute = max(at // MINUTE, self.floor)
        if self.minute is None:
            self.minute = minute
        elif minute > self.minute:
            body = _encode(told_of(self.document)) if self._stored is None else self._stored
            batch.versions.append({"profile_id": self.profile_id, "minute": self.minute, "body": body})
            self.minute = minute
        self._stored = None

    @property
    def turned(self) -> int:
        """Minute of the last change, the floor while there was none."""
        return self.floor if self.minute is None else self.minute

    def personal(self, keys: Keys) -> dict[str, TraitValue]:
        """Return the personal traits in clear; they live in memory only."""
        if self._personal is None:
            self._personal = open_personal(keys, self.profile_id, self.document)
            self.found_by = searchable(self._personal)
        return self._personal

    def search_changes(self) -> tuple[tuple[str, str], ...] | None:
        """Return by what the person is found from now on, ``None`` when that did not change."""
        if not self.personal_changed and not self.anew:
            return None
        now = searchable(self._personal or {})
        return now if self.anew or now != self.found_by else None

    @property
    def seals_for(self) -> tuple[KeyOwner, ...]:
        """The owner under whose key :meth:`encode` seals; nobody while no personal trait changed."""
        return (profile_owner(self.profile_id),) if self.personal_changed and self._personal is not None else ()

    def encode(self, sealers: Mapping[KeyOwner, Sealer]) -> dict[str, Any]:
        """Return the row to store; personal traits that changed are sealed again."""
        for owner in self.seals_for:
            self.document.sealed = sealers[owner].seal(_encode(self._personal), sealed_as(owner, DOCUMENT))
        return {"profile_id": self.profile_id, "body": _encode(self.document)}


def open_personal(keys: HasSealers, profile_id: int, document: Document) -> dict[str, TraitValue]:
    """Return a document's personal traits in clear; empty when it has none.

    Raises ``PermanentError``: ``document_locked`` when its key is gone, ``document_broken`` when what it seals does not
    open. Both name the profile.
    """
    if not document.sealed:
        return {}
    owner = profile_owner(profile_id)
    sealer = keys.sealers((owner,)).get(owner)
    if sealer is None:
        text = (
            f"The personal traits of profile {profile_id} are sealed and their key is gone from the data keys. "
            "Restore the data keys, or erase the profile; nothing was overwritten."
        )
        raise PermanentError("document_locked", text)
    try:
        return _decode_personal(sealer.open(document.sealed, sealed_as(owner, DOCUMENT)))
    except (PermanentError, msgspec.MsgspecError) as error:
        text = (
            f"The personal traits of profile {profile_id} do not open: they changed, or another key sealed them. "
            "Restore state and data keys of one moment; nothing was overwritten."
        )
        raise PermanentError("document_broken", text) from error


@dataclass
class Batch:
    """Everything one transaction will write, gathered in memory."""

    redirects: dict[int, int]
    """Merged-away profiles -> the ones that stand for them."""
    opened_at: Instant
    works: dict[int, Work] = field(default_factory=dict)
    assembles: bool = True
    """Whether events make people known; else they are kept for the lake alone."""
    claims: dict[Place, list[Claim]] = field(default_factory=dict)
    erased: set[Place] = field(default_factory=set)
    """Events that came before the erasure of whom they claim."""
    row_ids: dict[Place, bytes] = field(default_factory=dict)
    """Digest of the identity of each dead letter that a file gave."""
    known: set[bytes] = field(default_factory=set)
    """Digests of message ids that were applied before."""
    owner: dict[bytes, Owner] = field(default_factory=dict)
    """Whose each identifier of the batch is; one that is nobody's is not here."""
    kinds: dict[bytes, str] = field(default_factory=dict)
    identifiers: dict[bytes, dict[str, Any]] = field(default_factory=dict)
    """Rows of identifiers to insert."""
    moves: dict[bytes, Owner] = field(default_factory=dict)
    """Stored identifiers that belong to somebody else, or nobody, now."""
    asserted: dict[Place, list[Link]] = field(default_factory=dict)
    """Links of each event that were not stored when the batch began, or are stored as of later."""
    links: dict[bytes, Link] = field(default_factory=dict)
    links_of: dict[bytes, list[Link]] = field(default_factory=dict)
    retracted: dict[bytes, tuple[Instant, str, str]] = field(default_factory=dict)
    """Links that this batch retracts: id -> when, by whom, why."""
    acts: list[dict[str, Any]] = field(default_factory=list)
    """Acts of people that were applied."""
    answered: dict[bytes, tuple[HoldStatus, Instant, str, str]] = field(default_factory=dict)
    """Questions that were answered: id -> how, when, by whom, why."""
    states: dict[bytes, IdentifierState] = field(default_factory=dict)
    """States of identifiers that are nobody's."""
    holds: dict[bytes, Hold] = field(default_factory=dict)
    set_aside: set[bytes] = field(default_factory=set)
    """Identifiers that join nobody from now on."""
    moved_to: dict[int, Redirect] = field(default_factory=dict)
    """Profile ids that lead to another now, or to themselves again."""
    gone: set[int] = field(default_factory=set)
    """Profiles whose documents are removed."""
    lost_walks: set[tuple[int, str]] = field(default_factory=set)
    """Walks (profile, id) that are somebody else's now."""
    walkers: dict[str, int] = field(default_factory=dict)
    """Walk -> whose it is now, of all walks of profiles that were torn."""
    regrouped: list[tuple[Instant, str, str, list[Moved]]] = field(default_factory=list)
    applied_here: list[tuple[int, Event]] | None = None
    """What of this batch was applied, with whose it is, where the past is at hand; ``None``: nobody may be torn."""
    seen: dict[Day, list[bytes]] = field(default_factory=dict)
    """Digests of message ids to remember, by UTC day of acceptance (files have a day of their own)."""
    tallies: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    removed: Counter[tuple[str, str, Day]] = field(default_factory=Counter)
    dead: list[dict[str, Any]] = field(default_factory=list)
    applied: list[tuple[Opened, list[int]]] = field(default_factory=list)
    """Records, each with the verdicts on its items."""
    versions: list[dict[str, Any]] = field(default_factory=list)
    """Documents at the end of minutes that are over, for the lake."""
    last_minutes: dict[int, int] = field(default_factory=dict)
    """Minute in which a profile came to its end, of some that are gone."""
    changes: list[dict[str, Any]] = field(default_factory=list)
    said_again: Counter[str] = field(default_factory=Counter)
    """By audience, how many of ``changes`` say ``joined`` of somebody who is in already."""
    stage_changes: list[dict[str, Any]] = field(default_factory=list)
    proposals: dict[str, Proposal] = field(default_factory=dict)
    assignments: list[Assigned] = field(default_factory=list)
    exposures: list[Fact] = field(default_factory=list)
    """To the variants of steps; those of messages are the gate's affair."""
    own_events: list[dict[str, Any]] = field(default_factory=list)
    """Rows of the outbox: events that walks let happen."""
    journey_tallies: Counter[tuple[str, Day, str]] = field(default_factory=Counter)
    journey_edges: Counter[tuple[str, str, Day, str, str]] = field(default_factory=Counter)
    entered_versions: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    places: Places | None = None
    """What walks have reserved; ``None``: nothing can be."""
    deals: Deals | None = None
    """How far the strata of balanced experiments are dealt."""
    consent: Recorded = field(default_factory=Recorded)
    ignored: list[str] = field(default_factory=list)
    """Codes of consent that could not be taken as sent."""
    suppressions: list[Suppression] = field(default_factory=list)
    lifts: list[tuple[bytes, Instant, str]] = field(default_factory=list)
    """Addresses whose STOP was taken back, when, by which source."""
    notices: list[Told] = field(default_factory=list)
    """Texts that people were shown, to be kept."""
    witnesses: dict[str, Witness] = field(default_factory=dict)
    """Consent record -> what of its capture is sealed."""
    retractions: list[dict[str, Any]] = field(default_factory=list)
    """Events that are taken back."""
    tells_lake: bool = True
    """Whether it is noted for the lake how people and identifiers change."""
    loads_kin: bool = False
    """Whether with a person their household is loaded."""
    families: dict[int, frozenset[int]] = field(default_factory=dict)
    """Profile -> all profile ids of the person, where this batch has changed them."""
    ledger: Ledger | None = None
    """Reads what is recorded of consent; ``None``: consent is not looked at, and stays as it is."""
    described: set[int] = field(default_factory=set)
    """Profiles whose identifiers or confidence changed since they were evaluated."""
    related: set[int] = field(default_factory=set)
    """Profiles whose household may have changed."""
    household_ends: set[bytes] = field(default_factory=set)
    """Ends of household links that were not stored when the batch began and are not settled yet."""
    refused_at: set[bytes] = field(default_factory=set)
    """Addresses for which consent was refused, others who have them not settled yet."""
    cause: str | None = None
    """Why people were regrouped by the event that is being applied; ``None``: they were not."""
    cuts_wake: bool = False
    """Whether some profiles were not brought to the newest cuts yet."""
    heeded: set[int] = field(default_factory=set)
    """Profiles that were brought to the cuts in force."""
    waking: Waking | None = None
    """Wake-ups that this batch runs between events; ``None``: it runs none but those before a person's own event."""
    warm: Warm = field(default_factory=Warm)
    """What earlier batches wrote last."""
    dues: Dues = field(default_factory=Dues)
    """What the batch gives others to do, and whom it keeps waiting."""

    def changed(self) -> list[Work]:
        """Return the works that are to be written."""
        return [work for work in self.works.values() if work.changed]

    def family_of(self, profile_id: int) -> frozenset[int]:
        """Return all profile ids of a person, with what this batch has changed of them."""
        if profile_id not in self.families:
            if self.ledger is None:
                return frozenset({profile_id})
            self.families[profile_id] = self.ledger.family(profile_id)
        return self.families[profile_id]

    def redirects_of(self, profile_ids: Collection[int]) -> dict[int, tuple[int, Instant]]:
        """Return where profile ids lead and since when, those that this batch has merged among them."""
        found = {} if self.ledger is None else self.ledger.redirects(profile_ids)
        mine = ((each, self.moved_to[each]) for each in profile_ids if each in self.moved_to)
        return found | {each: (to.into_id, to.at) for each, to in mine if to.into_id is not None}

    def change_rows(self) -> list[dict[str, Any]]:
        """Return which profiles the lake has not got as they stand, those that are gone too."""
        if not self.tells_lake:
            return []
        stamp, opened = self.opened_at, self.opened_at // MINUTE
        minutes = {each: self.last_minutes.get(each, opened) for each in self.gone}
        for work in self.works.values():
            if work.changed:
                minutes[work.profile_id] = opened if work.minute is None else work.minute
        return [{"profile_id": each, "minute": minute, "stamp": stamp} for each, minute in minutes.items()]

    def tally(self, source: str, received_at: Instant, what: str, count: int = 1) -> None:
        """Count something of a source: one of ``TALLIED``."""
        row = self.tallies.get((source, received_at // HOUR))
        if row is None:
            row = dict.fromkeys(TALLIED, 0)
            row |= {"source": source, "hour": received_at // HOUR, "last_received_at": received_at}
            self.tallies[source, received_at // HOUR] = row
        row[what] += count
        row["last_received_at"] = max(row["last_received_at"], received_at)

    def change(
        self,
        audience: str,
        profile_id: int,
        *,
        joined: bool,
        at: Instant,
        cause: str,
        event_id: str,
        definition: str | None,
    ) -> None:
        """Queue a membership change; ``definition``: the digest of the condition that holds now."""
        edge = {"audience": audience, "profile_id": profile_id, "joined": joined, "at": at}
        self.changes.append(edge | {"cause": cause, "event_id": event_id, "definition": definition})

    def move(self, profile_id: int, move: Move, cause: str, event_id: str) -> None:
        """Queue a change of a stage."""
        self.stage_changes.append(
            {
                "profile_id": profile_id,
                "from_stage": move.from_stage,
                "to_stage": move.to_stage,
                "at": move.at,
                "cause": cause,
                "event_id": event_id,
            }
        )

    def leave_stage(self, gone: Work, at: Instant, cause: str, event_id: str) -> None:
        """Queue that a profile that goes leaves the stage that it is in."""
        if gone.document.stage is not None:
            self.move(gone.profile_id, Move(gone.document.stage, None, at), cause, event_id)

    def take_stage(self, back: Work, stage: str, since: Instant, at: Instant, cause: str, event_id: str) -> None:
        """Give a profile that is given back the stage in which it went, and queue that."""
        back.document.stage, back.document.stage_since = stage, since
        self.move(back.profile_id, Move(None, stage, at), cause, event_id)

    def propose(self, proposal: Proposal) -> None:
        """Queue a proposal; the same one twice is one."""
        self.proposals[proposal.id] = proposal
        self.dues.note(proposal.profile_id, proposal.due_at)

    def append_own(self, message_id: str, profile_id: int, at: Instant, sealed: bytes) -> None:
        """Queue an event of our own, sealed; it comes back through the log."""
        self.own_events.append({"id": message_id, "at": at, "sealed": sealed})
        self.dues.note_event(profile_id, at)

    def tally_journey(self, journey: str, at: Instant, what: str) -> None:
        """Count something of a journey."""
        self.journey_tallies[journey, at // DAY, what] += 1

    def note_version(self, journey: str, version: str, definition: bytes, at: Instant) -> None:
        """Keep the definition that somebody entered."""
        row = {"journey": journey, "version": version, "at": at, "definition": definition}
        self.entered_versions.setdefault((journey, version), row)

    def is_new(self, link: Link) -> bool:
        """Return whether nothing in this batch asserted the link already, as of the same time or before."""
        known = self.links.get(link.id)
        return known is None or link.occurred_at < known.occurred_at

    def add_link(self, link: Link) -> None:
        """Queue a link; of two assertions the earlier counts."""
        self.links[link.id] = link
        if link.kind is LinkKind.HOUSEHOLD:
            self.household_ends |= {link.a, link.b}
        for end in (link.a, link.b):
            self.links_of.setdefault(end, []).append(link)

    def own(self, node: bytes, owner: Owner) -> None:
        """Give an identifier to a profile (``NO_PROFILE``: to nobody)."""
        if owner.profile_id == NO_PROFILE:
            self.owner.pop(node, None)
            self.states[node] = owner.state
        else:
            self.owner[node] = owner
        if owner.state.takes_part:
            self.set_aside.discard(node)
        else:
            self.set_aside.add(node)
        row = self.identifiers.get(node)
        if row is not None:
            row.update(profile_id=owner.profile_id, home_id=owner.home_id, state=int(owner.state))
        else:
            self.moves[node] = owner

    def redirect(self, profile_id: int, into: int | None, event: Event) -> None:
        """Let a profile id lead to another, or (``None``) to itself again."""
        self.moved_to[profile_id] = Redirect(into, event.received_at, event.message_id)
        if into is None:
            self.redirects.pop(profile_id, None)
            return
        self.redirects[profile_id] = into
        self.dues.unite(profile_id, into)
        for source, target in self.redirects.items():
            if target == profile_id:
                self.redirects[source] = into

    def applied_rows(self) -> list[dict[str, Any]]:
        """Return the rows of the records; what was applied before a tear is under the person whose it is now."""
        rows = []
        for opened, verdicts in self.applied:
            pairs = zip(opened.items, verdicts, strict=True)
            told = [self._whose_now(*pair) for pair in pairs] if self.regrouped else verdicts
            rows.append({"partition": opened.partition, "offset": opened.offset, "verdicts": _encode(told)})
        return rows

    def _whose_now(self, item: Event | DeadLetter, verdict: int) -> int:
        """Return the verdict by whose the item is now, where people were torn apart after it was applied."""
        if verdict <= 0 or not isinstance(item, Event) or item.lead is None or item.lead not in self.owner:
            return verdict
        if item.source == OWN_SOURCE:  # it may hang on an address that is somebody else's
            return moved_by([(verdict, item)], [moved for *_, moved in self.regrouped])[0][0]
        return self.owner[item.lead].profile_id
