"""Folds an example's calls and evaluates its audiences, without log, state or lake: the pure middle of the pipeline."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from ruamel.yaml import YAML

from fieldfare.collect.model import Event, Mode, Place
from fieldfare.flow.generate.calls import Timed
from fieldfare.ground.instants import Instant, local_day
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.files import AudienceFile
from fieldfare.know.audiences.measures import measures_of
from fieldfare.know.audiences.model import Audience
from fieldfare.know.audiences.parse import parse_audience
from fieldfare.know.profiles.files import TraitsFile
from fieldfare.know.profiles.fold import fold
from fieldfare.know.profiles.model import Document
from fieldfare.know.profiles.parse import parse_traits
from fieldfare.know.profiles.plan import FoldPlan
from fieldfare.network.calendars.files import SeasonsFile
from fieldfare.network.calendars.holds import Calendar
from fieldfare.network.calendars.parse import parse_seasons
from fieldfare.network.locations.files import LocationsFile
from fieldfare.network.locations.model import Locations
from fieldfare.network.locations.parse import parse_locations

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FITNESS, RETAIL = EXAMPLES / "fitness", EXAMPLES / "retail"

T = TypeVar("T")


def read(path: Path, kind: type[T]) -> T:
    return msgspec.convert(YAML(typ="safe").load(path.read_text(encoding="utf-8")), kind)


def sure(answer: tuple[T | None, list[Any]]) -> T:
    value, problems = answer
    assert value is not None, problems
    return value


class Engine:
    """One example's audiences over documents held in memory."""

    def __init__(self, folder: Path, zone: str) -> None:
        self.zone = zone
        places = folder / "locations.yaml"
        self.locations = sure(parse_locations(read(places, LocationsFile))) if places.exists() else Locations()
        seasons = sure(parse_seasons(read(folder / "seasons.yaml", SeasonsFile)))
        traits = sure(parse_traits(read(folder / "traits.yaml", TraitsFile)))
        audiences: list[Audience] = [
            sure(parse_audience(read(path, AudienceFile))) for path in sorted((folder / "audiences").glob("*.yaml"))
        ]
        self.names = [audience.name for audience in audiences]
        self.plan = FoldPlan(measures_of(audience.condition for audience in audiences).values(), traits.by_name)
        calendar = Calendar(seasons, self.locations, zone)
        self.evaluator = Evaluator(audiences, zone=zone, phases=calendar, places=self.locations)
        self.documents: dict[str, Document] = {}

    def take(self, calls: Iterable[Timed]) -> None:
        """Fold calls of known people, in time order, with all that time alone does before each."""
        for index, (at, call) in enumerate(calls):
            person = call.get("userId")
            if person is None:
                continue
            document = self.documents.setdefault(person, Document())
            self.evaluator.advance(document, at)
            touched = fold(document, {}, self._event(index, at, call), self.plan)
            self.evaluator.evaluate(document, at, touched)

    def sizes(self, now: Instant) -> dict[str, int]:
        """Return how many people each audience has at ``now``, by the memberships that stand then."""
        for document in self.documents.values():
            self.evaluator.advance(document, now)
        return {name: sum(name in document.memberships for document in self.documents.values()) for name in self.names}

    def _event(self, index: int, at: Instant, call: dict[str, Any]) -> Event:
        payload = call.get("properties") or call.get("traits") or {}
        location = payload.get("location_id")
        return Event(
            place=Place(0, index, 0),
            mode=Mode.LIVE,
            source="app",
            message_id=call["messageId"],
            type=call["type"],
            name=call.get("event", call["type"]),
            user_id=call["userId"],
            anonymous_id=None,
            payload=payload,
            context=call["context"],
            original_at=at,
            sent_at=None,
            received_at=at,
            occurred_at=at,
            local_day=local_day(at, self.locations.zone(location) or self.zone),
            location=location,
        )
