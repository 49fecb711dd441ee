"""The review queue, as far as suggestions go: questions about two profiles, kept beside those that events raise.

A suggestion speaks of profiles; its question names the identifier that stands for each, so that the answer holds
whatever the profiles are called by then. Every call is one short transaction; whoever else writes questions waits for
it. Nothing here joins anybody.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, delete, select

from fieldfare.flow.work import decode_document
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import State, upsert
from fieldfare.know.identity import store
from fieldfare.know.identity.acts import strongest
from fieldfare.know.identity.match.model import Suggestion
from fieldfare.know.identity.model import Hold, HoldReason, HoldStatus, IdentifierKind, Joins, LinkKind, Node
from fieldfare.know.profiles import store as profile_store

_MODEL = "model"


class SqlSuggestions:
    """``Suggestions`` over the table of questions."""

    def __init__(self, state: State, kinds: Mapping[str, IdentifierKind]) -> None:
        """Keep questions in ``state``."""
        self._state, self._kinds = state, kinds

    def decided(self) -> frozenset[tuple[int, int]]:
        """Return the pairs of profiles that were decided: by an answer, or by a *never* or household link."""
        with self._state.read() as connection:
            answered = select(store.hold.c.a, store.hold.c.b).where(store.hold.c.status != HoldStatus.OPEN.value)
            said = select(store.link.c.a, store.link.c.b).where(
                store.link.c.kind.in_([LinkKind.NEVER.value, LinkKind.HOUSEHOLD.value]),
                store.link.c.retracted_at.is_(None),
            )
            pairs = [(bytes(a), bytes(b)) for wanted in (answered, said) for a, b in connection.execute(wanted)]
            owner = store.owners(connection, {end for pair in pairs for end in pair})
        people = ([owner[end].profile_id for end in pair if end in owner] for pair in pairs)
        return frozenset((min(two), max(two)) for two in people if len(set(two)) > 1)

    def put(self, found: Sequence[Suggestion], now: Instant) -> int:
        """Ask these questions; return how many are new."""
        with self._state.write() as connection:
            leads = self._leads(connection, {each for one in found for each in (one.a, one.b)})
            waiting = self._waiting(connection)
            kept = [self._hold(one, leads, waiting, now) for one in found if one.a in leads and one.b in leads]
            gone = sorted(waiting.keys() - {hold.id for hold in kept})
            for first in range(0, len(gone), store.CHUNK):
                chunk = gone[first : first + store.CHUNK]
                connection.execute(delete(store.hold).where(store.hold.c.id.in_(chunk)))
            answered = self._answered(connection, [hold.id for hold in kept])
            kept = [hold for hold in kept if hold.id not in answered]
            upsert(connection, store.hold, [msgspec.structs.asdict(hold) for hold in kept])
        return len({hold.id for hold in kept} - waiting.keys())

    def _hold(
        self, one: Suggestion, leads: Mapping[int, bytes], waiting: Mapping[bytes, Instant], now: Instant
    ) -> Hold:
        a, b = sorted((leads[one.a], leads[one.b]))
        return Hold(
            id=one.id,
            reason=HoldReason.SUGGESTED,
            a=a,
            b=b,
            confidence=one.confidence,
            explanation=msgspec.json.encode({**one.explanation, _MODEL: one.model}).decode(),
            message_id=f"model:{one.model}",
            at=waiting.get(one.id, now),
        )

    def _leads(self, connection: Connection, profile_ids: Iterable[int]) -> dict[int, bytes]:
        """Return the identifier that stands for each profile."""
        found: dict[int, bytes] = {}
        for profile_id, body, *_ in profile_store.load(connection, profile_ids):
            held = decode_document(profile_id, body).identifiers
            nodes = {node: Node(self._kind(kind)) for kind, hashes in held.items() for node in hashes}
            if nodes:
                found[profile_id] = strongest(list(nodes), nodes)
        return found

    def _kind(self, name: str) -> IdentifierKind:
        kind = self._kinds.get(name)
        return kind if kind is not None else IdentifierKind(name=name, priority=1_000, joins=Joins.NEVER)

    @staticmethod
    def _waiting(connection: Connection) -> dict[bytes, Instant]:
        suggested = store.hold.c.reason == HoldReason.SUGGESTED.value
        wanted = select(store.hold.c.id, store.hold.c.at).where(suggested, store.hold.c.status == HoldStatus.OPEN.value)
        return {bytes(row[0]): row[1] for row in connection.execute(wanted)}

    @staticmethod
    def _answered(connection: Connection, ids: Sequence[bytes]) -> set[bytes]:
        found: set[bytes] = set()
        for first in range(0, len(ids), store.CHUNK):
            chunk = ids[first : first + store.CHUNK]
            wanted = select(store.hold.c.id).where(
                store.hold.c.id.in_(chunk), store.hold.c.status != HoldStatus.OPEN.value
            )
            found |= {bytes(row[0]) for row in connection.execute(wanted)}
        return found
