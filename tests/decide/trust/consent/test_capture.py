"""How an act was captured: what is kept in clear, what is sealed, and what nobody from outside may say."""

from typing import Any

import pytest

from fieldfare.trust.consent.capture import Capture, capture_of, prefix_of
from fieldfare.trust.consent.model import Notice, Purpose
from fieldfare.trust.consent.notices import notice_hash

PURPOSE = Purpose("marketing", notice_version="2", notices=(Notice("2", "en", "Yes."), Notice("2", "de", "Ja.")))


def taken(payload: dict[str, Any], context: dict[str, Any] | None = None, *, is_own: bool = False) -> Capture:
    return capture_of(payload, context or {}, is_own=is_own, is_vouched=False)


@pytest.mark.parametrize(
    ("ip", "prefix"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::9", "2001:db8:1::/48"),
        ("nowhere", None),
        (None, None),
    ],
)
def test_an_address_is_truncated(ip: str | None, prefix: str | None) -> None:
    assert prefix_of(ip) == prefix


def test_what_may_name_the_person_is_for_the_seal() -> None:
    context = {"ip": "203.0.113.7", "userAgent": "Firefox", "page": {"url": "https://a.example/x"}}
    found = taken({"reference": "r-1", "tc_string": " CX "}, context)
    told = (found.witness.ip, found.witness.user_agent, found.witness.url, found.witness.reference)
    assert told == ("203.0.113.7", "Firefox", "https://a.example/x", "r-1")
    assert (found.signal, found.witness.signal) == (("tcf", "CX"), "CX")


def test_what_nobody_from_outside_may_say() -> None:
    told = {"method": "start_word", "confirmed": True, "confirms": "cns_1"}
    outside, own = taken(told), taken(told, is_own=True)
    assert (outside.method, outside.confirmed, outside.confirms) == (None, False, None)
    assert (own.method, own.confirmed, own.confirms) == ("start_word", True, "cns_1")
    assert taken(told, {"capture": {"method": "form"}}).method is None, "only our own events keep it apart"
    assert taken({}, {"capture": {"evidence": "x"}}, is_own=True).evidence == "x"


def test_the_notice_that_was_shown() -> None:
    assert taken({"notice_version": "2"}).hash_for(PURPOSE) == notice_hash("Yes.")
    assert taken({"notice_version": "2", "notice_language": "de-AT"}).hash_for(PURPOSE) == notice_hash("Ja.")
    assert taken({"notice_version": "1"}).hash_for(PURPOSE) is None
    assert taken({"notice_text": "Other."}).hash_for(None) == notice_hash("Other.")
    told = taken({"notice_text": "Other.", "notice_version": "0"}).told("marketing")
    assert told is not None
    assert (told.version, told.language, told.text) == ("0", "und", "Other.")


def test_what_is_of_no_known_form_is_nothing() -> None:
    found = taken({"legal_basis": "whim", "notice_hash": "12", "expires_at": "soon", "method": "A B", "evidence": 3})
    assert (found.legal_basis, found.notice_hash, found.expires_at, found.method, found.evidence) == (None,) * 5
