"""A generated brand: people of stated kinds who live through a stretch of days, and answer messages as stated.

Each example workspace has a module that says how its people live (``live``) and what each message truly changes
(``answers``); this one makes calls of it, in time order, as a function of a seed. ``calls_of`` knows nothing of
messages and ``answer_to`` nothing of who is held out, so whoever is held out shows what happens without messages.
People go round the kinds in turn, so that a few dozen of them hold every kind.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from fieldfare.flow.generate import calls
from fieldfare.flow.generate.calls import CONSENT_EVENT, Call, Timed
from fieldfare.flow.generate.draws import uniform
from fieldfare.flow.generate.members import FIRST_NAMES
from fieldfare.ground.instants import HOUR, MINUTE, SECOND, Day, Instant, date_of, day_start, local_day, to_iso

LABEL = "generated: no real people; the effect of messages is made, and stated"
DUPLICATE_EVERY = 97
"""One call in so many arrives twice, with the same message id, as retries do."""
CONSENTS = 0.85
"""Share that grants every purpose on every channel that the brand asks for."""


class Answer(NamedTuple):
    """The truth of one template: what some of those to whom it is handed over do because of it."""

    event: str
    chance: float
    """Share that does it, by a coin of its own, beside whatever they would have done anyway."""
    within_days: int = 5
    """It happens at most so many days after the message, by daylight."""
    values: Mapping[str, Any] = {}


class Spot(NamedTuple):
    """One location of the workspace and its zone."""

    location: str
    zone: str


class Brand(NamedTuple):
    """What makes a generated brand; ``name`` is that of its example."""

    name: str
    start: Instant
    """An instant of the first day, in the first spot's zone."""
    spots: tuple[Spot, ...]
    kinds: tuple[str, ...]
    mail: str
    phone: str
    """The numbers' beginning; five digits follow."""
    notice: str
    """Version of the notice that people agree to."""
    purposes: Mapping[str, tuple[str, ...]]
    """Channels for which most people grant each purpose."""
    live: Callable[["Life"], None]
    answers: Mapping[str, Answer]
    leaving: float = 0.01
    """Share of the messages that is answered by a withdrawal of everything."""
    exempt: frozenset[str] = frozenset()
    """Templates that nobody answers with a withdrawal."""
    start_traits: Mapping[str, Any] = {}


class Person(NamedTuple):
    """One generated person."""

    number: int
    turn: int
    """How many of the same kind came before."""
    user_id: str
    kind: str
    spot: Spot
    first_name: str
    consents: bool


class HandedOver(Protocol):
    """A message that was handed over, as far as its reader's answer depends on it."""

    @property
    def user_id(self) -> str | None:
        """Return whose message it was; ``None`` when nobody knows."""
        ...

    @property
    def template(self) -> str:
        """Return which message it was."""
        ...

    @property
    def at(self) -> Instant:
        """Return when it was handed over."""
        ...


class Life:
    """One person's days while they are told; days count from the first one."""

    def __init__(self, brand: Brand, person: Person, days: int, seed: int) -> None:
        """Begin with nothing told."""
        self.brand, self.person, self.days, self._seed = brand, person, days, seed
        self._first = local_day(brand.start, brand.spots[0].zone)
        self.told: list[Timed] = []

    def date(self, day: int) -> str:
        """Return the date of a day, as traits hold it."""
        return date_of(self._first + day).isoformat()

    def weekday(self, day: int) -> int:
        """Return the weekday of a day; 0 is Monday."""
        return date_of(self._first + day).weekday()

    def month(self, day: int) -> int:
        """Return the month of a day."""
        return date_of(self._first + day).month

    def moment(self, day: int, hour: float) -> str:
        """Return an instant of a day, as traits hold it."""
        return to_iso(self._at(day, hour))

    def chance(self, *what: str | int) -> float:
        """Return this person's number in [0, 1) for a name."""
        return uniform("life", self.brand.name, self._seed, self.person.number, *what)

    def often(self, what: str, per_week: float) -> Iterator[int]:
        """Yield the days on which something happens that happens so often a week."""
        return (day for day in range(1, self.days) if self.chance(what, day) < per_week / 7)

    def does(self, day: int, hour: float, event: str, **values: Any) -> None:
        """Let an event happen at a local hour of a day; outside the days nothing does."""
        if 0 <= day < self.days:
            at = self._at(day, hour)
            told = {"location_id": self.person.spot.location, **values}
            self.told.append((at, calls.track(event, self.person.user_id, self._id(), at, told)))

    def is_known_by(self, day: int, hour: float, **traits: Any) -> None:
        """Let the person be known by traits."""
        if 0 <= day < self.days:
            at = self._at(day, hour)
            self.told.append((at, calls.identify(self.person.user_id, self._id(), at, traits)))

    def grants(self, day: int, hour: float, purpose: str, channel: str) -> None:
        """Let the person grant a purpose on a channel."""
        at = self._at(day, hour)
        self.told.append((at, _consent(self.brand, self.person.user_id, self._id(), at, (purpose, channel, "grant"))))

    def _at(self, day: int, hour: float) -> Instant:
        start = day_start(self._first + day, self.person.spot.zone)
        return start + int(hour * 60) * MINUTE + self.person.number % 60 * SECOND

    def _id(self) -> str:
        return f"{self.brand.name}-{self._seed}-{self.person.user_id}-{len(self.told)}"


