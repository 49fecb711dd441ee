"""What is answered about people: one profile now or as it was, its events, its identifiers and links, and who is meant.

Personal values are masked; to show them is a *reveal*: it needs a name and a reason, and is recorded before anything is
answered. Nothing else is written. A profile that was merged away is not answered for: the answer says which one stands
for it.
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from fieldfare.collect.parse import EARLIEST
from fieldfare.flow.identifiers import open_identifier
from fieldfare.flow.lake_events import LakeEvents, Row, Sealers, of_profiles
from fieldfare.flow.look import Look
from fieldfare.flow.look_back import LookBack
from fieldfare.flow.searching import asked_for
from fieldfare.flow.spans import read_span
from fieldfare.flow.trait_answers import Reveal
from fieldfare.flow.work import decode_document
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import Instant, parse_iso, to_iso
from fieldfare.ground.store import State
from fieldfare.know.identity import store as identity_store
from fieldfare.know.identity.model import IdentifierState, Link
from fieldfare.know.profiles import store as profile_store
from fieldfare.know.profiles.mask import HIDDEN, hidden_fields, masked
from fieldfare.trust.keys.seal import Keys

MOST_EVENTS = 500
"""Events on one page of a timeline."""
MOST_REVEALS = 500
MOST_FOUND = 100
"""Profiles in one answer to a search."""
MOST_CANDIDATES = 300
"""So many profiles that fit are ranked; who fits after them is found by one more word."""
MOVED = "profile_moved"
_CURSOR = re.compile(r"(-?\d{1,18})\.(\d{1,3})\.(\d{1,18})\.(\d{1,9})")


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which events of a timeline are asked for; what is ``None`` does not narrow."""

    event: str | None = None
    kind: str | None = None
    """Type: track, identify, page, screen, group, alias."""
    first: str | None = None
    last: str | None = None
    """Ends of the span in which they occurred, see :mod:`fieldfare.flow.spans`."""
    limit: int = 50
    cursor: str | None = None
    """``next`` of the page before."""
    reveal: Reveal | None = None
    """Who wants to see what is sealed, and why."""


