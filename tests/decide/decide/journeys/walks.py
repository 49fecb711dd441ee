"""Journeys, events and walks made short for tests."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from fieldfare.collect.model import Event, Mode, Place
from fieldfare.decide.journeys.definition import Journey
from fieldfare.decide.journeys.enter import enroll
from fieldfare.decide.journeys.facts import Facts
from fieldfare.decide.journeys.files import JourneyFile
from fieldfare.decide.journeys.model import Candidate, Enrollment, Entered, Happening, Proposal, Propose
from fieldfare.decide.journeys.parse import parse_journey
from fieldfare.decide.journeys.step import step
from fieldfare.ground.instants import DAY, HOUR, Instant, local_day, parse_iso
from fieldfare.know.audiences.model import Condition, InAudience
from fieldfare.learn.experiments.model import Arm

BERLIN = "Europe/Berlin"
NOON = parse_iso("2026-03-02T12:00:00Z")

WIN_BACK: dict[str, Any] = {
    "journey": "win-back",
    "description": "Bring back who stayed away.",
    "owner": "growth",
    "entry": {"joins": "lapsed", "reentry": {"after": "90 days"}},
    "holdout": "15 %",
    "goal": {"event": "check_in", "within": "30 days", "revenue": "spent"},
    "exit": [{"leaves": "lapsed"}, {"event": "membership_cancelled"}],
    "steps": [
        {"wait": "2 days"},
        {"send": {"channel": "email", "template": "miss-you"}},
        {
            "branch": {
                "when": {"did": "email_opened", "within": "2 days"},
                "then": [
                    {"wait": {"until": "09:00"}},
                    {"send": {"channel": "sms", "template": "offer", "priority": 80}},
                ],
                "else": [{"exit": "no interest"}],
            }
        },
        {"wait": {"event": "class_booked", "where": {"level": "easy"}, "timeout": "7 days"}},
        {"send": {"channel": "email", "template": "last-call", "purpose": "service", "expires": "6 hours"}},
    ],
}


def compiled(raw: dict[str, Any]) -> Journey:
    """Return the journey of a definition without problems."""
    journey, problems = parse_journey(msgspec.convert(raw, JourneyFile))
    assert not problems
    assert journey is not None
    return journey


def simple(*steps: dict[str, Any], **change: Any) -> Journey:
    """Return a journey of these steps that people enter by the event ``start``."""
    return compiled({"journey": "simple", "entry": {"event": "start"}, "steps": list(steps)} | change)


def event(
    name: str, at: Instant = NOON, *, mode: Mode = Mode.LIVE, received_at: Instant | None = None, **payload: Any
) -> Event:
    received = at if received_at is None else received_at
    return Event(
        place=Place(0, 1, 0),
        mode=mode,
        source="app",
        message_id=f"{name}-{at}",
        type="track",
        name=name,
        user_id="u1",
        anonymous_id=None,
        payload=payload,
        context={},
        original_at=at,
        sent_at=None,
        received_at=received,
        occurred_at=at,
        local_day=local_day(at, "UTC"),
    )


def facts(
    holds: Callable[[Condition], bool], zone: str = BERLIN, traits: dict[str, Any] | None = None, taken: int = 0
) -> Facts:
    """Return what is known of a person with these traits."""
    return Facts(holds, (traits or {}).get, zone, lambda _what, _of: taken)


def always(_condition: Condition) -> bool:
    return True


def nothing_but_membership(condition: Condition) -> bool:
    return isinstance(condition, InAudience)


def begin(
    journey: Journey,
    now: Instant = NOON,
    arm: Arm = Arm.TREATED,
    holds: Callable[[Condition], bool] = nothing_but_membership,
) -> tuple[Enrollment, list[Proposal]]:
    """Enroll and take the first steps."""
    fresh = enroll(Candidate(journey, "event:start-0"), 7, arm, now)
    return told(journey, fresh, Entered("start-0"), now, holds)


def told(
    journey: Journey,
    enrollment: Enrollment,
    happening: Happening,
    now: Instant,
    holds: Callable[[Condition], bool] = nothing_but_membership,
    zone: str = BERLIN,
) -> tuple[Enrollment, list[Proposal]]:
    """Take one step; return the enrollment and what was proposed."""
    after, commands = step(journey, enrollment, happening, facts(holds, zone), now)
    return after, [command.proposal for command in commands if isinstance(command, Propose)]


def send(template: str = "hello", **change: Any) -> dict[str, Any]:
    return {"send": {"channel": "email", "template": template} | change}


def templates(proposals: Sequence[Proposal]) -> list[str]:
    return [each.template for each in proposals]


__all__ = [
    "BERLIN",
    "DAY",
    "HOUR",
    "NOON",
    "WIN_BACK",
    "always",
    "begin",
    "compiled",
    "event",
    "nothing_but_membership",
    "send",
    "simple",
    "templates",
    "told",
]
