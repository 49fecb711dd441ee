"""Whom the urgent records speak of that are accepted and not applied yet. Reads only.

A withdrawal that waits holds back the messages to its person and nobody else's: where every sign-up brings a consent,
something waits nearly always, and holding everybody would stop all sending. Nothing is guessed. Everybody counts whom
*any* event of a waiting record names: by an identifier, by an e-mail address or telephone number that it carries, as
the subject of one of our own events; and everybody who has such an address. An identifier that leads to a person only
by a record before it in the same line is no gap, for that record names the person too.

Each call reads the log's head before the watermark, so what was accepted before the call is applied or looked at. A
record that cannot be read holds everybody, and so do more records than :data:`MOST_BYTES`: an import of consents is
applied before it would have been looked through. Records do not change: what one names is kept until it is applied.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from fieldfare.act.delivery.model import ConsentQuestion
from fieldfare.collect.model import Event
from fieldfare.flow import store as flow_store
from fieldfare.flow.intake import Intake, told
from fieldfare.ground.errors import PermanentError
from fieldfare.ground.log.ports import URGENT, EventLog, Record
from fieldfare.know.identity import store as identity_store
from fieldfare.know.identity.model import EMAIL, Claim
from fieldfare.know.identity.normal import Regions, normal_email, normal_phone
from fieldfare.know.profiles import store as profile_store
from fieldfare.know.profiles.search_words import address_texts

MOST_BYTES = 2_000_000
PER_READ = 16
"""Records read at once: one may be a megabyte."""


class Named(NamedTuple):
    """Whom a record names."""

    size: int
    """Bytes of the record."""

    hashes: frozenset[bytes]
    """Of identifiers and of addresses."""
    profile_ids: frozenset[int]


class PendingConsent:
    """Tells whom the waiting urgent records name."""

    def __init__(
        self,
        log: EventLog,
        intake: Intake,
        claims_of: Callable[[Event], Sequence[Claim]],
        hash_of: Callable[[str, str], bytes],
        regions: Regions,
    ) -> None:
        """Read records by ``intake``; the other parts tell identifiers and addresses of an event, as folding does."""
        self._log, self._intake = log, intake
        self._claims_of, self._hash_of, self._regions = claims_of, hash_of, regions
        self._named: dict[int, Named] = {}

    def among(self, tx: Connection, questions: Sequence[ConsentQuestion]) -> list[bool]:
        """Return of which questions the person or the address is named by a record that waits, in their order."""
        head = self._log.head(URGENT)
        mark = flow_store.watermark_of(tx, URGENT)
        if mark >= head or not questions:
            return [False] * len(questions)
        named = self._waiting(mark, head)
        if named is None:
            return [True] * len(questions)
        people = _people(tx, questions)
        hashes = identity_store.hashes_of(tx, {each for family in people for each in family})
        named_hashes, named_ids = named
        return [
            question.address_hash in named_hashes
            or not named_ids.isdisjoint(family)
            or any(not named_hashes.isdisjoint(hashes.get(each, ())) for each in family)
            for question, family in zip(questions, people, strict=True)
        ]

    def _waiting(self, mark: int, head: int) -> tuple[frozenset[bytes], frozenset[int]] | None:
        """Return whom the records after ``mark`` up to ``head`` name; ``None``: nobody can tell."""
        self._named = named = {offset: each for offset, each in list(self._named.items()) if offset > mark}
        at, size = mark, 0
        while at < head:
            if at + 1 not in named:
                try:
                    named |= {each.offset: self._named_by(each) for each in self._log.read(URGENT, at, PER_READ)}
                except PermanentError:
                    return None
            if at + 1 not in named:
                return None
            at, size = at + 1, size + named[at + 1].size
            if size > MOST_BYTES:
                return None
        waiting = [named[offset] for offset in range(mark + 1, head + 1)]
        return (
            frozenset().union(*(each.hashes for each in waiting)),
            frozenset().union(*(each.profile_ids for each in waiting)),
        )

    def _named_by(self, record: Record) -> Named:
        hashes: set[bytes] = set()
        profile_ids: set[int] = set()
        for event in self._intake.events_of(record):
            subject = told(event)
            if subject is not None:
                profile_ids.add(int(subject["profile_id"]))
                if "address_hash" in subject:
                    hashes.add(bytes.fromhex(subject["address_hash"]))
                continue
            hashes.update(claim.hash for claim in self._claims_of(event))
            hashes.update(self._addresses(event))
        return Named(len(record.body), frozenset(hashes), frozenset(profile_ids))

    def _addresses(self, event: Event) -> Iterator[bytes]:
        region = self._regions.of(event.location)
        for carried in _carried(event):
            for kind, text in address_texts(carried):
                normal = normal_email(text) if kind == EMAIL else normal_phone(text, region)
                if normal is not None:
                    yield self._hash_of(kind, normal)


def _carried(event: Event) -> Iterator[Mapping[str, Any]]:
    yield event.payload
    traits = event.context.get("traits")
    if isinstance(traits, dict):
        yield traits


def _people(tx: Connection, questions: Sequence[ConsentQuestion]) -> list[Collection[int]]:
    """Return, for each question, all ids of its person and of everybody else who has the address."""
    sharing = profile_store.having(tx, {each.address_hash for each in questions if each.address_hash is not None})
    asked = {each.profile_id for each in questions}
    families = identity_store.families(tx, asked.union(*sharing.values()))
    return [
        {
            member
            for each in (question.profile_id, *sharing.get(question.address_hash or b"", ()))
            for member in families[each]
        }
        for question in questions
    ]
