"""What the capture channel took: for simulated people, who got which template when; for us, the messages themselves."""

from typing import Any

from sqlalchemy import Connection, select

from fieldfare.act.delivery.channels.capture import open_captured
from fieldfare.act.delivery.store import captured_message
from fieldfare.decide.journeys.store import proposal
from fieldfare.flow.identifiers import open_identifier
from fieldfare.flow.simulate import Sent
from fieldfare.ground.instants import Instant, to_iso
from fieldfare.ground.store import State
from fieldfare.know.identity import store as identity_store
from fieldfare.trust.keys.seal import Keys


def recent(state: State, keys: Keys, most: int) -> list[dict[str, Any]]:
    """Return the last captured messages, opened, the newest first: addresses and texts in clear, to be shown only."""
    table = captured_message.c
    wanted = select(table.at, table.channel, table.template, table.sealed).order_by(table.at.desc(), table.proposal_id)
    with state.read() as connection:
        rows = connection.execute(wanted.limit(most)).all()
    found = []
    for row in rows:
        body = open_captured(row.sealed, keys.open_token)
        told = {"at": to_iso(row.at), "channel": row.channel, "template": row.template}
        found.append({**told, "to": body.to, "subject": body.subject, "text": body.text, "headers": body.headers})
    return found


class CapturedReader:
    """Gives each captured message once, in the order of hand-over."""

    def __init__(self, state: State, keys: Keys) -> None:
        """Begin with the first message of all."""
        self._state, self._keys = state, keys
        self._after: tuple[Instant, str] = (0, "")

    def read(self) -> list[Sent]:
        """Return the messages that were captured since the last call."""
        at, last = self._after
        table = captured_message.c
        later = (table.at > at) | ((table.at == at) & (table.proposal_id > last))
        joined = captured_message.join(proposal, proposal.c.id == table.proposal_id)
        wanted = select(table.proposal_id, table.at, table.template, table.channel, proposal.c.profile_id).select_from(
            joined
        )
        with self._state.read() as connection:
            rows = connection.execute(wanted.where(later).order_by(table.at, table.proposal_id)).all()
            names = self._user_ids(connection, {row.profile_id for row in rows})
        if rows:
            self._after = (rows[-1].at, rows[-1].proposal_id)
        return [Sent(names.get(row.profile_id), row.template, row.channel, row.at) for row in rows]

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
