"""A year of a generated fitness network: calls in time order, and how its members answer messages.

Both are functions of a seed. ``generate`` knows nothing of messages; ``react`` says, for one message that was handed
over, what it causes besides. So who is held out shows exactly what happens without messages, and the measured lift
can be put beside the true one (:data:`fieldfare.flow.generate.effects.TRUE_EFFECTS`).
"""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from fieldfare.flow.generate import calls
from fieldfare.flow.generate.calls import CONSENT_EVENT, Call, Timed
from fieldfare.flow.generate.draws import Weighted, uniforms
from fieldfare.flow.generate.effects import RETURN_VISITS, SPENDS, TRUE_EFFECTS
from fieldfare.flow.generate.life import Happening, live
from fieldfare.flow.generate.members import NETWORK, Club, Member, index_of, member
from fieldfare.ground.instants import DAY, HOUR, MINUTE, Day, Instant, day_start, local_day

HOME_ZONE = "Europe/Berlin"
DUPLICATE_EVERY = 499
"""One call in so many arrives twice, with the same message id, as retries do."""
BROKEN_KIOSK_DAYS = 9
"""Every so many days a kiosk sends a check-in without a member: a dead letter."""

LABEL = "generated: no real people; the effect of messages is made, and stated"


class World(NamedTuple):
    """What fixes a generated network."""

    members: int
    start: Instant
    days: int
    seed: int
    clubs: Weighted[Club] = NETWORK
    zone: str = HOME_ZONE
    group: int = 0
    groups: int = 1
    """Only the members live whose number leaves ``group`` by ``groups``."""

    @property
    def first_day(self) -> Day:
        """Return the first day, in the brand's zone."""
        return local_day(self.start, self.zone)

    def numbers(self) -> range:
        """Return the numbers of the members that live."""
        return range(self.group, self.members, self.groups)

    def member(self, index: int) -> Member:
        """Return one member."""
        return member(index, self.first_day, self.days, self.seed, self.clubs)


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


def _call(person: Member, number: int, happening: Happening, seed: int) -> Call:
    at, name, values = happening
    message_id = f"g{seed}-{person.user_id}-{number}"
    anonymous_id = f"anon-{seed}-{person.number}"
    if name == "page":
        return calls.page(anonymous_id, message_id, at, values["page"])
    if name == "identify":
        first = "email" in values
        return calls.identify(person.user_id, message_id, at, values, anonymous_id if first else None)
    return calls.track(name, person.user_id, message_id, at, values)


def _kiosk(world: World, club: Club) -> Iterator[Timed]:
    for number in range(BROKEN_KIOSK_DAYS, world.days, BROKEN_KIOSK_DAYS):
        at = day_start(world.first_day + number, club.zone) + 9 * HOUR + number * MINUTE % HOUR
        call = calls.track("check_in", "", f"g{world.seed}-kiosk-{number}", at, {"location_id": club.location})
        del call["userId"]
        yield at, call


def generate(members: int, start: Instant, days: int, seed: int) -> Iterator[Timed]:
    """Yield (instant of arrival, call) in time order for a network that is watched for ``days`` from ``start``.

    ``start`` is an instant of the first day in ``HOME_ZONE``. All happenings are kept in memory, about 200 bytes
    each; the calls are made one by one.
    """
    yield from live_in(World(members, start, days, seed))


def live_in(world: World) -> Iterator[Timed]:
    """Yield (instant of arrival, call) of a world in time order."""
    days, seed = world.days, world.seed
    people = {index: world.member(index) for index in world.numbers()}
    moments: list[tuple[Instant, int, int, Happening]] = []
    for person in people.values():
        found = live(person, world.first_day, days, seed)
        moments.extend((happening.at, person.number, number, happening) for number, happening in enumerate(found))
    moments.sort(key=lambda moment: moment[:3])
    kiosk = _kiosk(world, people[0].club) if 0 in people else iter(())
    stray = next(kiosk, None)
    for at, index, number, happening in moments:
        while stray is not None and stray[0] <= at:
            yield stray
            stray = next(kiosk, None)
        call = _call(people[index], number, happening, seed)
        yield at, call
        if (index * 31 + number) % DUPLICATE_EVERY == 0:
            yield at, call


def _opening_time(at: Instant, zone: str, place: float) -> Instant:
    """Return an instant in opening hours of the local day of ``at``."""
    day = local_day(at, zone)
    minutes = int((8 + 12 * place) * 60)
    return day_start(day, zone) + minutes * MINUTE


def react(message: HandedOver, world: World) -> list[Timed]:
    """Return what a message causes, in time order: visits with spend, or a withdrawal of consent; mostly nothing.

    The same message of the same member is answered the same way in every run. All instants lie after ``message.at``,
    and the visits inside the window of the stated effect.
    """
    effect = TRUE_EFFECTS.get(message.template)
    member_id = message.user_id or ""
    index = index_of(member_id)
    if effect is None or index is None or index >= world.members:
        return []
    club = world.member(index).club
    key = ("answer", world.seed, member_id, message.template)
    coin, first, *rest = uniforms(3 + 2 * RETURN_VISITS, *key)
    prefix = f"g{world.seed}-{member_id}-{message.template}-{message.at}"
    out: list[Timed] = []
    if rest[0] < effect.unsubscribe:
        at = message.at + 2 * HOUR
        withdrawn = calls.consent("email", "withdraw", "answer to a message")
        out.append((at, calls.track(CONSENT_EVENT, member_id, f"{prefix}-w", at, withdrawn)))
        out.append((at, calls.identify(member_id, f"{prefix}-t", at, {"consent_email": False})))
    if effect.uplift and coin < effect.response:
        day = 1 + int(first * 9)
        for visit in range(RETURN_VISITS):
            at = _opening_time(message.at + day * DAY, club.zone, rest[1 + 2 * visit])
            spend = SPENDS[int(rest[2 + 2 * visit] * len(SPENDS))]
            values = {"location_id": club.location, "spend": spend, "currency": "EUR"}
            out.append((at, calls.track("check_in", member_id, f"{prefix}-{visit}", at, values)))
            day += 4
    return out
