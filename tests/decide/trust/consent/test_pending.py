"""Which grants wait for their click."""

from fieldfare.trust.consent.model import ConsentPolicy, ConsentRecord, Purpose
from fieldfare.trust.consent.pending import waiting
from tests.decide.trust.consent.records import record

POLICY = ConsentPolicy({"marketing": Purpose("marketing", double_opt_in=frozenset({"email"}))})


def waits(*records: ConsentRecord) -> list[str]:
    return [each.id for each in waiting(records, {1}, b"a", "email", 100, POLICY)]


def asked(at: int, **more: object) -> ConsentRecord:
    return record("grant", at, name=f"asked-{at}", confirmed=False, **more)  # type: ignore[arg-type]  # a test's own


def test_what_waits() -> None:
    assert waits(asked(1)) == ["asked-1"]
    assert waits(asked(1), asked(2)) == ["asked-2"], "the later one takes its place"
    assert waits(asked(1), record("grant", 2)) == [], "it was confirmed"
    assert waits(asked(1), record("withdraw", 2)) == [], "it was taken back"
    assert waits(record("withdraw", 1), asked(2)) == ["asked-2"]
    assert waits(asked(1), record("withdraw", 2, purpose="*", channel="*")) == []
    assert waits(asked(1, evidence=None)) == []
    assert waits(asked(1, purpose="gone")) == []
    assert waits(asked(1, channel="sms")) == []
    assert waits(asked(1, profile_id=2, address_hash=b"a")) == [], "somebody else's"
