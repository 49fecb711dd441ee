"""Webhooks at the door: the address, the answers, what lies in the log, what is counted."""

import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from fieldfare.assembly.door import open_webhooks, policy_of
from fieldfare.assembly.files import open_workspace
from fieldfare.collect.gauges import DoorGauges
from fieldfare.collect.model import DeadLetter, DeadReason, Envelope, Event
from fieldfare.collect.parse import ParseSettings, parse
from fieldfare.collect.routes import DoorSettings
from fieldfare.collect.sources.receive import PREFIX
from fieldfare.ground.clock import SystemClock
from fieldfare.ground.errors import TransientError
from fieldfare.ground.instants import SECOND
from fieldfare.ground.log.memory import MemoryLog
from fieldfare.ground.log.ports import NORMAL, URGENT, Entry, EventLog
from tests.contracts.sources import StripePlace, need_signers
from tests.decide.collect.sources.samples import stripe
from tests.decide.flow.starter import starter_files, write
from tests.web.memory_door import Answer, MemoryDoor

SECRET = StripePlace.new
TOKEN = "s3cret"
SOURCES = """
  - name: stripe
    verifies: [email]
    webhook: {driver: stripe, secrets: ["${STRIPE_SECRET}"]}
  - name: desk
    write_key: ${DESK_KEY}
    webhook: {driver: token, secrets: ["${TOKEN}"], mapping: desk, verification: shadow, unmapped: keep}
  - name: bulk
    webhook: {driver: token, secrets: ["${TOKEN}"], mapping: bulk}
  - name: doubted
    webhook: {driver: token, secrets: ["${TOKEN}"], mapping: bulk, verification: shadow}
"""
DESK = """
webhook: desk
topic: kind
event_id: id
user_id: who
events:
  - {topic: consent, event: Consent Updated, fields: {purpose: purpose}}
  - {topic: visit, event: check_in, traits: {diagnosis: diagnosis}, fields: {location_id: place}}
"""
BULK = """
webhook: bulk
topic: kind
event_id: id
at: visits[*]
user_id: who
events:
  - {topic: visit, event: check_in, fields: {location_id: place, diagnosis: diagnosis}}
  - {topic: consent, event: Consent Updated, fields: {purpose: purpose}}
"""
ENVIRON = {"FIELDFARE_WRITE_KEY": "k", "DESK_KEY": "d", "STRIPE_SECRET": SECRET, "TOKEN": TOKEN}
BEARER = {"authorization": f"Bearer {TOKEN}"}


class Webhooked(MemoryDoor):
    """The door of a workspace with webhooks, over a log in memory."""

    def __init__(self, folder: Path, log: EventLog | None = None) -> None:
        files = starter_files()
        files["workspace.yaml"] += SOURCES
        files["webhooks/desk.yaml"], files["webhooks/bulk.yaml"] = DESK, BULK
        files["traits.yaml"] += "  diagnosis: {type: text, sensitivity: health}\n"
        write(folder, files)
        self.workspace = open_workspace(folder, ENVIRON)
        self.gauges = DoorGauges()
        policy = policy_of(self.workspace)
        synonyms = self.workspace.contracts.synonyms
        handlers = {PREFIX: open_webhooks(self.workspace, policy, self.gauges.webhook)}
        super().__init__(DoorSettings({}, policy, synonyms), log=log, handlers=handlers, gauges=self.gauges)

    def post(self, name: str, body: bytes, headers: dict[str, str]) -> Answer:
        return self.ask("POST", PREFIX + name, [body], headers)

    def items(self) -> list[Event | DeadLetter]:
        settings = ParseSettings(zone="UTC", synonyms=self.workspace.contracts.synonyms)
        return [item for envelope in self.kept() for item in parse(envelope, 0, 0, settings)]

    def envelope(self) -> Envelope:
        (envelope,) = self.kept()
        return envelope


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Webhooked]:
    with Webhooked(tmp_path) as running:
        yield running


def encoded(**payload: Any) -> bytes:
    return json.dumps(payload).encode()


