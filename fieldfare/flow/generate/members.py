"""Who the generated members are: club, tier, habits, dates. One member is a function of the seed and a number."""

from functools import lru_cache
from typing import NamedTuple

from fieldfare.flow.generate.draws import Weighted, uniforms
from fieldfare.flow.generate.season import joining
from fieldfare.ground.instants import Day


class Club(NamedTuple):
    """One location of ``examples/fitness/locations.yaml`` (a test compares) and its share of the members."""

    location: str
    region: str
    zone: str
    weight: float


CLUBS = (
    Club("hamburg-altona", "north", "Europe/Berlin", 1.3),
    Club("hamburg-hafen", "north", "Europe/Berlin", 1.1),
    Club("bremen", "north", "Europe/Berlin", 0.8),
    Club("kiel", "north", "Europe/Berlin", 0.6),
    Club("munich-ost", "south", "Europe/Berlin", 1.4),
    Club("munich-west", "south", "Europe/Berlin", 1.2),
    Club("stuttgart", "south", "Europe/Berlin", 1.0),
    Club("augsburg", "south", "Europe/Berlin", 0.6),
    Club("lisbon-baixa", "atlantic", "Europe/Lisbon", 1.2),
    Club("lisbon-belem", "atlantic", "Europe/Lisbon", 0.9),
    Club("porto", "atlantic", "Europe/Lisbon", 1.0),
    Club("cascais", "atlantic", "Europe/Lisbon", 0.5),
)
NETWORK = Weighted(CLUBS, [club.weight for club in CLUBS])

FEES = {"basic": 24.9, "plus": 39.9, "premium": 64.9}
"""Monthly fee in EUR by membership tier."""
_TIER = Weighted(tuple(FEES), (0.5, 0.35, 0.15))

CLASSES = ("spin", "yoga", "pilates", "body_pump", "hiit", "zumba")
FIRST_NAMES = (
    *("Ana", "Ben", "Carla", "David", "Elif", "Finn", "Greta", "Hugo", "Ines", "Jonas", "Katja", "Luis"),
    *("Mara", "Nuno", "Olga", "Paul", "Rita", "Sven", "Tiago", "Ute", "Vera", "Willi", "Xenia", "Yusuf"),
)

ALREADY_MEMBER = 0.62
"""Share of the members who belong to a club on the first day."""
EMAIL_CONSENT = 0.82
"""Share that grants marketing by e-mail, with evidence, at the start."""
SMS_CONSENT = 0.35
"""Share that grants marketing by SMS."""
APP_USERS = 0.6
CLASS_GOERS = 0.4
WEEKEND_ONLY = 0.12
ANNUAL = 0.3
"""Share with a contract of twelve months; the others can leave with each month."""


class Member(NamedTuple):
    """One generated person. Days are day numbers in the club's zone; ``rate`` is visits a week on ordinary days."""

    number: int
    user_id: str
    club: Club
    tier: str
    first_name: str
    email: str
    joined_day: Day
    """Before the first day for those who are members already."""
    rate: float
    uses_app: bool
    goes_to_classes: bool
    weekend_only: bool
    annual: bool
    consents_email: bool
    consents_sms: bool

    @property
    def phone(self) -> str | None:
        """Return the made-up mobile of who wants text messages."""
        return f"+4915112{self.number:06d}" if self.consents_sms else None


def user_id(index: int) -> str:
    """Return the member's user id."""
    return f"m{index:06d}"


def index_of(member_id: str) -> int | None:
    """Return the number behind a user id, or ``None`` when it is none of ours."""
    digits = member_id[1:]
    return int(digits) if member_id.startswith("m") and digits.isdigit() else None


@lru_cache(maxsize=8)
def _join_days(first_day: Day, days: int) -> Weighted[Day]:
    span = range(first_day, first_day + days)
    return Weighted(span, [joining(day) for day in span])


def member(index: int, first_day: Day, days: int, seed: int, clubs: Weighted[Club] = NETWORK) -> Member:
    """Return member number ``index`` of the world that starts on ``first_day`` and lasts ``days``."""
    draws = uniforms(13, "member", seed, index)
    club = clubs.pick(draws[0])
    name = FIRST_NAMES[int(draws[1] * len(FIRST_NAMES))]
    already = draws[2] < ALREADY_MEMBER
    joined = first_day - 1 - int(draws[3] * 700) if already else _join_days(first_day, days).pick(draws[3])
    weekend_only = draws[4] < WEEKEND_ONLY
    return Member(
        number=index,
        user_id=user_id(index),
        club=club,
        tier=_TIER.pick(draws[5]),
        first_name=name,
        email=f"{name.lower()}.{index}@example.com",
        joined_day=joined,
        rate=(0.8 if weekend_only else 0.9) + (0.8 if weekend_only else 2.6) * draws[6] ** 2,
        uses_app=draws[7] < APP_USERS,
        goes_to_classes=draws[8] < CLASS_GOERS,
        weekend_only=weekend_only,
        annual=draws[9] < ANNUAL,
        consents_email=draws[10] < EMAIL_CONSENT,
        consents_sms=draws[11] < SMS_CONSENT,
    )
