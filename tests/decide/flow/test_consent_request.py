"""What the API is asked to record, and the event it becomes."""

from fieldfare.flow.consent_request import ConsentRequest, names_person, parted, told_of, vouched_event

ASKED = ConsentRequest(email="ada@example.com", action="grant", purpose="news", evidence="form", ip="::1")


def test_the_event_of_somebody_new() -> None:
    event = vouched_event(ASKED, 0)
    assert event["context"] == {"traits": {"email": "ada@example.com", "email_verified": True}}
    assert event["properties"] == {"action": "grant", "purpose": "news", "evidence": "form", "ip": "::1"}
    assert event["timestamp"] == "1970-01-01T00:00:00Z"
    assert vouched_event(ASKED, 0)["messageId"] == event["messageId"]
    assert vouched_event(ASKED, 1)["messageId"] != event["messageId"]
    assert vouched_event(ConsentRequest(user_id="u", message_id="m"), 0)["messageId"] == "m"


def test_what_may_name_the_person_is_kept_apart() -> None:
    shown, capture = parted(ASKED)
    assert (shown, capture) == ({"action": "grant", "purpose": "news"}, {"evidence": "form", "ip": "::1"})
    assert told_of(ASKED) == shown | capture


def test_who_is_named() -> None:
    assert names_person(ASKED)
    assert not names_person(ConsentRequest(action="withdraw"))
