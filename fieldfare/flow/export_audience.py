"""Exports an audience for a declared purpose: only who consents to it, and every export and reveal is on record.

Flow: check what is asked; make the lake current and see that no consent waits to be applied; then page by page, read
documents and consent, keep whom the purpose may reach, note a reveal for each person whose sealed values are written,
and write rows. At the end the export is recorded, and only then is anything handed out: a crash before leaves a record
of reveals that nobody got, never a file that is on no record.

Without ``reveal`` what is sealed is a keyed hash, the same for the same value, and nothing personal leaves the house.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

import msgspec
from sqlalchemy import Connection

from fieldfare.flow import store as flow_store
from fieldfare.flow.audience_answers import AudienceAnswers
from fieldfare.flow.audience_numbers import member_ids
from fieldfare.flow.export_rows import FORMS, writer_of
from fieldfare.flow.identifiers import open_identifier
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.people_rows import load_people
from fieldfare.flow.person import People
from fieldfare.flow.work import Batch, Work
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, TransientError
from fieldfare.ground.instants import Instant, to_iso
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.log.ports import URGENT, EventLog
from fieldfare.ground.store import State
from fieldfare.ground.workspace.suggest import nearest, quoted
from fieldfare.know.audiences import store
from fieldfare.know.audiences.compile_values import NOT_COMPUTABLE
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.model import Audience
from fieldfare.know.identity import store as identity_store
from fieldfare.know.identity.redirect_store import redirects_among
from fieldfare.know.identity.united import united_since
from fieldfare.know.profiles import store as profile_store
from fieldfare.know.profiles.model import TraitSpec
from fieldfare.know.profiles.personal import is_personal
from fieldfare.trust.consent import store as consent_store
from fieldfare.trust.consent import suppression_store
from fieldfare.trust.consent.dispute_store import disputed, under
from fieldfare.trust.consent.in_force import in_force, speaking
from fieldfare.trust.consent.model import ConsentPolicy, InForce
from fieldfare.trust.keys.seal import Keys

PAGE = 500
MOST_TEXT = 500
"""Longest actor and reason."""
USUAL = ("home_location", "stage")
"""Fields where none are named."""
ALWAYS = ("profile_id", "joined_at")
_OF_PROFILE = {"match_confidence", "first_seen_at", "last_seen_at", *USUAL}
_KIND = "identifier:"
_REACHED = frozenset({InForce.GRANTED, InForce.NOT_REQUIRED})


class ExportRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for, by whom and what for."""

    audience: str
    purpose: str
    actor: str
    reason: str
    form: str = "csv"
    channel: str | None = None
    """Only whom the purpose may reach by this channel; by any when left out."""
    fields: tuple[str, ...] = ()
    """Traits, computed traits, ``home_location``, ``stage`` …, and ``identifier:KIND``."""
    reveal: bool = False


class ExportParts(msgspec.Struct, frozen=True, kw_only=True):
    """What an export needs of an installation."""

    state: State
    log: EventLog
    lake: Lake
    loader: LakeLoader
    keys: Keys
    people: People
    evaluator: Evaluator
    consent: ConsentPolicy
    traits: Mapping[str, TraitSpec]
    kinds: frozenset[str]
    """Kinds of identifier."""
    channels: frozenset[str]
    clock: Clock
    settle: Callable[[], object] | None = None
    """Applies what waits, where no worker does."""


class _Page(NamedTuple):
    """What is known of some people."""

    works: Mapping[int, Work]
    families: Mapping[int, frozenset[int]]
    records: Sequence[Any]
    suppressed: frozenset[bytes]
    united: Mapping[int, Instant]
    disputed: set[tuple[tuple[str, str], int | bytes]]


