"""What a request's bytes become: bodies, limits, keys, urgency."""

import base64
import gzip
import json
from typing import Any

import pytest

from fieldfare.collect.split import Parts
from fieldfare.collect.wire import Limits, consent_names, examine, is_urgent, offered_keys, unpack
from fieldfare.ground.errors import CallerError

LIMITS = Limits(body_bytes=1000, unpacked_bytes=2000, events=3, event_bytes=100)
BODY = b'{"batch":[{"a":1}]}'


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (BODY, ""),
        (BODY, "identity"),
        (b"\xef\xbb\xbf" + BODY, ""),
        (gzip.compress(BODY, mtime=0), "gzip"),
        (gzip.compress(BODY, mtime=0), ""),
        (BODY, "gzip"),
        (gzip.compress(BODY[:7], mtime=0) + gzip.compress(BODY[7:], mtime=0), "gzip"),
        (gzip.compress(BODY, mtime=0) + b"\0" * 9, "gzip"),
        (b"data=%7B%22batch%22%3A%5B%7B%22a%22%3A1%7D%5D%7D", ""),
        (b"%7B%22batch%22:[%7B%22a%22:1%7D]%7D", ""),
    ],
)
def test_the_same_body_under_every_wrapping(raw: bytes, encoding: str) -> None:
    assert unpack(raw, encoding, LIMITS) == BODY


@pytest.mark.parametrize(
    ("raw", "encoding", "code", "status"),
    [
        (b"x" * 1001, "", "body_too_large", 413),
        (gzip.compress(b"x" * 2001, mtime=0), "gzip", "body_too_large", 413),
        (gzip.compress(b"x" * 10_000_000, mtime=0)[:900], "gzip", "body_too_large", 413),
        (gzip.compress(BODY, mtime=0)[:-3], "gzip", "bad_encoding", 400),
        (gzip.compress(BODY, mtime=0) + gzip.compress(b"x" * 2001, mtime=0), "gzip", "body_too_large", 413),
        (gzip.compress(BODY, mtime=0) + b"more", "gzip", "bad_encoding", 400),
        (b"\x1f\x8b\x00", "gzip", "bad_encoding", 400),
        (BODY, "br", "bad_encoding", 400),
    ],
)
def test_what_cannot_be_unpacked(raw: bytes, encoding: str, code: str, status: int) -> None:
    with pytest.raises(CallerError) as refused:
        unpack(raw, encoding, LIMITS)
    assert (refused.value.code, refused.value.status) == (code, status)


@pytest.mark.parametrize(
    ("kind", "body", "code", "status"),
    [
        ("track", b"{", "invalid_json", 400),
        ("track", b"[1]", "invalid_json", 400),
        ("track", b'{"a":' + b"1" * 200 + b"}", "event_too_large", 413),
        ("batch", b"{}", "invalid_json", 400),
        ("batch", b'{"batch":[]}', "empty_batch", 400),
        ("batch", b'{"batch":[{},{},{},{}]}', "too_many_events", 413),
    ],
)
def test_what_may_not_be_kept(kind: str, body: bytes, code: str, status: int) -> None:
    with pytest.raises(CallerError) as refused:
        examine(kind, body, LIMITS)
    assert (refused.value.code, refused.value.status) == (code, status)


def test_the_limits_themselves_are_allowed() -> None:
    assert len(examine("batch", b'{"batch":[{},{},{}]}', LIMITS).items) == 3
    assert examine("track", b'{"writeKey":"k"}', LIMITS).head.write_key == "k"
    assert len(examine("track", b'{"a":"' + b"x" * 92 + b'"}', LIMITS).items) == 1


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("authorization", "header", "keys"),
    [
        (basic("web:secret:"), "", ["web", "web:secret"]),
        ("", "", []),
        (basic("k:"), "", ["k"]),
        (basic("k"), "", ["k"]),
        (basic("k:password"), "h", ["k", "k:password", "h"]),
        ("Bearer b", "h", ["h", "b"]),
        ("bearer  b ", "", ["b"]),
        ("Basic %%%", "h", ["h"]),
        ("Basic /w==", "", []),
        ("Digest x", "", []),
    ],
)
def test_keys_in_the_order_in_which_they_count(authorization: str, header: str, keys: list[str]) -> None:
    assert offered_keys(authorization, header) == keys


NAMES = consent_names([("consent_updated", "Consent Updated"), ("Checked In", "check_in")])


@pytest.mark.parametrize(
    ("body", "urgent"),
    [
        ({"batch": [{"event": "Consent Updated"}]}, True),
        ({"batch": [{"event": "x"}, {"event": " consent_updated "}]}, True),
        ({"batch": [{"event": "Checked In"}]}, False),
        ({"batch": [{"event": "x", "properties": {"note": "Consent Updated"}}]}, False),
        ({"batch": [{"event": "x", "context": {"consent": {"ads": False}}}]}, True),
        ({"batch": [{"event": "x", "context": {"consent": None}}]}, False),
        ({"context": {"consent": {"ads": False}}, "batch": [{"event": "x"}]}, True),
        ({"batch": [{"event": 5, "context": 6}, 7, None]}, False),
    ],
)
def test_consent_is_urgent(body: dict[str, Any], urgent: bool) -> None:
    raw = json.dumps(body).encode()
    assert is_urgent(examine("batch", raw, Limits()), raw, NAMES) is urgent


def test_escapes_do_not_hide_a_withdrawal() -> None:
    raw = json.dumps({"batch": [{"event": "Consent Updated"}]}).replace("C", "\\u0043").encode()
    assert is_urgent(examine("batch", raw, Limits()), raw, NAMES)
    raw = b'{"batch":[{"context":{"c\\u006fnsent":{"a":1}}}]}'
    assert is_urgent(examine("batch", raw, Limits()), raw, NAMES)


def test_a_withdrawal_beside_a_broken_item_is_urgent() -> None:
    raw = b'{"batch":[{"event":"Consent Updated"},{"a":NaN}]}'
    parts = examine("batch", raw, Limits())
    assert isinstance(parts, Parts)
    assert is_urgent(parts, raw, NAMES)


@pytest.mark.parametrize("name", ["Opted Out", "Consent Updated", "permission"])
def test_every_name_of_the_consent_event_is_found_however_it_is_spelt(name: str) -> None:
    names = consent_names([("Opted Out", "Consent Updated"), ("permission", "Consent Updated")])
    escaped = "".join(f"\\u{ord(char):04x}" for char in name)
    for written in (name, escaped):
        raw = f'{{"batch":[{{"event":"{written}"}}]}}'.encode()
        assert is_urgent(examine("batch", raw, Limits()), raw, names)


def test_a_body_of_very_many_members_is_refused() -> None:
    empty = gzip.compress(b"")
    few = empty * 50 + gzip.compress(b"{}")
    assert unpack(few, "gzip", Limits()) == b"{}"
    with pytest.raises(CallerError, match="members"):
        unpack(empty * 25_000, "gzip", Limits())
