"""Random histories, and an independent naive reading of them: what folding and evaluating are compared with."""

from random import Random
from typing import Any

from hypothesis import strategies as st

from fieldfare.collect.model import Event, Mode, Place
from fieldfare.ground.instants import DAY, HOUR, Day, Instant, date_of, day_start, local_day, parse_iso, to_iso
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.know.profiles.model import Origin, Sensitivity, TraitSpec, TraitType

START_AT = parse_iso("2026-03-20T00:00:00")
SPAN = 40 * DAY
ZONES = ("Europe/Berlin", "America/Santiago", "UTC")
EVENTS = ("Checked In", "Order Completed", "identify")
LOCATIONS = ("north", "south", "east")

TRAITS = {
    "plan": TraitSpec("plan", TraitType.TEXT),
    "score": TraitSpec("score", TraitType.NUMBER),
    "active": TraitSpec("active", TraitType.BOOLEAN),
    "since": TraitSpec("since", TraitType.DATE),
    "seen": TraitSpec("seen", TraitType.INSTANT),
    "tags": TraitSpec("tags", TraitType.LIST),
    "diagnosis": TraitSpec("diagnosis", TraitType.TEXT, Sensitivity.HEALTH),
}
WEIGHED = {
    **TRAITS,
    "plan": TraitSpec("plan", TraitType.TEXT, owner="billing", sources=("app",)),
    "score": TraitSpec("score", TraitType.NUMBER, sources=("guess", "app")),
    "email": TraitSpec("email", TraitType.TEXT, Sensitivity.CONTACT, owner="app"),
    "fleeting": TraitSpec("fleeting", TraitType.TEXT, owner="pos", retention_days=5),
}
"""Traits whose sources have an order; ``pos`` speaks for the system ``billing``."""
ORIGINS = {
    "app": Origin("app", frozenset({"email"})),
    "pos": Origin("billing"),
    "guess": Origin("model", infers=True, confidence=70),
}


def make_event(
    name: str = "Order Completed",
    *,
    at: Instant = START_AT,
    zone: str = "UTC",
    received_at: Instant | None = None,
    day: Day | None = None,
    location: str | None = None,
    source: str = "app",
    payload: dict[str, Any] | None = None,
    context: dict[str, Any] | None = None,
) -> Event:
    return Event(
        place=Place(1, 1, 0),
        mode=Mode.LIVE,
        source=source,
        message_id="m",
        type="identify" if name == "identify" else "track",
        name=name,
        user_id="u",
        anonymous_id=None,
        payload=payload or {},
        context=context or {},
        original_at=at,
        sent_at=None,
        received_at=at if received_at is None else received_at,
        occurred_at=at,
        local_day=local_day(at, zone) if day is None else day,
        location=location,
    )


scalars = st.one_of(
    st.sampled_from(["gold", "basic", "", "1", "true", "é/\n"]),
    st.integers(-3, 5),
    st.sampled_from([0.5, 1.0, -2.25, 1e300, 0.00005, 12.345]),
    st.booleans(),
    st.none(),
)
values = st.one_of(scalars, st.lists(scalars, max_size=3), st.dictionaries(st.sampled_from(["x", "y"]), scalars))
properties = st.dictionaries(st.sampled_from(["total", "category", "a/b~c.d", "weekday"]), values, max_size=3)


