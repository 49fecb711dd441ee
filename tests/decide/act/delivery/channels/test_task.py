"""The task channel: what a task holds, and whom it can be about."""

from typing import Any

import msgspec
import pytest

from fieldfare.act.delivery.channels.task import TaskBody, TaskChannel
from fieldfare.act.delivery.model import ChannelSpec, Outcome, OutcomeKind, Request
from fieldfare.ground.instants import DAY
from fieldfare.testing.delivery import START
from tests.contracts.test_channel import a_message, permit
from tests.decide.act.delivery.builders import seal, unseal


def put(to: str = "7", **changes: Any) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    spec = ChannelSpec(name="email", driver="task", address="profile", list="front-desk", assignee="kim", due_us=DAY)
    channel = TaskChannel(spec, keep=rows.extend, seal=seal)
    request = channel.prepare(a_message(to, html=None, **changes), permit())
    assert isinstance(request, Request)
    assert channel.send(request).kind is OutcomeKind.HANDED_OVER
    return rows[0]


def test_a_task_stands_with_its_list_place_person_and_time() -> None:
    row = put(location="porto", subject="Call back", text="Call Ada about her class.")
    body = msgspec.msgpack.decode(unseal(row.pop("sealed")), type=TaskBody)
    assert body == TaskBody("Call back", "Call Ada about her class.", "porto")
    assert row["profile_id"] == 7
    assert (row["list"], row["assignee"], row["location"], row["status"]) == ("front-desk", "kim", "porto", "open")
    assert (row["at"], row["due_at"]) == (START, START + DAY)
    assert "Ada" not in str(row)


def test_without_a_subject_the_first_line_is_the_title() -> None:
    body = msgspec.msgpack.decode(unseal(put(subject=None, text="Call.\nMore.")["sealed"]), type=TaskBody)
    assert body.title == "Call."


@pytest.mark.parametrize("to", ["", "ada@example.com", "-1"])
def test_a_task_is_about_a_profile(to: str) -> None:
    spec = ChannelSpec(name="email", driver="task", address="profile")
    made = TaskChannel(spec, keep=lambda _: None, seal=seal).prepare(a_message(to), permit())
    assert isinstance(made, Outcome)
    assert made.kind is OutcomeKind.REJECTED
