"""Answers that may be opt-outs: which wait for a person, and what the person decided.

While one is open, the gate holds what needs consent for its number and its person. Deciding is two steps in order: an
opt-out is appended to the log as a withdrawal, durably, in the urgent partition; then the task is closed. A crash in
between leaves it open, and the same decision again appends the same event, which is dropped.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import BindParameter, Connection, bindparam, select, update

from fieldfare.act.delivery.channels.task import TaskBody
from fieldfare.act.delivery.events import reviewed_event
from fieldfare.act.delivery.store import task
from fieldfare.flow.inbound import REVIEW_LIST
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import to_iso
from fieldfare.ground.store import State, rows_in
from fieldfare.trust.keys.seal import Keys

_OPEN = (task.c.list == REVIEW_LIST) & (task.c.status == "open")
_MANY: BindParameter[Any] = bindparam("many", expanding=True)
_ABOUT = select(task.c.profile_id, task.c.address_hash).where(_OPEN)
_ABOUT_PEOPLE = _ABOUT.where(task.c.profile_id.in_(_MANY))
_ABOUT_ADDRESSES = _ABOUT.where(task.c.address_hash.in_(_MANY))
MOST = 1_000


def under_review(tx: Connection, profile_ids: Collection[int], addresses: Collection[bytes]) -> set[int | bytes]:
    """Return those of the profiles and addresses about which an answer waits to be read."""
    rows = [*rows_in(tx, _ABOUT_PEOPLE, profile_ids), *rows_in(tx, _ABOUT_ADDRESSES, addresses)]
    return {each if isinstance(each, int) else bytes(each) for row in rows for each in row if each is not None}


class Reviews:
    """Lists and decides open answers."""

    def __init__(
        self,
        state: State,
        keys: Keys,
        clock: Clock,
        append: Callable[[dict[str, Any]], None],
        channels: Sequence[str],
    ) -> None:
        """``append`` appends one of Fieldfare's own events, durably; an opt-out withdraws on these ``channels``."""
        self._state, self._keys, self._clock, self._append = state, keys, clock, append
        self._channels = channels

    def open(self) -> list[dict[str, Any]]:
        """Return the answers that wait, the oldest first, with what they say."""
        with self._state.read() as connection:
            rows = connection.execute(select(task).where(_OPEN).order_by(task.c.due_at, task.c.id).limit(MOST))
            return [
                {
                    "id": row.id,
                    "at": to_iso(row.at),
                    "due_at": to_iso(row.due_at),
                    "profile_id": row.profile_id,
                    "text": msgspec.msgpack.decode(self._keys.open_token(row.sealed), type=TaskBody).text,
                }
                for row in rows
            ]

    def decide(self, which: str, *, is_opt_out: bool, actor: str) -> dict[str, Any]:
        """Close an answer: as an opt-out, which withdraws everything that needs consent, or as none.

        Raises ``CallerError``: ``review_unknown``, ``review_unsigned``.
        """
        if not actor.strip():
            text = "A review decides for a person, and `actor` is empty. Say who has read the answer."
            raise CallerError("review_unsigned", text, field="actor")
        with self._state.read() as connection:
            row = connection.execute(select(task).where(task.c.id == which, _OPEN)).first()
        if row is None:
            text = f"No open answer has the id `{which[:80]}`. `fieldfare consent reviews` lists those that wait."
            raise CallerError("review_unknown", text, field="id", status=404)
        now = self._clock.now()
        if is_opt_out and row.profile_id is not None:
            subject = row.profile_id, bytes(row.address_hash)
            for channel in self._channels:
                self._append(reviewed_event(which, channel, subject, now, actor))
        status = "done" if is_opt_out else "dismissed"
        with self._state.write() as connection:
            connection.execute(update(task).where(task.c.id == which, _OPEN).values(status=status, assignee=actor))
        return {"id": which, "status": status, "profile_id": row.profile_id}
