"""A question about identity with both people side by side: what each is known by, and where they agree.

Personal values are compared and not shown: whether two sealed values are the same is told.
Reads only.
"""

from typing import Any

from fieldfare.flow.identity_answers import IdentityAnswers
from fieldfare.flow.look import Look
from fieldfare.ground.clock import Clock

_SHOWN = ("profile_id", "match_confidence", "home_location", "first_seen_at", "last_seen_at", "identifiers", "stage")


class Sides:
    """Puts the two people of a question side by side."""

    def __init__(self, identity: IdentityAnswers, look: Look, clock: Clock) -> None:
        """Read through these."""
        self._identity, self._look, self._clock = identity, look, clock

    def show(self, question: str) -> dict[str, Any]:
        """Return the question, each side, and every trait that either has. Raises ``CallerError`` ``hold_unknown``."""
        hold, now = self._identity.question(question), self._clock.now()
        known = [self._look.profile(str(each), now) if each is not None else None for each in hold["profiles"]]
        values = [self._look.values(str(each)) if each is not None else {} for each in hold["profiles"]]
        return {
            "question": hold,
            "sides": [
                None if each is None else {**_side(each), "audiences": sorted(each["audiences"])} for each in known
            ],
            "traits": [_compared(name, values[0], values[1]) for name in sorted({*values[0], *values[1]})],
        }


def _side(profile: dict[str, Any]) -> dict[str, Any]:
    return {**{key: profile[key] for key in _SHOWN}, "audiences": sorted(profile["audiences"])}


def _compared(name: str, one: dict[str, tuple[Any, bool]], other: dict[str, tuple[Any, bool]]) -> dict[str, Any]:
    found = [one.get(name), other.get(name)]
    agree = None if None in found else found[0] == found[1]
    shown = [None if each is None or each[1] else each[0] for each in found]
    return {
        "trait": name,
        "values": shown,
        "has": [each is not None for each in found],
        "sealed": any(each is not None and each[1] for each in found),
        "agree": agree,
    }
