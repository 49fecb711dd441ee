"""Conditions on measures and sequences in words."""

from typing import Any

import pytest

from fieldfare.know.audiences.explain import sentence
from tests.decide.know.audiences.test_compile_values import parsed

OPENS = {"name": "open_rate", "rate": ["Email Opened", "Email Sent"]}
OPENED = "count of Email Opened by count of Email Sent"
SPENT = "sum of revenue over Order Completed where channel is web"
OF = "of what it comes to"
THIRTY = "within the last 30 days"
NINETY = "within the last 90 days, on average per 7 days"
HALF = {"compared_to": {"between": "60 and 31 days ago"}, "down_by": "50 %"}
SPEND = {"name": "spend", "event": "Order Completed", "sum": "revenue", "where": {"channel": "web"}}


@pytest.mark.parametrize(
    ("node", "words"),
    [
        (
            {"measure": SPEND, "over": "365 days", "above": 300},
            f"measure spend ({SPENT}), within the last 365 days is more than 300",
        ),
        (
            {"measure": OPENS, "over": "30 days", **HALF},
            f"measure open_rate ({OPENED}), {THIRTY} is at most 50 % {OF}, between 60 days and 31 days ago",
        ),
        (
            {
                "measure": {"name": "visits", "event": "check_in"},
                "over": "6 days",
                "compared_to": {"over": "90 days", "per": "7 days"},
                "below": "62.5 %",
            },
            f"measure visits (count of check_in), within the last 6 days is less than 62.5 % {OF}, {NINETY}",
        ),
        (
            {"did": "class_booked", "without": {"did": "check_in", "within": "30 minutes"}, "count": {"at_least": 3}},
            "did class_booked, and then did not check_in within 30 minutes at least 3 times, ever",
        ),
        (
            {"did": "a", "then": {"did": "b", "within": "1 day", "then": {"did": "c"}}, "during": "last january.peak"},
            "did a, then b within 1 day, then c, during the last january.peak at the home location",
        ),
        ({"did": "a", "during": "current peak"}, "did a, during the peak that holds now at the home location"),
        (
            {"did": "a", "during": {"phase": "peak", "before_last": 1}},
            "did a, during the peak before the last at the home location",
        ),
        (
            {"did": "a", "during": {"phase": "peak", "before_last": 3}},
            "did a, during the peak that was 3 before the last at the home location",
        ),
    ],
)
def test_sentences(node: dict[str, Any], words: str) -> None:
    assert sentence(parsed(node)) == words
