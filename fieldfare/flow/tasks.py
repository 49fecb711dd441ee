"""The lists of tasks that people work through: what the task channel put there, and answers that may be opt-outs.

What a task says is sealed and opened here, for whoever works the list. Doing one is one transaction, with the event
``Task Done`` in the outbox, so that a walk that waits for it goes on; a second time is told as such, with who was
first.
"""

from typing import Any

import msgspec
from sqlalchemy import func, select, update

from fieldfare.act.delivery.channels.task import TaskBody
from fieldfare.act.delivery.store import task
from fieldfare.flow.delivery_ports import SqlOutbox
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, ConflictError
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
        """Return tasks, those due first before the others, and how many wait on each list.

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
            ordered = wanted.order_by(task.c.due_at.is_(None), task.c.due_at, task.c.at, task.c.id)
            rows = connection.execute(ordered.limit(asked.limit + 1)).all()
            lists = {row[0]: row[1] for row in connection.execute(open_ones)}
        return {
            "open": dict(sorted(lists.items())),
            "tasks": [self._shown(row) for row in rows[: asked.limit]],
            "is_more": len(rows) > asked.limit,
        }

    def done(self, task_id: str, actor: str) -> dict[str, Any]:
        """Note that a task is done.

        Raises ``CallerError`` ``task_unknown``, ``act_unsigned`` and ``ConflictError`` ``task_done``.
        """
        if not actor.strip() or len(actor) > MOST_TEXT:
            text = f"`actor` has {len(actor)} characters. Say who did it, in 1 to {MOST_TEXT}."
            raise CallerError("act_unsigned", text, field="actor")
        now = self.clock.now()
        with self.state.write() as connection:
            row = connection.execute(select(task).where(task.c.id == task_id).with_for_update()).first()
            if row is None:
                text = f"There is no task `{task_id}`. `fieldfare tasks list` shows their ids."
                raise CallerError("task_unknown", text, status=404, field="task")
            if row.status == DONE:
                text = f"The task `{task_id}` was done by {row.done_by} at {to_iso(row.done_at)} already."
                raise ConflictError("task_done", text)
            is_it = task.c.id == task_id
            connection.execute(update(task).where(is_it).values(status=DONE, done_at=now, done_by=actor))
            done = connection.execute(select(task).where(is_it)).one()
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
            "done_at": to_iso(row.done_at) if row.done_at is not None else None,
            "done_by": row.done_by,
        }


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