class ProfileAnswers:
    """Answers about people."""

    def __init__(
        self, look: Look, look_back: LookBack, events: LakeEvents, state: State, keys: Keys, clock: Clock
    ) -> None:
        """Read with these parts; :meth:`with_zone` and :meth:`catching_up` may change the rest."""
        self._look, self._look_back, self._events = look, look_back, events
        self._state, self._keys, self._clock = state, keys, clock
        self._zone = "UTC"
        self._region: str | None = None
        self._catch_up: Callable[[], None] = lambda: None
        self._load: Callable[[], None] = lambda: None

    def reading(
        self, zone: str, region: str | None, catch_up: Callable[[], None], load: Callable[[], None]
    ) -> "ProfileAnswers":
        """Return self: dates are those of the zone, telephone numbers those of the region where they say no other.

        ``catch_up`` fills the lake before a look back.

        ``load`` fills it before a timeline; where a worker keeps it current within seconds, it does nothing.
        """
        self._zone, self._region, self._catch_up, self._load = zone, region, catch_up, load
        return self

    def show(self, told: str, as_of: str | None = None) -> dict[str, Any]:
        """Return the profile as it is, or as it was at an instant; or which profile stands for it."""
        at = self._instant(as_of) if as_of is not None else None
        standing, family = self._look.person(told)
        if (moved := _moved(told, standing)) is not None:
            return moved
        if at is None:
            return self._look.profile(told, self._clock.now())
        self._catch_up()
        document = self._look_back.document(family, at)
        if document.first_seen_at is None:
            text = f"Profile {standing} was not known at {to_iso(at)}. Ask for a later `as_of`."
            raise CallerError("profile_not_yet", text, field="as_of", status=404)
        assert document.last_seen_at is not None
        return {
            "profile_id": standing,
            "as_of": to_iso(at),
            "home_location": document.home_location,
            "first_seen_at": to_iso(document.first_seen_at),
            "last_seen_at": to_iso(document.last_seen_at),
            "traits": self._look.shown_traits(document.traits),
            "stage": document.stage,
            "stage_since": to_iso(document.stage_since) if document.stage_since is not None else None,
            "audiences": {name: to_iso(at) for name, at in sorted(document.memberships.items())},
        }

    def timeline(self, told: str, asked: EventFilter) -> dict[str, Any]:
        """Return a page of the person's events, the newest first, and the cursor of the next one."""
        span, place = read_span(asked.first, asked.last, self._zone), _place_of(asked.cursor)
        standing, family = self._look.person(told)
        if (moved := _moved(told, standing)) is not None:
            return moved
        self._load()
        parts: list[tuple[str, Any]] = [
            ("t.name = ${}", asked.event),
            ("t.type = ${}", asked.kind),
            ("t.occurred_at >= ${}", span.from_at),
            ("t.occurred_at < ${}", span.to_at),
        ]
        said = [(text, value) for text, value in parts if value is not None]
        conditions = [text.format(number) for number, (text, _) in enumerate(said, 1)]
        if place is not None:
            conditions.append(f'(t.occurred_at, t.partition, t."offset", t."index") < {place}')
        most = max(1, min(asked.limit, MOST_EVENTS))
        # Without OFFSET 0 the lake would look for the rows twice: for their order, then for all else.
        mine = of_profiles(family, " AND ".join(conditions) or "TRUE")
        query = f"""SELECT *, event_id IN (SELECT event_id FROM retractions) AS retracted
            FROM (SELECT * FROM ({mine}) OFFSET 0)
            ORDER BY occurred_at DESC, "partition" DESC, "offset" DESC, "index" DESC LIMIT {most + 1}"""  # noqa: S608 - numbers; what was told goes as parameters
        rows = self._events.rows(query, [value for _, value in said])
        self._record(standing, "timeline", asked.reveal)
        sealers = self._events.sealers(rows)
        return {
            "profile_id": standing,
            "events": [self._event(row, sealers, reveal=asked.reveal is not None) for row in rows[:most]],
            "next": _cursor_of(rows[most - 1]) if len(rows) > most else None,
        }

    def identities(self, told: str, reveal: Reveal | None = None) -> dict[str, Any]:
        """Return the identity graph of the person: identifiers, links with all they say, questions about them."""
        standing, family = self._look.person(told)
        if (moved := _moved(told, standing)) is not None:
            return moved
        with self._state.read() as connection:
            stored = identity_store.identifiers_of(connection, standing)
            hashes = {bytes(row.hash) for row in stored}
            links = identity_store.links_among(connection, hashes, live=False)
            holds = identity_store.holds_among(connection, hashes)
        self._record(standing, "identities", reveal)
        values = {bytes(row.hash): self._value(row, reveal=reveal is not None) for row in stored}
        return {
            "profile_id": standing,
            "merged_from": sorted(family - {standing}),
            "identifiers": [
                {
                    "kind": row.kind,
                    "hash": bytes(row.hash).hex(),
                    "value": values[bytes(row.hash)],
                    "state": IdentifierState(row.state).name.lower(),
                    "home_id": row.home_id,
                    "first_seen_at": to_iso(row.first_seen_at),
                }
                for row in sorted(stored, key=lambda row: (row.kind, row.first_seen_at, row.hash))
            ],
            "links": [_link(each) for each in sorted(links, key=lambda each: (each.occurred_at, each.id))],
            "holds": [
                {
                    "id": each.id.hex(),
                    "reason": each.reason.value,
                    "a": each.a.hex(),
                    "b": each.b.hex(),
                    "confidence": each.confidence,
                    "status": each.status.value,
                    "message_id": each.message_id,
                    "at": to_iso(each.at),
                }
                for each in holds
            ],
        }

    def reveals(
        self, told: str | None = None, actor: str | None = None, cursor: int | None = None, limit: int = 50
    ) -> dict[str, Any]:
        """Return who was shown what is sealed, of whom and why, the newest first: of one person, by one actor."""
        family = self._look.family(told) if told is not None else frozenset[int]()
        most = max(1, min(limit, MOST_REVEALS))
        with self._state.read() as connection:
            rows = profile_store.reveals(connection, cursor, most + 1, actor, family)
        return {
            "reveals": [
                {
                    "id": row.seq,
                    "at": to_iso(row.at),
                    "actor": row.actor,
                    "profile_id": row.profile_id,
                    "what": row.what,
                    "reason": row.reason,
                }
                for row in rows[:most]
            ],
            "next": rows[most - 1].seq if len(rows) > most else None,
        }

    def search(self, text: str, limit: int = 20) -> dict[str, Any]:
        """Return who answers to a profile id, kind:value, an address, or words of a name, the likeliest first."""
        hashes = asked_for(text, self._keys.lookup_hash, self._region)
        named = self._look.found(text)
        if not hashes and named is None:
            told = "There is nothing to search for. Give a profile id, kind:value, an address, or words of a name."
            raise CallerError("search_empty", told, field="q")
        with self._state.read() as connection:
            found = profile_store.found_by(connection, hashes, MOST_CANDIDATES + 1) if hashes else []
            owners = {each.profile_id for each in identity_store.owners(connection, hashes).values()}
            first = owners | ({named} if named is not None else set())
            fitting = first | set(found[:MOST_CANDIDATES])
            words = profile_store.count_search_words(connection, fitting)
            loaded = profile_store.load(connection, fitting)
        documents = {profile_id: decode_document(profile_id, body) for profile_id, body, _ in loaded}
        ranked = sorted(
            documents,
            key=lambda each: (each not in first, words.get(each, 0), -(documents[each].last_seen_at or 0), each),
        )
        most = max(1, min(limit, MOST_FOUND))
        return {
            "profiles": [
                {
                    "profile_id": each,
                    "home_location": documents[each].home_location,
                    "last_seen_at": to_iso(documents[each].last_seen_at or 0),
                    "match_confidence": documents[each].match_confidence,
                    "identifiers": {kind: len(known) for kind, known in documents[each].identifiers.items()},
                }
                for each in ranked[:most]
            ],
            "cut": len(ranked) > most or len(found) > MOST_CANDIDATES,
        }

    def _instant(self, text: str) -> Instant:
        """Return the instant that ``as_of`` says: not before events can have occurred, and not in the future."""
        try:
            # The plus of an offset, where a form made it a space; a date and a time may have one between them too.
            at = parse_iso(re.sub(r" (?=\d\d:?\d\d$)", "+", text) if "T" in text else text)
        except (ValueError, OverflowError) as error:
            told = "`as_of` is no date-time. Write 2026-01-31T18:00:00Z."
            raise CallerError("as_of_invalid", told, field="as_of") from error
        now = self._clock.now()
        if not EARLIEST <= at <= now:
            span = f"{to_iso(EARLIEST)} to {to_iso(now)}"
            told = f"`as_of` lies outside of what can be known, {span}. Ask for an instant between."
            raise CallerError("as_of_invalid", told, field="as_of")
        return at

    def _record(self, profile_id: int, what: str, reveal: Reveal | None) -> None:
        """Record that somebody is shown what is sealed, before it is."""
        if reveal is None:
            return
        with self._state.write() as connection:
            now = self._clock.now()
            profile_store.insert_reveal(connection, profile_id, what, reveal.actor, reveal.reason, now)

    def _event(self, row: Row, sealers: Sealers, *, reveal: bool) -> dict[str, Any]:
        opened = self._events.hidden(row, sealers)
        hidden, context = opened if opened is not None else ({}, {})
        return {
            "event_id": row["event_id"],
            "type": row["type"],
            "event": row["name"],
            "source_system": row["source_system"],
            "occurred_at": to_iso(row["occurred_at"]),
            "received_at": to_iso(row["received_at"]),
            "location": row["location"],
            "properties": self._events.shown(row),
            "sealed": hidden if reveal else hidden_fields(hidden),
            "context": context if reveal else hidden_fields(context),
            "erased": opened is None,
            "retracted": row["retracted"],
        }

    def _value(self, row: Any, *, reveal: bool) -> str:
        value = open_identifier(self._keys, row)
        if value is None:  # its key is destroyed: an erasure is not finished yet
            return HIDDEN
        return value if reveal else masked(row.kind, value)


