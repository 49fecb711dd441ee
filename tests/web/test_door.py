"""The real door on loopback: what it takes, what it refuses, and what lies in the log afterwards."""

import base64
import gzip
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from fieldfare.collect.model import DeadLetter, DeadReason, Event
from fieldfare.ground.clock import SystemClock
from fieldfare.ground.instants import SECOND
from fieldfare.ground.log.ports import NORMAL, URGENT
from fieldfare.testing.door import read_log
from tests.web.door_process import KEY, RunningDoor, running_door


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDoor]:
    with running_door(tmp_path_factory.mktemp("door")) as running:
        yield running


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[RunningDoor]:
    with running_door(tmp_path) as running:
        yield running


def basic(key: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


def track(message_id: str, **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Checked In", "userId": "u1", "messageId": message_id, **more}


def found(door: RunningDoor, message_id: str) -> Event:
    events = [item for item in door.items() if isinstance(item, Event) and item.message_id == message_id]
    assert len(events) == 1
    return events[0]


@pytest.mark.parametrize(
    ("path", "type_"),
    [
        (prefix + path, type_)
        for prefix in ("/v1", "")
        for path, type_ in [
            ("/track", "track"),
            ("/t", "track"),
            ("/identify", "identify"),
            ("/i", "identify"),
            ("/page", "page"),
            ("/p", "page"),
            ("/screen", "screen"),
            ("/s", "screen"),
            ("/group", "group"),
            ("/g", "group"),
            ("/alias", "alias"),
            ("/a", "alias"),
        ]
    ],
)
def test_every_single_call_is_kept(door: RunningDoor, path: str, type_: str) -> None:
    message_id = f"single{path}"
    body = {"userId": "u1", "messageId": message_id, "event": "E", "groupId": "g", "previousId": "p", "writeKey": KEY}
    answer = httpx.post(door.url + path, content=json.dumps(body), headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert found(door, message_id).type == type_


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/b", "/v1/import", "/batch", "/b", "/import", "/v1/batch/"])
def test_every_batch_path_is_kept(door: RunningDoor, path: str) -> None:
    body = {"batch": [track(f"{path}-1"), track(f"{path}-2")]}
    assert httpx.post(door.url + path, json=body, headers=basic(KEY)).status_code == 200
    assert found(door, f"{path}-2").name == "check_in"


@pytest.mark.parametrize(
    ("name", "headers", "in_body"),
    [
        ("basic", basic(KEY), "wk:***"),
        ("basic without colon", {"authorization": "Basic " + base64.b64encode(KEY.encode()).decode()}, None),
        ("header", {"x-write-key": KEY}, "wk:***"),
        ("bearer", {"authorization": f"Bearer {KEY}"}, None),
        ("bearer of another kind", {"authorization": "Bearer some-oauth-token"}, KEY),
        ("body", {}, KEY),
    ],
)
def test_a_write_key_is_taken_from_every_place(
    door: RunningDoor, name: str, headers: dict[str, str], in_body: str | None
) -> None:
    body = {"batch": [track(f"key-{name}")], "writeKey": in_body}
    assert httpx.post(f"{door.url}/v1/batch", json=body, headers=headers).status_code == 200
    assert found(door, f"key-{name}").source == "app"


@pytest.mark.parametrize("headers", [{}, basic("wrong"), {"x-write-key": "wrong"}, {"authorization": "Basic %%%"}])
def test_a_wrong_key_is_refused(door: RunningDoor, headers: dict[str, str]) -> None:
    answer = httpx.post(f"{door.url}/v1/batch", json={"batch": [track("never")]}, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["code"] == "unknown_write_key"
    assert answer.json()["message"]
    assert "never" not in door.message_ids()


BATCH = json.dumps({"batch": [track("encoded")]}).encode()


@pytest.mark.parametrize(
    ("headers", "content"),
    [
        ({"content-type": "application/json"}, BATCH),
        ({"content-type": "text/plain"}, b"\xef\xbb\xbf" + BATCH),
        ({"content-type": "application/x-www-form-urlencoded"}, BATCH),
        (
            {"content-type": "application/x-www-form-urlencoded", "content-encoding": "gzip"},
            gzip.compress(BATCH, mtime=0),
        ),
        ({"content-encoding": "gzip"}, gzip.compress(BATCH, mtime=0)),
        ({}, gzip.compress(BATCH, mtime=0)),
    ],
)
def test_json_is_taken_under_every_label(fresh: RunningDoor, headers: dict[str, str], content: bytes) -> None:
    answer = httpx.post(f"{fresh.url}/v1/batch", content=content, headers={**headers, **basic(KEY)})
    assert answer.status_code == 200
    assert fresh.message_ids() == {"encoded": 1}


@pytest.mark.parametrize(
    ("status", "code", "path", "content", "headers"),
    [
        (400, "invalid_json", "/v1/batch", b"{", {}),
        (400, "invalid_json", "/v1/batch", b"[]", {}),
        (400, "invalid_json", "/v1/batch", b"", {}),
        (400, "invalid_json", "/v1/batch", b'{"batch": 5}', {}),
        (400, "invalid_json", "/v1/track", b"nonsense", {}),
        (400, "invalid_json", "/v1/track", b"[" * 100, {}),
        (400, "empty_batch", "/v1/batch", b'{"batch": []}', {}),
        (400, "bad_encoding", "/v1/batch", b"x", {"content-encoding": "br"}),
        (400, "bad_encoding", "/v1/batch", gzip.compress(BATCH, mtime=0)[:-12], {}),
        (400, "bad_encoding", "/v1/batch", b"\x1f\x8bgarbage", {}),
        (413, "body_too_large", "/v1/batch", b"x" * 600_000, {}),
        (413, "body_too_large", "/v1/batch", gzip.compress(b"[" * 50_000_000, mtime=0), {"content-encoding": "gzip"}),
        (413, "too_many_events", "/v1/batch", b'{"batch":[' + b",".join([b"{}"] * 2501) + b"]}", {}),
        (413, "event_too_large", "/v1/track", json.dumps({"a": "x" * 33_000}).encode(), {}),
        (404, "not_found", "/v2/batch", BATCH, {}),
    ],
)
def test_what_cannot_be_kept_is_refused(
    door: RunningDoor, status: int, code: str, path: str, content: bytes, headers: dict[str, str]
) -> None:
    answer = httpx.post(door.url + path, content=content, headers={**headers, **basic(KEY)})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(answer.json()) == {"code", "message"}
    assert httpx.get(f"{door.url}/healthz").status_code == 200


def test_a_chunked_body_without_a_length_is_bounded_too(door: RunningDoor) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    assert httpx.post(f"{door.url}/v1/batch", content=chunks(), headers=basic(KEY)).status_code == 413


def test_one_bad_event_does_not_take_the_batch(fresh: RunningDoor) -> None:
    deep = b'{"type":"track","event":"E","userId":"u","properties":{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}}"
    items = [
        json.dumps(track("good-1")).encode(),
        b'{"type":"track","event":"E","userId":"u","properties":{"a":NaN}}',
        deep,
        b'{"type":"track","event":"E","userId":"\xff"}',
        b'{"type":"track","event":"E","userId":"u","properties":{"a":1234567890123456789012}}',
        json.dumps(track("good-2")).encode(),
    ]
    body = b'{"batch":[' + b",".join(items) + b'],"sentAt":"2026-01-01T00:00:00Z"}'
    assert httpx.post(f"{fresh.url}/v1/batch", content=body, headers=basic(KEY)).status_code == 200
    kept = fresh.items()
    assert [isinstance(item, Event) for item in kept] == [True, False, False, False, False, True]
    assert {item.reason for item in kept if isinstance(item, DeadLetter)} == {DeadReason.MALFORMED}


def test_a_browser_may_send_with_its_headers(door: RunningDoor) -> None:
    asked = {"origin": "https://shop.example.com", "access-control-request-headers": "authorization,x-retry-count"}
    answer = httpx.request("OPTIONS", f"{door.url}/v1/t", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    allowed = answer.headers["access-control-allow-headers"]
    assert all(name in allowed for name in ("authorization", "x-retry-count", "content-type"))


def test_a_browser_learns_where_to_send(door: RunningDoor) -> None:
    answer = httpx.get(f"{door.url}/v1/projects/{KEY}/settings")
    integration = answer.json()["integrations"]["Segment.io"]
    assert integration["apiHost"] == f"127.0.0.1:{door.port}/v1"
    assert integration["protocol"] == "http"
    assert httpx.get(f"{door.url}/v1/projects/other/settings").status_code == 404
    assert httpx.post(f"{door.url}/v1/m", content=b"{}").status_code == 200


def test_health_readiness_and_numbers_are_shown(fresh: RunningDoor) -> None:
    assert httpx.get(f"{fresh.url}/healthz").json() == {"status": "up"}
    assert httpx.get(f"{fresh.url}/readyz").json() == {"status": "ready"}
    headers = {**basic(KEY), "x-retry-count": "2"}
    httpx.post(f"{fresh.url}/v1/batch", json={"batch": [track("m1"), track("m2")]}, headers=headers)
    text = httpx.get(f"{fresh.url}/metrics").text
    assert 'fieldfare_door_events_total{source="app"} 2.0' in text
    assert "fieldfare_door_retried_requests_total 1.0" in text
    assert KEY not in text


def test_a_withdrawal_goes_to_the_urgent_partition(fresh: RunningDoor) -> None:
    consent = {"type": "track", "event": "consent_updated", "userId": "u", "messageId": "c"}
    for batch in ([track("n")], [track("a"), consent], [track("b", context={"consent": {"email": False}})]):
        assert httpx.post(f"{fresh.url}/v1/batch", json={"batch": batch}, headers=basic(KEY)).status_code == 200
    where = {
        item.message_id: partition
        for partition, _, items in read_log(fresh.log)
        for item in items
        if isinstance(item, Event)
    }
    assert where == {"n": NORMAL, "a": URGENT, "c": URGENT, "b": URGENT}


def test_a_forbidden_value_is_never_in_the_log(fresh: RunningDoor) -> None:
    secret = "a very private finding"
    calls = [{"type": "identify", "userId": "u", "messageId": "i", "traits": {"diagnosis": secret, "city": "Oslo"}}]
    httpx.post(f"{fresh.url}/v1/batch", json={"batch": calls}, headers=basic(KEY))
    bodies = [envelope.body for _, envelope, _ in read_log(fresh.log)]
    assert len(bodies) == 1
    assert secret.encode() not in bodies[0]
    assert b"Oslo" in bodies[0]
    assert 'fieldfare_door_removed_fields_total{field="diagnosis"} 1.0' in httpx.get(f"{fresh.url}/metrics").text


def test_the_log_holds_no_clear_text(fresh: RunningDoor) -> None:
    httpx.post(f"{fresh.url}/v1/batch", json={"batch": [track("clear-text-probe")]}, headers=basic(KEY))
    held = b"".join(path.read_bytes() for path in fresh.log.parent.iterdir())
    assert b"clear-text-probe" not in held


def test_a_client_that_leaves_in_the_middle_leaves_nothing(fresh: RunningDoor) -> None:
    with socket.create_connection(("127.0.0.1", fresh.port)) as connection:
        connection.sendall(b"POST /v1/batch HTTP/1.1\r\nhost: x\r\ncontent-length: 5000\r\n\r\n{" + b" " * 100)
    assert httpx.get(f"{fresh.url}/healthz").status_code == 200
    assert fresh.items() == []


GATEWAY: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"userId": 42}, {"user_id": "42"}),
    ({"userId": None, "anonymousId": 7}, {"anonymous_id": "7"}),
    ({"messageId": "  gateway-trimmed  "}, {"message_id": "gateway-trimmed"}),
    ({"messageId": "gateway-received", "receivedAt": "2001-01-01T00:00:00Z"}, {}),
    ({"messageId": "gateway-ip", "request_ip": "203.0.113.9"}, {"context": {}}),
]


@pytest.mark.parametrize(("more", "expected"), GATEWAY)
def test_what_a_gateway_is_expected_to_make_of_an_event(
    fresh: RunningDoor, more: dict[str, Any], expected: dict[str, Any]
) -> None:
    body = {"batch": [{**track("gateway"), **more}]}
    assert httpx.post(f"{fresh.url}/v1/batch", json=body, headers=basic(KEY)).status_code == 200
    [event] = [item for item in fresh.items() if isinstance(item, Event)]
    assert {name: getattr(event, name) for name in expected} == expected
    assert event.received_at > 1_700_000_000_000_000


@pytest.mark.parametrize("blank", ["", "   ", "\n\t", None])
def test_a_blank_message_id_is_replaced(fresh: RunningDoor, blank: str | None) -> None:
    body = {"batch": [{**track("x"), "messageId": blank}] * 2}
    assert httpx.post(f"{fresh.url}/v1/batch", json=body, headers=basic(KEY)).status_code == 200
    ids = fresh.message_ids()
    assert len(ids) == 2
    assert all(name.strip() for name in ids)


def test_the_same_message_id_twice_is_taken_twice_and_told_apart_later(fresh: RunningDoor) -> None:
    for _ in range(2):
        assert (
            httpx.post(f"{fresh.url}/v1/batch", json={"batch": [track("twice")]}, headers=basic(KEY)).status_code == 200
        )
    assert fresh.message_ids() == {"twice": 2}


@pytest.mark.parametrize("headers", [basic("key-of-old"), {"x-write-key": "key-of-old"}, {}])
def test_a_disabled_source_is_refused(door: RunningDoor, headers: dict[str, str]) -> None:
    body = {"batch": [track("disabled")], "writeKey": "key-of-old"}
    answer = httpx.post(f"{door.url}/v1/batch", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "source_disabled")
    assert httpx.get(f"{door.url}/v1/projects/key-of-old/settings").json()["code"] == "source_disabled"
    assert "disabled" not in door.message_ids()


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/v1/batch", 405, "POST, OPTIONS"),
        ("HEAD", "/v1/track", 405, "POST, OPTIONS"),
        ("PUT", "/api/s/track", 405, "POST, OPTIONS"),
        ("POST", "/healthz", 405, "GET, HEAD, OPTIONS"),
        ("DELETE", "/v1/projects/x/settings", 405, "GET, HEAD, OPTIONS"),
        ("GET", "/v1/m", 405, "POST, OPTIONS"),
        ("HEAD", "/healthz", 200, None),
        ("HEAD", "/metrics", 200, None),
        ("OPTIONS", "/anything", 204, None),
        ("PATCH", "/anything", 404, None),
    ],
)
def test_methods(door: RunningDoor, method: str, path: str, status: int, allow: str | None) -> None:
    answer = httpx.request(method, door.url + path)
    assert (answer.status_code, answer.headers.get("allow")) == (status, allow)


