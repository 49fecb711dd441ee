"""What the door does with webhook requests: refuses, takes, keeps aside; and what is nowhere afterwards."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.collect.contracts import CollectSettings, Contract, Field, join_contracts
from fieldfare.collect.model import Call, Posted
from fieldfare.collect.sources import open_source
from fieldfare.collect.sources.model import Counts
from fieldfare.collect.sources.receive import OpenSource, Webhooks, read_body
from fieldfare.collect.strip import FieldPolicy, field_policy
from fieldfare.ground.errors import CallerError
from fieldfare.ground.workspace.model import Webhook
from tests.amounts import examples
from tests.decide.collect.sources.requests import mapping, posted

MAPPING = """
webhook: till
topic: kind
event_id: id
user_id: who
events:
  - topic: sale
    event: sold
    fields: {n: {path: n, type: integer}, mood: inner.feeling}
"""
NEEDLE = "needle-in-the-hay"
BEARER = {"authorization": "Bearer s3cret"}
SALE = {"kind": "sale", "id": "1", "who": "u", "n": 1}


def policy() -> FieldPolicy:
    contract = Contract(event="sold", fields={"mood": Field("health")})
    return field_policy(join_contracts([contract]), {"diagnosis": "health"})


class Till:
    """A source with the driver ``token``, and what it counted."""

    def __init__(self, *, shadow: bool = False, keep: bool = False, allowed: FieldPolicy | None = None) -> None:
        self.counts: list[Counts] = []
        webhook = Webhook(driver="token", secrets=("s3cret",), mapping="till", keep_unmapped=keep)
        source = OpenSource(open_source("till", webhook), mapping(MAPPING), shadow)
        self._handler = Webhooks({"till": source}, allowed or policy(), self.counts.append)

    def post(self, body: Any, headers: dict[str, str] | None = None, rest: str = "till") -> Call | None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = posted(raw, BEARER if headers is None else headers)
        call, count = self._handler(msgspec.structs.replace(sent, rest=rest))
        count()
        return call


def items(call: Call | None) -> list[dict[str, Any]]:
    assert call is not None
    found: list[dict[str, Any]] = json.loads(call.body)["batch"]
    return found


def refused(till: Till, body: Any, **more: Any) -> CallerError:
    with pytest.raises(CallerError) as raised:
        till.post(body, **more)
    return raised.value


def test_a_verified_request_becomes_a_batch() -> None:
    till = Till()
    call = till.post(SALE)
    assert call is not None
    assert (call.source, call.kind, call.unverified, call.removed) == ("till", "batch", None, None)
    assert [(item["event"], item["userId"], item["properties"]) for item in items(call)] == [("sold", "u", {"n": 1})]
    assert till.counts == [Counts("till", accepted=1)]
    assert till.post(SALE, rest="till/") == call


def test_an_unknown_source_is_told() -> None:
    for rest in ("", "shop", "till/x", "TILL", "../till"):
        error = refused(Till(), SALE, rest=rest)
        assert (error.status, error.code) == (404, "webhook_unknown")


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}])
@pytest.mark.parametrize("body", [SALE, b"garbage", b""])
def test_an_unverified_request_leaves_nothing_and_is_counted(headers: dict[str, str], body: Any) -> None:
    till = Till()
    error = refused(till, body, headers=headers)
    assert (error.status, error.code) == (401, "webhook_unverified")
    assert "s3cret" not in error.message
    reason = "header_missing" if not headers else "signature_differs"
    assert till.counts == [Counts("till", unverified=reason)]


def test_shadow_takes_it_and_counts() -> None:
    till = Till(shadow=True)
    call = till.post(SALE, {"authorization": "Bearer wrong"})
    assert call is not None
    assert call.unverified == "signature_differs"
    assert till.counts == [Counts("till", accepted=1, unverified="signature_differs", is_shadow=True)]
    assert till.post(SALE) == msgspec.structs.replace(call, unverified=None), "signed or not, it is the same event"
    error = refused(till, b"garbage", headers={})
    assert (error.status, error.code) == (400, "webhook_unreadable")


def test_what_nobody_wants_is_answered_and_not_kept() -> None:
    till = Till()
    assert till.post({"kind": "other", "who": "u"}) is None
    assert till.counts == [Counts("till", ignored=1)]
    (kept,) = items(Till(keep=True).post({"kind": "other", "who": "u", "x": 1}))
    assert (kept["event"], kept["properties"]) == ("till.other", {"kind": "other", "who": "u", "x": 1})


def test_what_cannot_be_an_event_is_kept_as_far_as_it_goes() -> None:
    till = Till()
    (marker,) = items(till.post({**SALE, "who": None, "n": "many"}))
    assert marker["type"] == "fieldfare:unmapped"
    assert marker["event"] == "sold"
    assert marker["problem"] == "nobody to attach it to: nothing stands at `who`; `n` is not a number"
    assert marker["call"]["properties"] == {"n": "many"}
    assert marker["call"]["messageId"]
    assert till.counts == [Counts("till", dead=1)]


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"<xml/>", {"text": "<xml/>"}),
        (b"\xff\xfe", {"base64": "//4="}),
        (b'{"kind": NaN}', {"text": '{"kind": NaN}'}),
        (b'{"kind": "\\ud800"}', {"text": '{"kind": "\\ud800"}'}),
        (b"[" * 10_000, {"text": "[" * 10_000}),
        (b"", {"text": ""}),
    ],
)
def test_a_verified_body_that_cannot_be_read_is_kept(body: bytes, kept: dict[str, str]) -> None:
    (marker,) = items(Till(allowed=FieldPolicy()).post(body))
    assert {key: marker[key] for key in kept} == kept
    assert (marker["type"], marker["event"]) == ("fieldfare:unmapped", "till.unreadable")
    (marker,) = items(Till().post(body))
    assert marker.keys() == {"type", "event", "problem"}, "where a field is forbidden, no text may hide it"


@pytest.mark.parametrize("who", ["u", None])
def test_no_depth_is_too_deep(who: str | None) -> None:
    text = MAPPING.replace("mood: inner.feeling", "mood: inner.feeling, deep: deep")
    webhook = Webhook(driver="token", secrets=("s3cret",), mapping="till")
    source = OpenSource(open_source("till", webhook), mapping(text))
    handler = Webhooks({"till": source}, policy(), lambda _: None)
    for depth in [*range(50, 800, 50), *range(800, 1_010), 10_000]:
        nested = "[" * depth + "]" * depth
        body = f'{{"kind": "sale", "who": {json.dumps(who)}, "deep": {nested}, "inner": {{"feeling": 1}}}}'.encode()
        call, _ = handler(msgspec.structs.replace(posted(body, BEARER), rest="till"))
        assert call is not None
        assert call.body.startswith(b'{"batch":[{')


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("application/json", b"\xef\xbb\xbf[1]", [1]),
        ("text/plain", b'{"a":1}', {"a": 1}),
        ("application/x-www-form-urlencoded", b'{"a":1}', {"a": 1}),
        (
            "application/x-www-form-urlencoded; charset=utf-8",
            b"a=1&b=%C3%A9&a=2&c=&a=3",
            {"a": ["1", "2", "3"], "b": "é", "c": ""},
        ),
    ],
)
def test_a_body_is_json_or_a_form(content_type: str, body: bytes, expected: Any) -> None:
    assert read_body(posted(body, content_type=content_type)) == expected


@pytest.mark.parametrize(
    "body",
    [
        {**SALE, "who": None, "inner": {"feeling": NEEDLE}},
        json.dumps({**SALE, "diagnosis": NEEDLE}).encode()[:-1],
        f"diagnosis={NEEDLE}".encode(),
        f"DIAGNOS%49S={NEEDLE}".encode(),
        f"<mood>{NEEDLE}</mood>".encode(),
        f'{{"u":"1","\\u0064iagnosis":"{NEEDLE}"'.encode(),
        f"<diagnos&#105;s>{NEEDLE}</diagnos&#105;s>".encode(),
    ],
)
def test_a_forbidden_value_is_in_no_dead_letter(body: Any) -> None:
    call = Till().post(body)
    assert call is not None
    assert NEEDLE.encode() not in call.body
    assert call.removed
    assert sum(call.removed.values()) == 1


def test_where_only_declared_fields_are_taken_no_text_is_kept() -> None:
    settings = CollectSettings(purposes_required="all")
    strict = field_policy(join_contracts([Contract(event="sold")], (), settings), {})
    webhook = Webhook(driver="token", secrets=("s3cret",), mapping="till")
    source = OpenSource(open_source("till", webhook), mapping(MAPPING))
    handler = Webhooks({"till": source}, strict, lambda _: None)
    call, _ = handler(msgspec.structs.replace(posted(NEEDLE.encode(), BEARER), rest="till"))
    assert call is not None
    assert NEEDLE.encode() not in call.body


def test_a_refused_event_is_a_stub_whatever_else_is_wrong_with_it() -> None:
    """`forbidden_fields: refuse`: neither the value nor anything else of the event is kept."""
    contract = Contract(event="sold", fields={"mood": Field("health")}, forbidden_fields="refuse")
    webhook = Webhook(driver="token", secrets=("s3cret",), mapping="till")
    source = OpenSource(open_source("till", webhook), mapping(MAPPING))
    handler = Webhooks({"till": source}, field_policy(join_contracts([contract]), {}), lambda _: None)
    body = json.dumps({**SALE, "who": None, "inner": {"feeling": NEEDLE}}).encode()
    (stub,) = items(handler(msgspec.structs.replace(posted(body, BEARER), rest="till"))[0])
    assert (stub["type"], stub["event"], stub["fields"]) == ("fieldfare:forbidden_field", "sold", ["mood"])
    assert NEEDLE not in str(stub)


def test_the_check_of_needles_can_fail() -> None:
    call = Till().post({**SALE, "who": None, "n": NEEDLE})
    assert call is not None
    assert NEEDLE.encode() in call.body


@settings(max_examples=examples(100), deadline=None)
@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["kind", "id", "who", "n"]), inner),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
    st.sampled_from(["application/json", "application/x-www-form-urlencoded", ""]),
    st.booleans(),
)
def test_whatever_is_sent_becomes_a_batch_or_a_clear_answer(body: bytes, content_type: str, keep: bool) -> None:
    till = Till(keep=keep)
    call = till.post(body, {**BEARER, "content_type": content_type})
    (counts,) = till.counts
    assert counts.accepted + counts.dead + counts.ignored >= 1
    if call is not None:
        assert len(items(call)) == counts.accepted + counts.dead


def test_a_request_is_seen_as_it_was_sent() -> None:
    assert isinstance(posted(), Posted)
