"""Every reason has words, and its numbers stand in them."""

from typing import Any

import pytest

from fieldfare.decide.gate.model import Reason
from fieldfare.decide.gate.words import PLAIN, choice_in_words, in_words


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


def test_a_choice_is_told_with_every_channel_that_was_set_aside() -> None:
    email = {"channel": "email", "template": "a", "score": 20, "aside": ["consent_missing", "suppressed"]}
    push = {"channel": "push", "template": "c", "score": 3, "aside": ["not_engaged"]}
    ways = [{"channel": "sms", "template": "b", "score": 20}, push, email]
    choice: dict[str, Any] = {"by": "best", "chosen": "sms", "ways": ways}
    assert choice_in_words(choice, "bounced") == [
        "it follows another by this channel: the one before it came back",
        "sms suits the person best of 3 channels",
        "push was set aside: the person answers too seldom there",
        f"email was set aside: {PLAIN[Reason.CONSENT_MISSING]}; {PLAIN[Reason.SUPPRESSED]}",
    ]
    assert choice_in_words(None, None) == []
    assert choice_in_words({**choice, "by": "order", "ways": ways[:2]}, None)[0] == "sms is the first of 2 channels"


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("own", "it waits for the hour of 2026-03-02T19:00:00Z, by the person's own history"),
        ("location", "it waits for the hour of 2026-03-02T19:00:00Z, by the history of the person's location"),
        ("none", "no history says which hour is best, so it goes at once"),
    ],
)
def test_an_hour_is_told_with_whose_history_says_it(by: str, said: str) -> None:
    ways = [{"channel": "email", "template": "a", "score": 20}]
    choice = {"by": "order", "chosen": "email", "ways": ways, "time": {"at": "2026-03-02T19:00:00Z", "by": by}}
    assert choice_in_words(choice, None) == [said]