def person_of(brand: Brand, index: int, seed: int) -> Person:
    """Return one person of a brand."""
    spots, kinds = brand.spots, brand.kinds
    return Person(
        number=index,
        turn=index // len(kinds),
        user_id=f"p{index:05d}",
        kind=kinds[index % len(kinds)],
        spot=spots[index // len(kinds) % len(spots)],
        first_name=FIRST_NAMES[index % len(FIRST_NAMES)],
        consents=uniform("consents", brand.name, seed, index) < CONSENTS,
    )


def calls_of(brand: Brand, people: int, days: int, seed: int) -> list[Timed]:
    """Return (instant, call) in time order for so many people and days."""
    told: list[Timed] = []
    for index in range(people):
        life = Life(brand, person_of(brand, index, seed), days, seed)
        _is_met(life)
        brand.live(life)
        told += life.told
    told.sort(key=lambda each: each[0])
    again = [call for number, call in enumerate(told) if number % DUPLICATE_EVERY == DUPLICATE_EVERY - 1]
    return sorted(told + again, key=lambda each: each[0])


def _is_met(life: Life) -> None:
    """Tell who the person is, before anything else of the first day."""
    brand, person = life.brand, life.person
    life.is_known_by(
        0,
        0.5,
        email=f"{person.first_name.lower()}.{person.number}@{brand.mail}",
        email_verified=True,
        phone=f"{brand.phone}{person.number:05d}",
        phone_verified=True,
        first_name=person.first_name,
        home_location=person.spot.location,
        **brand.start_traits,
    )
    if person.consents:
        for purpose, channels in brand.purposes.items():
            for channel in channels:
                life.grants(0, 0.6, purpose, channel)


def answer_to(brand: Brand, message: HandedOver, seed: int) -> list[Timed]:
    """Return what a message causes, in time order; mostly nothing. The same message is answered the same every time."""
    user_id = message.user_id or ""
    key = ("answer", brand.name, seed, user_id, message.template, message.at)
    told: list[Timed] = []
    answer = brand.answers.get(message.template)
    index = int(user_id[1:]) if user_id[1:].isdigit() else 0
    spot = person_of(brand, index, seed).spot
    prefix = f"{brand.name}-{seed}-{user_id}-{message.template}-{message.at}"
    if message.template not in brand.exempt and uniform(*key, "leaves") < brand.leaving:
        at = message.at + HOUR
        told += [
            (at, _consent(brand, user_id, f"{prefix}-{purpose}-{channel}", at, (purpose, channel, "withdraw")))
            for purpose, channels in brand.purposes.items()
            for channel in channels
        ]
    if answer is not None and uniform(*key, "coin") < answer.chance:
        at = _by_daylight(message.at, spot, answer, uniform(*key, "day"))
        values = {"location_id": spot.location, **answer.values}
        told.append((at, calls.track(answer.event, user_id, f"{prefix}-answer", at, values)))
    return told


def _by_daylight(after: Instant, spot: Spot, answer: Answer, place: float) -> Instant:
    """Return an instant within the answer's days; within the hour where it has none."""
    if not answer.within_days:
        return after + 5 * MINUTE + int(place * 20) * MINUTE
    day: Day = local_day(after, spot.zone) + 1 + int(place * (answer.within_days - 1))
    return max(day_start(day, spot.zone) + 9 * HOUR + int(place * 600) * MINUTE, after + MINUTE)


def _consent(brand: Brand, user_id: str, message_id: str, at: Instant, said: tuple[str, str, str]) -> Call:
    purpose, channel, action = said
    told = calls.consent(channel, action, "generated: a form, box ticked")
    return calls.track(
        CONSENT_EVENT, user_id, message_id, at, {**told, "purpose": purpose, "notice_version": brand.notice}
    )
