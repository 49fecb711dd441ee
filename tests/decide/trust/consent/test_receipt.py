"""The receipt: its sections, what names the person, and that it can be signed."""

from fieldfare.trust.consent.in_force import Answer
from fieldfare.trust.consent.jws import canonical
from fieldfare.trust.consent.model import ConsentPolicy, InForce, Purpose, Witness
from fieldfare.trust.consent.receipt import receipt_of
from tests.decide.trust.consent.records import record

GRANT = record("grant", 5, name="g", notice_hash="00", address_hash=b"\x01")
NOTICE = {"hash": "00", "version": "1", "language": "en", "text": "Yes."}
POLICY = ConsentPolicy({"marketing": Purpose("marketing", "News")})


def test_what_it_holds() -> None:
    records = [record("withdraw", 9, name="w", purpose="*"), GRANT]
    standing = {("marketing", "email"): Answer(InForce.WITHDRAWN, records[0])}
    made = receipt_of("profile:1", "Linden", records, standing, {"00": NOTICE}, {"g": Witness(ip="::1")}, POLICY, 10)
    assert canonical(made)
    told = made["record"]
    assert [each["event_state"] for each in told["events"]] == ["consent given", "consent withdrawn"]
    assert told["events"][0]["ip"] == "::1"
    assert told["events"][0]["address"] == "hmac:01"
    assert "ip" not in told["events"][1]
    assert told["notices"][0]["text"] == "Yes."
    assert [(each["purpose"], each["is_declared"]) for each in told["pii_processing"]] == [
        ("*", False),
        ("marketing", True),
    ]
    assert made["in_force"][0] == {
        "purpose": "marketing",
        "channel": "email",
        "state": "withdrawn",
        "by_event": "w",
        "until": None,
    }


def test_the_same_is_the_same_receipt() -> None:
    first, second = (receipt_of("p", "b", [GRANT], {}, {}, {}, POLICY, 10) for _ in range(2))
    assert first == second
