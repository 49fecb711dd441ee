"""What stands for one person: own records, refusals of an address, and nothing that nobody said."""

from fieldfare.trust.consent.model import Action, ConsentPolicy, ConsentRecord, InForce, Purpose
from fieldfare.trust.consent.standing import pairs_of, standing

POLICY = ConsentPolicy(
    {
        "news": Purpose("news"),
        "offers": Purpose("offers", channels=("email",)),
        "service": Purpose("service", required=False),
    }
)
PAIRS = pairs_of(POLICY, {"email", "sms"})
HERE, THERE = b"here", b"there"


def said(action: str, profile_id: int = 1, at: int = 1, **more: object) -> ConsentRecord:
    values = {"purpose": "news", "channel": "email", "address_hash": None, "evidence": "form", **more}
    return ConsentRecord(
        id=f"{action}-{profile_id}-{at}",
        profile_id=profile_id,
        action=Action(action),
        notice_version=None,
        source="app",
        occurred_at=at,
        received_at=at,
        recorded_at=at + 9,
        **values,  # type: ignore[arg-type]  # a test's own columns
    )


def stands(*records: ConsentRecord) -> dict[tuple[str, str], InForce]:
    found = standing(records, {1, 7}, {"email": HERE}, PAIRS, POLICY, 100)
    return {pair: each.state for pair, each in found.items()}


def test_pairs() -> None:
    assert PAIRS == (("news", "email"), ("news", "sms"), ("offers", "email"), ("service", "email"), ("service", "sms"))


def test_what_stands() -> None:
    assert stands() == {}
    assert stands(said("grant")) == {("news", "email"): InForce.GRANTED}
    assert stands(said("grant", 7), said("withdraw", at=2)) == {("news", "email"): InForce.WITHDRAWN}
    assert stands(said("grant", 2)) == {}, "of somebody else"
    assert stands(said("grant"), said("deny", 2, at=2, address_hash=HERE)) == {("news", "email"): InForce.DENIED}
    assert stands(said("grant"), said("deny", 2, at=2, address_hash=THERE)) == {("news", "email"): InForce.GRANTED}
    assert stands(said("grant", 2, address_hash=HERE)) == {}, "a grant follows no address"
    assert stands(said("withdraw", purpose="*", channel="*")) == {
        ("news", "email"): InForce.WITHDRAWN,
        ("news", "sms"): InForce.WITHDRAWN,
        ("offers", "email"): InForce.WITHDRAWN,
    }
    assert stands(said("withdraw", purpose="service", channel="sms")) == {("service", "sms"): InForce.WITHDRAWN}
