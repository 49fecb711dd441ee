"""Events to consent records: grants need evidence, refusals are never lost, preferences only refuse."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.trust.consent.from_event import Act, consent_records, speaks_of_consent
from fieldfare.trust.consent.in_force import in_force
from fieldfare.trust.consent.model import ConsentRecord
from tests.decide.trust.consent.records import POLICY

ACT = Act(
    message_id="m1",
    profile_id=7,
    addresses={"email": b"e", "sms": b"s"},
    source="app",
    occurred_at=5,
    received_at=6,
    recorded_at=6,
)
GRANT = {
    "purpose": "marketing",
    "channel": "email",
    "action": "grant",
    "evidence": "sign-up form",
    "notice_version": "3",
}


def records_of(payload: dict[str, Any], context: dict[str, Any] | None = None) -> tuple[list[ConsentRecord], list[str]]:
    heard = consent_records("Consent Updated", payload, context or {}, ACT, POLICY)
    return heard.records, [each.code for each in heard.ignored]


def test_a_grant() -> None:
    (made,), ignored = records_of(GRANT)
    assert not ignored
    assert (made.purpose, made.channel, made.action, made.notice_version) == ("marketing", "email", "grant", "3")
    assert (made.profile_id, made.address_hash, made.evidence) == (7, b"e", "sign-up form")
    assert (made.occurred_at, made.received_at, made.recorded_at) == (5, 6, 6)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"evidence": None}, "consent_without_evidence"),
        ({"evidence": "  "}, "consent_without_evidence"),
        ({"evidence": 1}, "consent_without_evidence"),
        ({"purpose": "unheard_of"}, "consent_purpose_unknown"),
        ({"purpose": None}, "consent_purpose_unknown"),
        ({"purpose": "*"}, "consent_purpose_unknown"),
        ({"channel": "push"}, "consent_channel_unknown"),
        ({"action": "maybe"}, "consent_action_unknown"),
        ({"action": None}, "consent_action_unknown"),
    ],
)
def test_a_grant_that_is_ignored_is_reported(change: dict[str, Any], code: str) -> None:
    assert records_of(GRANT | change) == ([], [code])


def test_words_are_read_kindly() -> None:
    (made,), _ = records_of({"purpose": " marketing ", "channel": "email", "action": " WITHDRAW "})
    assert (made.purpose, made.action) == ("marketing", "withdraw")


def test_a_refusal_without_a_channel_follows_every_address() -> None:
    records, ignored = records_of({"purpose": "marketing", "action": "withdraw"})
    assert not ignored
    assert [(each.channel, each.address_hash) for each in records] == [("*", b"e"), ("*", b"s")]
    assert len({each.id for each in records}) == 2


def test_a_refusal_without_a_purpose_refuses_all() -> None:
    records, _ = records_of({"action": "withdraw", "channel": "email"})
    assert [each.purpose for each in records] == ["*"]
    assert in_force(records, "research", "email", 10, POLICY) == "withdrawn"


def test_a_refusal_of_an_undeclared_purpose_is_kept_and_reported() -> None:
    records, ignored = records_of({"action": "deny", "purpose": "later", "channel": "email"})
    assert [each.purpose for each in records] == ["later"]
    assert ignored == ["consent_purpose_unknown"]


def test_preferences_refuse_and_never_grant() -> None:
    context = {"consent": {"categoryPreferences": {"marketing": False, "research": True, "ads": False, "x": 0}}}
    heard = consent_records("page", {}, context, ACT, POLICY)
    assert not heard.ignored
    assert {(each.purpose, each.action.value, each.channel) for each in heard.records} == {
        ("marketing", "withdraw", "*")
    }


def test_only_the_consent_event_grants() -> None:
    heard = consent_records("identify", GRANT, {}, ACT, POLICY)
    assert (heard.records, heard.ignored) == ([], [])


def test_the_same_event_makes_the_same_records() -> None:
    assert records_of(GRANT) == records_of(GRANT)


def test_without_an_address_there_is_one_record() -> None:
    bare = Act(message_id="m", profile_id=1, addresses={}, source="a", occurred_at=1, received_at=1, recorded_at=1)
    records = consent_records("Consent Updated", {"action": "withdraw"}, {}, bare, POLICY).records
    assert [(each.purpose, each.channel, each.address_hash) for each in records] == [("*", "*", None)]


def test_who_speaks_of_consent() -> None:
    assert speaks_of_consent("Consent Updated", {})
    assert speaks_of_consent("page", {"consent": {}})
    assert not speaks_of_consent("page", {})


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["grant", "withdraw", "marketing"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(["action", "purpose", "channel", "evidence", "consent", "categoryPreferences"])


@given(st.dictionaries(KEYS, JSON, max_size=5), st.dictionaries(KEYS, JSON, max_size=3))
def test_whatever_comes_nothing_raises_and_no_grant_lacks_evidence(
    payload: dict[str, Any], context: dict[str, Any]
) -> None:
    heard = consent_records("Consent Updated", payload, context, ACT, POLICY)
    assert all(each.evidence for each in heard.records if each.action == "grant")
    assert heard.records or heard.ignored


@given(st.dictionaries(KEYS, JSON, max_size=5))
def test_no_refusal_is_lost(payload: dict[str, Any]) -> None:
    records = consent_records("Consent Updated", payload | {"action": "withdraw"}, {}, ACT, POLICY).records
    assert records
    assert all(each.action == "withdraw" for each in records)
