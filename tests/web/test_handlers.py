"""Handlers of other languages: what they return is kept like every call, what they refuse leaves nothing."""

import json
from collections.abc import Iterator

import msgspec
import pytest

from fieldfare.collect.contracts import join_contracts
from fieldfare.collect.model import Call, Posted
from fieldfare.collect.routes import Count, DoorSettings
from fieldfare.collect.strip import field_policy
from fieldfare.ground.errors import CallerError
from tests.web.memory_door import MemoryDoor

PREFIX = "/v1/elsewhere/"
POLICY = field_policy(join_contracts(()), {"secret": "health"})


def understand(posted: Posted) -> tuple[Call | None, Count]:
    if posted.rest == "ping":
        return None, lambda: None
    if posted.rest != "shop":
        raise CallerError("not_found", "No such source. Look at the workspace.", status=404)
    event = {"type": "track", "userId": "u", "event": posted.query, "properties": {"secret": "x", "n": 1}}
    unverified = posted.headers[b"x-sign"].decode() or None
    return Call("shop", "batch", msgspec.json.encode({"batch": [event]}), unverified), lambda: None


@pytest.fixture
def door() -> Iterator[MemoryDoor]:
    with MemoryDoor(DoorSettings({}, POLICY), handlers={PREFIX: understand}) as running:
        yield running


def test_what_a_handler_returns_is_stripped_and_kept(door: MemoryDoor) -> None:
    answer = door.ask("POST", PREFIX + "shop", [b"{", b"}"], {"x-sign": "", "user-agent": "shop/1"}, b"Sold")
    assert (answer.status, answer.json()) == (200, {"success": True})
    envelope = door.kept()[0]
    assert (envelope.source, envelope.kind, envelope.ip, envelope.user_agent) == (
        "shop",
        "batch",
        "192.0.2.7",
        "shop/1",
    )
    assert json.loads(envelope.body)["batch"][0] == {
        "type": "track",
        "userId": "u",
        "event": "Sold",
        "properties": {"n": 1},
    }
    assert (envelope.removed, envelope.unverified) == ({"secret": 1}, None)


def test_a_shadow_failure_is_kept_and_counted(door: MemoryDoor) -> None:
    assert door.ask("POST", PREFIX + "shop", headers={"x-sign": "signature_differs"}, query=b"Sold").status == 200
    assert door.kept()[0].unverified == "signature_differs"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "ping", 200),
        ("POST", "other", 404),
        ("GET", "shop", 405),
        ("HEAD", "shop", 200),
        ("OPTIONS", "shop", 204),
    ],
)
def test_what_a_handler_does_not_return_leaves_nothing(door: MemoryDoor, method: str, path: str, status: int) -> None:
    assert door.ask(method, PREFIX + path, headers={"x-sign": ""}).status == status
    assert door.kept() == []


@pytest.mark.parametrize(("headers", "gpc"), [({"sec-gpc": "1"}, True), ({"sec-gpc": "0"}, False), ({}, False)])
def test_the_browsers_signal_is_kept_with_the_request(headers: dict[str, str], gpc: bool) -> None:
    with MemoryDoor(DoorSettings({"k": "shop"}, POLICY)) as door:
        body = b'{"userId":"u","messageId":"m","writeKey":"k"}'
        assert door.ask("POST", "/v1/page", [body], headers).status == 200
        assert [each.gpc for each in door.kept()] == [gpc]
