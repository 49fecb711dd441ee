"""The lists of tasks that people work through: what the task channel put there, and answers that may be opt-outs.

What a task says is sealed and opened here, for whoever works the list. Whoever takes one stands on it, so that two do
not call the same person; nobody takes it from somebody they did not see on it. Doing one is one transaction, with the
event ``Task Done`` in the outbox, so that a walk that waits for it goes on; a second time is told as such, with who was
first. An answer that may be an opt-out is decided in :mod:`.reviews`, never here: closing it lets messages go.
"""

from typing import Any

import msgspec
from sqlalchemy import Connection, func, select, update

from fieldfare.act.delivery.channels.task import TaskBody
from fieldfare.act.delivery.store import task
from fieldfare.flow.delivery_ports import SqlOutbox
from fieldfare.flow.inbound import REVIEW_LIST
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, ConflictError, cut
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import to_iso
from fieldfare.ground.store import State
from fieldfare.know.identity import store as identity_store
from fieldfare.trust.keys.seal import Keys

TASK_DONE = "Task Done"
OPEN, DONE = "open", "done"
MOST_LISTED = 1_000
MOST_TEXT = 500


class TaskFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which tasks are asked for; what is ``None`` does not narrow."""

    list: str | None = None
    status: str | None = OPEN
    location: str | None = None
    assignee: str | None = None
    profile: int | None = None
    limit: int = 20


class Tasks(msgspec.Struct, frozen=True, kw_only=True):
    """Reads lists of tasks, and notes what was done."""

    state: State
    keys: Keys
    clock: Clock
    outbox: SqlOutbox

    def all(self, asked: TaskFilter) -> dict[str, Any]:
        """Return tasks, those due first before the others (done ones: the last done first), and how many wait by list.

        Raises ``CallerError``: ``task_status_unknown``, ``limit_invalid``.
        """
        if not 1 <= asked.limit <= MOST_LISTED:
            text = f"`limit` is {asked.limit}. Ask for 1 to {MOST_LISTED:,} tasks."
            raise CallerError("limit_invalid", text, field="limit")
        if asked.status not in {None, OPEN, DONE}:
            text = f"`{asked.status}` is no status of a task. There are `open` and `done`; leave it out for all."
            raise CallerError("task_status_unknown", text, field="status")
        wanted = select(task)
        for column, value in (
            (task.c.list, asked.list),
            (task.c.status, asked.status),
            (task.c.location, asked.location),
            (task.c.assignee, asked.assignee),
        ):
            if value is not None:
                wanted = wanted.where(column == value)
        open_ones = select(task.c.list, func.count()).where(task.c.status == OPEN).group_by(task.c.list)
        with self.state.read() as connection:
            if asked.profile is not None:
                family = identity_store.families(connection, [asked.profile])[asked.profile]
                wanted = wanted.where(task.c.profile_id.in_(sorted(family)))
            newest = [task.c.done_at.desc()] if asked.status == DONE else []
            ordered = wanted.order_by(*newest, task.c.due_at.is_(None), task.c.due_at, task.c.at, task.c.id)
            rows = connection.execute(ordered.limit(asked.limit + 1)).all()
            lists = {row[0]: row[1] for row in connection.execute(open_ones)}
        return {
            "open": dict(sorted(lists.items())),
            "tasks": [self._shown(row) for row in rows[: asked.limit]],
            "is_more": len(rows) > asked.limit,
        }

    def take(self, task_id: str, actor: str, over: str | None = None) -> dict[str, Any]:
        """Put a person on an open task; ``over``: who is seen on it and is taken it from.

        Raises ``CallerError`` ``task_unknown``, ``act_unsigned`` and ``ConflictError`` ``task_done``,
        ``task_needs_decision``, ``task_taken``.
        """
        _check_signed(actor)
        with self.state.write() as connection:
            row = _open_one(connection, task_id)
            if row.assignee not in {None, actor, over}:
                text = (
                    f"{cut(row.assignee)} has the task `{task_id}`. Ask them first; to take it from them, send "
                    "`over` with that name."
                )
                raise ConflictError("task_taken", text)
            return self._shown(_change(connection, task_id, assignee=actor))

    def give_back(self, task_id: str, actor: str) -> dict[str, Any]:
        """Take the person who has it off an open task: it waits for anybody again.

        Raises as :meth:`take`, and ``ConflictError`` ``task_not_yours``.
        """
        _check_signed(actor)
        with self.state.write() as connection:
            row = _open_one(connection, task_id)
            if row.assignee != actor:
                has = "Nobody" if row.assignee is None else cut(row.assignee)
                text = f"{has} has the task `{task_id}`. Only who has it gives it back; take it first."
                raise ConflictError("task_not_yours", text)
            return self._shown(_change(connection, task_id, assignee=None))

    def done(self, task_id: str, actor: str) -> dict[str, Any]:
        """Note that a task is done, whoever has it.

        Raises ``CallerError`` ``task_unknown``, ``act_unsigned`` and ``ConflictError`` ``task_done``,
        ``task_needs_decision``.
        """
        _check_signed(actor)
        with self.state.write() as connection:
            _open_one(connection, task_id)
            done = _change(connection, task_id, status=DONE, done_at=self.clock.now(), done_by=actor)
            if done.profile_id is not None:
                self.outbox.add(connection, [_event(done)])
        return self._shown(done)

    def _shown(self, row: Any) -> dict[str, Any]:
        body = msgspec.msgpack.decode(self.keys.open_token(row.sealed), type=TaskBody)
        return {
            "id": row.id,
            "list": row.list,
            "kind": row.kind,
            "status": row.status,
            "title": body.title,
            "text": body.text,
            "profile_id": row.profile_id,
            "location": row.location,
            "assignee": row.assignee,
            "at": to_iso(row.at),
            "due_at": to_iso(row.due_at) if row.due_at is not None else None,
            "is_overdue": row.status == OPEN and row.due_at is not None and row.due_at <= self.clock.now(),
            "done_at": to_iso(row.done_at) if row.done_at is not None else None,
            "done_by": row.done_by,
        }


def _check_signed(actor: str) -> None:
    if not actor.strip() or len(actor) > MOST_TEXT:
        text = f"`actor` has {len(actor)} characters. Say who does it, in 1 to {MOST_TEXT}."
        raise CallerError("act_unsigned", text, field="actor")


def _open_one(connection: Connection, task_id: str) -> Any:
    """Return an open task that people do here, locked."""
    row = connection.execute(select(task).where(task.c.id == task_id).with_for_update()).first()
    if row is None:
        text = f"There is no task {cut(task_id)}. `fieldfare tasks list` shows their ids."
        raise CallerError("task_unknown", text, status=404, field="task")
    if row.list == REVIEW_LIST:
        text = (
            f"The task `{task_id}` is an answer that may be an opt-out. Closing it would let messages go again, so it "
            "is decided, not done: on the screen under Tasks, Possible opt-outs, or with `fieldfare consent review`."
        )
        raise ConflictError("task_needs_decision", text)
    if row.status == DONE:
        text = f"The task `{task_id}` was done by {row.done_by} at {to_iso(row.done_at)} already."
        raise ConflictError("task_done", text)
    return row


def _change(connection: Connection, task_id: str, **values: Any) -> Any:
    connection.execute(update(task).where(task.c.id == task_id).values(**values))
    return connection.execute(select(task).where(task.c.id == task_id)).one()


def _event(row: Any) -> dict[str, Any]:
    """Return the event that a task of a person was done."""
    return {
        "type": "track",
        "event": TASK_DONE,
        "messageId": derived_id("tsk", row.id),
        "timestamp": to_iso(row.done_at),
        "properties": {"task": row.id, "list": row.list, "template": row.template},
        "context": {"fieldfare": {"profile_id": row.profile_id}},
    }