def _moved(told: str, standing: int) -> dict[str, Any] | None:
    """Return the answer for a profile that was merged away: which one stands for it."""
    if not told.isdigit() or int(told) == standing:
        return None
    text = f"Profile {int(told)} was merged into {standing}, which stands for it now. Ask for {standing}."
    return {"code": MOVED, "message": text, "profile_id": standing, "moved_from": int(told)}


def _link(link: Link) -> dict[str, Any]:
    return {
        "a": link.a.hex(),
        "b": link.b.hex(),
        "kind": link.kind.value,
        "rule": link.rule,
        "confidence": link.confidence,
        "occurred_at": to_iso(link.occurred_at),
        "source": link.source,
        "who": link.who,
        "message_id": link.message_id,
        "retracted_at": to_iso(link.retracted_at) if link.retracted_at is not None else None,
        "retracted_by": link.retracted_by,
        "retracted_because": link.retracted_because,
    }


def _cursor_of(row: Row) -> str:
    return f"{row['occurred_at']}.{row['partition']}.{row['offset']}.{row['index']}"


def _place_of(cursor: str | None) -> str | None:
    """Return where a page ended, as SQL; the cursor holds nothing but numbers."""
    if cursor is None:
        return None
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        text = "`cursor` is none that an answer gave. Send `next` of the page before, or none for the newest events."
        raise CallerError("cursor_invalid", text, field="cursor")
    return f"({', '.join(str(int(part)) for part in match.groups())})"
