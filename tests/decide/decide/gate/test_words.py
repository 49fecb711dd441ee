"""Every reason has words, and its numbers stand in them."""

from typing import Any

import pytest

from fieldfare.decide.gate.model import Reason
from fieldfare.decide.gate.words import PLAIN, in_words


def test_every_reason_has_words_of_its_own() -> None:
    assert set(PLAIN) == set(Reason)
    assert len(set(PLAIN.values())) == len(PLAIN)
    assert all(in_words(reason.value, {}) == PLAIN[reason] for reason in Reason)


@pytest.mark.parametrize(
    ("reason", "inputs", "more"),
    [
        ("cap_reached", {"caps": [{"counted": 3, "most": 3, "per": "7 days"}]}, "(3 of 3 in 7 days)"),
        ("throttled", {"messages": 3, "most": 3}, "(3 of 3)"),
        ("low_confidence", {"match_confidence": 50, "minimum": 60}, "(50 %, and 60 % are needed)"),
        ("quiet_hours", {"local_time": "2026-03-02 22:00", "zone": "UTC"}, "(2026-03-02 22:00 in UTC)"),
        ("budget_spent", {"limit": "texts", "used": 9, "most": 10}, "(texts: 9 of 10)"),
        ("paused", {"pauses": [{"scope": "everything", "actor": "ada"}]}, "(everything by ada)"),
        ("on_hold", {"kind": "medical"}, "(medical)"),
        ("action_limit", {"breaks": ["too much"]}, "(too much)"),
        ("other_journey", {"walks": ["rescue"]}, "(rescue)"),
    ],
)
def test_numbers_stand_in_them(reason: str, inputs: dict[str, Any], more: str) -> None:
    assert in_words(reason, inputs).endswith(more)


def test_a_reason_of_another_edition_is_told_as_it_is() -> None:
    assert in_words("long_gone", {}) == "long_gone"
