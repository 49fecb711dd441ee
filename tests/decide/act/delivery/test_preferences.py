"""What a form of the preference centre asks for, and the events it becomes."""

import pytest

from fieldfare.act.delivery.page_links import PageClaim
from fieldfare.act.delivery.preferences import (
    Choice,
    Person,
    changes_of,
    confirmation_of,
    event_of,
    problems_of,
    stop_event_of,
)
from fieldfare.trust.consent.model import InForce, Notice
from tests.decide.trust.consent.records import record

PERSON = Person(
    claim=PageClaim("preferences", 7, b"a", "email", "en", 1), now=5, language="en", ip="::1", user_agent="x", url="u"
)


def choice(state: InForce = InForce.MISSING, channel: str = "email", *, waits: bool = False) -> Choice:
    return Choice(
        purpose="news",
        channel=channel,
        title="News",
        description="",
        state=state,
        since_at=None,
        is_waiting=waits,
        notice=Notice("2", "en", "Yes."),
    )


@pytest.mark.parametrize(
    ("state", "waits", "asked", "changes"),
    [
        (InForce.MISSING, False, None, []),
        (InForce.MISSING, False, "yes", ["yes"]),
        (InForce.MISSING, False, "no", ["no"]),
        (InForce.MISSING, True, "yes", []),
        (InForce.GRANTED, False, "yes", []),
        (InForce.GRANTED, False, "no", ["no"]),
        (InForce.EXPIRED, False, "yes", ["yes"]),
        (InForce.WITHDRAWN, False, "no", []),
        (InForce.NOT_REQUIRED, False, "no", ["no"]),
    ],
)
def test_only_what_is_other_than_before_changes(
    state: InForce, waits: bool, asked: str | None, changes: list[str]
) -> None:
    one = choice(state, waits=waits)
    form = {} if asked is None else {one.field: asked}
    assert problems_of(form, [one]) == []
    assert [wish for _, wish in changes_of(form, [one])] == changes


def test_an_answer_that_is_none_is_a_problem() -> None:
    assert problems_of({choice().field: "maybe"}, [choice()]) == [choice()]
    assert problems_of({}, [choice(InForce.GRANTED)]) == [choice(InForce.GRANTED)], "an answer does not vanish"


def test_the_events() -> None:
    yes = event_of(choice(), "yes", PERSON)
    told = yes["properties"]
    assert (told["action"], told["confirmed"], told["notice_version"]) == ("grant", True, "2")
    assert yes["context"]["fieldfare"] == {"profile_id": 7, "hop": 1, "address_hash": "61"}
    assert yes["context"]["capture"] == {"ip": "::1", "user_agent": "x", "url": "u"}
    assert "ip" not in told
    elsewhere = event_of(choice(channel="sms"), "yes", PERSON)
    assert "confirmed" not in elsewhere["properties"]
    assert "address_hash" not in elsewhere["context"]["fieldfare"]
    assert event_of(choice(), "no", PERSON)["properties"]["action"] == "deny"
    assert event_of(choice(InForce.GRANTED), "no", PERSON)["properties"]["action"] == "withdraw"
    assert event_of(choice(), "yes", PERSON)["messageId"] == yes["messageId"], "a double click is one event"


def test_no_to_everything_and_a_confirmation() -> None:
    told = stop_event_of(PERSON)["properties"]
    assert (told["action"], told["channel"], "purpose" in told) == ("withdraw", "*", False)
    asked = record("grant", 1, name="cns_1", confirmed=False, notice_hash="00")
    confirmed = confirmation_of(asked, PERSON)["properties"]
    assert (confirmed["confirms"], confirmed["confirmed"], confirmed["method"]) == ("cns_1", True, "double_opt_in")
    assert confirmed["notice_hash"] == "00"
