"""People as identity and consent know them, and a crowd of them that lives together: what the pipeline does, in memory.

A profile is told by its number alone, so that documents and lake are made from the same facts.
"""

from collections.abc import Sequence
from typing import Any

from fieldfare.collect.model import Event
from fieldfare.ground.instants import DAY, Instant, to_iso
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.profiles.fold import fold, needs_personal
from fieldfare.know.profiles.model import Document, TraitValue
from fieldfare.know.profiles.plan import KIN, FoldPlan
from tests.decide.know.worlds import START_AT

SAID = ("granted", "withdrawn", "denied", None)
HOUSEHOLD = 3
"""So many numbers in a row live together, or each alone, in turns."""
CROWDED = 9
"""The household of which nothing is said."""


def facts(profile: int) -> dict[str, Any]:
    """Return what no event tells: identifiers, confidence, consent, when born and on which day of the year."""
    identifiers = {
        kind: 1 for kind, every in (("email", 2), ("phone", 3), ("membership_id", 7)) if profile % every == 0
    }
    consent = {"marketing email": SAID[profile % 4], "marketing sms": SAID[profile // 4 % 4]}
    year = 1960 + profile * 4 % 70
    near = to_iso(START_AT + profile * 3 % 50 * DAY)[4:10]
    return {
        "identifiers": identifiers,
        "match_confidence": (100, 90, 80, 55)[profile % 4],
        "consent": {key: said for key, said in consent.items() if said is not None},
        "born": f"{year}{near}" if profile % 5 else f"{1960 + profile * 4 % 60}-02-29",
        "day_of_year": 105 + 2 * profile % 90 if profile % 6 else 60,
    }


def kin(profile: int, people: int) -> tuple[list[int], bool]:
    """Return who else lives there, and whether that is known."""
    household = profile // HOUSEHOLD
    if household == CROWDED:
        return [], False
    members = range(household * HOUSEHOLD, min(people, (household + 1) * HOUSEHOLD))
    return [each for each in members if each != profile] if household % 2 == 0 else [], True


def begun(profile: int, people: int) -> Document:
    """Return the document of a profile that no event was folded into."""
    known = facts(profile)
    others, is_known = kin(profile, people)
    traits = {
        name: TraitValue(known[name], "app", START_AT, START_AT, confidence=100) for name in ("born", "day_of_year")
    }
    return Document(
        profile_id=profile,
        traits=traits,
        identifiers={kind: [b"x"] * count for kind, count in known["identifiers"].items()},
        match_confidence=known["match_confidence"],
        consent=known["consent"],
        kin={each: {} for each in others},
        household_known=is_known,
    )


class Crowd:
    """Documents that are kept up to date event by event."""

    def __init__(self, evaluator: Evaluator, plan: FoldPlan, people: int) -> None:
        self.evaluator, self.plan = evaluator, plan
        self.documents = [begun(profile, people) for profile in range(people)]
        self._personal: list[dict[str, TraitValue]] = [{} for _ in range(people)]

    def live(self, people: Sequence[Sequence[Event]], now: Instant) -> None:
        """Let all events arrive in their order, and time come to ``now``."""
        arriving = [
            (event.received_at, who, place) for who, events in enumerate(people) for place, event in enumerate(events)
        ]
        for _, who, place in sorted(arriving):
            self.take(who, people[who][place])
        for who in range(len(people)):
            self.advance(who, now)

    def take(self, who: int, event: Event) -> None:
        """Run what was due before, fold the event, evaluate, and tell the others."""
        document, personal = self.documents[who], self._personal[who]
        self.advance(who, event.received_at)
        touched = fold(document, personal if needs_personal(event, self.plan) else None, event, self.plan)
        self.evaluator.evaluate(document, event.received_at, touched)
        self.tell(who, event.received_at)

    def advance(self, who: int, until: Instant) -> None:
        """Run the wake-ups of the household in the order of time."""
        members = [who, *self.documents[who].kin]
        while True:
            due = [(min(self.documents[each].wakes.values(), default=until + 1), each) for each in members]
            at, first = min(due)
            if at > until:
                return
            self.evaluator.advance(self.documents[first], at)
            self.tell(first, at)
            if min(self.documents[first].wakes.values(), default=until + 1) == at:
                return  # planted: it never wakes

    def tell(self, who: int, now: Instant) -> None:
        """Write into the others' documents what turned, and evaluate them."""
        told = self.evaluator.told(self.documents[who])
        for each in self.documents[who].kin:
            other = self.documents[each]
            if other.kin[who] != told:
                other.kin[who] = told
                if other.first_seen_at is not None:
                    self.evaluator.evaluate(other, now, KIN)
