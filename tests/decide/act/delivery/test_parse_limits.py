"""Limits and prices of channels."""

from typing import Any

import msgspec
import pytest

from fieldfare.act.delivery.admit import route_of
from fieldfare.act.delivery.files import ChannelsFile
from fieldfare.act.delivery.parse_channels import parse_channels
from fieldfare.act.delivery.parse_limits import millionths
from fieldfare.ground.instants import DAY, MINUTE

SMS = {
    "driver": "twilio",
    "account_sid": "AC" + "0" * 32,
    "auth_token": "${TOKEN}",
    "messaging_service": "MG" + "0" * 32,
}
BRAND = {"most": 2_000, "per": "day", "counts": "segments", "budget": "brand", "divided": True}


def parsed(**channels: dict[str, Any]) -> Any:
    return parse_channels(msgspec.convert({"channels": channels}, ChannelsFile))


def test_limits_become_a_route() -> None:
    each = {"most": 5, "per": "minute", "each_location": True}
    specs, problems = parsed(sms=SMS | {"provider": "acme", "price": "0.0079", "limits": [each, BRAND]})
    assert problems == []
    route = route_of(specs["sms"])
    assert (route.provider, route.is_shared, specs["sms"].price_millionths) == ("acme", True, 7_900)
    first, second = route.rates
    assert (first.bucket("north"), first.limit.most, first.limit.per_us) == (
        "channel:sms:messages:60000000:each/north",
        5,
        MINUTE,
    )
    assert (second.key, second.limit.per_us, second.counts_segments) == ("budget:brand:segments:86400000000", DAY, True)


@pytest.mark.parametrize(
    ("channels", "key"),
    [
        ({"email": {"driver": "capture", "limits": [BRAND]}}, "counts"),
        ({"sms": SMS | {"limits": [BRAND | {"most": 2}]}}, "most"),
        ({"sms": SMS | {"limits": [BRAND | {"each_location": True, "budget": None}]}}, "divided"),
        ({"sms": SMS | {"limits": [BRAND | {"each_location": True, "divided": False}]}}, "budget"),
        ({"sms": SMS | {"limits": [BRAND]}, "text": SMS | {"limits": [BRAND | {"most": 9}]}}, 0),
        ({"email": {"driver": "capture", "idempotent": True}}, "idempotent"),
    ],
)
def test_what_is_wrong_is_told_where(channels: dict[str, dict[str, Any]], key: str | int) -> None:
    specs, problems = parsed(**channels)
    assert specs is None
    assert key in [problem.path[-1] for problem in problems]


@pytest.mark.parametrize(
    ("price", "expected"), [(None, None), ("1", 1_000_000), ("0.0079", 7_900), ("12.5", 12_500_000)]
)
def test_prices_are_exact(price: str | None, expected: int | None) -> None:
    assert millionths(price) == expected
