"""Stories: their times, what differs from them, and the sentences that say so."""

from typing import Any

import msgspec
import pytest

from fieldfare.decide.journeys.stories import Follows, Happened, Story, differences, outcomes, parse_stories
from fieldfare.decide.journeys.story_files import StoriesFile
from fieldfare.ground.instants import DAY, HOUR, Instant, parse_iso

ZONE = "Europe/Berlin"
START = parse_iso("2026-03-02T09:00:00Z")


def story(*moments: dict[str, Any], **more: Any) -> Story:
    raw = {"story": "s", "starts": "2026-03-02 10:00", "moments": list(moments)} | more
    tests, problems = parse_stories(msgspec.convert({"name": "n", "journey": "j", "stories": [raw]}, StoriesFile))
    assert not problems
    assert tests is not None
    return tests.stories[0]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-04 08:30", "2026-03-04T07:30:00Z"),
        ("2 hours", "2026-03-02T11:00:00Z"),
        ("3 days", "2026-03-05T09:00:00Z"),
        ("30 days 10:00", "2026-04-01T08:00:00Z"),
    ],
)
def test_times(at: str, expected: str) -> None:
    assert story({"at": at, "enters": True}).moments[0].when.at(START, ZONE) == parse_iso(expected)


SENT = Happened(START + DAY, Follows.SENDS, "hello", "email")


@pytest.mark.parametrize(
    ("moment", "happened", "says"),
    [
        ({"at": "1 day", "sends": "hello"}, [SENT], None),
        ({"at": "1 day", "sends": "hello", "channel": "email"}, [SENT], None),
        (
            {"at": "1 day", "sends": "hello", "channel": "sms"},
            [SENT],
            "hello should be sent by sms, but what happened is",
        ),
        (
            {"at": "2 days", "sends": "hello"},
            [SENT],
            "2026-03-04 10:00: hello should be sent, but what happened is: 2026-03-03",
        ),
        ({"at": "1 day", "sends": "other"}, [], "other should be sent, but nothing of the kind happened"),
        ({"at": "1 day", "enters": False}, [Happened(START + 2 * DAY, Follows.ENTERS)], "the person should stay out"),
        ({"at": "3 days", "enters": False}, [Happened(START + 2 * DAY, Follows.ENTERS)], None),
        ({"at": "0 days 10:00", "exits": "goal"}, [Happened(START, Follows.EXITS, "left")], "should end as goal, but"),
        (
            {"at": "1 day", "refuses": "x", "because": "caps"},
            [Happened(START + DAY, Follows.REFUSES, "x", "consent, caps")],
            None,
        ),
        (
            {"at": "1 day", "refuses": "x", "because": "hold"},
            [Happened(START + DAY, Follows.REFUSES, "x", "caps")],
            "because of hold",
        ),
        ({"at": "1 hour", "waits": "2 days"}, [Happened(START + HOUR, Follows.WAITS, until=START + 2 * DAY)], None),
        (
            {"at": "1 hour", "waits": "3 days"},
            [Happened(START + HOUR, Follows.WAITS, until=START + 2 * DAY)],
            "should wait until",
        ),
    ],
)
def test_what_differs(moment: dict[str, Any], happened: list[Happened], says: str | None) -> None:
    wrong = differences(story(moment), happened, ZONE)
    assert bool(wrong) is (says is not None)
    assert says is None or says in wrong[0], wrong


def test_a_message_that_the_story_does_not_tell_of_is_told() -> None:
    wrong = differences(story({"at": "1 day", "sends": "hello"}), [SENT, SENT], ZONE)
    assert wrong == ["2026-03-03 10:00: hello was sent by email, and the story does not tell of it"]


def test_an_opt_out_counts_where_something_must_follow() -> None:
    out = {"at": "1 day", "withdraws": "marketing"}
    assert story(out, {"at": "2 days", "refuses": "x"}).opts_out
    assert not story({"at": "1 hour", "enters": True}, out).opts_out
    assert not story({"at": "1 hour", "enters": True}).opts_out


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"starts": "tomorrow"}, ("stories", 0, "starts")),
        ({"starts": "3 days"}, ("stories", 0, "starts")),
        ({"moments": [{"at": "soon", "enters": True}]}, ("stories", 0, "moments", 0, "at")),
        ({"moments": [{"at": "2026-02-30 10:00", "enters": True}]}, ("stories", 0, "moments", 0, "at")),
        ({"moments": [{"at": "1 day"}]}, ("stories", 0, "moments", 0)),
        ({"moments": [{"at": "1 day", "enters": True, "event": "e"}]}, ("stories", 0, "moments", 0)),
        ({"moments": [{"at": "1 day", "waits": "x"}]}, ("stories", 0, "moments", 0, "waits")),
    ],
)
def test_problems(change: dict[str, Any], path: tuple[str | int, ...]) -> None:
    raw = {"story": "s", "starts": "2026-03-02 10:00", "moments": [{"at": "1 day", "enters": True}]} | change
    _, problems = parse_stories(msgspec.convert({"name": "n", "journey": "j", "stories": [raw]}, StoriesFile))
    assert path in [each.path for each in problems]


def test_the_clock_of_the_story_is_that_of_the_workspace() -> None:
    at: Instant = story({"at": "1 day", "enters": True}).starts.at(0, "America/New_York")
    assert at == parse_iso("2026-03-02T15:00:00Z")


def test_every_line_of_a_story_has_what_came_of_it() -> None:
    told = story(
        {"at": "1 hour", "event": "came", "properties": {"club": "a"}},
        {"at": "2 hours", "grants": "marketing", "channel": "email"},
        {"at": "3 hours", "withdraws": "marketing"},
        {"at": "4 hours", "traits": {"tier": "plus"}},
        {"at": "1 day", "sends": "hello"},
        {"at": "2 days", "exits": "goal"},
    )
    untold = Happened(START + 3 * DAY, Follows.SENDS, "more", "sms")
    found = outcomes(told, [SENT, untold], ZONE)
    assert [(each.said, each.holds) for each in found] == [
        ("the event came comes (club a)", None),
        ("consent to marketing by email is given", None),
        ("consent to marketing is withdrawn", None),
        ("it becomes known: tier plus", None),
        ("hello should be sent", True),
        ("the walk should end as goal", False),
        ("more was sent by sms", False),
    ]
    assert [each.instead for each in found[4:]] == [
        "",
        "but nothing of the kind happened",
        "and the story does not tell of it",
    ]
    assert [each.sentence for each in found if each.holds is False] == differences(told, [SENT, untold], ZONE)
