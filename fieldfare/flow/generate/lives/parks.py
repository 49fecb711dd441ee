"""How the guests of ``examples/family-entertainment`` live, and what each of its messages truly changes."""

from collections.abc import Callable

from fieldfare.flow.generate.brand import Answer, Brand, Life, Spot
from fieldfare.ground.instants import parse_iso


def _goes(life: Life, day: int) -> None:
    life.does(day, 15, "park_visited", spend=24.0 + life.person.turn % 30, currency="EUR", guests=3)


def _weekends(life: Life) -> None:
    """Comes on most weekends with small children."""
    life.is_known_by(0, 1, has_child_under_12=True, ltv=160)
    for day in range(life.days):
        if life.weekday(day) == 6 and life.chance("goes", day) < 0.6:
            _goes(life, day)


def _drifts(life: Life) -> None:
    """Comes in spring, stays away over the summer, and comes again by Christmas."""
    life.is_known_by(0, 1, ltv=120)
    for day in (20, 48, 76, 330):
        _goes(life, day + int(life.chance("week", day) * 7))


def _rare(life: Life) -> None:
    """Comes once at the new year, worth little."""
    life.is_known_by(0, 1, ltv=25)
    _goes(life, 5 + life.person.turn % 5)


def _party(life: Life) -> None:
    """Books a party and tells nothing of the child; some cancel."""
    day = 20 + int(life.chance("party") * 250)
    value = 320 if life.person.turn % 2 else 140
    party = f"{life.person.user_id}-party"
    life.is_known_by(day, 9, party_on=life.date(day + 21), party_value=value)
    life.does(day, 9.1, "party_booked", party_id=party, value=value, currency="EUR")
    if life.chance("cancels") < 0.2:
        life.does(day + 15, 9, "party_cancelled", party_id=party)
    else:
        _goes(life, day + 21)


def _watches(life: Life) -> None:
    """Sees something at a ride and reports it."""
    day = 15 + int(life.chance("sees") * 300)
    severity = "high" if life.person.turn % 2 else "low"
    life.does(day, 15.5, "incident_reported", report_id=f"{life.person.user_id}-r", severity=severity, text="loose")
    _goes(life, day)


_LIVES: dict[str, Callable[[Life], None]] = {
    "weekends": _weekends,
    "drifts": _drifts,
    "rare": _rare,
    "party": _party,
    "watches": _watches,
}

PARKS = Brand(
    name="family-entertainment",
    start=parse_iso("2024-12-31T23:00:00+00:00"),
    spots=(
        Spot("strasbourg", "Europe/Paris"),
        Spot("colmar", "Europe/Paris"),
        Spot("nantes", "Europe/Paris"),
        Spot("rennes", "Europe/Paris"),
    ),
    kinds=tuple(_LIVES),
    mail="foxglove.example.net",
    phone="+336123",
    notice="2025-02",
    purposes={"marketing": ("email", "sms")},
    live=lambda life: _LIVES[life.person.kind](life),
    answers={
        "come_back": Answer("park_visited", 0.08, 4, {"spend": 38.0, "currency": "EUR", "guests": 3}),
        "come_back_mail": Answer("park_visited", 0.04, 6, {"spend": 38.0, "currency": "EUR", "guests": 3}),
        "weekend_offer": Answer("park_visited", 0.10, 4, {"spend": 30.0, "currency": "EUR", "guests": 4}),
        "quiet_weeks": Answer("park_visited", 0.10, 6, {"spend": 21.0, "currency": "EUR", "guests": 2}),
    },
    exempt=frozenset({"party_week", "party_tips", "incident_thanks", "incident_question"}),
)
