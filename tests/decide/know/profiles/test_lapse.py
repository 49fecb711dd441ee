"""Consent that ends by time alone."""

from fieldfare.know.profiles.lapse import lapse, note_ends
from fieldfare.know.profiles.model import Document
from fieldfare.know.profiles.plan import CONSENT, NOTHING


def test_a_grant_ends_at_its_own_instant() -> None:
    document = Document(consent={"news email": "granted", "news sms": "granted"}, wakes={"vip": 3})
    note_ends(document, {"news email": 10})
    assert document.wakes == {"vip": 3, "consent:news email": 10}
    assert lapse(document, 9) is NOTHING
    assert lapse(document, 10) == CONSENT
    assert document.consent == {"news email": "expired", "news sms": "granted"}
    assert document.wakes == {"vip": 3}


def test_what_ends_no_more_is_forgotten() -> None:
    document = Document(wakes={"consent:news email": 10, "trait:x": 4})
    note_ends(document, {})
    assert document.wakes == {"trait:x": 4}