def test_the_door_is_the_same_under_every_host_name(door: RunningDoor) -> None:
    """SDKs are pointed at regional hosts; only the path and the key count."""
    headers = {**basic(KEY), "host": "events.eu1.example.com"}
    assert httpx.post(f"{door.url}/v1/batch", json={"batch": [track("eu")]}, headers=headers).status_code == 200
    settings = httpx.get(f"{door.url}/v1/projects/{KEY}/settings", headers={"host": "events.eu1.example.com"}).json()
    assert settings["integrations"]["Segment.io"]["apiHost"] == "events.eu1.example.com/v1"


def test_pressure_is_told_in_every_way_that_sdks_read(tmp_path: Path) -> None:
    with running_door(tmp_path, limits={"reading_bytes": 0}) as door:
        body = (piece for piece in [b" " * 200_000, b" " * 200_000])
        answer = httpx.post(f"{door.url}/v1/batch", content=body, headers=basic(KEY))
        now = SystemClock().now() // SECOND
    assert (answer.status_code, answer.json()["code"]) == (429, "door_busy")
    assert answer.headers["retry-after"] == "1"
    assert 0 <= int(answer.headers["x-ratelimit-reset"]) - now + 10 <= 20
    assert "retry-after" in answer.headers["access-control-expose-headers"]