class Exports:
    """Exports audiences of one installation."""

    def __init__(self, parts: ExportParts, audiences: AudienceAnswers) -> None:
        """Export there."""
        self._parts, self._audiences = parts, audiences

    def run(self, asked: ExportRequest, sink: BinaryIO) -> dict[str, Any]:
        """Write the export into the sink and return what was done; nothing may be handed out when this raises.

        Raises ``CallerError``: ``audience_unknown``, ``purpose_unknown``, ``export_unsigned``, ``export_invalid``,
        ``export_field_unknown``; ``TransientError`` ``consent_waits``.
        """
        audience = self._audiences.known(asked.audience)
        self._check(asked)
        parts, now = self._parts, self._parts.clock.now()
        if parts.settle is not None:
            parts.settle()
        self._await_consent()
        parts.loader.sync()
        fields = tuple(dict.fromkeys(asked.fields or USUAL))
        writer = writer_of(asked.form, (*ALWAYS, *fields), sink)
        count = withheld = 0
        ids = member_ids(parts.lake, audience.name)
        for start in range(0, len(ids), PAGE):
            rows, passed = self._rows(audience, ids[start : start + PAGE], asked, fields, now)
            writer.write(rows)
            count, withheld = count + len(rows), withheld + passed
        writer.close()
        self._record(audience, asked, fields, count, withheld, now)
        return {
            "audience": audience.name,
            "purpose": asked.purpose,
            "channel": asked.channel,
            "form": asked.form,
            "fields": [*ALWAYS, *fields],
            "rows": count,
            "withheld": withheld,
            "revealed": asked.reveal,
            "as_of": to_iso(now),
        }

    def latest(self, audience: str | None, most: int) -> list[dict[str, Any]]:
        """Return the newest exports on record."""
        with self._parts.state.read() as connection:
            rows = store.exports(connection, audience, most)
        return [{**row, "at": to_iso(row["at"]), "fields": msgspec.json.decode(row["fields"])} for row in rows]

    def _check(self, asked: ExportRequest) -> None:
        for name, value in (("actor", asked.actor), ("reason", asked.reason)):
            if not 0 < len(value.strip()) <= MOST_TEXT:
                text = (
                    f"The {name} has {len(value.strip())} characters. Say in 1 to {MOST_TEXT} who exports it and why."
                )
                raise CallerError("export_unsigned", text, field=name)
        purposes = self._parts.consent.purposes
        purpose = purposes.get(asked.purpose)
        if purpose is None:
            advice = nearest(asked.purpose, purposes) or f"Purposes: {quoted(purposes) or 'none'}."
            text = f"`consent.yaml` has no purpose `{asked.purpose[:80]}`, so nobody can have agreed to it. {advice}"
            raise CallerError("purpose_unknown", text, field="purpose")
        if asked.form not in FORMS:
            text = f"`{asked.form[:80]}` is no form of an export. Write one of {quoted(FORMS)}."
            raise CallerError("export_invalid", text, field="form")
        channels = frozenset(purpose.channels) or self._parts.channels
        if asked.channel is not None and asked.channel not in channels:
            text = f"The purpose `{asked.purpose}` has no channel `{asked.channel[:80]}`. Channels: {quoted(channels)}."
            raise CallerError("export_invalid", text, field="channel")
        for name in asked.fields:
            self._check_field(name)

    def _check_field(self, name: str) -> None:
        parts = self._parts
        known = {*parts.traits, *parts.evaluator.computed.names(), *_OF_PROFILE}
        known |= {f"{_KIND}{kind}" for kind in parts.kinds}
        if name not in known:
            advice = nearest(name, known) or f"Fields: {quoted(known)}."
            raise CallerError("export_field_unknown", f"There is no field `{name[:80]}`. {advice}", field="fields")

    def _await_consent(self) -> None:
        parts = self._parts
        with parts.state.read() as connection:
            if flow_store.watermark_of(connection, URGENT) < parts.log.head(URGENT):
                text = "Consent that was just recorded is not applied yet, so nobody can say who agrees. Try again."
                raise TransientError("consent_waits", text, retry_after_s=1)

    def _rows(
        self, audience: Audience, ids: Sequence[int], asked: ExportRequest, fields: Sequence[str], now: Instant
    ) -> tuple[list[dict[str, Any]], int]:
        """Return the rows of a page, and how many members were left out of it."""
        with self._parts.state.read() as connection:
            page = self._page(connection, ids)
            inside = [work for work in page.works.values() if audience.name in work.document.memberships]
            reached = [work for work in inside if self._may_reach(page, work, asked, now)]
            rows = [self._row(connection, work, audience.name, asked, fields, now) for work in reached]
        if asked.reveal and rows:
            reasons = {"actor": asked.actor.strip(), "reason": asked.reason.strip(), "at": now}
            what = f"export of {audience.name}: {', '.join(fields)}"[:MOST_TEXT]
            with self._parts.state.write() as connection:
                shown = [{"profile_id": work.profile_id, "what": what, **reasons} for work in reached]
                profile_store.insert_reveals(connection, shown)
        return rows, len(inside) - len(reached)

    def _page(self, connection: Connection, ids: Sequence[int]) -> _Page:
        batch = Batch({}, 0)
        load_people(connection, batch, list(ids))
        families = identity_store.families(connection, list(batch.works))
        addresses = {each for work in batch.works.values() for each in self._parts.people.addresses(work).values()}
        everybody = {member for family in families.values() for member in family}
        records = consent_store.load_records(connection, everybody, addresses)
        united = united_since(redirects_among(connection, everybody))
        suppressed = frozenset(suppression_store.load_suppressions(connection, addresses))
        return _Page(batch.works, families, records, suppressed, united, disputed(connection, everybody, addresses))

    def _may_reach(self, page: _Page, work: Work, asked: ExportRequest, now: Instant) -> bool:
        """Return whether the purpose may reach the person, by the channel or by any; a suppressed address never."""
        consent, addresses = self._parts.consent, self._parts.people.addresses(work)
        purpose = consent.purposes[asked.purpose]
        channels = (asked.channel,) if asked.channel is not None else purpose.channels or tuple(self._parts.channels)
        for channel in channels:
            address = addresses.get(channel)
            if address in page.suppressed:
                continue
            heard = speaking(page.records, page.families[work.profile_id], address)
            # The ledger may be written a moment after this began.
            moment = max(now, self._parts.clock.now())
            scope = self._parts.people.scope_of(work.document.home_location)
            if not page.disputed.isdisjoint(under(asked.purpose, channel, page.families[work.profile_id], address)):
                continue
            if in_force(heard, asked.purpose, channel, moment, consent, scope, page.united) in _REACHED:
                return True
        return False

    def _row(
        self,
        connection: Connection,
        work: Work,
        audience: str,
        asked: ExportRequest,
        fields: Sequence[str],
        now: Instant,
    ) -> dict[str, Any]:
        document = work.document
        row: dict[str, Any] = {
            "profile_id": work.profile_id,
            "joined_at": to_iso(document.memberships[audience]),
        }
        identifiers: dict[str, list[str]] = {}
        if any(name.startswith(_KIND) for name in fields):
            for each in identity_store.identifiers_of(connection, work.profile_id):
                shown = open_identifier(self._parts.keys, each) if asked.reveal else bytes(each.hash).hex()
                if shown is not None:
                    identifiers.setdefault(each.kind, []).append(shown)
        for name in fields:
            if name.startswith(_KIND):
                row[name] = identifiers.get(name.removeprefix(_KIND))
            else:
                row[name] = self._value(work, name, now, reveal=asked.reveal)
        return row

    def _value(self, work: Work, name: str, now: Instant, *, reveal: bool) -> Any:
        document, parts = work.document, self._parts
        if name in {"first_seen_at", "last_seen_at"}:
            at = getattr(document, name)
            return None if at is None else to_iso(at)
        if name in _OF_PROFILE:
            return getattr(document, name)
        if is_personal(name, None, parts.traits):
            fact = work.personal(parts.keys).get(name)
            if fact is None or fact.value is None:
                return None
            return fact.value if reveal else parts.keys.lookup_hash(f"trait {name}", str(fact.value)).hex()
        value = parts.evaluator.trait(name, document, now)[0]
        return None if value is NOT_COMPUTABLE else value

    def _record(
        self, audience: Audience, asked: ExportRequest, fields: Sequence[str], rows: int, withheld: int, now: Instant
    ) -> None:
        with self._parts.state.write() as connection:
            store.insert_export(
                connection,
                {
                    "at": now,
                    "actor": asked.actor.strip(),
                    "reason": asked.reason.strip(),
                    "audience": audience.name,
                    "definition": audience.digest,
                    "purpose": asked.purpose,
                    "channel": asked.channel,
                    "form": asked.form,
                    "fields": msgspec.json.encode([*ALWAYS, *fields]).decode(),
                    "rows": rows,
                    "withheld": withheld,
                    "revealed": asked.reveal,
                },
            )
        self._audiences.note_use(audience.name, "export")
