"""What a mapping makes of a payload: rules, ids, times, types, and what becomes of the rest."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.collect.sources.mappings import shipped_webhooks
from fieldfare.collect.sources.model import Translated
from fieldfare.collect.sources.translate import translate
from tests.amounts import examples
from tests.decide.collect.sources.requests import mapping

TILL = """
webhook: till
topic: kind
event_id: id
at: sales[*]
user_id: who.id
occurred_at: {path: at, time_zone: Europe/Berlin}
traits: {email: who.mail}
events:
  - topic: void
    ignore: true
  - topic: sale
    when: [{path: total, above: 0}]
    event: Order Completed
    constants: {channel: till}
    fields:
      revenue: {path: total, type: number}
      lines: {path: "lines[*].n", type: integer, combine: sum}
      skus: "lines[*].sku"
      first: {path: "lines[*].sku", combine: first}
      count: {path: "lines[*]", combine: count}
      names: {path: "lines[*].sku", combine: join}
      card.kind: {path: card, map: {V: visa}, default: cash}
      shop: {path: $.shop, case: upper}
  - topic: [sale, refund]
    type: identify
    traits: {first_name: who.first, vip: {path: who.vip, type: boolean}}
"""
SALE = {
    "who": {"id": 17, "mail": "a@example.com", "first": "Ada", "vip": "yes"},
    "at": "2026-01-31T18:00:00",
    "total": "19.90",
    "lines": [{"n": 2, "sku": "x"}, {"n": "3", "sku": "y"}],
    "card": "V",
}


def made(payload: Any, text: str = TILL, *, keep: bool = False) -> Translated:
    return translate(mapping(text), "shop-a", {}, payload, keep_unmapped=keep)


def calls(payload: Any, text: str = TILL, *, keep: bool = False) -> list[dict[str, Any]]:
    return [item.call for item in made(payload, text, keep=keep).items]


def one(sale: dict[str, Any], kind: str = "sale") -> dict[str, Any]:
    return {"kind": kind, "id": "n-1", "shop": "berlin", "sales": [sale]}


def test_every_rule_that_fits_gives_a_call() -> None:
    order, person = calls(one(SALE))
    assert order == {
        "type": "track",
        "event": "Order Completed",
        "messageId": order["messageId"],
        "userId": "17",
        "timestamp": "2026-01-31T17:00:00Z",
        "properties": {
            "channel": "till",
            "revenue": 19.9,
            "lines": 5,
            "skus": ["x", "y"],
            "first": "x",
            "count": 2,
            "names": "x, y",
            "card": {"kind": "visa"},
            "shop": "BERLIN",
        },
        "context": {"traits": {"email": "a@example.com"}},
    }
    assert person["traits"] == {"email": "a@example.com", "first_name": "Ada", "vip": True}
    assert "properties" not in person
    assert len({order["messageId"], person["messageId"]}) == 2


def test_a_missing_value_takes_its_default_or_leaves_the_field_out() -> None:
    few = {"who": {"id": "u"}, "total": 1}
    properties = calls(one(few))[0]["properties"]
    assert properties == {"channel": "till", "revenue": 1, "count": 0, "card": {"kind": "cash"}, "shop": "BERLIN"}
    assert "timestamp" not in calls(one(few))[0]


@pytest.mark.parametrize(
    ("payload", "ignored"),
    [
        (one(SALE, "void"), 1),
        (one(SALE, "other"), 1),
        ({"kind": "sale", "sales": []}, 1),
        ({"kind": "sale"}, 1),
        (None, 1),
        ([], 1),
        ({"kind": {"not": "text"}, "sales": [SALE]}, 1),
    ],
)
def test_what_no_rule_takes_is_left_out_and_counted(payload: Any, ignored: int) -> None:
    assert made(payload) == Translated((), ignored)


def test_what_no_rule_takes_may_be_kept_under_its_topic() -> None:
    (call,) = calls(one({**SALE, "nested": {"a": 1}, "flag": True}, "gift"), keep=True)
    assert (call["event"], call["userId"], call["timestamp"]) == ("till.gift", "17", "2026-01-31T17:00:00Z")
    assert call["properties"] == {"at": SALE["at"], "total": "19.90", "card": "V", "flag": True}
    assert made(one({"total": 1}, "gift"), keep=True) == Translated((), 1), "it belongs to nobody"
    assert made(one(SALE, "void"), keep=True) == Translated((), 1), "an `ignore` is meant"


def test_a_second_delivery_is_the_same_event() -> None:
    again = {"sales": [SALE], "shop": "berlin", "id": "n-1", "kind": "sale"}
    assert calls(one(SALE)) == calls(again)
    other = one(SALE) | {"id": "n-2"}
    assert not {c["messageId"] for c in calls(one(SALE))} & {c["messageId"] for c in calls(other)}
    elsewhere = translate(mapping(TILL), "shop-b", {}, one(SALE), keep_unmapped=False)
    assert elsewhere.items[0].call["messageId"] != calls(one(SALE))[0]["messageId"]


def test_objects_of_one_notification_are_different_events() -> None:
    both = {"kind": "sale", "id": "n-1", "sales": [SALE, SALE]}
    assert len({call["messageId"] for call in calls(both)}) == 4


def test_without_an_id_the_content_names_the_event() -> None:
    bare = one(SALE)
    del bare["id"]
    shuffled = {**bare, "sales": [dict(reversed(SALE.items()))]}
    assert calls(bare) == calls(shuffled)
    assert calls(bare)[0]["messageId"] != calls({**bare, "sales": [{**SALE, "total": 2}]})[0]["messageId"]


def test_a_rule_may_name_the_event() -> None:
    text = TILL.replace("    event: Order Completed", "    event: Order Completed\n    message_id: [number, $.shop]")
    numbered = one({**SALE, "number": 5})
    assert calls(numbered, text)[0] == calls(numbered | {"id": "n-9"}, text)[0]
    assert calls(one(SALE), text)[0] != calls(one(SALE) | {"id": "n-9"}, text)[0], "without a number the id counts"
    sent = text.replace("[number, $.shop]", "{paths: [number], as_sent: true}")
    assert calls(numbered, sent)[0]["messageId"] == "5"
    assert made(one(SALE), sent).items[0].problem == "no message id stands at `number`"


def test_two_calls_of_one_name_do_not_swallow_each_other() -> None:
    twice = "webhook: m\nuser_id: u\nevents: [{event: E, fields: {a: a}}, {event: E, fields: {b: b}}]"
    first, second = calls({"u": "u", "a": 1, "b": 2}, twice)
    assert second["messageId"] == f"{first['messageId']}:2"


@pytest.mark.parametrize(
    ("sale", "problem"),
    [
        ({**SALE, "who": None}, "nobody to attach it to: nothing stands at `who.id`"),
        ({**SALE, "who": {"id": {"a": 1}}}, "nobody to attach it to: nothing stands at `who.id`"),
        ({**SALE, "who": {"id": " "}}, "nobody to attach it to: nothing stands at `who.id`"),
        ({**SALE, "total": "19,90 €"}, None),
        ({**SALE, "at": "yesterday"}, "`occurred_at` is not a time as its format says (ISO 8601 when it says nothing)"),
        ({**SALE, "lines": [{"n": "many"}]}, "`lines` is not a number"),
    ],
)
def test_what_cannot_be_a_call_keeps_what_there_is(sale: dict[str, Any], problem: str | None) -> None:
    items = made(one(sale)).items
    if problem is None:  # the test `above: 0` does not hold for what is no number
        assert [item.call["type"] for item in items] == ["identify"]
        return
    assert items[0].problem == problem
    assert items[0].call["properties"]["shop"] == "BERLIN"
    assert "yesterday" not in problem
    assert "many" not in problem


def test_a_value_that_does_not_fit_is_kept_as_it_came_for_repair() -> None:
    (item,) = made(one({**SALE, "lines": [{"n": "many"}]}) | {"kind": "sale"}).items[:1]
    assert item.call["properties"]["lines"] == "many"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("{path: s, map: {a: A}, otherwise: O}", ["A", "O", "O"]),
        ("{path: s, map: {a: A}}", ["A", None, None]),
        ("{path: s}", ["a", "b", None]),
    ],
)
def test_an_event_name_may_depend_on_the_payload(event: str, expected: list[str | None]) -> None:
    text = f"webhook: m\nuser_id: u\nevents: [{{event: {event}}}]"
    found = [made({"u": 1, "s": s} if s else {"u": 1}, text).items[0] for s in ("a", "b", None)]
    assert [item.call["event"] if item.problem is None else None for item in found] == expected


def test_ids_of_different_systems_do_not_meet() -> None:
    text = 'webhook: m\nanonymous_id: {path: id, prefix: "shop:", within: site}\nevents: [{event: E}]'
    assert calls({"id": 7, "site": -99}, text)[0]["anonymousId"] == "shop:-99:7"
    assert calls({"id": 7}, text)[0]["anonymousId"] == "shop:7"


def test_groups_and_aliases_name_what_they_need() -> None:
    text = "webhook: m\nuser_id: u\nevents: [{type: group, group_id: g, traits: {n: n}}, {type: alias, previous_id: p}]"
    group, alias = calls({"u": 1, "g": 2, "p": 3, "n": "x"}, text)
    assert (group["groupId"], group["traits"], alias["previousId"]) == ("2", {"n": "x"}, "3")
    assert made({"u": 1}, text).items[0].problem == "no `groupId` stands at `g`"


@pytest.mark.parametrize(
    ("test", "value", "holds"),
    [
        ("is: true", True, True),
        ("is: 1", True, False),
        ("is: true", 1, False),
        ("is: a", "a", True),
        ("is_not: a", None, True),
        ("is_not: a", "a", False),
        ("in: [1, x]", "x", True),
        ("in: []", "x", False),
        ("missing: true", None, True),
        ("missing: false", None, False),
        ("missing: false", False, True),
        ("below: 5", "4", True),
        ("at_most: 5", 5, True),
        ("above: 5", True, False),
        ("at_least: 5", "x", False),
        ("starts_with: ab", "abc", True),
        ("starts_with: ab", 7, False),
    ],
)
def test_a_test_asks_one_question(test: str, value: Any, holds: bool) -> None:
    text = f"webhook: m\nuser_id: u\nevents: [{{event: E, when: [{{path: v, {test}}}]}}]"
    assert bool(made({"u": 1, "v": value}, text).items) is holds


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "type", "data", "object", "customer", "amount", "status"]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=examples(150), deadline=None)
@given(_JSON, st.sampled_from(sorted(shipped_webhooks())), st.booleans())
def test_any_payload_becomes_something_always_the_same(payload: Any, name: str, keep: bool) -> None:
    found = shipped_webhooks()[name]
    topics = [topic.rstrip("*") for rule in found.rules for topic in rule.topics]
    if isinstance(payload, dict) and "type" in payload:
        payload = {**payload, "type": topics[len(str(payload)) % len(topics)]}
    first = translate(found, "s", {}, payload, keep_unmapped=keep)
    assert first.ignored or first.items
    again = translate(found, "s", {}, payload, keep_unmapped=keep)
    assert [item.call["messageId"] for item in again.items] == [item.call["messageId"] for item in first.items]
