"""What the capture channel took: for simulated people, who got which template when; for us, a mailbox to search.

A search narrows by what stands in clear (address hash, person, template, channel, time) in the database, and by words
after opening, the newest first, over a bounded number of messages. It changes nothing.
"""

from typing import Any

import msgspec
from sqlalchemy import Connection, Select, bindparam, select

from fieldfare.act.delivery.channels.capture import CapturedBody, open_captured
from fieldfare.act.delivery.store import captured_message
from fieldfare.decide.journeys.store import proposal
from fieldfare.flow.identifiers import open_identifier
from fieldfare.flow.simulate import Sent
from fieldfare.flow.spans import read_span
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import Instant, to_iso
from fieldfare.ground.store import State, rows_of
from fieldfare.know.identity import store as identity_store
from fieldfare.know.identity.model import SHIPPED
from fieldfare.know.identity.normal import NORMAL, Regions
from fieldfare.trust.keys.seal import Keys

MOST_FOUND = 1_000
MOST_OPENED = 50_000
"""So many messages are opened to look for words; the answer says when there were more."""
_AT = captured_message.c.at
_LATER = (
    select(captured_message.c.proposal_id, _AT, captured_message.c.template, captured_message.c.channel)
    .add_columns(proposal.c.profile_id)
    .select_from(captured_message.join(proposal, proposal.c.id == captured_message.c.proposal_id))
    .where(bindparam("at") <= _AT, (bindparam("at") < _AT) | (captured_message.c.proposal_id > bindparam("last")))
    .order_by(_AT, captured_message.c.proposal_id)
)
"""What came after a message."""


class MailboxFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which captured messages are asked for; what is ``None`` does not narrow."""

    address: str | None = None
    """``kind:value``, such as ``email:ada@example.com``."""
    profile: int | None = None
    """One of the ids of the person."""
    template: str | None = None
    channel: str | None = None
    first: str | None = None
    last: str | None = None
    """Ends of the span, see :mod:`fieldfare.flow.spans`."""
    words: str | None = None
    """All of them stand in subject, text or address, in any order and case."""
    limit: int = 20


class Mailbox:
    """Searches captured messages."""

    def __init__(self, state: State, keys: Keys, zone: str, regions: Regions) -> None:
        """``zone``: of days in spans; ``regions``: of telephone numbers."""
        self._state, self._keys, self._zone, self._regions = state, keys, zone, regions

    def search(self, asked: MailboxFilter) -> dict[str, Any]:
        """Return messages, opened, the newest first, and whether there may be more.

        Raises ``CallerError``: ``address_unreadable``, ``span_invalid``, ``limit_invalid``.
        """
        if not 1 <= asked.limit <= MOST_FOUND:
            text = f"`limit` is {asked.limit}. Ask for 1 to {MOST_FOUND:,} messages."
            raise CallerError("limit_invalid", text, field="limit")
        words = (asked.words or "").casefold().split()
        with self._state.read() as connection:
            wanted = self._wanted(connection, asked)
            most = MOST_OPENED if words else asked.limit + 1
            rows = connection.execute(wanted.limit(most)).all()
        found: list[dict[str, Any]] = []
        for row in rows:
            body = open_captured(row.sealed, self._keys.open_token)
            if not words or _holds(body, words):
                found.append(_shown(row, body))
            if len(found) > asked.limit:
                break
        is_more = len(found) > asked.limit or len(rows) == MOST_OPENED
        return {"messages": found[: asked.limit], "is_more": is_more}

    def _wanted(self, connection: Connection, asked: MailboxFilter) -> Select[Any]:
        table = captured_message.c
        wanted = select(captured_message, proposal.c.profile_id, proposal.c.journey).select_from(
            captured_message.outerjoin(proposal, proposal.c.id == table.proposal_id)
        )
        if asked.address is not None:
            wanted = wanted.where(table.address_hash == self._hash(asked.address))
        if asked.profile is not None:
            family = identity_store.families(connection, [asked.profile])[asked.profile]
            wanted = wanted.where(proposal.c.profile_id.in_(sorted(family)))
        if asked.template is not None:
            wanted = wanted.where(table.template == asked.template)
        if asked.channel is not None:
            wanted = wanted.where(table.channel == asked.channel)
        span = read_span(asked.first, asked.last, self._zone)
        if span.from_at is not None:
            wanted = wanted.where(table.at >= span.from_at)
        if span.to_at is not None:
            wanted = wanted.where(table.at < span.to_at)
        return wanted.order_by(table.at.desc(), table.proposal_id)

    def _hash(self, told: str) -> bytes:
        kind, _, value = told.partition(":")
        normal = NORMAL[SHIPPED[kind].form](value, self._regions.default) if kind in SHIPPED else None
        if normal is None:
            text = "The address cannot be read. Write its kind and itself, such as `email:ada@example.com`."
            raise CallerError("address_unreadable", text, field="address")
        return self._keys.lookup_hash(kind, normal)


def _holds(body: CapturedBody, words: list[str]) -> bool:
    whole = " ".join(filter(None, (body.to, body.subject, body.text))).casefold()
    return all(word in whole for word in words)


def _shown(row: Any, body: CapturedBody) -> dict[str, Any]:
    return {
        "at": to_iso(row.at),
        "channel": row.channel,
        "template": row.template,
        "profile_id": row.profile_id,
        "journey": row.journey,
        "proposal_id": row.proposal_id,
        "to": body.to,
        "subject": body.subject,
        "text": body.text,
        "html": body.html,
        "headers": body.headers,
    }


class CapturedReader:
    """Gives each captured message once, in the order of hand-over."""

    def __init__(self, state: State, keys: Keys) -> None:
        """Begin with the first message of all."""
        self._state, self._keys = state, keys
        self._after: tuple[Instant, str] = (0, "")

    def read(self) -> list[Sent]:
        """Return the messages that were captured since the last call."""
        at, last = self._after
        with self._state.read() as connection:
            rows = rows_of(connection, _LATER, at=at, last=last)
            names = self._user_ids(connection, {row[-1] for row in rows})
        if rows:
            self._after = rows[-1][1], rows[-1][0]
        return [Sent(names.get(who), template, channel, sent_at) for _, sent_at, template, channel, who in rows]

    def _user_ids(self, connection: Connection, profile_ids: set[int]) -> dict[int, str]:
        standing = identity_store.standing_ids(connection, profile_ids)
        found: dict[int, str] = {}
        for profile_id, target in standing.items():
            for row in identity_store.identifiers_of(connection, target):
                if row.kind == "user_id":
                    value = open_identifier(self._keys, row)
                    if value is not None:
                        found[profile_id] = value
        return found
