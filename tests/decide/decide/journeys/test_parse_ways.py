"""What is written of other ways, read; and every mistake told with its path and its remedy."""

from typing import Any

import msgspec
import pytest

from fieldfare.decide.journeys.definition import Answer, Escalation, Fallback, Ways
from fieldfare.decide.journeys.files import JourneyFile
from fieldfare.decide.journeys.parse import parse_journey
from fieldfare.ground.instants import DAY, HOUR
from tests.decide.decide.journeys.walks import compiled

SMS = {"channel": "sms", "template": "short"}


def raw(**send: Any) -> dict[str, Any]:
    step = {"send": {"channel": "email", "template": "long", **send}}
    return {"journey": "simple", "entry": {"event": "start"}, "steps": [step]}


def test_all_that_can_be_written() -> None:
    more = {"channel": "push", "template": "tiny", "after": "2 hours", "unless": "clicked"}
    journey = compiled(raw(fallback=[SMS], choose="best", best_time="24 hours", escalate=more))
    assert journey.steps["0"].ways == Ways(  # type: ignore[union-attr]
        fallbacks=(Fallback("sms", "short"),),
        is_best=True,
        best_us=DAY,
        escalation=Escalation(channel="push", template="tiny", after_us=2 * HOUR, unless=Answer.CLICKED),
    )


@pytest.mark.parametrize(
    ("send", "path", "what"),
    [
        ({"fallback": [SMS, SMS]}, ("fallback",), "a channel stands twice"),
        ({"fallback": [{"channel": "email", "template": "x"}]}, ("fallback",), "a channel stands twice"),
        ({"choose": "best"}, ("choose",), "`choose: best` stands beside one channel"),
        ({"best_time": "soon"}, ("best_time",), "`soon` is no length of time"),
        ({"best_time": "30 minutes"}, ("best_time",), "out of bounds"),
        ({"best_time": "8 days"}, ("best_time",), "out of bounds"),
        ({"escalate": {**SMS, "after": "2 days"}}, ("escalate", "after"), "past the end of the message"),
        (
            {"escalate": {**SMS, "after": "2 hours"}, "fallback": [SMS]},
            ("escalate", "channel"),
            "the first message too",
        ),
        (
            {"escalate": {**SMS, "channel": "email", "after": "2 hours"}},
            ("escalate", "channel"),
            "`email` is a channel",
        ),
    ],
)
def test_mistakes_are_told(send: dict[str, Any], path: tuple[str, ...], what: str) -> None:
    journey, problems = parse_journey(msgspec.convert(raw(**send), JourneyFile))
    assert journey is None
    (problem,) = problems
    assert problem.path == ("steps", 0, "send", *path)
    assert what in problem.what
    assert problem.fix
