import pytest

from fieldfare.know.identity.overlap import Met, overlap

_SHOP = [
    Met("shop", b"u1", "user_id", b"u1"),
    Met("shop", b"u1", "email", b"e1"),
    Met("shop", b"u2", "user_id", b"u2"),
    Met("shop", b"u2", "phone", b"p2"),
]
_TILL = [
    Met("till", b"e1", "email", b"e1"),
    Met("till", b"p2", "phone", b"p2"),
    Met("till", b"p3", "phone", b"p3"),
]


def test_what_two_sources_share_and_would_match() -> None:
    found = overlap([*_SHOP, *_TILL], joining={"user_id", "email"})
    assert found["kinds"] == ["email", "phone", "user_id"]
    assert found["sources"]["till"] == {
        "people": 3,
        "joinable": pytest.approx(1 / 3),
        "with": {"email": pytest.approx(1 / 3), "phone": pytest.approx(2 / 3), "user_id": 0},
        "missing": {"email": 2, "phone": 1, "user_id": 3},
    }
    (pair,) = found["pairs"]
    assert pair["shared"] == {"email": 1, "phone": 1}
    assert (pair["match_rate"], pair["of"]) == (0.5, "shop")  # a shared phone number matches nobody
    assert found["flags"] == ["shop and till: 50% of the people of shop would match; 80% is the least"]


def test_nobody_and_one_source_have_no_pairs() -> None:
    assert overlap([], joining=()) == {"kinds": [], "sources": {}, "pairs": [], "flags": []}
    assert overlap(_SHOP, joining={"email"})["pairs"] == []