def _date(back: int) -> str:
    return date_of(local_day(START_AT + SPAN // 2, "UTC") - back).isoformat()


def _instant(back: int) -> str:
    return to_iso(START_AT + SPAN // 2 - back * HOUR)


trait_values = {
    "plan": st.sampled_from(["gold", "basic", None]),
    "score": st.one_of(st.integers(-3, 5), st.sampled_from([0.5, 2.5]), st.none()),
    "active": st.sampled_from([True, False, None]),
    "since": st.integers(-45, 45).map(_date),
    "seen": st.integers(-45 * 24, 45 * 24).map(_instant),
    "tags": st.lists(st.sampled_from(["yoga", "spin", 1, True, ["yoga"], 'é\n"']), max_size=3),
    "home_location": st.sampled_from([*LOCATIONS, "unknown", None]),
    "undeclared": values,
    "diagnosis": st.sampled_from(["secret-a", "secret-b"]),
    "email": st.sampled_from(["secret@example.com"]),
    "phone": st.sampled_from(["+491701234567", "+12125550123", "secret", None]),
    "plan_verified": st.booleans(),
    "fleeting": st.sampled_from(["a", "b", None]),
}
traits = st.dictionaries(st.sampled_from(sorted(trait_values)), st.none(), max_size=4).flatmap(
    lambda chosen: st.fixed_dictionaries({name: trait_values[name] for name in chosen})
)
contexts = st.fixed_dictionaries(
    {}, optional={"traits": traits, "timezone": st.sampled_from(["Europe/Berlin", "Asia/Tokyo", "UTC", "nowhere"])}
)


@st.composite
def instants(draw: st.DrawFn, zone: str) -> Instant:
    """Draw an instant of the span, often exactly at, just before or just after a local midnight."""
    at = START_AT + draw(st.integers(0, SPAN))
    if draw(st.booleans()):
        return day_start(local_day(at, zone), zone) + draw(st.sampled_from([-1, 0, 1]))
    return at - at % HOUR if draw(st.booleans()) else at


@st.composite
def histories(draw: st.DrawFn, zone: str, most: int = 12) -> list[Event]:
    """Draw the events of one profile in the order of their arrival, which is not the order of their occurrence."""
    events = []
    for _ in range(draw(st.integers(1, most))):
        name = draw(st.sampled_from(EVENTS))
        at = draw(instants(zone))
        location = draw(st.sampled_from([None, None, *LOCATIONS]))
        events.append(
            make_event(
                name,
                at=at,
                received_at=at + draw(st.sampled_from([0, 0, -2 * HOUR, 5 * DAY])),
                zone=draw(st.sampled_from([zone, zone, "Asia/Tokyo"])),
                location=location,
                source=draw(st.sampled_from(["app", "pos", "guess", OWN_SOURCE])),
                payload=draw(traits) if name == "identify" else draw(properties),
                context=draw(contexts),
            )
        )
    return sorted(events, key=lambda event: event.received_at)


def population(seed: int, zone: str, people: int = 30) -> list[list[Event]]:
    """Return a crowd that is dense enough for most conditions to split it; each history in the order of arrival."""
    drawn = Random(seed)
    return [
        sorted((_drawn_event(drawn, zone) for _ in range(drawn.randrange(1, 14))), key=lambda event: event.received_at)
        for _ in range(people)
    ]


def _drawn_event(drawn: Random, zone: str) -> Event:
    name = drawn.choice(EVENTS)
    day = local_day(START_AT, zone) + max(drawn.randrange(40), drawn.randrange(40))
    at = day_start(day, zone) + drawn.choice([0, 0, -1, 12 * HOUR, drawn.randrange(DAY)])
    payload = _drawn_traits(drawn) if name == "identify" else _drawn_properties(drawn)
    return make_event(
        name,
        at=at,
        received_at=at + drawn.choice([0, 0, 0, -2 * HOUR, 2 * DAY]),
        zone=drawn.choice([zone, zone, zone, "Asia/Tokyo"]),
        location=drawn.choice([None, None, *LOCATIONS]),
        source=drawn.choice(["app", "pos"]),
        payload=payload,
        context={"traits": _drawn_traits(drawn)} if drawn.randrange(5) == 0 else {},
    )


def _drawn_properties(drawn: Random) -> dict[str, Any]:
    pool = {
        "total": [1, 2, 3, 5, -3, 0.5, 1.0, 12.345, 0.00005, -0.00005, "1", True, None],
        "category": ["gold", "gold", "basic", "", "é/\n", ["yoga", 1], [["gold"]], 1, False],
        "a/b~c.d": ["yoga", 1, True, 0.5, None, {"x": 1}],
    }
    return {name: drawn.choice(values) for name, values in pool.items() if drawn.randrange(4)}


def _drawn_traits(drawn: Random) -> dict[str, Any]:
    pool: dict[str, list[Any]] = {
        "plan": ["gold", "basic", None],
        "score": [-3, 0, 1, 2, 5, 0.5, None, "1"],
        "active": [True, False, None, 1],
        "since": [_date(drawn.randrange(-45, 45)), None],
        "seen": [_instant(drawn.randrange(-45 * 24, 45 * 24)), None],
        "tags": [["yoga"], ["spin", 1, True], [["yoga"]], ['é\n"'], []],
        "home_location": [*LOCATIONS, "unknown", None],
        "undeclared": ["gold", 1, True, ["yoga"], {"x": "gold"}, None],
        "diagnosis": ["secret-a"],
    }
    return {name: drawn.choice(values) for name, values in pool.items() if drawn.randrange(3) == 0}