def test_what_stripe_signs_is_kept_once_and_again_is_the_same_event(door: Webhooked) -> None:
    need_signers()
    body = json.dumps(stripe("payment_intent.succeeded", amount_received=1999), indent=2).encode()
    signed = StripePlace().sign(body, at=SystemClock().now() // SECOND)
    answer = door.post("stripe", body, signed)
    assert (answer.status, answer.json()) == (200, {"success": True})
    assert door.post("stripe", body, signed).status == 200
    first, second = (item for item in door.items() if isinstance(item, Event))
    assert (first.name, first.source, first.anonymous_id) == ("payment_succeeded", "stripe", "cus_1")
    assert first.message_id == second.message_id
    changed = door.post("stripe", body.replace(b"1999", b"9999"), signed)
    assert (changed.status, changed.json()["code"]) == (401, "webhook_unverified")
    assert len(door.kept()) == 2


def test_what_is_refused_leaves_nothing_and_is_counted(door: Webhooked) -> None:
    answer = door.post("stripe", b"{}", {})
    assert (answer.status, answer.json()["code"]) == (401, "webhook_unverified")
    assert "stripe-signature" in answer.json()["message"]
    assert door.post("nobody", b"{}", {}).json()["code"] == "webhook_unknown"
    assert door.post("app", b"{}", {}).status == 404, "a source without a webhook"
    assert door.kept() == []
    counted = door.ask("GET", "/metrics").body
    assert b'webhook_unverified_total{mode="enforce",reason="header_missing",source="stripe"} 1.0' in counted


def test_shadow_keeps_and_counts(door: Webhooked) -> None:
    assert door.post("desk", encoded(kind="visit", id="1", who="u", place="c1"), {}).status == 200
    assert door.envelope().unverified == "header_missing"
    counted = door.ask("GET", "/metrics").body
    assert b'webhook_unverified_total{mode="shadow",reason="header_missing",source="desk"} 1.0' in counted
    assert b'webhook_events_total{outcome="accepted",source="desk"} 1.0' in counted
    assert door.post("desk", b"garbage", {}).status == 400
    assert len(door.kept()) == 1


def test_consent_takes_the_urgent_way(door: Webhooked) -> None:
    door.post("desk", encoded(kind="consent", id="1", who="u", purpose="marketing"), BEARER)
    door.post("desk", encoded(kind="visit", id="2", who="u"), BEARER)
    assert (len(door.log.read(URGENT, 0, 9)), len(door.log.read(NORMAL, 0, 9))) == (1, 1)


def test_a_forbidden_value_is_nowhere(door: Webhooked) -> None:
    door.post("desk", encoded(kind="visit", id="1", who="u", diagnosis="needle"), BEARER)
    door.post("desk", encoded(kind="visit", id="2", who=None, diagnosis="needle"), BEARER)
    assert all(b"needle" not in envelope.body for envelope in door.kept())
    assert [envelope.removed for envelope in door.kept()] == [{"diagnosis": 1}, {"diagnosis": 1}]


def test_what_maps_to_nobody_is_a_dead_letter_and_answered(door: Webhooked) -> None:
    assert door.post("desk", encoded(kind="visit", id="1", place="c1"), BEARER).status == 200
    assert door.post("desk", b"<not json>", BEARER).status == 200
    first, second = door.items()
    assert isinstance(first, DeadLetter)
    assert isinstance(second, DeadLetter)
    assert {first.reason, second.reason} == {DeadReason.UNMAPPED}
    assert (first.name, second.name) == ("check_in", "desk.unreadable")
    assert json.loads(first.raw)["call"]["properties"] == {"location_id": "c1"}
    assert b'webhook_events_total{outcome="dead",source="desk"} 2.0' in door.ask("GET", "/metrics").body


def test_an_unmapped_kind_is_kept_or_left_out(door: Webhooked) -> None:
    door.post("desk", encoded(kind="nap", id="1", who="u", minutes=5), BEARER)
    (event,) = door.items()
    assert isinstance(event, Event)
    assert (event.name, event.payload["minutes"]) == ("desk.nap", 5)
    door.post("desk", encoded(kind="nap", id="2"), BEARER)
    assert len(door.kept()) == 1
    assert b'webhook_events_total{outcome="ignored",source="desk"} 1.0' in door.ask("GET", "/metrics").body


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"x" * 600_000, {}, 413, "body_too_large"),
        (gzip.compress(b"[" * 50_000_000, mtime=0), {}, 413, "body_too_large"),
        (b"{}", {"content-encoding": "br"}, 400, "bad_encoding"),
        (b"\x1f\x8bgarbage", {}, 400, "bad_encoding"),
    ],
)
def test_the_limits_are_those_of_every_call(
    door: Webhooked, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = door.post("desk", body, {**BEARER, **headers})
    assert (answer.status, answer.json()["code"]) == (status, code)
    assert door.kept() == []


def crowd(count: int, **more: Any) -> bytes:
    return encoded(kind="visit", id="1", visits=[{"who": f"u{number}", **more} for number in range(count)])


def test_a_verified_sender_may_send_as_many_objects_as_a_body_holds(door: Webhooked) -> None:
    body = crowd(6_000, diagnosis="needle")
    assert door.post("bulk", body, BEARER).status == 200
    sizes = [len(parse(envelope, 0, 0, ParseSettings(zone="UTC"))) for envelope in door.kept()]
    assert sizes == [2_500, 2_500, 1_000], "no record has more events than one of the API"
    found = [item for item in door.items() if isinstance(item, Event)]
    assert [event.user_id for event in found] == [f"u{number}" for number in range(6_000)]
    assert sum((envelope.removed or {})["diagnosis"] for envelope in door.kept()) == 6_000
    assert b"needle" not in b"".join(envelope.body for envelope in door.kept())
    assert door.post("bulk", body, BEARER).status == 200
    again = [item.message_id for item in door.items() if isinstance(item, Event)]
    assert len(again) == 2 * len(set(again))
    assert b'fieldfare_door_events_total{source="bulk"} 12000.0' in door.ask("GET", "/metrics").body


def test_whoever_is_not_verified_may_not(door: Webhooked) -> None:
    answer = door.post("doubted", crowd(3_000), {})
    assert (answer.status, answer.json()["code"]) == (413, "too_many_events")
    assert door.kept() == []
    assert door.post("doubted", crowd(3_000), BEARER).status == 200


class _Full(MemoryLog):
    """A log without room."""

    def append(self, partition: int, entries: Sequence[Entry]) -> list[int]:
        raise TransientError("log_full", "No room. Make some.", retry_after_s=1)


def test_what_was_not_kept_is_not_counted(tmp_path: Path) -> None:
    with Webhooked(tmp_path, _Full()) as door:
        assert door.post("desk", encoded(kind="visit", id="1", who="u"), BEARER).status == 503
        counted = door.ask("GET", "/metrics").body
        assert b'source="desk"' not in counted
        assert door.post("bulk", encoded(kind="nap", id="2", visits=[{"who": "u"}]), BEARER).status == 200
        counted = door.ask("GET", "/metrics").body
        assert b'webhook_events_total{outcome="ignored",source="bulk"} 1.0' in counted, "there was nothing to keep"


def test_gzip_is_undone_before_the_signature_is_looked_at(door: Webhooked) -> None:
    packed = gzip.compress(encoded(kind="visit", id="1", who="u"), mtime=0)
    assert door.post("desk", packed, {**BEARER, "content-encoding": "gzip"}).status == 200
    assert len(door.kept()) == 1


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", 200), ("OPTIONS", 204), ("GET", 405), ("PUT", 405), ("DELETE", 405)]
)
def test_other_methods(door: Webhooked, method: str, status: int) -> None:
    assert door.ask(method, f"{PREFIX}desk").status == status
    assert door.kept() == []


