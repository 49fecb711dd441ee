"""The screens about data and delivery: violations by field, stores, what providers reported."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.act.delivery.store import attempt
from fieldfare.assembly.installation import open_answers, open_worker
from fieldfare.assembly.screens import open_screens
from fieldfare.flow.generate.calls import track
from fieldfare.flow.relay import append_own
from fieldfare.ground.instants import DAY, HOUR, MINUTE
from fieldfare.web.app import Screens
from tests.scenarios.people import CLUB, NOON, joins
from tests.scenarios.whole import Whole, opened
from tests.web.test_api import Api, api_of

SECRET = "nine-hundred"


def screens_of(whole: Whole) -> Screens:
    answers = open_answers(whole.installation, whole.lake)
    return open_screens(whole.installation, whole.lake, open_worker(whole.installation, whole.lake), answers)


def cancels(number: int, reason: str) -> dict[str, Any]:
    call = {"type": "track", "event": "membership_cancelled", "userId": "m-1", "messageId": f"cancels-{number}"}
    return call | {"properties": {"reason": reason, "location_id": CLUB}}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Whole, Api]]:
    folder = tmp_path_factory.mktemp("data") / "data"
    with opened(folder, NOON) as whole:
        whole.play(joins("m-1", NOON), NOON + HOUR)
        for number in range(3):
            whole.send(cancels(number, SECRET), whole.clock.now())
        whole.tick(NOON + DAY)
        whole.send(cancels(9, SECRET), whole.clock.now())
        whole.tick(NOON + DAY + HOUR)
        yield whole, api_of(whole, folder)


def test_violations_are_counted_by_field_and_day_and_show_masks_alone(made: tuple[Whole, Api]) -> None:
    _, api = made
    answer = api.get("/api/v1/contracts/violations", params={"days": 3})
    found = answer.json()
    (one,) = found["violations"]
    assert (found["letters"], found["read"], found["emptied"]) == (4, 4, 0)
    assert (one["source"], one["event"], one["field"], one["rule"]) == ("app", "membership_cancelled", "reason", "enum")
    assert (one["count"], one["by_day"]) == (4, [0, 3, 1])
    assert one["samples"] == ["text aaaa-aaaaaaa"]
    assert SECRET not in answer.text


def test_what_is_not_read_is_told(made: tuple[Whole, Api]) -> None:
    violations = screens_of(made[0]).violations
    for found in (violations.read(3, most=1), violations.read(3, most_bytes=1)):
        assert (found["letters"], found["read"]) == (4, 1)
        assert found["violations"][0]["by_day"] == [0, 0, 1], "the newest is read first"


def test_the_same_question_within_a_minute_is_answered_from_memory(tmp_path: Path) -> None:
    with opened(tmp_path, NOON) as whole:
        violations = screens_of(whole).violations
        assert violations.all(3)["letters"] == 0
        whole.send(cancels(1, SECRET), NOON)
        whole.tick(NOON)
        assert (violations.all(3)["letters"], violations.all(7)["letters"]) == (0, 1)
        whole.tick(NOON + MINUTE)
        assert violations.all(3)["letters"] == 1


def test_identifiers_that_no_trait_declares_show_no_pattern(made: tuple[Whole, Api]) -> None:
    is_named = screens_of(made[0]).violations.is_named
    assert (is_named("membershipId"), is_named("reason")) == (True, False)


def test_a_letter_whose_content_is_gone_is_counted_apart(tmp_path: Path) -> None:
    with opened(tmp_path, NOON) as whole:
        whole.send(cancels(1, SECRET), NOON)
        whole.tick(NOON)
        api = api_of(whole, tmp_path)
        discard = {"reason": "contract_violated", "why": "a test", "apply": True}
        assert api.ask("POST", "/api/v1/dead-letters/discard", json=discard).json()["closed"] == 1
        found = api.get("/api/v1/contracts/violations").json()
        assert (found["letters"], found["read"], found["emptied"], found["violations"]) == (1, 0, 1, [])


def test_stores_tell_what_they_hold_and_how_far_they_are(made: tuple[Whole, Api]) -> None:
    whole, api = made
    whole.installation.loader(whole.lake).catch_up()
    found = {each["store"]: each for each in api.get("/api/v1/stores").json()}
    assert list(found) == ["state", "log", "lake", "keys"]
    assert all(each["bytes"] > 0 for each in found.values())
    assert found["state"]["holds"][0] == {"holds": "profiles_ever", "count": 1, "is_estimate": False}
    assert {each["stream"]: each["behind"] for each in found["log"]["lag"]} == {"urgent": 0, "normal": 0}
    assert {each["stream"]: each["behind"] for each in found["lake"]["lag"]} == {"urgent": 0, "normal": 0}
    assert [each["backed_up_at"] for each in found.values()] == [None] * 4
    whole.send(cancels(70, "contract_ended"), whole.clock.now())
    log = next(each for each in api.get("/api/v1/stores").json() if each["store"] == "log")
    assert {each["stream"]: each["behind"] for each in log["lag"]} == {"urgent": 0, "normal": 1}


def receipt(name: str, message: dict[str, Any], **more: Any) -> dict[str, Any]:
    told = {"proposal_id": message["proposal_id"], "channel": message["channel"], **more}
    subject = {"profile_id": message["profile_id"], "address_hash": bytes(message["address_hash"]).hex()}
    call = {"type": "track", "event": name, "messageId": f"{name}-{message['proposal_id']}", "properties": told}
    return call | {"context": {"fieldfare": subject}}


def test_reports_count_a_message_on_the_day_of_its_hand_over_with_what_they_are_shares_of(tmp_path: Path) -> None:
    with opened(tmp_path, NOON) as whole:
        people = [f"m-{number}" for number in range(4)]
        calls = [call for user in people for call in joins(user, NOON)]
        starts = [track("membership_activated", user, f"{user}-starts", NOON, {"location_id": CLUB}) for user in people]
        whole.play(
            [*sorted(calls, key=lambda each: each[0]), *((NOON + HOUR, each) for each in starts)], NOON + 4 * DAY
        )
        messages = [row for row in whole.rows(attempt) if row["outcome"] == "handed_over"]
        handed = len(messages)
        assert handed >= 4
        later = NOON + 5 * DAY
        whole.tick(later)
        first, second, third, *_ = messages
        told = [
            receipt("Message Bounced", first, suppress=True),
            receipt("Message Bounced", second, suppress=False),
            receipt("Message Complained", third),
            receipt("Message Complained", third) | {"messageId": "the-same-told-twice"},
        ]
        for each in told:
            append_own(whole.stores.log, whole.stores.keys, each, later, 14, urgent=False)
        whole.tick(later)
        (email,) = screens_of(whole).reports.by_day(7)["channels"]
    assert (email["channel"], email["handed_over"]) == ("email", handed)
    assert (email["bounced"], email["bounced_for_good"], email["complained"]) == (2, 1, 1)
    assert email["bounce_rate"] == 2 / handed
    assert email["complaint_rate"] == 1 / (handed - 2), "what bounced can be complained of by nobody"
    assert sum(each["bounced"] for each in email["by_day"]) == 2
    empty = [each for each in email["by_day"] if not each["handed_over"]]
    assert empty
    assert {(each["bounce_rate"], each["bounced"]) for each in empty} == {(None, 0)}
