"""From the file to the broadcast."""

from typing import Any

import msgspec
import pytest

from fieldfare.act.broadcasts.files import BroadcastFile
from fieldfare.act.broadcasts.parse import parse_broadcast
from fieldfare.ground.instants import DAY

PLAIN = {"broadcast": "spring", "audience": "all", "channel": "email", "template": "hello", "purpose": "marketing"}


def parsed(**fields: Any) -> Any:
    return parse_broadcast(msgspec.convert({**PLAIN, **fields}, BroadcastFile))


def test_a_plain_one() -> None:
    found, problems = parsed(per_minute=600, expires="2 days")
    assert problems == []
    assert (found.per_minute, found.expires_us, found.stays, found.priority) == (600, 2 * DAY, True, 40)
    assert parsed()[0].version != found.version


@pytest.mark.parametrize("expires", ["soon", "2", "1 second", "90 days"])
def test_a_wrong_expiry_is_told(expires: str) -> None:
    found, problems = parsed(expires=expires)
    assert found is None
    assert [problem.path for problem in problems] == [("expires",)]


def test_a_holdout_and_variants_share_the_recipients() -> None:
    two = [{"variant": "plain"}, {"variant": "warm", "weight": 3, "template": "warm", "variables": {"x": 1}}]
    found, problems = parsed(holdout="20 %", variants=two, variables={"y": 2}, strata=["plan"], edition="may")
    assert problems == []
    assert found.weights == pytest.approx({"holdout": 0.2, "plain": 0.2, "warm": 0.6})
    assert list(found.weights) == ["holdout", "plain", "warm"]
    assert found.experiment == "broadcast.spring.may"
    assert [(each.template, each.variables) for each in found.variants] == [
        ("hello", {"y": 2}),
        ("warm", {"y": 2, "x": 1}),
    ]
    assert parsed()[0].experiment is None
    assert parsed(holdout="20 %")[0].weights == pytest.approx({"holdout": 0.2, "treated": 0.8})


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"holdout": "much"}, ("holdout",)),
        ({"holdout": "100 %"}, ("holdout",)),
        ({"variants": [{"variant": "a"}]}, ("variants",)),
        ({"variants": [{"variant": "a"}, {"variant": "a"}]}, ("variants", 1, "variant")),
        ({"variants": [{"variant": "a"}, {"variant": "holdout"}]}, ("variants", 1, "variant")),
        ({"strata": ["plan"]}, ("strata",)),
    ],
)
def test_what_cannot_be_compared_is_told(fields: dict[str, Any], path: tuple[str | int, ...]) -> None:
    found, problems = parsed(**fields)
    assert found is None
    assert [problem.path for problem in problems] == [path]