@pytest.mark.parametrize(
    "payload",
    [
        {"kind": "visit", "who": "u", "place": {"deep": [[[[[[[[[[1]]]]]]]]]]}},
        {"kind": "visit", "who": "u", "place": "x" * 40_000},
        {"kind": "visit", "who": "u" * 600},
        {"kind": "visit", "who": 10**400},
        {"kind": ["visit"], "who": "u"},
        {"kind": "x" * 5_000, "who": "u"},
        {"kind": "a\0b", "who": "u\0"},
    ],
)
def test_odd_payloads_never_fail(door: Webhooked, payload: dict[str, Any]) -> None:
    assert door.post("desk", encoded(**payload), BEARER).status == 200
    assert len(door.items()) == 1


def test_a_client_cannot_choose_the_words_of_a_detail() -> None:
    marker = {"type": "fieldfare:unmapped", "problem": "needle", "call": {}}
    with MemoryDoor(DoorSettings({"k": "app"})) as door:
        assert door.ask("POST", "/v1/batch", [encoded(batch=[marker])], {"x-write-key": "k"}).status == 200
        (envelope,) = door.kept()
    (letter,) = parse(envelope, 0, 0, ParseSettings(zone="UTC"))
    assert isinstance(letter, DeadLetter)
    assert letter.reason is DeadReason.UNKNOWN_TYPE
    assert "needle" not in letter.detail
