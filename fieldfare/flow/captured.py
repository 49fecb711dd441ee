"""What the capture channel took, as simulated people see it: who, which template, when. For simulations only."""

from sqlalchemy import Connection, select

from fieldfare.act.delivery.store import captured_message
from fieldfare.decide.journeys.store import proposal
from fieldfare.flow.simulate import Sent
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import State
from fieldfare.know.identity import store as identity_store
from fieldfare.trust.keys.seal import Keys


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
                    found[profile_id] = self._keys.sealer(row.wrapped_key).open(row.sealed, row.hash).decode()
        return found
