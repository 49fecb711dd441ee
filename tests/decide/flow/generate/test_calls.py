"""The generated calls have the shape that SDKs send, and each is labelled as generated."""

from typing import Any

import pytest

from fieldfare.flow.generate.calls import Call, consent, identify, page, track
from fieldfare.ground.instants import parse_iso

AT = parse_iso("2025-03-03T11:00:00+00:00")
CALLS: list[tuple[Call, dict[str, Any]]] = [
    (
        track("check_in", "u", "m1", AT, {"spend": 2.5}),
        {"type": "track", "event": "check_in", "userId": "u", "messageId": "m1", "properties": {"spend": 2.5}},
    ),
    (
        identify("u", "m2", AT, {"email": "a@example.com"}),
        {"type": "identify", "userId": "u", "messageId": "m2", "traits": {"email": "a@example.com"}},
    ),
    (
        identify("u", "m3", AT, {}, "device"),
        {"type": "identify", "userId": "u", "anonymousId": "device", "messageId": "m3", "traits": {}},
    ),
    (
        page("device", "m4", AT, "home"),
        {"type": "page", "name": "home", "anonymousId": "device", "messageId": "m4", "properties": {"path": "/home"}},
    ),
]


def check(made: Call, expected: dict[str, Any]) -> None:
    rest = dict(made)
    assert rest.pop("context")["generated"] is True
    assert parse_iso(rest.pop("timestamp")) == AT
    assert rest == expected


@pytest.mark.parametrize(("made", "expected"), CALLS)
def test_each_call_says_who_what_and_when(made: Call, expected: dict[str, Any]) -> None:
    check(made, expected)


def test_consent_names_purpose_channel_notice_and_evidence() -> None:
    told = consent("email", "grant", "form")
    assert {"purpose": "marketing", "channel": "email", "action": "grant", "evidence": "form"}.items() <= told.items()
    assert told["notice_version"]


def test_a_planted_fault_is_caught() -> None:
    with pytest.raises(AssertionError):
        check({**CALLS[0][0], "context": {"generated": False}}, CALLS[0][1])
