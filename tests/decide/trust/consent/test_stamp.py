"""The stamp names every purpose that has a notice, with its version, in a fixed order."""

from fieldfare.trust.consent.model import ConsentPolicy, Purpose
from fieldfare.trust.consent.stamp import consent_stamp


def policy(*purposes: Purpose) -> ConsentPolicy:
    return ConsentPolicy({purpose.name: purpose for purpose in purposes})


def test_purposes_with_a_notice_stand_in_the_stamp() -> None:
    news, offers = Purpose("news", notice_version="3"), Purpose("offers", notice_version="2025-01")
    assert consent_stamp(policy(offers, Purpose("billing", required=False), news)) == "news@3;offers@2025-01"
    assert consent_stamp(policy(news, offers)) == consent_stamp(policy(offers, news))


def test_without_a_notice_there_is_no_stamp() -> None:
    assert consent_stamp(policy(Purpose("billing", required=False))) is None
    assert consent_stamp(ConsentPolicy()) is None
