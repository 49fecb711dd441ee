"""What drivers share: headers, ages, and how many signatures are looked at."""

import pytest

from fieldfare.collect.sources.model import Unverified
from fieldfare.collect.sources.signatures import MOST_SIGNATURES, age, decoded, header, judge
from fieldfare.ground.instants import SECOND
from tests.decide.collect.sources.requests import AT, posted


def test_a_header_is_trimmed() -> None:
    assert header(posted(x_a="  b "), "x-a") == "b"
    assert header(posted(), "x-a") == ""


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (str(AT), None),
        (f"{AT}000", None),
        (str(AT - 60), None),
        (str(AT + 60), None),
        (str(AT - 61), Unverified.TOO_OLD),
        (str(AT + 61), Unverified.TOO_NEW),
        ("", Unverified.HEADER_MALFORMED),
        ("soon", Unverified.HEADER_MALFORMED),
        ("-1", Unverified.HEADER_MALFORMED),
        ("1e9", Unverified.HEADER_MALFORMED),
        ("9" * 30, Unverified.HEADER_MALFORMED),
        ("١٢٣", Unverified.HEADER_MALFORMED),
    ],
)
def test_an_age_is_judged(stated: str, expected: Unverified | None) -> None:
    failure = age(stated, "x-time", AT * SECOND, 60 * SECOND)
    assert (failure.reason if failure else None) is expected


def test_a_signature_among_many_is_found_up_to_a_bound() -> None:
    many = [b"x"] * (MOST_SIGNATURES - 1)
    assert judge([b"good"], [*many, b"good"]) is None
    assert judge([b"good"], [*many, b"x", b"good"]) is not None
    assert judge([b"a", b"good"], [b"good"]) is None
    assert judge([], [b""]) is not None


def test_base64_is_read_strictly_where_it_signs() -> None:
    assert decoded("YWI=") == decoded("YWI") == b"ab"
    assert decoded("YWI", as_written=True) is None
    assert decoded("%%%") is None
