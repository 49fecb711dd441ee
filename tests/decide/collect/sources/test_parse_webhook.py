"""Webhook mapping files: what is wrong is told with its place."""

from typing import Any

import msgspec
import pytest

from fieldfare.collect.sources.files import WebhookMappingFile
from fieldfare.collect.sources.parse_webhook import parse_webhook
from tests.decide.collect.sources.requests import mapping
from tests.decide.file_shape import refuses_unknown_keys, undescribed

RULE = {"topic": "a", "event": "E", "fields": {"n": {"path": "n", "type": "integer"}}}
SOUND: dict[str, Any] = {"webhook": "m", "topic": "type", "user_id": "who", "events": [RULE]}


def parsed(rule: dict[str, Any] | None = None, **more: Any) -> Any:
    events = [{**RULE, **rule}] if rule is not None else [RULE]
    return parse_webhook(msgspec.convert({**SOUND, "events": events, **more}, WebhookMappingFile))


def test_the_shape_of_the_file() -> None:
    assert undescribed(WebhookMappingFile) == []
    refuses_unknown_keys(WebhookMappingFile, SOUND)


@pytest.mark.parametrize(
    ("rule", "more", "path"),
    [
        ({}, {"topic": None}, ("events", 0, "topic")),
        ({}, {"topic": "a..b"}, ("topic",)),
        ({}, {"at": "a["}, ("at",)),
        ({}, {"event_id": ["id", ""]}, None),
        ({}, {"event_id": ["id", "x y"]}, ("event_id", 1)),
        ({}, {"user_id": None}, ("events", 0)),
        ({}, {"user_id": {"path": "a b"}}, ("user_id", "path")),
        ({}, {"user_id": {"path": "a", "within": "a b"}}, ("user_id", "within")),
        ({}, {"occurred_at": "a b"}, ("occurred_at",)),
        ({}, {"occurred_at": {"path": "a", "time_zone": "Nowhere"}}, ("occurred_at", "time_zone")),
        ({"occurred_at": {"path": "a", "time_zone": "Nowhere"}}, {}, ("events", 0, "occurred_at", "time_zone")),
        ({"event": None}, {}, ("events", 0)),
        ({"event": " "}, {}, ("events", 0)),
        ({"type": "identify", "fields": {}}, {}, ("events", 0, "event")),
        ({"type": "identify", "event": None}, {}, ("events", 0, "fields")),
        ({"type": "group", "event": None, "fields": {}}, {}, ("events", 0)),
        ({"type": "alias", "event": None, "fields": {}}, {}, ("events", 0)),
        ({"event": {"path": "a b"}}, {}, ("events", 0, "event", "path")),
        ({"when": [{"path": "a"}]}, {}, ("events", 0, "when", 0)),
        ({"when": [{"path": "a", "is": 1, "above": 2}]}, {}, ("events", 0, "when", 0)),
        ({"when": [{"path": "a b", "is": 1}]}, {}, ("events", 0, "when", 0, "path")),
        ({"fields": {"a..b": "x"}}, {}, ("events", 0, "fields", "a..b")),
        ({"fields": {"a": "x", "a.b": "y"}}, {}, ("events", 0, "fields", "a.b")),
        ({"fields": {"a": "x"}, "constants": {"a": 1}}, {}, ("events", 0, "fields", "a")),
        ({"traits": {"a": "x"}}, {"traits": {"a.b": "y"}}, ("events", 0, "traits", "a.b")),
        ({"fields": {"a": {"path": "x", "combine": "sum"}}}, {}, ("events", 0, "fields", "a", "combine")),
        ({"fields": {"a": {"path": "x", "minus": "a b"}}}, {}, ("events", 0, "fields", "a", "minus")),
        ({"fields": {"a": {"path": "x", "currency": "a b"}}}, {}, ("events", 0, "fields", "a", "currency")),
        ({"message_id": ["a b"]}, {}, ("events", 0, "message_id", 0)),
        ({"message_id": {"paths": ["a", "b"], "as_sent": True}}, {}, ("events", 0, "message_id", "paths")),
    ],
)
def test_what_is_wrong_has_a_place(rule: dict[str, Any], more: dict[str, Any], path: Any) -> None:
    try:
        found, problems = parsed(rule, **more)
    except msgspec.ValidationError:
        assert path is None  # the shape of the file refuses it
        return
    assert found is None
    assert [problem.path for problem in problems] == [path]
    assert all(problem.what and problem.why and problem.fix for problem in problems)


def test_a_fault_at_the_top_is_told_once() -> None:
    _, problems = parse_webhook(
        msgspec.convert({**SOUND, "traits": {"email": "a b"}, "events": [RULE, RULE, RULE]}, WebhookMappingFile)
    )
    assert [problem.path for problem in problems] == [("traits", "email")]


def test_a_rule_counts_before_what_stands_above() -> None:
    made = mapping(
        """
        webhook: m
        user_id: a
        traits: {email: x, phone: y}
        occurred_at: t
        events:
          - {event: E, user_id: [b, c], traits: {email: z}, occurred_at: {path: u, format: epoch_s}}
        """
    ).rules[0]
    assert [path.text for path in made.ids["userId"].paths] == ["b", "c"]
    assert [(name, value.paths[0].text) for name, value in made.traits] == [(("phone",), "y"), (("email",), "z")]
    assert made.occurred_at is not None
    assert made.occurred_at.format == "epoch_s"
